"""Daily returns of an account, with all deposits and withdrawals taken out.

Time-weighted, as P. O. Dietz (Pension Funds: Measuring Investment Performance, 1966) and the
Global Investment Performance Standards ask: linked exactly where the equity before each flow is
known, else with deposits at the day's start and withdrawals at its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import isfinite

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.figure import Reason

DAYS_PER_YEAR = 365
NOTHING = 1e-12
"""Returns, falls and deviations up to here are rounding."""


class FlowMethod(StrEnum):
    """How the flows of a day were taken out of its return."""

    EXACT = "exact"
    BOUNDARY = "boundary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Money that came in (positive) or went out, and the equity just before it if that is known."""

    amount: float
    equity_before: float | None = None

    def __post_init__(self) -> None:
        before = 0.0 if self.equity_before is None else self.equity_before
        if not (isfinite(self.amount) and isfinite(before)):
            raise ValueError("a flow is finite")


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityDay:
    """A day of the owner's zone: the equity at its end and its flows in their order."""

    day: date
    equity_end: float
    flows: tuple[Flow, ...] = ()

    def __post_init__(self) -> None:
        if not isfinite(self.equity_end):
            raise ValueError("equity is finite")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReturn:
    """The return of a day, or the reason why it has none; `method` only where there were flows."""

    day: date
    r: float | None
    reason: str | None = None
    method: FlowMethod | None = None


def daily_returns(start_equity: float, days: Sequence[EquityDay]) -> tuple[DayReturn, ...]:
    """Return each day's return; `start_equity` stood at the end of the day before the first."""
    answers = []
    start = start_equity
    for day in days:
        method = how(day)
        value = linked(start, day) if method is FlowMethod.EXACT else at_bounds(start, day)
        reason = Reason.NO_CAPITAL if value is None else None
        answers.append(DayReturn(day=day.day, r=value, reason=reason, method=method))
        start = day.equity_end
    return tuple(answers)


def how(day: EquityDay) -> FlowMethod | None:
    """Return how a day's flows can be taken out."""
    if not day.flows:
        return None
    marked = all(flow.equity_before is not None for flow in day.flows)
    return FlowMethod.EXACT if marked else FlowMethod.BOUNDARY


def linked(start: float, day: EquityDay) -> float | None:
    """Link the parts between marked flows; a part without capital is left out."""
    growth = None
    for flow in day.flows:
        before = flow.equity_before or 0.0
        growth = grown(growth, start, before)
        start = before + flow.amount
    growth = grown(growth, start, day.equity_end)
    return None if growth is None else max(-1.0, growth - 1)


def grown(growth: float | None, start: float, end: float) -> float | None:
    """Return the growth so far with one more part; None as long as there was no capital."""
    if start <= 0:
        return growth
    return (1.0 if growth is None else growth) * max(0.0, end) / start


def at_bounds(start: float, day: EquityDay) -> float | None:
    """Count deposits at the day's start and withdrawals at its end; None without capital."""
    invested = start + sum(flow.amount for flow in day.flows if flow.amount > 0)
    taken = sum(-flow.amount for flow in day.flows if flow.amount < 0)
    if invested <= 0:
        return None
    return max(-1.0, (day.equity_end + taken) / invested - 1)


def counted(returns: Sequence[DayReturn]) -> tuple[tuple[date, ...], Floats]:
    """Return the days that count and their returns, shape (n,).

    A day without capital does not count, and nothing after a total loss does.
    """
    having = [(one.day, one.r) for one in returns if one.r is not None]
    values = until_ruin(np.array([r for _, r in having], dtype=np.float64))
    return tuple(day for day, _ in having[: values.size]), values


def until_ruin(returns: Floats) -> Floats:
    """Return the returns up to the first total loss, none below -1."""
    floored = np.maximum(returns, -1.0)
    lost = np.flatnonzero(floored <= -1.0)
    return floored[: lost[0] + 1] if lost.size else floored


def per_day(yearly: float) -> float:
    """Return the daily rate of a yearly one: (1 + x)^(1/365) - 1. Raises ValueError below -1."""
    if yearly <= -1:
        raise ValueError(f"a yearly rate lies above -1, was {yearly}")
    return float((1 + yearly) ** (1 / DAYS_PER_YEAR) - 1)
