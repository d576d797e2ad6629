"""Figures of an account from its daily returns. They never share a table with `trade_metrics`.

365 days a year, sample standard deviation, linear quantiles. Sources stand at the formulas.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, sqrt
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nightdesk.market.candles import Floats
from nightdesk.performance.drawdown import falls, money_falls
from nightdesk.performance.figure import Caveat, Figure, Reason, known, missing
from nightdesk.performance.returns import DAYS_PER_YEAR, NOTHING, per_day, until_ruin
from nightdesk.performance.student import NORMAL

Value: TypeAlias = float | Reason

FEW = 30
SOME = 90
HIDDEN_BELOW: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(
        (
            *("volatility", "sharpe", "sortino", "omega", "gain_to_pain", "var_95", "cvar_95"),
            *("tail_ratio", "skew", "excess_kurtosis", "probabilistic_sharpe"),
        ),
        FEW,
    )
    | dict.fromkeys(("cagr", "calmar", "ulcer_performance_index"), SOME)
)
DOUBTED = frozenset({"sharpe", "sortino", "probabilistic_sharpe"})
"""Shown with a caveat below 90 days."""


@dataclass(frozen=True, slots=True)
class Days:
    """Daily returns of shape (n,), n ≥ 1, and what several formulas need of them."""

    r: Floats
    falls: Floats
    yearly_rf: float
    rf: float
    mar: float

    @property
    def n(self) -> int:
        """How many days there are."""
        return self.r.size

    @property
    def deviation(self) -> float | None:
        """Return the sample standard deviation, None for one day. Raises OverflowError."""
        if self.n < 2:  # noqa: PLR2004
            return None
        found = float(self.r.std(ddof=1))
        if not isfinite(found):
            raise OverflowError("returns too large to be squared")
        return found

    @property
    def gains(self) -> float:
        """Return the sum of returns above 0."""
        return float(self.r[self.r > NOTHING].sum())

    @property
    def pains(self) -> float:
        """Return the sum of returns below 0, as a positive number."""
        return float(np.abs(self.r[self.r < -NOTHING]).sum())


def day_metrics(
    returns: Floats, *, rf: float = 0.0, mar: float = 0.0, gated: bool = True
) -> dict[str, Figure]:
    """Return every day metric, by name, of daily returns of shape (n,), oldest first.

    `rf` and `mar`, the risk-free rate and the minimum acceptable return, are yearly. `gated`: what
    rests on too few days is hidden. Always the same names, also without a day.
    """
    r = until_ruin(np.asarray(returns, dtype=np.float64))
    n = r.size
    if not n:
        return {name: missing(Reason.NO_DAYS, 0) for name in FORMULAS} | {"flat_days": known(0, 0)}
    with np.errstate(over="ignore", invalid="ignore"):  # `figure` says so
        days = Days(r, falls(r), rf, per_day(rf), per_day(mar))
        return {
            name: figure(name, formula, days, gated=gated) for name, formula in FORMULAS.items()
        }


def figure(name: str, formula: Callable[[Days], Value], days: Days, *, gated: bool) -> Figure:
    """Return one figure: hidden, undefined or known, in this order."""
    if gated and days.n < HIDDEN_BELOW.get(name, 0):
        return missing(Reason.TOO_FEW_DAYS, days.n)
    try:
        value = formula(days)
    except OverflowError:
        value = Reason.NOT_FINITE
    if isinstance(value, Reason):
        return missing(value, days.n)
    if not isfinite(value):
        return missing(Reason.NOT_FINITE, days.n)
    doubted = gated and name in DOUBTED and days.n < SOME
    return known(value, days.n, caveat=Caveat.FEW_DAYS if doubted else None)


def total_return(days: Days) -> Value:
    """Return what was earned altogether, as a share."""
    return float(np.prod(1 + days.r)) - 1


def cagr(days: Days) -> Value:
    """Return the compound yearly growth."""
    grown = float(np.prod(1 + days.r))
    return float(grown ** (DAYS_PER_YEAR / days.n)) - 1


def volatility(days: Days) -> Value:
    """Return the yearly standard deviation."""
    if days.deviation is None:
        return Reason.TOO_FEW_DAYS
    return days.deviation * sqrt(DAYS_PER_YEAR)


def daily_sharpe(days: Days) -> Value:
    """Return mean excess over standard deviation, not annualised."""
    if days.deviation is None:
        return Reason.TOO_FEW_DAYS
    if days.deviation <= NOTHING:
        return Reason.ZERO_VARIANCE
    return float((days.r - days.rf).mean()) / days.deviation


def sharpe(days: Days) -> Value:
    """W. F. Sharpe, The Sharpe ratio, Journal of Portfolio Management 21 (1994) 49."""
    ratio = daily_sharpe(days)
    return ratio if isinstance(ratio, Reason) else ratio * sqrt(DAYS_PER_YEAR)


def sortino(days: Days) -> Value:
    """F. A. Sortino and L. N. Price, Journal of Investing 3 (1994) 59; all days count below."""
    short = np.minimum(days.r - days.mar, 0)
    downside = sqrt(float((short * short).mean()))
    if downside <= NOTHING:
        return Reason.NO_DOWNSIDE
    return float((days.r - days.mar).mean()) / downside * sqrt(DAYS_PER_YEAR)


def max_drawdown(days: Days) -> Value:
    """Return the deepest fall, negative."""
    return float(days.falls.min())


def calmar(days: Days) -> Value:
    """T. W. Young, Calmar ratio: a smoother tool, Futures 20 (1991) 40; over the whole period."""
    growth, deepest = cagr(days), float(days.falls.min())
    if deepest == 0:
        return Reason.NO_DRAWDOWN
    return growth if isinstance(growth, Reason) else growth / -deepest


def pain_index(days: Days) -> Value:
    """T. Becker, The Zephyr K-ratio and pain index (2006): the mean depth."""
    return float(np.abs(days.falls).mean())


def ulcer_index(days: Days) -> Value:
    """P. G. Martin and B. B. McCann, The Investor's Guide to Fidelity Funds (1989)."""
    return sqrt(float((days.falls * days.falls).mean()))


def ulcer_performance_index(days: Days) -> Value:
    """Martin and McCann, as `ulcer_index`: yearly growth above `rf` over it."""
    growth, ulcer = cagr(days), sqrt(float((days.falls * days.falls).mean()))
    if ulcer == 0:
        return Reason.NO_DRAWDOWN
    return growth if isinstance(growth, Reason) else (growth - days.yearly_rf) / ulcer


def omega(days: Days) -> Value:
    """C. Keating and W. F. Shadwick, A universal performance measure (2002), threshold 0."""
    return days.gains / days.pains if days.pains > 0 else Reason.NO_LOSING_DAY


def gain_to_pain(days: Days) -> Value:
    """J. D. Schwager, Hedge Fund Market Wizards (2012), of days."""
    return float(days.r.sum()) / days.pains if days.pains > 0 else Reason.NO_LOSING_DAY


def var_95(days: Days) -> Value:
    """Return the 5 % quantile: historical value at risk, J.P. Morgan, RiskMetrics (1996)."""
    return float(np.quantile(days.r, 0.05))


def cvar_95(days: Days) -> Value:
    """R. T. Rockafellar and S. Uryasev, Journal of Risk 2 (2000) 21: mean of r ≤ `var_95`."""
    return float(days.r[days.r <= np.quantile(days.r, 0.05)].mean())


def tail_ratio(days: Days) -> Value:
    """Return |95 % quantile| over |5 % quantile|, as Quantopian's empyrical defined it."""
    low, high = (float(abs(np.quantile(days.r, share))) for share in (0.05, 0.95))
    return high / low if low > NOTHING else Reason.ZERO_TAIL


def moments(days: Days) -> tuple[float, float, float] | None:
    """Return the second to fourth central moment in deviations, None where nothing varies."""
    if days.deviation is None or days.deviation <= NOTHING:
        return None
    away = (days.r - days.r.mean()) / days.deviation
    second, third, fourth = (float((away**power).mean()) for power in (2, 3, 4))
    return second, third, fourth


def skew(days: Days) -> Value:
    """G1 of D. N. Joanes and C. A. Gill, The Statistician 47 (1998) 183."""
    n, found = days.n, moments(days)
    if n < 3:  # noqa: PLR2004
        return Reason.TOO_FEW_DAYS
    if found is None:
        return Reason.ZERO_VARIANCE
    second, third, _ = found
    return third / second / sqrt(second) * sqrt(n * (n - 1)) / (n - 2)


def excess_kurtosis(days: Days) -> Value:
    """G2 of Joanes and Gill, as `skew`."""
    n, found = days.n, moments(days)
    if n < 4:  # noqa: PLR2004
        return Reason.TOO_FEW_DAYS
    if found is None:
        return Reason.ZERO_VARIANCE
    second, _, fourth = found
    plain = fourth / second**2 - 3
    return ((n + 1) * plain + 6) * (n - 1) / ((n - 2) * (n - 3))


def probabilistic_sharpe(days: Days) -> Value:
    """D. H. Bailey and M. López de Prado, Journal of Risk 15 (2012) 3: P(true ratio > 0)."""
    ratio, third, fourth = daily_sharpe(days), skew(days), excess_kurtosis(days)
    if isinstance(ratio, Reason):
        return ratio
    if isinstance(third, Reason):
        return third
    if isinstance(fourth, Reason):
        return fourth
    spread = 1 - third * ratio + (fourth + 2) / 4 * ratio * ratio
    if spread <= NOTHING:
        return Reason.ZERO_VARIANCE
    return NORMAL.cdf(ratio * sqrt(days.n - 1) / sqrt(spread))


def best_day(days: Days) -> Value:
    """Return the highest return."""
    return float(days.r.max())


def worst_day(days: Days) -> Value:
    """Return the lowest return."""
    return float(days.r.min())


def day_win_rate(days: Days) -> Value:
    """Return the share of days above 0 among those that are not flat."""
    moved = int((np.abs(days.r) > NOTHING).sum())
    return int((days.r > NOTHING).sum()) / moved if moved else Reason.NO_DECIDED_DAY


def flat_days(days: Days) -> Value:
    """Return how many days earned nothing."""
    return float((np.abs(days.r) <= NOTHING).sum())


FORMULAS: Mapping[str, Callable[[Days], Value]] = MappingProxyType(
    {
        formula.__name__: formula
        for formula in (
            *(total_return, cagr, volatility, sharpe, sortino, max_drawdown, calmar),
            *(pain_index, ulcer_index, ulcer_performance_index, omega, gain_to_pain),
            *(var_95, cvar_95, tail_ratio, skew, excess_kurtosis, probabilistic_sharpe),
            *(best_day, worst_day, day_win_rate, flat_days),
        )
    }
)


def rolling_sharpe(returns: Floats, window: int, *, rf: float = 0.0) -> Floats:
    """Return the Sharpe ratio of the `window` days ending at each day, shape (n,).

    NaN before the window is full and where nothing varied. Raises ValueError below two days.
    """
    if window < 2:  # noqa: PLR2004
        raise ValueError(f"a window has at least two days, was {window}")
    r = np.asarray(returns, dtype=np.float64)
    answer = np.full(r.shape, np.nan)
    if r.size < window:
        return answer
    windows = sliding_window_view(r, window)  # (n - window + 1, window), a view
    means, deviations = windows.mean(axis=1) - per_day(rf), windows.std(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = means / deviations * sqrt(DAYS_PER_YEAR)
    answer[window - 1 :] = np.where(deviations > NOTHING, ratios, np.nan)
    return answer


def exposure(since: float, until: float, opened: Floats, closed: Floats) -> Figure:
    """Return the share of [since, until] in which at least one position stood.

    Seconds since the epoch; `closed` is NaN for what is still open.
    """
    if until <= since:
        return missing(Reason.NO_DAYS, opened.size)
    start = np.clip(opened, since, until)
    end = np.clip(np.where(np.isnan(closed), until, closed), since, until)
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    covered = np.concatenate(([since], np.maximum.accumulate(end)[:-1])) if end.size else end
    added = np.maximum(0.0, end - np.maximum(start, covered))
    return known(float(added.sum()) / (until - since), opened.size)


def turnover(notional: Floats, equity: Floats) -> Figure:
    """Return the sum of traded notional over the mean of the days' equity."""
    mean = float(equity.mean()) if equity.size else 0.0
    if mean <= 0:
        return missing(Reason.NO_CAPITAL, notional.size)
    return known(float(notional.sum()) / mean, notional.size)


def recovery_factor(changes: Floats, *, equity: float = 0.0) -> Figure:
    """Return the account's gain over its largest fall; `changes`: money by day, flows removed.

    `equity`: the most that they are differences of, which says what is rounding.
    """
    n = changes.size
    if not n:
        return missing(Reason.NO_DAYS, 0)
    points, below = money_falls(changes, equity=equity)
    deepest = float(below.min())
    if deepest >= 0:
        return missing(Reason.NO_DRAWDOWN, n)
    return known(float(points[-1]) / -deepest, n)
