"""Plans: write before the day, lock, add notes, read with the verdict after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nightdesk.core.errors import Conflict, Invalid, Missing
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.pages import BadCursor, Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.merged import wish_counting
from nightdesk.journal.period import DAY, begins, place_on
from nightdesk.journal.plan import AHEAD, LockedBy, SessionPlan, Wish
from nightdesk.journal.ports.writing import Plans, Tags, WrittenTrades
from nightdesk.journal.preferring import ReadPlace
from nightdesk.journal.tag import Category, TagBook
from nightdesk.journal.trade import JournalTrade
from nightdesk.journal.verdict import NO_PLAN, Verdict, judge
from nightdesk.journal.versions import expect


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPlan:
    """A day's plan as it stands: None and `no_plan` where nobody wrote one."""

    day: date
    plan: SessionPlan | None
    locked: LockedBy | None
    locked_at: datetime | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """Show the plan of a day with its lock and verdict."""

    plans: Plans
    trades: WrittenTrades

    def __call__(self, owner: UserId, day: date, now: datetime) -> ShownPlan:
        """Return it. A day without a plan is no fault."""
        plan = self.plans.get(owner, day)
        if plan is None:
            return ShownPlan(day=day, plan=None, locked=None, locked_at=None, verdict=NO_PLAN)
        return self.show(plan, now)

    def show(self, plan: SessionPlan, now: datetime) -> ShownPlan:
        """Return one plan with what the trades of its day say."""
        opened = self.trades.opened(plan.owner, plan.begins, plan.ends)
        over = now >= plan.ends
        closed = self.trades.closed(plan.owner, plan.begins, plan.ends) if over else ()
        labels = {one.trade.id: one.labels for one in (*opened, *closed)}
        locked = plan.locked(_trades(opened), now)
        return ShownPlan(
            day=plan.day,
            plan=plan,
            locked=locked,
            locked_at=_when(plan, opened, locked),
            verdict=judge(plan, _trades(opened), _trades(closed), labels, now),
        )

    def page(
        self,
        owner: UserId,
        since: date | None,
        until: date | None,
        *,
        now: datetime,
        limit: int,
        after: str | None,
    ) -> Page[ShownPlan]:
        """Return plans newest first.

        Raises Invalid `BAD_RANGE` unless ``since <= until``, BadCursor for a key of other days.
        """
        if since and until and since > until:
            raise Invalid("BAD_RANGE", "`from` is not after `to`.", field="from")
        days = f"{since or ''}.{until or ''}"
        mark, _, key = (after or f"{days}~").partition("~")
        if mark != days:
            raise BadCursor("the cursor belongs to other days")
        found = self.plans.page(owner, since, until, limit=limit, after=key or None)
        shown = self._shown(owner, found.items, now) if found.items else []
        return Page(shown, found.next_key and f"{mark}~{found.next_key}")

    def _shown(
        self, owner: UserId, plans: Sequence[SessionPlan], now: datetime
    ) -> Sequence[ShownPlan]:
        """Show many plans by two readings of trades, whatever their number."""
        since, until = min(one.begins for one in plans), max(one.ends for one in plans)
        kept = _Kept(
            self.trades.opened(owner, since, until), self.trades.closed(owner, since, until)
        )
        read = ReadPlan(self.plans, kept)
        return [read.show(plan, now) for plan in plans]


@dataclass(frozen=True, slots=True)
class _Kept:
    """Trades that were read already, as the port WrittenTrades gives them."""

    entered: Sequence[Played]
    ended: Sequence[Played]

    def get(self, owner: UserId, trade_id: TradeId) -> Played:
        for one in (*self.entered, *self.ended):
            if (one.trade.owner, one.trade.id) == (owner, trade_id):
                return one
        raise Missing("no such trade")

    def opened(self, _owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        return [one for one in self.entered if since <= one.trade.opened_at < until]

    def closed(self, _owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        return [
            one
            for one in self.ended
            if one.trade.closed_at is not None and since <= one.trade.closed_at < until
        ]


@dataclass(frozen=True, slots=True)
class WritePlan:
    """Write the plan of a day, until it is locked."""

    plans: Plans
    trades: WrittenTrades
    tags: Tags
    place: ReadPlace

    def __call__(
        self, owner: UserId, day: date, wish: Wish, *, version: int, now: datetime
    ) -> SessionPlan:
        """Return the stored plan.

        Raises Invalid `FUTURE_TOO_FAR` beyond 14 days, Missing for a setup that is not the
        owner's, Conflict `PLAN_LOCKED`, `STALE_VERSION`, StaleWrite.
        """
        places = self.place.read(owner, now).places
        if day > place_on(places, day).day(now) + timedelta(days=AHEAD):
            raise Invalid(
                "FUTURE_TOO_FAR", f"A plan reaches at most {AHEAD} days ahead.", field="day"
            )
        wish = self._counting(owner, wish)
        before = self.plans.get(owner, day)
        expect(before.version if before else 0, version)
        if before is not None:
            entries = _trades(self.trades.opened(owner, before.begins, before.ends))
            plan = before.says(wish, entries, now)
            return before if plan == before else self.plans.save(plan)
        since, until = begins(day, places), begins(day + DAY, places)
        if now >= until:
            raise Conflict("PLAN_LOCKED", "The day is over.")
        plan = SessionPlan(
            owner=owner, day=day, begins=since, ends=until, wish=wish, written_at=now
        )
        if plan.locked(_trades(self.trades.opened(owner, since, until)), now):
            raise Conflict("PLAN_LOCKED", "The day has begun: its first trade is entered.")
        return self.plans.save(plan)

    def _counting(self, owner: UserId, wish: Wish) -> Wish:
        book = TagBook(owner, self.tags.all(owner))
        counting = wish_counting(wish, book)
        for setup in counting.setups:
            tag = book.every.get(setup)
            if tag is None or tag.category is not Category.SETUP:
                raise Missing("no such setup")
        return counting


@dataclass(frozen=True, slots=True)
class LockPlan:
    """Lock a plan by hand."""

    plans: Plans

    def __call__(self, owner: UserId, day: date, *, now: datetime) -> SessionPlan:
        """Return it locked; one that is locked stays as it is. Raises Missing, StaleWrite."""
        plan = self.plans.get(owner, day)
        if plan is None:
            raise Missing("no plan of this day")
        locked = plan.by_hand(now)
        return plan if locked == plan else self.plans.save(locked)


@dataclass(frozen=True, slots=True)
class NotePlan:
    """Add a note to a plan, locked or not."""

    plans: Plans

    def __call__(self, owner: UserId, day: date, text: str, *, now: datetime) -> SessionPlan:
        """Return it with the note; the same note at the same moment is added once.

        Raises Missing, Conflict `NOTE_LIMIT`, StaleWrite.
        """
        plan = self.plans.get(owner, day)
        if plan is None:
            raise Missing("no plan of this day")
        if any((one.at, one.text) == (now, text) for one in plan.notes):
            return plan
        return self.plans.save(plan.noted(text, now))


def _trades(played: Sequence[Played]) -> Sequence[JournalTrade]:
    return [one.trade for one in played]


def _when(plan: SessionPlan, opened: Sequence[Played], locked: LockedBy | None) -> datetime | None:
    if locked is LockedBy.ENTRY:
        return plan.first_entry(_trades(opened))
    return plan.ends if locked is LockedBy.DAY_OVER else plan.locked_at
