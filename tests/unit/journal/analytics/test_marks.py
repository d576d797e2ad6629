"""Words become codes: the clock as the time zone has it, names as they were told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.journal.marks import EPOCH, Marks, on_clock

ZONES = ("UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
SPRING = datetime(2025, 3, 30, 1, tzinfo=UTC)
"""Clocks of the European Union are put forward."""


@given(
    st.sampled_from(ZONES),
    st.lists(st.integers(1_230_768_000, 1_893_456_000), min_size=1, max_size=20),
)
def test_a_clock_shows_what_the_zone_says(zone: str, moments: list[int]) -> None:
    aware = [datetime.fromtimestamp(one, UTC) for one in moments]
    aware += [SPRING - timedelta(seconds=1), SPRING]
    shown = on_clock(np.array([one.timestamp() for one in aware]), zone)
    clock = ZoneInfo(zone)
    wanted = [one.astimezone(clock).replace(tzinfo=None) for one in aware]
    begin = datetime.combine(EPOCH, datetime.min.time())
    assert [begin + timedelta(seconds=one) for one in shown.tolist()] == wanted


def test_no_moments_are_shown_on_no_clock() -> None:
    assert on_clock(np.empty(0), "UTC").size == 0


def test_names_that_become_one_count_once_for_a_trade() -> None:
    marks = Marks.of_several([("a", "b"), (), ("b",), ("c", "a")])
    joined = marks.renamed({"a": "x", "b": "x", "c": None}.get)
    assert (joined.names, joined.codes.tolist()) == (("x",), [0, 0, 0])
    assert joined.rows is not None
    assert joined.rows.tolist() == [0, 2, 3]


def test_a_name_that_is_not_wanted_is_none() -> None:
    marks = Marks.of(["a", "b", "a"])
    assert marks.among(("b",)).codes.tolist() == [-1, 0, -1]
    assert marks.found == ("a", "b")
    assert marks.among(("b",)).found == ("b",)
