"""What a trade costs beside its fee: spread, impact, and a walk through a book.

The float border: volatility, daily notional and the square root are float64; the cost that comes
of them is a Decimal fraction of the price, crossed once in `cost`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np

from nightdesk.core.money import EXACT, PLACES_8, ZERO, approximate, exact, floor_to
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe

MIN_DAYS = 5
UNKNOWN_COST = Decimal("0.0075")
"""Fraction that a trade costs where fewer than five days are known: 75 bps."""

Level = tuple[Decimal, Decimal]
"""Price in quote currency, size in base units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """How far a market moves and how much it trades in a day, over `days` of recorded candles."""

    days: float
    volatility: float
    """Standard deviation of daily log returns, a fraction."""
    notional: float
    """Quote currency traded per day."""


def activity(candles: Candles) -> Activity:
    """Measure a market on candles of any length, scaled to a day.

    Returns across a gap are left out, since they span more than one candle. Volatility scales
    with the square root of time.
    """
    per_day = Timeframe.D1.ms / candles.timeframe.ms
    days = len(candles) / per_day
    if len(candles) < 2:  # noqa: PLR2004 - one return takes two closes
        return Activity(days=days, volatility=0.0, notional=0.0)
    joined = np.diff(candles.open_time) == candles.timeframe.ms  # (n - 1,)
    returns = np.diff(np.log(candles.close))[joined]
    spread = float(returns.std(ddof=1)) if returns.size > 1 else 0.0
    traded = float((candles.close * candles.volume).sum())
    return Activity(days=days, volatility=spread * math.sqrt(per_day), notional=traded / days)


def cost(
    half_spread: Decimal, market: Activity, notional: Decimal, factor: float, bound: Decimal
) -> Decimal:
    """Return what trading `notional` at once costs, as a fraction of the price, at most `bound`.

    Half-spread plus the square-root law ``factor * volatility * sqrt(notional / daily notional)``
    (Almgren et al., Direct Estimation of Equity Market Impact, 2005; Y of Toth et al., 2011).
    Fewer than five days known: 75 bps in all, or the half-spread if that is wider.
    """
    if market.days < MIN_DAYS:
        return min(max(UNKNOWN_COST, half_spread), bound)
    if market.notional <= 0.0:
        return bound
    share = approximate(notional) / market.notional
    impact = min(factor * market.volatility * math.sqrt(share), 1.0)
    return min(half_spread + exact(impact, PLACES_8), bound)


def protection(half_spread: Decimal, floor: Decimal, cap: Decimal) -> Decimal:
    """Return how far from the price a market order may fill: max(floor, 5 spreads), capped."""
    return min(max(floor, 10 * half_spread), cap)


def walk(
    levels: Sequence[Level],
    quantity: Decimal,
    *,
    limit: Decimal,
    haircut: Decimal,
    lot: Decimal,
    buying: bool = True,
) -> tuple[Level, ...]:
    """Return what a taker gets from one side of a book, best level first, as (price, size).

    `levels` are best first: asks with rising prices for a buy, bids with falling ones for a sale;
    `limit` is the worst price taken. Of each level the share `haircut` is really there, floored to
    `lot`. What finds no counterpart is left out, never filled at the last price. Raises ValueError
    for levels out of order.
    """
    prices = [price for price, _ in levels]
    if prices != sorted(prices, reverse=not buying):
        raise ValueError("levels must lead away from the best price")
    taken: list[Level] = []
    left = quantity
    with localcontext(EXACT):
        for price, size in levels:
            if left <= ZERO or (price > limit if buying else price < limit):
                break
            part = min(left, floor_to(size * haircut, lot))
            if part > ZERO:
                taken.append((price, part))
                left -= part
    return tuple(taken)
