"""Curves over trades: cumulative results, their falls, windows that move along."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.drawdown import money_falls
from nightdesk.performance.returns import NOTHING
from nightdesk.performance.thinning import MOST_POINTS, thinned
from nightdesk.performance.trade_metrics import TradeColumns


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """From a high of cumulative money to the next equal or higher one, by moments of closes.

    `peak` is None where the high is the start. `depth` is negative, in the unit shown.
    """

    peak: datetime | None
    trough: datetime
    recovered: datetime | None
    depth: float
    days_underwater: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a curve; `flow` is what came in (positive) or went out."""

    at: datetime
    value: float | None
    flow: float = 0.0


def moment(seconds: float) -> datetime:
    """Return a moment from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def cumulative(closed: Floats, values: Floats) -> tuple[Point, ...]:
    """Return the sum so far at each close; NaN adds nothing and has no point. At most 2,000."""
    there = np.isfinite(values)
    when, so_far = closed[there], np.cumsum(values[there])
    return points(when, so_far)


def points(when: Floats, values: Floats) -> tuple[Point, ...]:
    """Return a curve as points, thinned keeping its extremes."""
    kept = thinned(values).tolist()
    return tuple(Point(at=moment(float(when[n])), value=float(values[n])) for n in kept)


def money_drawdowns(trades: TradeColumns) -> tuple[Fall, ...]:
    """Return the falls of cumulative net, oldest first; the start, 0, is a high.

    Of more than 2,000 the deepest are told.
    """
    valued = trades.take(trades.valued)
    _, below = money_falls(valued.net)
    under = np.concatenate(([False], below < 0, [False]))
    starts = np.flatnonzero(under[1:] & ~under[:-1])
    ends = np.flatnonzero(under[:-1] & ~under[1:])
    found = [
        _fall(valued.closed, below, int(start), int(end))
        for start, end in zip(starts, ends, strict=True)
    ]
    if len(found) > MOST_POINTS:
        deepest = sorted(range(len(found)), key=lambda n: (found[n].depth, n))[:MOST_POINTS]
        found = [found[n] for n in sorted(deepest)]
    return tuple(found)


def _fall(closed: Floats, below: Floats, start: int, end: int) -> Fall:
    """Return the fall whose points from `start` up to `end`, without it, lie below the high."""
    # point n of the curve is the close of trade n - 1; point 0 is the start
    lowest = start + int(np.argmin(below[start:end]))
    peak = None if start == 1 else moment(float(closed[start - 2]))
    recovered = None if end == below.size else moment(float(closed[end - 1]))
    last = recovered or moment(float(closed[-1]))
    since = peak or moment(float(closed[0]))
    return Fall(
        peak=peak,
        trough=moment(float(closed[lowest - 1])),
        recovered=recovered,
        depth=float(below[lowest]),
        days_underwater=(last - since).total_seconds() / 86_400,
    )


def moving(trades: TradeColumns, of: str, window: int) -> tuple[Point, ...]:
    """Return a figure of the `window` trades that end at each close, from the first full one on.

    A window in which it has no value has a point without one. Raises KeyError.
    """
    valued = trades.take(trades.valued)
    values = ROLLING[of](valued, window)
    when = valued.closed[window - 1 :]
    having = np.isfinite(values)
    kept = thinned(values).tolist()
    return tuple(
        Point(at=moment(float(when[n])), value=float(values[n]) if having[n] else None)
        for n in kept
    )


def _sums(values: Floats, window: int) -> Floats:
    """Return the sums of windows, shape (n - window + 1,), empty below one window."""
    if values.size < window:
        return np.empty(0)
    so_far = np.concatenate(([0.0], np.cumsum(values)))
    answer: Floats = so_far[window:] - so_far[:-window]
    return answer


def _share(part: Floats, whole: Floats) -> Floats:
    answer = np.full(part.shape, np.nan)
    np.divide(part, whole, out=answer, where=np.abs(whole) > NOTHING)
    return answer


def _win_rate(trades: TradeColumns, window: int) -> Floats:
    won = _sums((trades.outcome > 0).astype(np.float64), window)
    return _share(won, _sums(np.abs(trades.outcome), window))


def _expectancy(trades: TradeColumns, window: int) -> Floats:
    return _sums(trades.net, window) / window


def _expectancy_r(trades: TradeColumns, window: int) -> Floats:
    having = np.isfinite(trades.r)
    total = _sums(np.where(having, trades.r, 0.0), window)
    return _share(total, _sums(having.astype(np.float64), window))


def _profit_factor(trades: TradeColumns, window: int) -> Floats:
    lost = _sums(np.maximum(-trades.net, 0.0), window)
    return _share(_sums(np.maximum(trades.net, 0.0), window), lost)


ROLLING: Mapping[str, Callable[[TradeColumns, int], Floats]] = MappingProxyType(
    {
        "win_rate": _win_rate,
        "expectancy": _expectancy,
        "expectancy_r": _expectancy_r,
        "profit_factor": _profit_factor,
    }
)
"""What moves along trades. `sharpe` moves along days."""


def kept_days(values: Sequence[float | None]) -> list[int]:
    """Return which points of a curve by day to keep: thinned by value, gaps last."""
    kept: list[int] = thinned(np.array(values, dtype=np.float64)).tolist()
    return kept
