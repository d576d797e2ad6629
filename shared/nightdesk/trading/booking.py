"""Turn what happened to an order into one change: order, fills, postings, position, events."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from nightdesk.core.clock import iso
from nightdesk.core.events import Event, event
from nightdesk.core.ids import FillId, account_name, journal_trade_id
from nightdesk.core.money import PLACES_8, fixed
from nightdesk.market.instruments import Rules
from nightdesk.names import EventType
from nightdesk.trading.book import Book
from nightdesk.trading.ledger import Posting
from nightdesk.trading.order import Answer, Fill, Leg, Order, OrderStatus, Side
from nightdesk.trading.ports import Change
from nightdesk.trading.position import Position, Protection, RoundTrip
from nightdesk.trading.protection import protective_orders

BROUGHT_BACK = "PROTECTION_CHANGED"
POSITION_CLOSED = "POSITION_CLOSED"


def intent(book: Book, order: Order, at: datetime, events: tuple[Event, ...] = ()) -> Change:
    """Store an order as about to be sent, its cash reserved. A buy needs open gates.

    An exit marks the position as leaving, so that whoever comes after a crash or a refusal sells
    what this order does not, whatever the strategy says by then.
    """
    sent = order.sent(at)
    after, postings = book.intended(sent, at)
    held = after.position
    if order.leg is Leg.EXIT and held is not None and held.protection.leaving is None:
        leaving = replace(held.protection, leaving=exit_reason(order, held))
        after = replace(after, position=replace(held, protection=leaving))
    return Change(
        book=after,
        orders=(sent,),
        postings=postings,
        events=(*events, order_updated(sent, at)),
        entry=order.side is Side.BUY,
    )


def denial(
    book: Book, order: Order, reason: str, at: datetime, events: tuple[Event, ...]
) -> Change:
    """Store an order that risk refused: it is final before it is sent."""
    refused = order.to(OrderStatus.DENIED, at, reason=reason)
    return Change(
        book=replace(book, updated_at=at),
        orders=(refused,),
        events=(*events, order_updated(refused, at)),
    )


def sending(book: Book, order: Order, at: datetime) -> Change:
    """Mark a desk-held order as sent: from now on the venue may know it."""
    sent = order.sent(at)
    return Change(book=replace(book.sending(sent), updated_at=at), orders=(sent,))


def unknown(book: Book, order: Order, at: datetime) -> Change:
    """Record that nobody can say whether the order was placed, or that a look-up found nothing."""
    tried = replace(order, look_ups=order.look_ups + (order.status is OrderStatus.SUBMIT_UNKNOWN))
    if order.status is not OrderStatus.SUBMIT_UNKNOWN:
        tried = order.to(OrderStatus.SUBMIT_UNKNOWN, at)
    changed = replace(tried, updated_at=at)
    return Change(
        book=replace(book, updated_at=at), orders=(changed,), events=(order_updated(changed, at),)
    )


def doubted(book: Book, words: str, at: datetime) -> Change:
    """Record that a book contradicts itself: the bot is halted until a person has looked."""
    told = event(
        book.owner,
        EventType.STATE_CHANGED,
        at,
        {"scope": "bot", "bot_id": book.bot_id, "from": "ACTIVE", "to": "HALTED", "cause": words},
        cause=f"{book.bot_id}:{book.version}:doubt",
        bot_id=book.bot_id,
    )
    return Change(book=replace(book, doubt=words, updated_at=at), events=(told,))


def cancelling(book: Book, order: Order, reason: str | None, at: datetime) -> Change:
    """Record that a cancel was asked for and not answered."""
    asked = order.to(OrderStatus.PENDING_CANCEL, at, reason=reason)
    return Change(
        book=replace(book, updated_at=at), orders=(asked,), events=(order_updated(asked, at),)
    )


def cancelled(
    book: Book, orders: Iterable[Order], reason: str, at: datetime
) -> tuple[Book, tuple[Order, ...], tuple[Posting, ...]]:
    """Return the book without these orders, the orders cancelled, and what that frees."""
    done: list[Order] = []
    postings: list[Posting] = []
    for order in orders:
        final = order.to(OrderStatus.CANCELED, at, reason=reason)
        book, final, freed = book.finished(final, at)
        done.append(final)
        postings += freed
    return book, tuple(done), tuple(postings)


def answered(
    book: Book,
    order: Order,
    answer: Answer,
    *,
    rules: Rules,
    booked: frozenset[FillId],
    resting: Sequence[Order],
    at: datetime,
) -> Change | None:
    """Book a venue's answer; None when it says nothing new.

    `booked` are the fills of this order that are in the ledger, `resting` the bot's other open
    orders. A fill that ends the position cancels what protected it; one that opens, grows or
    shrinks it is protected within the same change, and so is one whose stop or target is spent.
    """
    new = [fill for fill in answer.fills if fill.fill_id not in booked]
    asked = order.status is OrderStatus.PENDING_CANCEL and answer.status.open
    status = order.status if asked else answer.status  # a cancel once asked for stays asked for
    if not new and status is order.status:
        return None
    before = book.position
    postings: list[Posting] = []
    trip: RoundTrip | None = None
    for fill in new:
        order = order.with_fill(fill, fill.at)
        if order.side is Side.BUY:
            book, order, posting = book.bought(order, fill)
        else:
            book, posting, trip = book.sold(order, fill, rules, exit_reason(order, before))
        postings.append(posting)
    if status is not order.status:
        order = order.to(status, at, reason=answer.reason)
    if answer.venue_order_id:
        order = replace(order, venue_order_id=answer.venue_order_id)
    if not order.status.open:
        book, order, freed = book.finished(order, at)
        postings += freed
    others: tuple[Order, ...] = ()
    freed = ()
    # each part bought is protected at once; what a sale leaves is known when the sale is final
    known = order.side is Side.BUY or not order.status.open
    spent = order.leg in {Leg.STOP, Leg.TARGET} and book.position is not None
    if known and (spent or book.position != before):
        book, others, freed = _protected(book, before, rules=rules, resting=resting, at=at)
    events = [order_updated(order, at)]
    events += [fill_booked(fill) for fill in new]
    events += [position_updated(book, at)] if new else []
    events += [round_trip_closed(book, trip)] if trip else []
    return Change(
        book=replace(book, updated_at=at),
        orders=(order, *others),
        fills=tuple(new),
        postings=(*postings, *freed),
        events=tuple(events),
    )


def protected_anew(
    book: Book,
    protection: Protection,
    *,
    rules: Rules,
    resting: Sequence[Order],
    at: datetime,
    since: datetime,
) -> Change:
    """Replace the protection of the open position: old orders cancelled, new ones stored.

    The new one holds for candles that open at or after `since`.
    """
    held = book.position
    if held is None:
        raise ValueError("nothing to protect")
    book, dropped, freed = cancelled(book, resting, BROUGHT_BACK, at)
    book = replace(book, position=replace(held, protection=protection, checked_to=since))
    book, stored = _store_protection(book, rules, at)
    return Change(
        book=replace(book, updated_at=at),
        orders=(*dropped, *stored),
        postings=freed,
        events=(position_updated(book, at),),
    )


def _protected(
    book: Book,
    before: Position | None,
    *,
    rules: Rules,
    resting: Sequence[Order],
    at: datetime,
) -> tuple[Book, tuple[Order, ...], tuple[Posting, ...]]:
    """Keep what protects in step with what is held: with each buy, and once a sale is final."""
    held = book.position
    book, dropped, freed = cancelled(book, resting, BROUGHT_BACK if held else POSITION_CLOSED, at)
    if held is None:
        return book, dropped, freed
    if before is not None:
        # quantity changed: the next version, so that its orders get ids of their own
        again = replace(held.protection, version=held.protection.version + 1)
        book = replace(book, position=replace(held, protection=again))
    book, stored = _store_protection(book, rules, at)
    return book, (*dropped, *stored), freed


def _store_protection(book: Book, rules: Rules, at: datetime) -> tuple[Book, tuple[Order, ...]]:
    if book.position is None:
        return book, ()
    orders = protective_orders(book, rules, at)
    for order in orders:
        book, _ = book.intended(order, at)
    return book, orders


def exit_reason(order: Order, held: Position | None) -> str:
    """Return why a sale was made, in the journal's words."""
    if order.leg is Leg.STOP and held is not None and held.protection.trailed:
        return "trail"
    return order.reason or str(order.leg)


def order_updated(order: Order, at: datetime) -> Event:
    """Say where an order stands."""
    return event(
        order.owner,
        EventType.ORDER_UPDATED,
        at,
        {
            "client_order_id": order.client_order_id,
            "bot_id": order.bot_id,
            "status": order.status,
            "side": order.side,
            "type": order.type,
            "leg": order.leg,
            "quantity": fixed(order.quantity),
            "filled": fixed(order.filled),
            "price": None if order.average_price is None else fixed(order.average_price),
            "code": order.reason,
        },
        cause=f"{order.client_order_id}|{order.status}|{order.filled}|{order.look_ups}",
        bot_id=order.bot_id,
    )


def fill_booked(fill: Fill) -> Event:
    """Say that a fill is in the ledger."""
    return event(
        fill.owner,
        EventType.FILL_BOOKED,
        fill.at,
        {
            "fill_id": fill.fill_id,
            "client_order_id": fill.client_order_id,
            "bot_id": fill.bot_id,
            "instrument": fill.instrument_id,
            "side": fill.side,
            "price": fixed(fill.price),
            "quantity": fixed(fill.quantity),
            "fee": fixed(fill.fee),
            "fee_asset": fill.fee_asset,
            "liquidity": fill.liquidity,
            "mode": fill.mode,
        },
        cause=fill.fill_id,
        bot_id=fill.bot_id,
    )


def position_updated(book: Book, at: datetime) -> Event:
    """Say what the bot holds now."""
    held = book.position
    data: dict[str, object] = {"instrument": book.instrument_id, "quantity": "0"}
    if held is not None:
        data |= {
            "position_id": held.position_id,
            "quantity": fixed(held.quantity),
            "cost": fixed(held.cost),
            "stop": fixed(held.protection.stop),
            "target": None if held.protection.target is None else fixed(held.protection.target),
            "opened_at": iso(held.opened_at),
        }
    return event(
        book.owner,
        EventType.POSITION_UPDATED,
        at,
        {"position": data},
        cause=f"{book.bot_id}|{book.version}",
        bot_id=book.bot_id,
    )


def round_trip_closed(book: Book, trip: RoundTrip) -> Event:
    """Hand the closed round trip to the journal: its trade, and what it was made of."""
    account = account_name(trip.instrument_id.partition("@")[2], book.mode)
    trade = journal_trade_id(book.owner, account, trip.instrument_id, trip.first_fill)
    return event(
        book.owner,
        EventType.ROUND_TRIP_CLOSED,
        trip.closed_at,
        {
            "journal_trade_id": trade,
            "position_id": trip.position_id,
            "bot_id": book.bot_id,
            "instrument": trip.instrument_id,
            "mode": book.mode,
            "strategy": trip.strategy,
            "opened_at": iso(trip.opened_at),
            "closed_at": iso(trip.closed_at),
            "quantity": fixed(trip.quantity),
            "gross": fixed(trip.gross),
            "fees": fixed(trip.fees),
            "net": fixed(trip.net),
            "slippage": fixed(trip.slippage),
            "planned_risk": fixed(trip.planned_risk),
            "r": fixed(trip.r.quantize(PLACES_8)),
            "exit_reason": trip.exit_reason,
            "orders": list(trip.orders),
            "carried": fixed(trip.carried),
            "carried_cost": fixed(trip.carried_cost),
        },
        cause=trip.position_id,
        bot_id=book.bot_id,
    )
