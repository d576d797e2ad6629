"""What an owner asks of behaviour, in their own words: the last days of one mode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.behaviour.answering import ReadFindings
from nightdesk.journal.behaviour.groups import Group
from nightdesk.journal.behaviour.reporting import (
    Buckets,
    ReadSetups,
    ReadTilt,
    ReadTimes,
    Report,
    ReportWindow,
    window,
)
from nightdesk.journal.behaviour.tilt import Tilt
from nightdesk.journal.finding import Finding
from nightdesk.journal.place import in_force
from nightdesk.trading.order import Mode

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBehaviour:
    """Reports over the last days, as the API asks for them."""

    report: ReportWindow
    tilt: ReadTilt
    times: ReadTimes
    setups: ReadSetups
    findings: ReadFindings

    def of(self, owner: UserId, mode: Mode, days: int, *, now: datetime) -> Report:
        """Return what the window shows. Raises Invalid `OUT_OF_RANGE`."""
        return self.report(window(owner, mode, days, now), now=now)

    def found(
        self, owner: UserId, days: int, *, limit: int, after: str | None, now: datetime
    ) -> Page[Finding]:
        """Return what was found and kept in the window, newest first."""
        since = now - timedelta(days=days)
        return self.findings(owner, limit=limit, after=after, since=since)

    def tilted(
        self, owner: UserId, mode: Mode, since: date | None, until: date | None, *, now: datetime
    ) -> Mapping[date, Tilt]:
        """Return the tilt of days, without bounds of the last 30. Raises Invalid `BAD_RANGE`."""
        today = in_force(self.tilt.preferences(owner).places, now).day(now)
        last = until or max(today, since or today)
        return self.tilt(owner, mode, since or last - MONTH, last, now=now)

    def by_time(
        self, owner: UserId, mode: Mode, days: int, by: str, *, now: datetime
    ) -> Sequence[Group]:
        """Return hours or sessions compared. Raises Invalid `OUT_OF_RANGE`."""
        return self.times(window(owner, mode, days, now), Buckets(by))

    def by_setup(self, owner: UserId, mode: Mode, days: int, *, now: datetime) -> Sequence[Group]:
        """Return the own setups compared. Raises Invalid `OUT_OF_RANGE`."""
        return self.setups(window(owner, mode, days, now))
