"""What a review speaks of: a week, a month or a day of the owner's, and when its review is due.

A period ends where the next one begins, also where the owner has moved to another zone between:
no moment is in two, none in none. A day that a move across the date line skips is no period.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from nightdesk.core.errors import Invalid
from nightdesk.journal.place import Place, in_force
from nightdesk.journal.spans import FIRST
from nightdesk.journal.week import DAYS, week_of

REVIEW_HOUR = 6
DIGEST_HOUR = 7
"""On the owner's clock; a digest's is theirs to choose."""
DAY = timedelta(days=1)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


class ReviewKind(StrEnum):
    """How long a review looks back."""

    WEEK = "week"
    MONTH = "month"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days from `first` until before `after`, in UTC from `since` until before `until`.

    `label` is `2025-W10`, `2025-03` or `2025-03-05`; `place` is where its first day was kept.
    """

    kind: ReviewKind
    label: str
    first: date
    after: date
    since: datetime
    until: datetime
    place: Place

    def __post_init__(self) -> None:
        if self.first >= self.after or self.since >= self.until:
            raise ValueError(f"{self.label} ends after it began")


def place_on(places: Sequence[Place], day: date) -> Place:
    """Return where a day is kept: the newest place that counts when the day begins there."""
    for one in reversed(places):
        if one.since is None or one.since <= one.midnight(day):
            return one
    return places[0] if places else Place()


def begins(day: date, places: Sequence[Place]) -> datetime:
    """Return when a day begins, in UTC: one that a move skips with the next one."""
    return min(place_on(places, one).midnight(one) for one in (day, day + DAY))


def period_of(kind: ReviewKind, day: date, places: Sequence[Place]) -> Period:
    """Return the period in which a day lies; `places` come oldest first.

    Raises ValueError for a day that has no moment.
    """
    place = place_on(places, day)
    if kind is ReviewKind.WEEK:
        week = week_of(place, day)
        first, after, label = week.monday, week.monday + timedelta(days=DAYS), week.label
        place = place_on(places, first)
    elif kind is ReviewKind.MONTH:
        first = day.replace(day=1)
        after, label = (first + timedelta(days=31)).replace(day=1), f"{first:%Y-%m}"
        place = place_on(places, first)
    else:
        first, after, label = day, day + DAY, day.isoformat()
    return Period(
        kind=kind,
        label=label,
        first=first,
        after=after,
        since=begins(first, places),
        until=begins(after, places),
        place=place,
    )


def period_named(kind: ReviewKind, label: str, places: Sequence[Place]) -> Period:
    """Return the period of this name. Raises Invalid unless it is one of its kind.

    Before the year in which coins were first traded there is none.
    """
    try:
        return period_of(kind, _first_day(kind, label), places)
    except (ValueError, OverflowError) as error:
        raise Invalid(
            "VALIDATION_FAILED", f"{label!r} is no {kind.value}", field="label"
        ) from error


def _first_day(kind: ReviewKind, label: str) -> date:
    form = {ReviewKind.WEEK: _WEEK, ReviewKind.MONTH: _MONTH, ReviewKind.DAY: _DAY}[kind]
    found = form.fullmatch(label)
    if found is None:
        raise ValueError(label)
    parts = [int(one) for one in found.groups()]
    if parts[0] < FIRST.year:
        raise ValueError(label)
    if kind is ReviewKind.WEEK:
        return date.fromisocalendar(parts[0], parts[1], 1)
    return date(parts[0], parts[1], parts[2] if kind is ReviewKind.DAY else 1)


def containing(kind: ReviewKind, moment: datetime, places: Sequence[Place]) -> Period:
    """Return the period in which a moment lies."""
    day = _there(in_force(places, moment).day(moment), DAY, places)
    period = period_of(kind, day, places)
    while moment < period.since:
        period = before(period, places)
    while moment >= period.until:
        period = behind(period, places)
    return period


def before(period: Period, places: Sequence[Place]) -> Period:
    """Return the period that ends where this one begins."""
    return period_of(period.kind, _there(period.first - DAY, -DAY, places), places)


def behind(period: Period, places: Sequence[Place]) -> Period:
    """Return the period that begins where this one ends."""
    return period_of(period.kind, _there(period.after, DAY, places), places)


def _there(day: date, step: timedelta, places: Sequence[Place]) -> date:
    """Return the day, or the next one by that step that has a moment."""
    while begins(day, places) >= begins(day + DAY, places):
        day += step
    return day


def due_at(period: Period, places: Sequence[Place], *, hour: int) -> datetime:
    """Return when its review is due, in UTC: that hour of the owner's first day after it.

    An hour that clocks skip is the moment after the gap; of one that comes twice, the first.
    """
    zone = ZoneInfo(place_on(places, period.after).zone)
    return datetime.combine(period.after, time(hour), zone).astimezone(UTC)


def hour_of(kind: ReviewKind, digest_hour: int = DIGEST_HOUR) -> int:
    """Return the owner's hour at which reviews of a kind are due."""
    return digest_hour if kind is ReviewKind.DAY else REVIEW_HOUR


def latest_due(kind: ReviewKind, places: Sequence[Place], now: datetime, *, hour: int) -> Period:
    """Return the latest period whose review is due by now."""
    period = containing(kind, now, places)
    while due_at(period, places, hour=hour) > now:
        period = before(period, places)
    return period


def latest_complete(kind: ReviewKind, places: Sequence[Place], now: datetime) -> Period:
    """Return the latest period that is over: what is reviewed unless another one is named."""
    return before(containing(kind, now, places), places)
