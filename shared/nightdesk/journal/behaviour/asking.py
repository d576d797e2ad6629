"""What an owner asks of behaviour, in their own words: the last days, or a span, of some trades."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from nightdesk.core.errors import Invalid
from nightdesk.core.ids import BotId, UserId
from nightdesk.journal.behaviour.answering import ReadFindings
from nightdesk.journal.behaviour.gathering import Wanted
from nightdesk.journal.behaviour.groups import Group
from nightdesk.journal.behaviour.reporting import (
    LEAST_DAYS,
    MOST_DAYS,
    Buckets,
    ReadSetups,
    ReadTilt,
    ReadTimes,
    Report,
    ReportWindow,
)
from nightdesk.journal.behaviour.tilt import Tilt
from nightdesk.journal.finding import Finding, Scope
from nightdesk.journal.place import in_force
from nightdesk.journal.ports.writing import Tags
from nightdesk.journal.spans import in_range
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade_filters import TradeFilters
from nightdesk.trading.order import Mode

DAY, MONTH = timedelta(days=1), timedelta(days=30)
"""A month of days ends with its last one, so it begins 29 before."""
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBehaviour:
    """Reports as the API asks for them.

    A window is of one mode, live unless filters name another, and of people's trades, or of the
    one bot that they name. It is bounded by entries: where filters have no `since` it has so many
    days, and it ends now where they have no `until`, or a later one.
    """

    report: ReportWindow
    tilt: ReadTilt
    times: ReadTimes
    setups: ReadSetups
    findings: ReadFindings
    tags: Tags

    def of(self, owner: UserId, filters: TradeFilters, days: int, *, now: datetime) -> Report:
        """Return what the window shows. Raises Invalid `OUT_OF_RANGE` `BAD_RANGE`."""
        return self.report(self._wanted(owner, filters, days, now))

    def found(self, report: Report, *, most: int) -> Sequence[Finding]:
        """Return the newest that was kept of a window: of its trades, its days, and of itself."""
        kept = self._kept(report.wanted)
        return list(islice((one for one in kept if _speaks_of(report, one)), most))

    def tilted(
        self, owner: UserId, mode: Mode, since: date | None, until: date | None, *, now: datetime
    ) -> Mapping[date, Tilt]:
        """Return the tilt of days, without bounds of the last 30. Raises Invalid `BAD_RANGE`."""
        today = in_force(self.tilt.preferences(owner).places, now).day(now)
        last = until or max(today, since or today)
        return self.tilt(owner, mode, since or last - MONTH + DAY, last)

    def by_time(
        self, owner: UserId, filters: TradeFilters, days: int, by: str, *, now: datetime
    ) -> Sequence[Group]:
        """Return hours or sessions compared. Raises Invalid as `of`."""
        return self.times(self._wanted(owner, filters, days, now), Buckets(by))

    def by_setup(
        self, owner: UserId, filters: TradeFilters, days: int, *, now: datetime
    ) -> Sequence[Group]:
        """Return the own setups compared. Raises Invalid as `of`."""
        return self.setups(self._wanted(owner, filters, days, now))

    def _wanted(self, owner: UserId, filters: TradeFilters, days: int, now: datetime) -> Wanted:
        in_range(filters.since, filters.until)
        until = min(filters.until or now, now)
        since = filters.since or until - timedelta(days=days)
        if filters.since and not LEAST_DAYS <= (until - since) / DAY <= MOST_DAYS:
            message = f"A window has {LEAST_DAYS} to {MOST_DAYS} days."
            raise Invalid("BAD_RANGE", message, field="from")
        named = dict(filters.any_of)
        mode = _one(named.pop("mode", frozenset()), "mode")
        bot = _one(named.pop("bot_id", frozenset()), "bot_id")
        rest = replace(filters, any_of=named)
        tags = TagBook(owner, self.tags.all(owner)) if named else TagBook(owner, ())
        return Wanted(
            owner=owner,
            mode=Mode(mode) if mode else Mode.LIVE,
            since=since,
            until=until,
            bot_id=BotId(bot) if bot else None,
            only=(lambda one: rest.pass_(one, tags)) if rest.narrow else None,
        )

    def _kept(self, wanted: Wanted) -> Iterator[Finding]:
        after: str | None = None
        while True:
            page = self.findings(
                wanted.owner, limit=PAGE, after=after, since=wanted.since, until=wanted.until
            )
            yield from page.items
            after = page.next_key
            if after is None:
                return


def _speaks_of(report: Report, found: Finding) -> bool:
    if not report.trades.isdisjoint(found.trades):
        return True
    wanted = report.wanted
    if found.scope is Scope.TRADE or wanted.only is not None:
        return False  # a claim about all trades is none about some of them
    return (found.figures.get("mode"), found.bot_id) == (wanted.mode.value, wanted.bot_id)


def _one(values: Collection[str], name: str) -> str | None:
    """Return the one value that is asked for. Raises Invalid."""
    if len(values) > 1:
        raise Invalid("OUT_OF_RANGE", "One at a time.", field=name, allowed={"max": 1})
    return next(iter(values), None)
