"""Falls below the highest point so far, of account curves and of cumulative money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.returns import NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """From a high to the next equal or higher one; `recovered` is None while it is open."""

    peak: date
    trough: date
    recovered: date | None
    depth: float
    """Share of the high, negative."""
    days_to_trough: int
    days_underwater: int
    """Until the recovery, or until the last day."""


def curve(returns: Floats) -> Floats:
    """Return what 1 became, shape (n + 1,), from n returns."""
    return np.concatenate(([1.0], np.cumprod(1 + returns)))


def falls(returns: Floats) -> Floats:
    """Return Eᵢ/max(E₀…Eᵢ) - 1, shape (n + 1,); 0 at each high, also at an equal one."""
    points = curve(returns)
    below = points / np.maximum.accumulate(points) - 1
    return np.where(below < -NOTHING, below, 0.0)


def drawdowns(days: Sequence[date], returns: Floats) -> tuple[Drawdown, ...]:
    """Return all drawdowns, oldest first. A fall on the first day has its high the day before."""
    if len(days) != returns.size:
        raise ValueError("each return has its day")
    if not days:
        return ()
    points = (days[0] - timedelta(days=1), *days)
    depth = falls(returns)
    under = np.concatenate(([False], depth < 0, [False]))
    starts = np.flatnonzero(under[1:] & ~under[:-1])
    ends = np.flatnonzero(under[:-1] & ~under[1:])
    return tuple(
        between(points, depth, int(start), int(end))
        for start, end in zip(starts, ends, strict=True)
    )


def between(points: Sequence[date], depth: Floats, start: int, end: int) -> Drawdown:
    """Return the drawdown whose points from `start` up to `end`, without it, lie below the high."""
    lowest = start + int(np.argmin(depth[start:end]))
    peak = points[start - 1]
    recovered = points[end] if end < len(points) else None
    return Drawdown(
        peak=peak,
        trough=points[lowest],
        recovered=recovered,
        depth=float(depth[lowest]),
        days_to_trough=(points[lowest] - peak).days,
        days_underwater=((recovered or points[-1]) - peak).days,
    )


def longest(found: Sequence[Drawdown]) -> Drawdown | None:
    """Return the one with the most days under water, the first of equals."""
    return max(found, key=lambda one: one.days_underwater, default=None)


def open_one(found: Sequence[Drawdown]) -> Drawdown | None:
    """Return the one that has not recovered, if the last day lies in one."""
    return found[-1] if found and found[-1].recovered is None else None


def deepest(found: Sequence[Drawdown], count: int = 5) -> tuple[Drawdown, ...]:
    """Return the deepest, deepest first."""
    return tuple(sorted(found, key=lambda one: one.depth)[:count])


def money_falls(changes: Floats, *, equity: float = 0.0) -> tuple[Floats, Floats]:
    """Return cumulative money and its falls below the highest so far, both of shape (n + 1,).

    The start, 0, is a high. A fall up to 1e-12 of all changes together, or of the `equity` that
    they are differences of, is rounding: 0.
    """
    points = np.concatenate(([0.0], np.cumsum(changes)))
    below = points - np.maximum.accumulate(points)
    dust = NOTHING * max(equity, float(np.abs(changes).sum()))
    return points, np.where(below < -dust, below, 0.0)
