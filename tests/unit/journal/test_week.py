"""Weeks on the owner's clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.journal.place import Place
from nightdesk.journal.week import Week, last_complete_week, week_of

ZONES = ["UTC", "Europe/Vienna", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]


@given(
    as_of=st.integers(1_420_000_000, 2_050_000_000).map(
        lambda seconds: datetime.fromtimestamp(seconds, UTC)
    ),
    zone=st.sampled_from(ZONES),
)
def test_last_complete_week_then_it_is_over_and_the_next_is_not(as_of: datetime, zone: str) -> None:
    place = Place(zone=zone)
    found = last_complete_week(place, as_of)
    following = week_of(place, found.monday + timedelta(days=7))
    assert found.until == following.since <= as_of < following.until
    assert date.fromisocalendar(int(found.label[:4]), int(found.label[6:]), 1) == found.monday


def test_week_of_a_clock_change_then_it_has_an_hour_less_or_more() -> None:
    place = Place(zone="Europe/Vienna")
    spring, autumn = (week_of(place, date(2025, month, 28)) for month in (3, 10))
    before = week_of(place, date(2025, 10, 26))
    assert spring.until - spring.since == timedelta(hours=167)
    assert autumn.until - autumn.since == timedelta(hours=168)
    assert before.until - before.since == timedelta(hours=169)


def test_week_of_an_early_year_then_its_label_has_four_digits() -> None:
    assert week_of(Place(), date(1, 5, 14)).label == "0001-W20"


def test_week_that_does_not_begin_on_a_monday_is_refused() -> None:
    since = datetime(2025, 3, 4, tzinfo=UTC)
    with pytest.raises(ValueError, match="Monday"):
        Week(monday=date(2025, 3, 4), since=since, until=since + timedelta(days=7))
    with pytest.raises(ValueError, match="ends after"):
        Week(monday=date(2025, 3, 3), since=since, until=since)
