"""Where an owner and a bot stand when an entry is asked for, marked to market."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from nightdesk.core.ids import BotId
from nightdesk.risk.verdict import Exposure
from nightdesk.trading.book import Book
from nightdesk.trading.mandate import EquityPoint
from nightdesk.trading.order import Leg, Order, OrderStatus


def exposure(
    own: Book,
    *,
    reference: Decimal,
    books: Sequence[Book],
    points: Mapping[BotId, EquityPoint | None],
    pool: Decimal,
    orders: Sequence[Order],
    streak: int,
    as_of: datetime,
) -> Exposure:
    """Sum up an owner's bots in one mode and quote currency.

    `reference` is the price of `own`'s instrument, `points` the latest equity point of each bot,
    `pool` the money no bot has, `orders` the bot's open ones, `streak` the losses in a row that
    count as one. Bots in other quote currencies are
    left out: no exchange rate is assumed, each currency is a purse of its own.
    """
    purse = [book for book in books if book.quote == own.quote and book.bot_id != own.bot_id]
    everyone = [own, *purse]
    point = points.get(own.bot_id)
    return Exposure(
        user_equity=pool
        + sum(book.equity(_mark(book, own, reference, points)) for book in everyone),
        user_day_start=pool
        + sum(day_start(book, points.get(book.bot_id), as_of) for book in everyone),
        bot_equity=own.equity(reference),
        bot_day_start=day_start(own, point, as_of),
        bot_capital=own.net_capital,
        bot_peak=max(own.equity(reference), _peak(own, point)),
        available=own.cash,
        open_positions=sum(book.position is not None for book in everyone),
        user_entries_today=sum(
            at.date() == as_of.date() for book in everyone for at in book.entries
        ),
        bot_entries=own.entries,
        last_exit_at=own.last_exit_at,
        holding=own.position is not None,
        entry_pending=any(order.leg is Leg.ENTRY for order in orders),
        unknown_pending=any(order.status is OrderStatus.SUBMIT_UNKNOWN for order in orders),
        loss_streak=own.tally.losing(streak),
    )


def day_start(book: Book, point: EquityPoint | None, as_of: datetime) -> Decimal:
    """Return the equity at 00:00 UTC of `as_of`'s day, shifted by what flowed in or out since."""
    if point is None:
        return book.net_capital
    flow = book.net_capital - point.net_capital
    same_day = point.as_of.date() == as_of.date()
    return (point.day_start if same_day else point.equity) + flow


def _peak(book: Book, point: EquityPoint | None) -> Decimal:
    if point is None:
        return book.net_capital
    return point.peak + book.net_capital - point.net_capital


def _mark(
    book: Book, own: Book, reference: Decimal, points: Mapping[BotId, EquityPoint | None]
) -> Decimal:
    """Return the last accepted price: the entry's own, else that of the bot's last settle."""
    if book.instrument_id == own.instrument_id:
        return reference
    point = points.get(book.bot_id)
    if point is not None:
        return point.mark
    return book.position.avg_price if book.position else reference
