"""Reading what a review is made of: ranges of time with an end, each of them once."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.money import PLACES_8, exact
from nightdesk.journal.account import ReadAccount
from nightdesk.journal.book_stats import Played
from nightdesk.journal.experiment import Experiment
from nightdesk.journal.finding import DetectorId, DetectorStatus, Finding, Json, Scope
from nightdesk.journal.held import ReadHeld
from nightdesk.journal.merged import MergedPlans, MergedPlaybooks, MergedTrades
from nightdesk.journal.period import Period, ReviewKind, before, containing
from nightdesk.journal.plan import SessionPlan
from nightdesk.journal.playbook import Playbook
from nightdesk.journal.ports.findings import DetectorSettings, Findings, Moods
from nightdesk.journal.ports.reviews import Reviews
from nightdesk.journal.ports.trades import Trades
from nightdesk.journal.ports.writing import Plans, Playbooks, Tags
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.review import Review, ReviewStatus
from nightdesk.journal.review_material import Account, Material, Stretch
from nightdesk.journal.reviewing.habits import persons
from nightdesk.journal.reviewing.trying import EARLIER
from nightdesk.journal.tag import TagBook
from nightdesk.journal.verdict import NO_PLAN, Verdict, judge
from nightdesk.performance.returns import counted, daily_returns
from nightdesk.trading.order import Mode

PAST = {ReviewKind.WEEK: 12, ReviewKind.MONTH: 6, ReviewKind.DAY: 0}
"""Earlier periods that a period is compared with."""
PAGE = 200
MOST_NOTES = 20
"""Notes on trades that are handed to a model, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """Trades of all modes: `closed` since the past begins, `opened` since the plans that count."""

    closed: Sequence[Played]
    opened: Sequence[Played]
    held: Sequence[Played]

    @property
    def mode(self) -> Mode:
        """Return the one mode that is reviewed: live, or paper where nothing is live."""
        modes = {one.trade.mode for part in (self.closed, self.opened, self.held) for one in part}
        return Mode.PAPER if modes and Mode.LIVE not in modes else Mode.LIVE

    def within(self, period: Period, mode: Mode) -> tuple[Played, ...]:
        """Return what closed in a period, of one mode."""
        return tuple(
            one
            for one in self.closed
            if one.trade.mode is mode and _in(one.trade.closed_at, period.since, period.until)
        )


@dataclass(frozen=True, slots=True)
class GatherFromJournal:
    """The port GatherMaterial, over the journal's own stores."""

    trades: Trades
    findings: Findings
    plans: Plans
    playbooks: Playbooks
    reviews: Reviews
    moods: Moods
    account: ReadAccount
    tags: Tags
    settings: DetectorSettings

    def __call__(self, own: Preferences, period: Period, *, now: datetime) -> Material:
        """Return what there is. Raises StoreUnavailable."""
        earlier = list(_earlier(period, own))
        since = earlier[EARLIER - 1].since if _has_experiment(period) else period.since
        read = self._trades(own.owner, earlier[-1].since if earlier else since, since, period, now)
        mode = read.mode
        closed = read.within(period, mode)
        opened = [one for one in read.opened if one.trade.mode is mode]
        entered = [one for one in opened if one.trade.opened_at >= period.since]
        first = period.place.day(since)
        found = self._findings(own.owner, since, period, read, mode)
        return Material(
            owner=own.owner,
            period=period,
            mode=mode,
            closed=closed,
            opened=tuple(entered),
            held=self._whole(own.owner, [one for one in read.held if one.trade.mode is mode]),
            other_modes=sum(
                one.trade.mode is not mode and _in(one.trade.closed_at, period.since, period.until)
                for one in read.closed
            ),
            past=self._past(own.owner, period, earlier, read, mode),
            findings=found,
            books=self._books(own.owner, read, mode),
            tags=TagBook(own.owner, self.tags.all(own.owner)),
            verdicts=self._verdicts(own.owner, first, period, read, now),
            entry_days=frozenset(
                period.place.day(one.trade.opened_at) for one in persons(read.opened)
            ),
            tilts=_tilts(found),
            moods=self.moods(own.owner, first, period.after - timedelta(days=1)),
            account=self._account(own.owner, period, mode),
            experiments=tuple(self._experiments(own, period)),
            notes=tuple(one.labels.note for one in closed if one.labels.note)[-MOST_NOTES:],
            unheard=frozenset(
                one.detector
                for one in self.settings.all(own.owner).values()
                if one.status is not DetectorStatus.ON
            ),
            thin_n=own.thin_n,
        )

    def _trades(
        self, owner: UserId, past: datetime, since: datetime, period: Period, now: datetime
    ) -> _Read:
        merged = MergedTrades(self.trades, self.tags)
        return _Read(
            closed=merged.closed(owner, past, period.until),
            opened=merged.opened(owner, since, period.until),
            held=ReadHeld(self.trades)(owner, now),
        )

    def _whole(self, owner: UserId, held: Sequence[Played]) -> tuple[Played, ...]:
        """Return open trades with all their entries, whose rates their risk is told at."""
        found = self.trades.stored(owner, [one.trade.id for one in held]) if held else {}
        return tuple(
            replace(one, trade=found[one.trade.id].trade) if one.trade.id in found else one
            for one in held
        )

    def _past(
        self, owner: UserId, period: Period, earlier: Sequence[Period], read: _Read, mode: Mode
    ) -> tuple[Stretch, ...]:
        tried: Experiment | None = None
        if _has_experiment(period):
            newest = self._newest(owner, earlier[0])
            tried = newest.experiment if newest else None
        return tuple(
            Stretch(period=one, closed=read.within(one, mode), tried=None if place else tried)
            for place, one in enumerate(earlier)
        )

    def _newest(self, owner: UserId, period: Period) -> Review | None:
        """Return the newest version that is ready."""
        there = self.reviews.versions(owner, period.kind, period.label)
        ready = [one for one in there if one.status is ReviewStatus.READY]
        return ready[-1] if ready else None

    def _findings(
        self, owner: UserId, since: datetime, period: Period, read: _Read, mode: Mode
    ) -> tuple[Finding, ...]:
        """Return what was seen of trades that closed since then, and of days of trades.

        Trades of another mode, or that were taken back, are none of them. What an earlier window
        claimed is none of it: it would make a day out of one without any.
        """
        closed = [
            one
            for one in persons(read.closed)
            if one.trade.mode is mode and _in(one.trade.closed_at, since, period.until)
        ]
        opened = [one for one in persons(read.opened) if one.trade.mode is mode]
        # what was seen of a trade stands at its entry, which may lie before
        early = [
            found
            for one in closed
            if one.trade.opened_at < since
            for found in self.findings.of_trade(owner, one.trade.id, one.trade.opened_at)
        ]
        found = [*early, *self.findings.between(owner, since, period.until)]
        ended = {one.trade.id for one in closed}
        traded = ended | {one.trade.id for one in opened}
        days = {period.place.day(at).isoformat() for one in closed if (at := one.trade.closed_at)}
        return tuple(
            one
            for one in found
            if (one.scope is Scope.TRADE and one.trades[0] in ended)
            or (one.scope is Scope.DAY and _of_day(one, traded, days))
        )

    def _books(self, owner: UserId, read: _Read, mode: Mode) -> tuple[Playbook, ...]:
        """Return all versions of the playbooks that trades keep."""
        names = {one.labels.playbook_id for one in read.closed if one.trade.mode is mode}
        books = MergedPlaybooks(self.playbooks, self.tags)
        return tuple(
            version
            for name in sorted(name for name in names if name)
            for version in books.versions(owner, name)
        )

    def _verdicts(
        self, owner: UserId, first: date, period: Period, read: _Read, now: datetime
    ) -> Mapping[date, Verdict]:
        """Return the verdict of each day with a plan or an entry of a person's."""
        found = dict.fromkeys(
            (period.place.day(one.trade.opened_at) for one in persons(read.opened)), NO_PLAN
        )
        labels = {one.trade.id: one.labels for one in (*read.closed, *read.opened)}
        for plan in self._plans(owner, first, period.after - timedelta(days=1)):
            entered = [one.trade for one in read.opened if _on(plan, one.trade.opened_at)]
            ended = [one.trade for one in read.closed if _on(plan, one.trade.closed_at)]
            found[plan.day] = judge(plan, entered, ended, labels, now)
        return found

    def _plans(self, owner: UserId, first: date, last: date) -> Iterator[SessionPlan]:
        plans, after = MergedPlans(self.plans, self.tags), None
        while True:
            page = plans.page(owner, first, last, limit=PAGE, after=after)
            yield from page.items
            after = page.next_key
            if after is None:
                return

    def _account(self, owner: UserId, period: Period, mode: Mode) -> Account:
        """Return the equity of bots, or of the accounts that the journal keeps, in its currency."""
        read = self.account(owner, period.since, period.until, place=period.place, modes=(mode,))
        if not read.days:
            return Account(left_out=read.left_out, untold=read.kept.untold)
        _, returns = counted(daily_returns(read.start, read.days))
        flows = [flow.amount for day in read.days for flow in day.flows]
        return Account(
            currency=read.currency,
            start=exact(read.start, PLACES_8),
            end=exact(read.days[-1].equity_end, PLACES_8),
            flows=exact(sum(flows), PLACES_8),
            moved=any(flows),
            returns=tuple(float(one) for one in returns),
            left_out=read.left_out,
            untold=read.kept.untold,
            caveat=read.kept.caveat,
        )

    def _experiments(self, own: Preferences, period: Period) -> Iterator[Mapping[str, Json]]:
        """Yield what became of the experiments of the weeks that ended in a month.

        One that ends with the month belongs to the next: its review is made at the same hour.
        """
        if period.kind is not ReviewKind.MONTH:
            return
        week = containing(ReviewKind.WEEK, period.until, own.places)
        weeks = []
        while (week := before(week, own.places)).until >= period.since:
            weeks.append(week)
        for one in reversed(weeks):
            review = self._newest(own.owner, one) if one.until < period.until else None
            followed = (review.numbers or {}).get("follow_up") if review else None
            if isinstance(followed, Mapping):
                yield followed


def _has_experiment(period: Period) -> bool:
    return period.kind is ReviewKind.WEEK


def _earlier(period: Period, own: Preferences) -> Iterator[Period]:
    for _ in range(PAST[period.kind]):
        period = before(period, own.places)
        yield period


def _in(moment: datetime | None, since: datetime, until: datetime) -> bool:
    return moment is not None and since <= moment < until


def _on(plan: SessionPlan, moment: datetime | None) -> bool:
    return _in(moment, plan.begins, plan.ends)


def _of_day(found: Finding, traded: Set[TradeId], ended: Set[str]) -> bool:
    """Whether a day's trades are still there; one without entries is a day on which some ended."""
    if found.trades:
        return not traded.isdisjoint(found.trades)
    return str(found.figures["day"]) in ended


def _tilts(findings: Sequence[Finding]) -> Mapping[date, int]:
    """Return the score of each day that was found not to be calm."""
    return {
        date.fromisoformat(str(one.figures["day"])): int(str(one.figures["score"]))
        for one in findings
        if one.detector is DetectorId.TILT and not one.shadow
    }
