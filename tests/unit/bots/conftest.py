from collections.abc import Iterator

import pytest

from tests.unit.bots.rig import Rig, a_rig


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Use cases over empty tables."""
    with a_rig(monkeypatch) as made:
        yield made
