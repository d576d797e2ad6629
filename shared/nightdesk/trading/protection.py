"""Stops, targets, trailing and time stops of an open position, over closed candles.

Assumptions of trading §6 that hold here: A3 a gap through the stop fills at the open, A4 a candle
that reaches both fills the stop, A5 the entry candle counts, A6 stops move on closes and act from
the next candle, A8 a target is reached when traded through, A12 nothing happens in a gap.

Candles and triggers are compared as float64: each is the nearest float of a decimal text, so equal
prices are equal floats. No price that is paid comes from here but by `basis`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, localcontext

import numpy as np

from nightdesk.core.clock import from_millis
from nightdesk.core.money import EXACT, ONE, approximate, as_written, ceil_to
from nightdesk.market.candles import Candles
from nightdesk.market.instruments import Quote, Rules
from nightdesk.trading.book import Book, sellable
from nightdesk.trading.identity import client_order_id, protective_decision
from nightdesk.trading.order import HeldBy, Leg, Order, OrderType, Side, TimeInForce
from nightdesk.trading.position import Position, Protection, Trail

MIN_STEP = Decimal("0.001")
"""A stop moves by at least this fraction of itself, or a tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """The candle on which a protective order fired.

    An order fired by a candle is sent with ``sent_at = closed_at``: from that and its own
    `created_at` the simulated exchange finds the same candle again, so a look-up tells what the
    submit told.
    """

    leg: Leg
    bar_open: datetime
    closed_at: datetime
    basis: Decimal
    """Price before costs: the trigger, or the open when the candle opened beyond it."""


def touched(
    position: Position, stop: Order | None, target: Order | None, bars: Candles
) -> Touch | None:
    """Return the first candle from `position.checked_to` on that fires a protective order.

    `bars` are closed candles, oldest first. On a candle that reaches both the stop fires (A4).
    """
    since = bars.since(position.checked_to)
    found = [
        (index, order)
        for order in (stop, target)
        if order is not None and (index := first_touch(order, since)) is not None
    ]
    if not found:
        return None
    index, order = min(found, key=lambda pair: pair[0])  # the stop is first, so it wins a tie
    opened = from_millis(int(since.open_time[index]))
    return Touch(
        leg=order.leg,
        bar_open=opened,
        closed_at=opened + bars.timeframe.length,
        basis=basis(order, since, index),
    )


def first_touch(order: Order, bars: Candles) -> int | None:
    """Return the index of the first candle that fires a stop or take-profit sale.

    A stop fires at its trigger; a target only when traded through (A8): prices lie on the tick
    grid, so above the trigger is at least a tick above. Raises ValueError without a trigger.
    """
    if order.trigger is None:
        raise ValueError(f"{order.client_order_id} has no trigger")
    level = approximate(order.trigger)
    hit = bars.low <= level if order.type is OrderType.STOP else bars.high > level  # (n,)
    return int(np.argmax(hit)) if bool(hit.any()) else None


def basis(order: Order, bars: Candles, index: int) -> Decimal:
    """Return the price at which the candle at `index` fires the order, before costs (A3)."""
    if order.trigger is None:
        raise ValueError(f"{order.client_order_id} has no trigger")
    opened = as_written(bars.open[index])
    if order.type is OrderType.STOP:
        return min(opened, order.trigger)
    return max(opened, order.trigger)


def reached(position: Position, quote: Quote) -> Leg | None:
    """Return the leg that the price right now fires, if any: stop at it, target at or above."""
    if quote.last <= position.protection.stop:
        return Leg.STOP
    target = position.protection.target
    return Leg.TARGET if target is not None and quote.last >= target else None


def trailed(
    position: Position, close: Decimal, atr: Decimal | None, tick: Decimal
) -> Protection | None:
    """Return the protection after this close, or None when the stop stays where it is.

    The stop moves on closes alone and only up, by at least max(tick, 0.1 % of itself), and stays
    below the close (A6). Break-even puts it at the average cost, entry fees included, plus its
    offset. `atr` is in quote currency per base unit; while it is unknown an ATR trail waits.
    """
    now = position.protection
    wanted = []
    with localcontext(EXACT):
        armed = now.trail is not None and close >= now.trail.activate_at
        distance = _distance(now.trail, close, atr) if now.trail is not None and armed else None
        if distance is not None:
            wanted.append(ceil_to(close - distance, tick))
        if now.breakeven_at is not None and close >= now.breakeven_at:
            wanted.append(ceil_to(position.avg_cost * (ONE + now.breakeven_offset), tick))
        least = now.stop + max(tick, now.stop * MIN_STEP)
    fitting = [stop for stop in wanted if least <= stop < close]
    if not fitting:
        return None
    moved = now.raised(max(fitting))
    if now.trail is None or not armed:
        return moved
    # armed once is armed for good: every later close of an open position is above the stop
    return replace(
        moved, trail=replace(now.trail, activate_at=min(now.trail.activate_at, moved.stop))
    )


def expired(position: Position, as_of: datetime) -> bool:
    """Tell whether the time stop is due, or an exit has yet to succeed."""
    due = position.protection.expires_at
    return position.protection.leaving is not None or (due is not None and as_of >= due)


def protective_orders(book: Book, rules: Rules, at: datetime) -> tuple[Order, ...]:
    """Return the desk-held sales that protect the open position: the stop, then the target.

    They sell what the lot lets one sell; none when that is nothing. Their ids derive from position
    and protection version, their `created_at` is the moment from which candles count for them.
    """
    held = book.position
    if held is None or not (quantity := sellable(held.quantity, rules)):
        return ()
    legs = [(Leg.STOP, OrderType.STOP, held.protection.stop)]
    if held.protection.target is not None:
        legs.append((Leg.TARGET, OrderType.TAKE_PROFIT, held.protection.target))
    orders = []
    for leg, kind, price in legs:
        decision = protective_decision(held.position_id, held.protection.version, leg)
        trigger = ceil_to(price, rules.tick)
        orders.append(
            Order(
                owner=book.owner,
                bot_id=book.bot_id,
                client_order_id=client_order_id(book.owner, book.bot_id, decision, leg),
                decision_id=decision,
                leg=leg,
                instrument_id=book.instrument_id,
                mode=book.mode,
                side=Side.SELL,
                type=kind,
                quantity=quantity,
                trigger=trigger,
                reference=trigger,
                time_in_force=TimeInForce.GTC,
                held_by=HeldBy.DESK,
                rules_version=rules.version,
                created_at=held.checked_to,
                updated_at=at,
            )
        )
    return tuple(orders)


def _distance(trail: Trail, close: Decimal, atr: Decimal | None) -> Decimal | None:
    if trail.fraction is not None:
        return close * min(trail.fraction, ONE)
    if trail.atr_mult is None or atr is None:
        return None
    return trail.atr_mult * atr
