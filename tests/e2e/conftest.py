"""What the tests over HTTP share."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.cdk.local.cloud import Cloud
from tests.deployed import empty_desk
from tests.e2e.story import Story, told


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules with a story side by side, behind all others: one story may serve them."""

    def modules(fixture: str) -> set[Path]:
        return {item.path for item in items if fixture in getattr(item, "fixturenames", ())}

    read, emptied = modules("story"), modules("desk")
    items.sort(key=lambda item: (item.path in read, item.path not in emptied))


@dataclass
class Teller:
    """Tells the story, and tells it anew where something has changed since."""

    cloud: Cloud
    _story: Story | None = field(default=None, init=False)
    _stood: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict, init=False)
    _desk: ExitStack = field(default_factory=ExitStack, init=False)

    def tell(self) -> Story:
        """Return the story as it was told, its people freshly signed in."""
        if self._story is None or self._story.stands() != self._stood:
            self.close()
            self._story = told(self._desk.enter_context(empty_desk(self.cloud)))
        self._story.renew()
        self._stood = self._story.stands()
        return self._story

    def close(self) -> None:
        """Close what is connected to the desk."""
        self._desk.close()


@pytest.fixture(scope="session")
def teller(cloud: Cloud) -> Iterator[Teller]:
    """Return who tells the story."""
    found = Teller(cloud)
    yield found
    found.close()


@pytest.fixture(scope="module")
def story(teller: Teller) -> Story:
    """Return a desk on which one trader has one of everything, and another nothing."""
    return teller.tell()
