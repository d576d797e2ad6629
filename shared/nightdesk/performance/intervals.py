"""95 % intervals of shares, means and differences of means."""

from math import sqrt
from typing import TypeAlias

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.student import NORMAL, quantile

Interval: TypeAlias = tuple[float, float]

SURE = 0.95
TAIL = (1 + SURE) / 2


def wilson(x: int, n: int) -> Interval | None:
    """Return the score interval of the share x/n, None for n = 0. Raises ValueError.

    E. B. Wilson, Journal of the American Statistical Association 22 (1927) 209. It stays inside
    [0, 1] and is honest for few cases, where share ± 1.96 standard errors is not.
    """
    if not 0 <= x <= n:
        raise ValueError(f"{x} of {n} is no share")
    if not n:
        return None
    low, high = wilson_bounds(np.array([float(x)]), np.array([float(n)]))
    return float(low[0]), float(high[0])


def wilson_bounds(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return lower and upper bounds of the shares x/n, elementwise, n ≥ 1. As `wilson`."""
    square = NORMAL.inv_cdf(TAIL) ** 2
    middle = (x + square / 2) / (n + square)
    half = np.sqrt(square * (x * (n - x) / n + square / 4)) / (n + square)
    low = np.where(x == 0, 0.0, middle - half)  # exactly, where rounding would leave 1e-17
    high = np.where(x == n, 1.0, middle + half)
    return low, high


def student_interval(values: Floats) -> Interval | None:
    """Return the interval of the mean of finite values of shape (n,), None below two.

    mean ± t(0.975, n - 1)·s/√n: Student, The probable error of a mean, Biometrika 6 (1908) 1.
    """
    n = values.size
    if n < 2:  # noqa: PLR2004
        return None
    mean = float(values.mean())
    half = float(quantile(TAIL, np.array([n - 1.0]))[0]) * float(values.std(ddof=1)) / sqrt(n)
    return mean - half, mean + half


def mean_difference_interval(a: Floats, b: Floats) -> Interval | None:
    """Return the interval of mean(a) - mean(b), variances unequal; None below two of either.

    B. L. Welch, The generalization of "Student's" problem, Biometrika 34 (1947) 28.
    """
    if min(a.size, b.size) < 2:  # noqa: PLR2004
        return None
    error, degrees = welch(a.var(ddof=1), a.size, b.var(ddof=1), b.size)
    between = float(a.mean() - b.mean())
    half = float(quantile(TAIL, degrees)) * float(error) if error > 0 else 0.0
    return between - half, between + half


def welch(
    variance: Floats | np.float64, n: Floats | int, other: Floats | np.float64, m: Floats | int
) -> tuple[Floats, Floats]:
    """Return standard error and degrees of freedom of a difference of means, elementwise.

    Degrees after F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110; 1 where nothing varies.
    """
    one, two = np.asarray(variance / n), np.asarray(other / m)
    total = one + two
    below = one**2 / (np.asarray(n) - 1) + two**2 / (np.asarray(m) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = np.where(below > 0, total**2 / below, 1.0)
    return np.sqrt(total), degrees
