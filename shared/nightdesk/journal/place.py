"""Where and in what an owner counts: days begin at midnight in their zone, money is their own.

A change of zone or currency takes effect from the next week on, so that no week has two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An IANA time zone and an accounting currency, in effect from a moment on."""

    zone: str = "UTC"
    currency: str = "USD"
    since: datetime | None = None
    """None: from the beginning."""

    def __post_init__(self) -> None:
        ZoneInfo(self.zone)

    def local(self, moment: datetime) -> datetime:
        """Return a moment on the owner's clock."""
        return moment.astimezone(ZoneInfo(self.zone))

    def day(self, moment: datetime) -> date:
        """Return the owner's day of a moment."""
        return self.local(moment).date()

    def midnight(self, day: date) -> datetime:
        """Return when a day begins, in UTC. A midnight that clocks skip is their next moment."""
        local = datetime.combine(day, time(), ZoneInfo(self.zone))
        return local.astimezone(UTC)

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """Return when a day begins and when it is over, in UTC."""
        return self.midnight(day), self.midnight(day + timedelta(days=1))

    def week(self, day: date) -> date:
        """Return the Monday of a day's week."""
        return day - timedelta(days=day.weekday())


def in_force(places: Sequence[Place], moment: datetime) -> Place:
    """Return the place that counts at a moment; `places` come oldest first."""
    counting = [one for one in places if one.since is None or one.since <= moment]
    return counting[-1] if counting else places[0] if places else Place()


def noted(places: Sequence[Place], zone: str, currency: str, now: datetime) -> tuple[Place, ...]:
    """Return `places` with what the profile says now, in effect from the next week on.

    The first one counts from the beginning. A change that has not taken effect gives way to the
    next one; back to what is in force, it is forgotten.
    """
    if not places:
        return (Place(zone=zone, currency=currency),)
    settled = tuple(one for one in places if one.since is None or one.since <= now)
    present = settled[-1]
    if (present.zone, present.currency) == (zone, currency):
        return settled
    later = Place(zone=zone, currency=currency)
    monday = present.week(present.day(now)) + timedelta(days=7)
    since = later.midnight(monday)
    if since <= now:  # where the new clock is, the next week has begun already
        since = later.midnight(monday + timedelta(days=7))
    return (*settled, Place(zone=zone, currency=currency, since=since))
