"""What follows from a trade that was stored: its plan locks, reviews are stale, it is judged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.behaviour.judging import JudgeDay, JudgeTrades
from nightdesk.journal.finding import Finding
from nightdesk.journal.keeping import TRIES, KeepTrades, MeasureStored
from nightdesk.journal.owed import Owed, OwedLooks, owed_to
from nightdesk.journal.period import DAY, ReviewKind, begins, containing
from nightdesk.journal.place import in_force
from nightdesk.journal.plan import persons
from nightdesk.journal.planned import NotePlanned
from nightdesk.journal.ports.trades import PreferencesOf, Trades
from nightdesk.journal.ports.writing import Plans
from nightdesk.journal.reviewing.staling import MarkStale
from nightdesk.journal.trade import JournalTrade, Origin, Source, Status
from nightdesk.trading.order import Mode

AFTER = timedelta(days=1)
"""Trades entered within this long after the end of one may have to be seen in its light."""
MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What came of it: plans that were locked, reviews that were marked, what was found."""

    locked: int = 0
    stale: int = 0
    findings: int = 0


@dataclass(frozen=True, slots=True)
class LockPlans:
    """Lock the plans of the days that trades were entered on; bots lock none."""

    plans: Plans
    preferences: PreferencesOf

    def __call__(self, owner: UserId, trades: Sequence[JournalTrade]) -> int:
        """Return how many plans have learned of an earlier first entry. Raises StaleWrite."""
        entries = persons(trades)
        if not entries:
            return 0
        places = self.preferences(owner).places
        first: dict[date, datetime] = {}
        for trade in entries:
            day = containing(ReviewKind.DAY, trade.opened_at, places).first
            first.setdefault(day, trade.opened_at)
        return sum(self._entered(owner, day, at) for day, at in first.items())

    def _entered(self, owner: UserId, day: date, at: datetime) -> bool:
        for left in reversed(range(TRIES)):
            plan = self.plans.get(owner, day)
            if plan is None or (locked := plan.entered(at)) == plan:
                return False
            try:
                self.plans.save(locked)
            except StaleWrite:
                if not left:
                    raise
                continue  # its owner writes it at this moment
            return True
        raise AssertionError  # the last try returns or raises


@dataclass(frozen=True, slots=True)
class ScoreDay:
    """Score a day of an owner's trades that is over, or have it scored once it is."""

    judge: JudgeDay
    looks: OwedLooks

    def __call__(self, owner: UserId, day: date, mode: Mode, *, now: datetime) -> Finding | None:
        """Return the finding of an uncalm day, stored once."""
        end = begins(day + DAY, self.judge.preferences(owner).places)
        look = Owed(owner=owner, at=end, day=day, mode=mode)
        if now < end:
            self.looks.put(look)
            return None
        found = self.judge(owner, day, mode, now=now)
        self.looks.drop(look)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowTrades:
    """Do what follows from stored trades. Each part may be done again, and nothing happens twice.

    Judging comes last: a detector that fails costs nothing else, and the trade was stored before.
    """

    trades: Trades
    keep: KeepTrades
    preferences: PreferencesOf
    lock: LockPlans
    plan: NotePlanned
    mark: MarkStale
    looks: OwedLooks
    judge: JudgeTrades
    score: ScoreDay

    def __call__(
        self,
        owner: UserId,
        trade_ids: Collection[TradeId],
        *,
        now: datetime,
        arrived: bool = True,
        alone: bool = True,
    ) -> Followed:
        """Return what came of it; unless they have `arrived` just now, no review is stale.

        Those that are not there, hidden or moved are passed over. Trades entered after them learn
        of it, too, unless who is not `alone` has told them. Raises StaleWrite.
        """
        kept = self.trades.stored(owner, list(trade_ids)).values()
        if alone:
            self._told(owner, [one.trade for one in kept])
        there = [one.trade for one in kept if one.voided_at is None and one.moved_to is None]
        if not there:
            return Followed()
        locked = self.lock(owner, there)
        self.plan(owner, there)  # detectors ask whether a trade was planned
        closed = [one for one in there if one.closed_at is not None]
        stale = self._marked(owner, closed, now) if arrived else 0
        for trade in closed:
            self._owe(trade, now)
        human = [one for one in closed if one.origin is Origin.HUMAN]
        findings = len(self.judge(owner, self._around(owner, human), now=now)) if human else 0
        for day, mode in sorted(self._days(owner, human)):
            findings += self.score(owner, day, mode, now=now) is not None
        return Followed(locked=locked, stale=stale, findings=findings)

    def _told(self, owner: UserId, trades: Sequence[JournalTrade]) -> None:
        """Tell others that these were entered, changed or hidden by a person: builds tell it."""
        own = [one for one in trades if one.source in {Source.MANUAL, Source.IMPORT}]
        if own:
            self.keep.neighbours(owner, own, [one.id for one in own])

    def _marked(self, owner: UserId, closed: Sequence[JournalTrade], now: datetime) -> int:
        places = self.preferences(owner).places
        of_day = {
            in_force(places, one.closed_at).day(one.closed_at): one.closed_at
            for one in closed
            if one.closed_at is not None
        }
        return sum(self.mark(owner, at, now=now) for at in of_day.values())

    def _owe(self, trade: JournalTrade, now: datetime) -> None:
        owed = owed_to(trade, now)
        if owed is None:
            self.looks.drop(Owed(owner=trade.owner, at=now, trade_id=trade.id))
        else:
            self.looks.put(owed)

    def _around(self, owner: UserId, human: Sequence[JournalTrade]) -> Collection[JournalTrade]:
        """Return these and the closed ones entered after them, which were judged without them."""
        found = {one.id: one for one in human}
        since = min(one.opened_at for one in human)
        until = max(one.closed_at or one.opened_at for one in human) + AFTER
        later = [one.trade for one in self.trades.opened(owner, since, until)]
        for trade in persons(later):
            if trade.status is Status.CLOSED and len(found) < MOST:
                found.setdefault(trade.id, trade)
        return found.values()

    def _days(self, owner: UserId, human: Sequence[JournalTrade]) -> set[tuple[date, Mode]]:
        if not human:
            return set()
        places = self.preferences(owner).places
        return {
            (in_force(places, at).day(at), one.mode)
            for one in human
            for at in (one.opened_at, one.closed_at)
            if at
        }


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Measure trades once more that candles may tell more of by now, and judge them by that."""

    measure: MeasureStored
    follow: FollowTrades

    def __call__(
        self, owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime, arrived: bool
    ) -> Followed:
        """Return what came of it. Raises StaleWrite."""
        self.measure(owner, trade_ids)
        return self.follow(owner, trade_ids, now=now, arrived=arrived, alone=False)
