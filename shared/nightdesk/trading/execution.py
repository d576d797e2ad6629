"""Send orders at most once, find out what became of them, keep positions protected.

A crash after any line leaves a state that the next holder of the lease resolves: an order is
stored as sent before the venue is called, and one that was sent is asked for by its client id.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.core.errors import OutcomeUnknown, Transient
from nightdesk.core.events import Event
from nightdesk.core.ids import ClientOrderId, FillId
from nightdesk.core.money import ZERO, as_written
from nightdesk.market.candles import Candles
from nightdesk.market.instruments import Quote, Rules
from nightdesk.trading import booking
from nightdesk.trading.book import Book, sellable
from nightdesk.trading.identity import client_order_id, exit_kind, protective_decision
from nightdesk.trading.order import Answer, Leg, Order, OrderStatus, OrderType, Side
from nightdesk.trading.ports import Change, Desk, Exchange, Lease
from nightdesk.trading.position import Position
from nightdesk.trading.protection import expired, reached, touched, trailed

logger = logging.getLogger(__name__)

EXIT_TRIES = 3
ABSENT_LOOK_UPS = 3
ABSENT_AFTER = timedelta(seconds=60)
RESTING = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED})
"""In these the venue has the order and nobody has asked to cancel it."""
NEVER_REACHED_VENUE = "NEVER_REACHED_VENUE"
TIME_STOP = "time_stop"


@dataclass(slots=True)
class Work:
    """One bot under its lease, and what stands after each committed change."""

    desk: Desk
    lease: Lease
    rules: Rules
    book: Book
    orders: dict[ClientOrderId, Order]
    fills: int = 0

    def commit(self, change: Change) -> None:
        """Write a change and go on from there. Raises as `Desk.commit`."""
        self.book = self.desk.commit(change, self.lease)
        self.fills += len(change.fills)
        for order in change.orders:
            if order.status.open:
                self.orders[order.client_order_id] = replace(order, version=order.version + 1)
            else:
                self.orders.pop(order.client_order_id, None)

    def reread(self) -> None:
        """Go on from what stands now: somebody else has written this book."""
        self.book = self.desk.book(self.book.owner, self.book.bot_id)
        self.orders = {order.client_order_id: order for order in open_orders(self.desk, self.book)}

    @property
    def unresolved(self) -> list[Order]:
        """Orders that the venue may know and we have no final answer for."""
        return [order for order in self.orders.values() if order.sent_at is not None]

    @property
    def selling(self) -> bool:
        """Whether a sale is on its way: what it sells cannot be sold twice."""
        return any(order.side is Side.SELL for order in self.unresolved)

    def resting(self, but: Order | None = None) -> list[Order]:
        """Return the desk-held orders, except one."""
        waiting = [order for order in self.orders.values() if order.sent_at is None]
        return [o for o in waiting if but is None or o.client_order_id != but.client_order_id]


@dataclass(frozen=True, slots=True)
class Execute:
    """Place, resolve, protect: what the desk does with orders, for one exchange."""

    exchange: Exchange

    def place(self, work: Work, order: Order, at: datetime, events: tuple[Event, ...] = ()) -> None:
        """Store an order as sent, send it, book the answer."""
        work.commit(booking.intent(work.book, order, at, events))
        self._send(work, work.orders[order.client_order_id], at)

    def sell(self, work: Work, order: Order, at: datetime, events: tuple[Event, ...] = ()) -> None:
        """Place an exit, and again under a new id while the venue refuses it or fills a part.

        What cannot be sold now stays marked as leaving: every later pass tries again. A try that
        is stored already is an earlier pass's that was cut off, and not made again.
        """
        for _ in range(EXIT_TRIES):
            if not work.desk.orders(order.owner, order.bot_id, [order.client_order_id]):
                self.place(work, order, at, events)
            events = ()
            held = work.book.position
            if held is None or work.selling:
                return
            order = _repeated(order, held, work.rules, at)
        logger.error("exit not filled: bot=%s order=%s", order.bot_id, order.client_order_id)
        if (held := work.book.position) is not None:
            self._again(work, replace(held, checked_to=at), at)

    def resolve(self, work: Work, at: datetime) -> None:
        """Ask the venue about every order it may know; a cancel without an answer, once more."""
        for order in work.unresolved:
            if order.status is OrderStatus.PENDING_CANCEL:
                self._cancel(work, order, order.reason, at)
                continue
            # a resting order is asked about as it stands now
            answer = self.exchange.look_up(replace(order, updated_at=at), work.rules)
            if answer is None:
                self._absent(work, order, at)
                continue
            self._book(work, order, answer, at)

    def withdraw(self, work: Work, reason: str, at: datetime) -> None:
        """Cancel every buy that rests; what it had bought stays. `reason` blocks entries.

        An order that nobody can say is placed is left to `resolve`, and so is a cancel that was
        asked for.
        """
        for order in [one for one in work.orders.values() if one.side is Side.BUY]:
            if order.sent_at is None:
                self._drop(work, order, reason, at)
            elif order.status in RESTING:
                self._cancel(work, order, reason, at)

    def protect(
        self,
        work: Work,
        *,
        candles: Candles,
        atr: Decimal | None,
        quote: Quote | None,
        at: datetime,
    ) -> None:
        """Fire or move what protects the open position. `quote` is the price now, if watched."""
        held = work.book.position
        if held is None or work.selling or not sellable(held.quantity, work.rules):
            return
        if not _protecting(held) <= {order.leg for order in work.resting()}:
            self._again(work, held, at)
            held = work.book.position or held
        by_leg = {order.leg: order for order in work.resting()}
        touch = touched(held, by_leg[Leg.STOP], by_leg.get(Leg.TARGET), candles)
        if touch is not None:
            self._fire(work, by_leg[touch.leg], touch.closed_at)
        elif quote is not None and (leg := reached(held, quote)) is not None and leg in by_leg:
            self._fire(work, by_leg[leg], at)
        elif expired(held, at):
            reason = held.protection.leaving or TIME_STOP
            price = as_written(candles.close[-1]) if quote is None else quote.last
            self.sell(work, self.closing(work, held, reason, price, at), at)
        elif quote is None and len(candles.since(held.checked_to)):
            # a close that came before the entry, or moved the stop already, moves nothing
            close = as_written(candles.close[-1])
            if (moved := trailed(held, close, atr, work.rules.tick)) is not None:
                work.commit(
                    booking.protected_anew(
                        work.book,
                        moved,
                        rules=work.rules,
                        resting=work.resting(),
                        at=at,
                        since=at,
                    )
                )

    def closing(
        self, work: Work, held: Position, reason: str, price: Decimal, at: datetime
    ) -> Order:
        """Build the market order that sells all that can be sold, under the position's own id.

        `price` is what it was decided at: slippage is counted from it.
        """
        version = held.protection.version
        decision = protective_decision(held.position_id, version, exit_kind(at))
        return Order(
            owner=work.book.owner,
            bot_id=work.book.bot_id,
            client_order_id=client_order_id(work.book.owner, work.book.bot_id, decision, Leg.EXIT),
            decision_id=decision,
            leg=Leg.EXIT,
            instrument_id=work.book.instrument_id,
            mode=work.book.mode,
            side=Side.SELL,
            type=OrderType.MARKET,
            quantity=sellable(held.quantity, work.rules),
            reference=price,
            rules_version=work.rules.version,
            reason=reason,
            created_at=at,
            updated_at=at,
        )

    def _send(self, work: Work, order: Order, at: datetime) -> None:
        try:
            answer = self.exchange.submit(order, work.rules)
        except (OutcomeUnknown, Transient) as fault:
            # a venue that failed in mid-call may still have taken it
            logger.warning("outcome unknown: %s: %s", order.client_order_id, fault)
            work.commit(booking.unknown(work.book, order, at))
            return
        self._book(work, order, answer, at)

    def _fire(self, work: Work, order: Order, at: datetime) -> None:
        """Send a desk-held order; whatever it leaves is sold at market, never left naked."""
        work.commit(booking.sending(work.book, order, at))
        self._send(work, work.orders[order.client_order_id], at)
        held = work.book.position
        if held is not None and not work.selling:
            self.sell(work, self.closing(work, held, str(order.leg), order.reference, at), at)

    def _book(self, work: Work, order: Order, answer: Answer, at: datetime) -> None:
        """Write what is new in a venue's answer."""
        change = booking.answered(
            work.book,
            order,
            answer,
            rules=work.rules,
            booked=self._booked(work, order),
            resting=work.resting(order),
            at=at,
        )
        if change is not None:
            work.commit(change)

    def _booked(self, work: Work, order: Order) -> frozenset[FillId]:
        if not order.filled:
            return frozenset()
        known = work.desk.fills_of(order.owner, order.bot_id, order.client_order_id)
        return frozenset(fill.fill_id for fill in known)

    def _absent(self, work: Work, order: Order, at: datetime) -> None:
        """Count one more look-up that found nothing; three over a minute mean never placed."""
        sure = order.look_ups + 1 >= ABSENT_LOOK_UPS and at - _sent(order) >= ABSENT_AFTER
        if order.status is not OrderStatus.SUBMIT_UNKNOWN or not sure:
            work.commit(booking.unknown(work.book, order, at))
            return
        absent = Answer(status=OrderStatus.CANCELED, reason=NEVER_REACHED_VENUE)
        self._book(work, order, absent, at)
        held = work.book.position
        if order.side is Side.SELL and held is not None:
            lost_exit = order.leg is Leg.EXIT
            again = _repeated(order, held, work.rules, at) if lost_exit else None
            self.sell(
                work, again or self.closing(work, held, str(order.leg), order.reference, at), at
            )

    def _drop(self, work: Work, order: Order, reason: str, at: datetime) -> None:
        """Cancel an order that the venue does not have."""
        book, dropped, postings = booking.cancelled(work.book, [order], reason, at)
        events = tuple(booking.order_updated(gone, at) for gone in dropped)
        work.commit(Change(book=book, orders=dropped, postings=postings, events=events))

    def _cancel(self, work: Work, order: Order, reason: str | None, at: datetime) -> None:
        try:
            answer = self.exchange.cancel(replace(order, updated_at=at), work.rules)
        except (OutcomeUnknown, Transient) as fault:
            logger.warning("cancel unknown: %s: %s", order.client_order_id, fault)
            if order.status is not OrderStatus.PENDING_CANCEL:
                work.commit(booking.cancelling(work.book, order, reason, at))
            return
        if answer.status is OrderStatus.CANCELED:
            answer = replace(answer, reason=answer.reason or reason)
        self._book(work, order, answer, at)

    def _again(self, work: Work, held: Position, at: datetime) -> None:
        """Give a position its stop back, under the next protection version and so a new id."""
        protection = replace(held.protection, version=held.protection.version + 1)
        work.commit(
            booking.protected_anew(
                work.book,
                protection,
                rules=work.rules,
                resting=work.resting(),
                at=at,
                since=held.checked_to,
            )
        )


def _protecting(held: Position) -> frozenset[Leg]:
    """Return the legs that should wait for an open position."""
    target = held.protection.target is not None
    return frozenset({Leg.STOP, Leg.TARGET}) if target else frozenset({Leg.STOP})


def open_orders(desk: Desk, book: Book) -> Sequence[Order]:
    """Return the open orders of a book."""
    if not book.open_orders:
        return ()
    return desk.orders(book.owner, book.bot_id, book.open_orders)


def _repeated(order: Order, held: Position, rules: Rules, at: datetime) -> Order:
    """Return the same exit for what is left, as the next logical try."""
    n = order.n + 1
    again = client_order_id(order.owner, order.bot_id, order.decision_id, order.leg, n)
    return replace(
        order,
        client_order_id=again,
        n=n,
        quantity=sellable(held.quantity, rules),
        status=OrderStatus.INITIALIZED,
        filled=ZERO,
        notional=ZERO,
        sent_at=None,
        created_at=at,
        updated_at=at,
        look_ups=0,
        version=0,
    )


def _sent(order: Order) -> datetime:
    return order.sent_at or order.created_at
