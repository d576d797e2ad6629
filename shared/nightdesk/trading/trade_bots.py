"""Work the bots of some markets at one close: resolve, protect, decide, execute (steps 4 to 12)."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from nightdesk.analysis.snapshot import Snapshot
from nightdesk.analysis.taking import LookAtMarket
from nightdesk.core.clock import iso
from nightdesk.core.errors import (
    Conflict,
    Fenced,
    InvariantBroken,
    LeaseTaken,
    Missing,
    OutOfOrder,
    StaleWrite,
    Transient,
)
from nightdesk.core.events import Event, event
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.core.money import ZERO, exact, fixed
from nightdesk.market.instruments import Quote, Rules
from nightdesk.market.ports import RulesStore
from nightdesk.market.timeframe import Timeframe
from nightdesk.names import EventType
from nightdesk.risk.verdict import Conditions, Costs, Exposure
from nightdesk.strategies.signal import Action
from nightdesk.strategies.warmup import window
from nightdesk.trading import booking
from nightdesk.trading.book import Book
from nightdesk.trading.cycle import HALTED, decide, signal_of
from nightdesk.trading.decision import Decision
from nightdesk.trading.execution import Execute, Work, open_orders
from nightdesk.trading.exposure import exposure
from nightdesk.trading.invariants import Broken, of_book
from nightdesk.trading.mandate import Mandate, Portfolio
from nightdesk.trading.order import Leg, Mode, Order, OrderStatus
from nightdesk.trading.plan import LATE, LATE_CYCLE
from nightdesk.trading.ports import (
    BotKey,
    Decisions,
    Desk,
    DueBots,
    Equity,
    Exchange,
    Gates,
    Lease,
    Leases,
    PoolFunds,
)
from nightdesk.trading.proving import ProveAccount, prove

logger = logging.getLogger(__name__)

RULES_STALE = "RULES_STALE"
MOST_WORDS = 500
EXPIRED_DECISION = "EXPIRED_DECISION"
"""An entry that was approved but not placed while its candle was the market's (step 8)."""

Market = tuple[InstrumentId, Timeframe]


@dataclass(slots=True)
class Traded:
    """What a pass over some markets came to. Counts alone: the record is in the tables."""

    bots: int = 0
    busy: int = 0
    """Bots that another worker holds, or that others kept writing to."""
    failed: int = 0
    broken: int = 0
    """Bots whose own numbers contradict each other: they are halted."""
    decisions: int = 0
    entries: int = 0
    exits: int = 0
    denied: int = 0
    fills: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeBots:
    """Work every bot of the markets given, each under its lease and each on its own."""

    desk: Desk
    leases: Leases
    bots: DueBots
    decisions: Decisions
    equity: Equity
    gates: Gates
    pools: PoolFunds
    rules: RulesStore
    look: LookAtMarket
    quotes: Callable[[InstrumentId, datetime], Quote]
    costs: Callable[[Rules, datetime], Costs]
    exchange: Callable[[Timeframe], Exchange]
    """The simulated exchange over candles of this timeframe."""

    def __call__(
        self,
        markets: Mapping[Market, Sequence[str]],
        *,
        as_of: datetime,
        now: datetime,
        holder: str,
        protect_only: bool = False,
    ) -> Traded:
        """Trade `markets` (with the findings on each) at `as_of`, as it looks at `now`.

        `holder` names the cycle that works them: its own retry takes its leases over at once.
        More than 120 s late nothing new is decided: bots are protected, exits that were decided
        in time are placed, and entries expire.

        A bot's own fault costs that bot its turn and no other, a market's own that market. When
        all others were worked, raises a Transient fault if there was one (LeaseTaken, too: whoever
        holds the bot may be about to let go), else what broke a market. A retry finds them done.
        """
        done = Traded()
        faults: list[Exception] = []
        if now - as_of > LATE and not protect_only:
            logger.warning("%s: as_of=%s now=%s", LATE_CYCLE, iso(as_of), iso(now))
            protect_only = True
        for market, findings in markets.items():
            try:
                self._market(
                    market,
                    findings,
                    as_of=as_of,
                    holder=holder,
                    protect_only=protect_only,
                    done=done,
                )
            except Exception as error:  # noqa: BLE001 - raised below, once the others are worked
                faults.append(error)
        if faults:
            raise max(faults, key=lambda fault: isinstance(fault, Transient))
        return done

    def _market(
        self,
        market: Market,
        findings: Sequence[str],
        *,
        as_of: datetime,
        holder: str,
        protect_only: bool,
        done: Traded,
    ) -> None:
        mandates = self.bots.of(*market)
        if not mandates:
            return
        instrument, timeframe = market
        rules = self.rules.get(instrument)
        try:
            snapshot = self.look(market, as_of, findings, _needs(mandates, timeframe))
        except Missing:
            return  # no candle yet: there is nothing to decide on, and nothing can be held
        turn = _Turn(
            use=self,
            as_of=as_of,
            rules=rules,
            snapshot=snapshot,
            execute=Execute(self.exchange(timeframe)),
            quote=self.quotes(instrument, as_of) if protect_only else None,
            shut={} if protect_only else self._shut(mandates),
            done=done,
        )
        leases: dict[BotKey, Lease] = {}
        try:
            fault = self._take(leases, mandates, holder=holder, as_of=as_of, done=done)
            fault = self._work(turn, mandates, leases) or fault
        finally:
            for lease in leases.values():
                self._free(lease)
        if fault is not None:
            raise fault

    def _shut(self, mandates: Sequence[Mandate]) -> Mapping[UserId, str]:
        """Return whose gates are shut, one read for all; no exit waits for an answer."""
        try:
            return self.gates.shut_of({mandate.owner for mandate in mandates})
        except Transient as fault:
            logger.warning("decisions name no gate: %s", fault)
            return {}

    def _work(
        self, turn: "_Turn", mandates: Sequence[Mandate], leases: dict[BotKey, Lease]
    ) -> Transient | None:
        """Work every leased bot on its own; return a fault that trying again may mend."""
        fault: Transient | None = None
        books = self.desk.books(list(leases))
        for mandate in mandates:
            key = (mandate.owner, mandate.bot_id)
            if key not in leases:
                continue
            try:
                turn.work(mandate, leases[key], books.get(key))
            except Transient as error:
                fault = error
            except (Fenced, StaleWrite):
                turn.done.busy += 1
            except InvariantBroken:
                turn.done.broken += 1
                logger.exception("ledger broken: bot_id=%s", mandate.bot_id)
            except Exception:
                turn.done.failed += 1
                logger.exception("bot failed: bot_id=%s", mandate.bot_id)
            finally:
                self._free(leases.pop(key))
        return fault

    def _take(
        self,
        leases: dict[BotKey, Lease],
        mandates: Sequence[Mandate],
        *,
        holder: str,
        as_of: datetime,
        done: Traded,
    ) -> Transient | None:
        """Take what leases there are; return why one was not, if trying again may help."""
        fault: Transient | None = None
        for mandate in mandates:
            key = (mandate.owner, mandate.bot_id)
            try:
                leases[key] = self.leases.take(*key, holder, as_of)
            except OutOfOrder:
                done.busy += 1
            except Transient as error:
                done.busy += isinstance(error, LeaseTaken)
                fault = error
        return fault

    def _free(self, lease: Lease) -> None:
        """Give a lease back. One that cannot be expires: no other bot's turn is worth it."""
        try:
            self.leases.free(lease)
        except Transient as fault:
            logger.warning("lease not freed: bot_id=%s: %s", lease.bot_id, fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """What the bots of one market share at one close."""

    use: TradeBots
    as_of: datetime
    rules: Rules
    snapshot: Snapshot
    execute: Execute
    quote: Quote | None
    shut: Mapping[UserId, str]
    """Whose gates were shut as it began. An entry reads its own once more."""
    done: Traded
    accounts: dict[tuple[UserId, Mode, str], tuple[Broken, ...]] = field(default_factory=dict)
    """What contradicts an account, of those that were added up."""

    def work(self, mandate: Mandate, lease: Lease, book: Book | None) -> None:
        """Take one bot through steps 5 to 12.

        A pause may write the book in the middle: then the steps are taken once more on what
        stands now, since an exit or a fill's protection must not wait for the next close. Raises
        StaleWrite when that happens again.
        """
        if book is None:
            raise Missing(f"bot {mandate.bot_id} has no book")
        work = Work(
            desk=self.use.desk,
            lease=lease,
            rules=self.rules,
            book=book,
            orders={o.client_order_id: o for o in open_orders(self.use.desk, book)},
        )
        self.done.bots += 1
        try:
            try:
                self._steps(work, mandate)
            except StaleWrite:
                work.reread()
                self._steps(work, mandate)
        finally:
            self.done.fills += work.fills
            self.done.unknown += sum(
                order.status is OrderStatus.SUBMIT_UNKNOWN for order in work.orders.values()
            )

    def _steps(self, work: Work, mandate: Mandate) -> None:
        self.execute.resolve(work, self.as_of)
        if code := blocked(work.book, mandate):
            self.execute.withdraw(work, code, self.as_of)
        self.execute.protect(
            work,
            candles=self.snapshot.candles,
            atr=self._atr(work),
            quote=self.quote,
            at=self.as_of,
        )
        if self.quote is None:
            self._decide(work, mandate)
        elif mandate.timeframe.closes_at(self.as_of):
            self._catch_up(work, mandate)

    def _doubt(self, work: Work, reference: Decimal) -> str | None:
        """Return why no strategy may trade this bot: its book contradicts itself.

        What is found stays in the book until a person has looked. Once a UTC day the book is
        held against its whole history, too, and its account is added up.
        """
        book = work.book
        if not book.doubt:
            found = of_book(book, work.orders.values(), reference)
            if not found and Timeframe.D1.closes_at(self.as_of):
                found = disproved(self.use.desk, book) or self._account(book)
            if not found:
                return None
            words = "; ".join(f"({one.number}) {one.text}" for one in found)
            work.commit(booking.doubted(book, words[:MOST_WORDS], self.as_of))
        self.done.broken += 1
        logger.error("ledger broken: bot_id=%s: %s", book.bot_id, work.book.doubt)
        return HALTED

    def _account(self, book: Book) -> tuple[Broken, ...]:
        """Return what contradicts the book's account, added up once for all its bots here."""
        account = (book.owner, book.mode, book.quote)
        if account not in self.accounts:
            try:
                found = ProveAccount(self.use.desk, self.use.pools)(*account)
            except Transient as fault:  # no exit waits for the sum of others
                logger.warning("account not proven today: owner=%s: %s", book.owner, fault)
                found = ()
            self.accounts[account] = found
        return self.accounts[account]

    def _decide(self, work: Work, mandate: Mandate) -> None:
        """Decide once, then do what stands: a repeat finds the first decision and its orders."""
        portfolio = self._portfolio(work, mandate)
        made = decide(self.snapshot, mandate, portfolio, self.as_of)
        # with an order it is told where the order is stored; a denial may come before any size
        told = (decision_made(made),) if made.denied and not made.orders else ()
        stands = self.use.decisions.put(made, *told)
        self._carry_out(work, mandate, stands)
        self.done.decisions += 1
        self.done.entries += stands.action is Action.ENTER and not stands.denied
        self.done.exits += stands.action is Action.EXIT
        self.done.denied += stands.denied

    def _catch_up(self, work: Work, mandate: Mandate) -> None:
        """Come back, too late, to what an earlier pass decided at this close and did not do."""
        book = work.book
        stands = self.use.decisions.at(book.owner, book.bot_id, self.as_of)
        if stands is not None:
            self._carry_out(work, mandate, stands, expired=EXPIRED_DECISION)

    def _carry_out(
        self, work: Work, mandate: Mandate, stands: Decision, *, expired: str | None = None
    ) -> None:
        for order in stands.orders:
            known = self.use.desk.orders(order.owner, order.bot_id, [order.client_order_id])
            if not known:  # else a repeat: resolving and protecting have seen to it
                self._do(work, mandate, stands, order, expired)

    def _do(
        self, work: Work, mandate: Mandate, stands: Decision, order: Order, expired: str | None
    ) -> None:
        """Place one order of the decision that stands, or store it as denied."""
        told = (decision_made(stands),)
        refusal = stands.code or "DENIED" if stands.denied else None
        if order.leg is Leg.ENTRY:
            # an approval may be older than a pause: then a repeat finds it
            refusal = refusal or expired or blocked(work.book, mandate)
        if refusal is not None:
            refused = replace(order, reserved=ZERO)
            work.commit(booking.denial(work.book, refused, refusal, self.as_of, told))
        elif order.leg is Leg.ENTRY:
            if work.book.position is None:
                self._enter(work, order, told)
        elif work.book.position is not None and not work.selling:
            self.execute.sell(work, order, self.as_of, told)

    def _enter(self, work: Work, order: Order, told: tuple[Event, ...]) -> None:
        try:
            self.execute.place(work, order, self.as_of, told)
        except Conflict as shut:
            # a gate fell after the verdict: stored as denied, so that no repeat enters later
            refused = replace(order, reserved=ZERO)
            work.commit(booking.denial(work.book, refused, shut.code, self.as_of, told))

    def _portfolio(self, work: Work, mandate: Mandate) -> Portfolio:
        reference = exact(self.snapshot.close, self.rules.tick)
        doubt = self._doubt(work, reference)
        wants = signal_of(self.snapshot, mandate, work.book.position).action
        entering = wants is Action.ENTER and work.book.position is None
        return Portfolio(
            book=work.book,
            rules=self.rules,
            costs=self.use.costs(self.rules, self.as_of),
            reference=reference,
            conditions=Conditions(
                gate=self.use.gates.shut(mandate.owner)
                if entering
                else self.shut.get(mandate.owner),
                bot=doubt or blocked(work.book, mandate),
                findings=(
                    *self.snapshot.findings,
                    *([RULES_STALE] if self.rules.stale(self.as_of) else []),
                ),
                regime=self.snapshot.regime,
                weekly_gate=self.snapshot.weekly_gate,
                obey_weekly_gate=mandate.definition.weekly_gate,
            ),
            exposure=self._exposure(work, mandate, reference) if entering else None,
        )

    def _exposure(self, work: Work, mandate: Mandate, reference: Decimal) -> Exposure:
        own = work.book
        books = self.use.desk.owner_books(own.owner, own.mode)
        known = self.use.equity.before(
            {(book.owner, book.bot_id): book.timeframe for book in (own, *books)}, self.as_of
        )
        return exposure(
            own,
            reference=reference,
            books=books,
            points={bot_id: point for (_, bot_id), point in known.items()},
            pool=self.use.pools.free(own.owner, own.mode, own.quote),
            orders=list(work.orders.values()),
            streak=mandate.owner_limits.loss_streak,
            as_of=self.as_of,
        )

    def _atr(self, work: Work) -> Decimal | None:
        """Return today's ATR of the length that the position's trail asks for."""
        held = work.book.position
        if held is None or held.protection.trail is None:
            return None
        n = held.protection.trail.atr_period
        values = self.snapshot.features.outputs("ATR", {"n": n}, timeframe=self.snapshot.timeframe)
        value = float(values["atr"][-1])
        return None if math.isnan(value) else exact(value, self.rules.tick)


def blocked(book: Book, mandate: Mandate) -> str | None:
    """Return the code that blocks a bot's entries. The book is the newer: its index may lag."""
    return book.entries_blocked or mandate.entries_blocked


def disproved(desk: Desk, book: Book) -> tuple[Broken, ...]:
    """Return what a book's history contradicts; looked at twice, since a cheap read may lag."""
    if not prove(desk, book, consistent=False).broken:
        return ()
    return prove(desk, book).broken


def _needs(mandates: Sequence[Mandate], base: Timeframe) -> dict[Timeframe, int]:
    """Return the candles that all these bots' rules read, by timeframe.

    Rules that cannot be read fail their own bot when it decides, after it was protected.
    """
    needs: dict[Timeframe, int] = {}
    for mandate in mandates:
        try:
            wanted = window(mandate.definition, mandate.parameters, base)
        except Exception:
            logger.exception("rules cannot be read: bot_id=%s", mandate.bot_id)
            continue
        for timeframe, count in wanted.items():
            needs[timeframe] = max(count, needs.get(timeframe, 0))
    return needs


def decision_made(decision: Decision) -> Event:
    """Say what was decided, and why less or nothing was done."""
    return event(
        decision.owner,
        EventType.DECISION_MADE,
        decision.as_of,
        {
            "bot_id": decision.bot_id,
            "decision_id": decision.decision_id,
            "instrument": decision.instrument_id,
            "action": decision.action,
            "code": decision.code,
            "verdict": None if decision.verdict is None else decision.verdict.outcome,
            "price": fixed(decision.reference),
        },
        cause=decision.decision_id,
        bot_id=decision.bot_id,
    )
