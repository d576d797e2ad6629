"""A rise of what a cycle consumes is found."""

import json

import pytest

from bench.captured import Captured
from bench.counts import COMMITTED, counts, held
from bench.cycle import Counted


def a_count() -> Counted:
    return Counted(
        bots=10,
        cycles=2,
        quiet=[(4.0, 3.0), (4.0, 2.0)],
        trading=[(20.0, 9.0)],
        market=[(3.0, 7.5)],
        shared=[(0.0, 2.5)],
        plan=[(1.0, 0.5)],
        captured=Captured(tasks=6, write=60.0, read=30.0),
    )


def test_counts_are_means_by_name() -> None:
    found = counts(a_count())
    assert (found["quiet bot, write"], found["quiet bot, read"]) == (4.0, 2.5)
    assert (found["trading bot, write"], found["plan, read"]) == (20.0, 0.5)
    assert (found["captured trade, write"], found["captured trade, read"]) == (30.0, 15.0)


@pytest.mark.parametrize(("now", "met"), [(4.0, True), (4.4, True), (4.41, False), (3.0, True)])
def test_a_tenth_more_is_allowed_and_no_more(now: float, *, met: bool) -> None:
    (target,) = held({"quiet bot, write": now}, {"quiet bot, write": 4.0})
    assert target.met is met


def test_there_is_a_committed_figure_for_each() -> None:
    assert set(json.loads(COMMITTED.read_text())) == set(counts(a_count()))
