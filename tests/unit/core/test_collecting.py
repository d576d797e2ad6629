"""The collector rests while thousands of things are made, and does not walk over them at once."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from nightdesk.core.collecting import EVERY, MANY, uncollected


@pytest.fixture
def walked() -> Iterator[list[int]]:
    """Return the generations that are looked through meanwhile.

    A look at everything that earlier tests have made due is taken before.
    """
    found: list[int] = []
    with uncollected():
        pass

    def note(phase: str, about: dict[str, Any]) -> None:
        if phase == "stop":
            found.append(about["generation"])

    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


def made(many: int) -> list[list[int]]:
    with uncollected():
        return [[n] for n in range(many)]


def test_it_rests_inside_and_wakes_afterwards(walked: list[int]) -> None:
    with uncollected():
        assert not gc.isenabled()
        many = [[n] for n in range(MANY)]
    assert gc.isenabled()
    assert len(many) == MANY
    assert walked == []


def test_one_that_rests_already_goes_on_resting() -> None:
    gc.disable()
    try:
        made(10)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_very_many_new_things_are_old_at_once_and_not_young(walked: list[int]) -> None:
    many = made(2 * MANY)
    more = [[n] for n in range(5_000)]
    assert len(many) + len(more) > MANY
    assert gc.get_count()[0] < MANY
    assert len(gc.get_objects(generation=2)) > 2 * MANY


def test_a_fault_inside_wakes_it_too() -> None:
    with pytest.raises(RuntimeError), uncollected():
        raise RuntimeError
    assert gc.isenabled()


def test_after_so_many_times_everything_is_looked_through_once(walked: list[int]) -> None:
    for _ in range(EVERY + 1):
        made(2 * MANY)
    assert walked.count(2) >= 1
