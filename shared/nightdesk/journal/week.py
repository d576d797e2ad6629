"""ISO weeks on the owner's clock: Monday 00:00 to Monday 00:00 in their zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nightdesk.journal.place import Place

DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week by its Monday, and when it begins and is over in UTC: 167 to 169 hours apart."""

    monday: date
    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.monday.weekday():
            raise ValueError(f"a week begins on a Monday, {self.monday} is none")
        if self.since >= self.until:
            raise ValueError("a week ends after it began")

    @property
    def label(self) -> str:
        """Return the week's name in ISO 8601, `2025-W13`."""
        year, number, _ = self.monday.isocalendar()
        return f"{year:04d}-W{number:02d}"


def week_of(place: Place, day: date) -> Week:
    """Return the week in which a day of the owner's lies."""
    monday = place.week(day)
    return Week(
        monday=monday,
        since=place.midnight(monday),
        until=place.midnight(monday + timedelta(days=DAYS)),
    )


def last_complete_week(place: Place, as_of: datetime) -> Week:
    """Return the latest week that was over at `as_of`."""
    return week_of(place, place.day(as_of) - timedelta(days=DAYS))
