"""How surprising something is: exact and classical tests, each with its source.

A p-value is the chance of a result at least as extreme if nothing but chance were at work.
"""

from collections.abc import Sequence
from math import atanh, lgamma, log, log1p, sqrt, tanh

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.intervals import (
    TAIL,
    Interval,
    mean_difference_interval,
    student_interval,
    welch,
    wilson,
)
from nightdesk.performance.returns import NOTHING
from nightdesk.performance.student import NORMAL, two_sided

__all__ = [
    "Interval",
    "benjamini_hochberg",
    "binomial_at_least",
    "mann_whitney_greater",
    "mean_difference_interval",
    "poisson_binomial_at_least",
    "ranks",
    "spearman",
    "student_interval",
    "welch_p",
    "welch_two_sided",
    "wilson",
]

FEW_TRIALS = 16
"""So many are summed one by one, all blocks of them at once; then neighbours are joined."""
FEWEST_RANKED = 4
"""Below, the standard error of a rank correlation has no meaning."""


def binomial_at_least(x: int, n: int, p: float) -> float:
    """Return the exact P(X ≥ x) of n independent trials with chance p. Raises ValueError.

    One-sided exact binomial test: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404.
    """
    if n < 0 or not 0 <= p <= 1:
        raise ValueError(f"{n} trials of chance {p} do not exist")
    if x <= 0:
        return 1.0
    if x > n or p == 0:
        return 0.0
    if p == 1:
        return 1.0
    counts = np.arange(n + 1)
    logs = np.array([lgamma(count + 1) for count in range(n + 1)])
    chances = logs[n] - logs[counts] - logs[n - counts] + counts * log(p)
    terms = np.exp(chances + (n - counts) * log1p(-p))
    return float(min(1.0, terms[x:].sum() / terms.sum()))


def poisson_binomial_at_least(x: int, ps: Sequence[float] | Floats) -> float:
    """Return the exact P(X ≥ x), where trial i succeeds with chance ps[i]. Raises ValueError.

    Blocks of trials, joined by convolution of the chances of each count: Y. Hong, On computing
    the distribution function for the Poisson binomial distribution, Computational Statistics and
    Data Analysis 59 (2013) 41. All terms are positive, so that nothing cancels.
    """
    chances = np.asarray(ps, dtype=np.float64)
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError("a chance lies between 0 and 1")
    if x <= 0:
        return 1.0
    return float(min(1.0, _counts(chances)[x:].sum()))


def _counts(chances: Floats) -> Floats:
    """Return the chance of each number of successes, shape (n + 1,)."""
    blocks = -(-max(chances.size, 1) // FEW_TRIALS)
    padded = np.zeros((blocks, FEW_TRIALS))  # a trial of no chance adds nothing
    padded.ravel()[: chances.size] = chances
    counts = np.zeros((blocks, FEW_TRIALS + 1))
    counts[:, 0] = 1.0
    for done in range(FEW_TRIALS):
        more = padded[:, done, None]
        shifted = counts[:, : done + 1] * more
        counts[:, : done + 1] *= 1 - more
        counts[:, 1 : done + 2] += shifted
    parts = list(counts)
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=False)
        parts = [np.convolve(a, b) for a, b in pairs] + parts[len(parts) // 2 * 2 :]
    whole: Floats = parts[0][: chances.size + 1]
    return whole


def mann_whitney_greater(a: Sequence[float] | Floats, b: Sequence[float] | Floats) -> float:
    """Return the one-sided p that values of `a` tend to be greater than those of `b`.

    Normal approximation with correction for ties and for continuity: H. B. Mann and D. R. Whitney,
    Annals of Mathematical Statistics 18 (1947) 50; ties as in E. L. Lehmann, Nonparametrics (1975),
    1.4. All values equal: 1. Raises ValueError when one side is empty.
    """
    one, two = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    n, m = one.size, two.size
    if not n or not m:
        raise ValueError("a comparison needs values on both sides")
    both = np.concatenate((one, two))
    u = ranks(both)[:n].sum() - n * (n + 1) / 2
    ties = np.unique(both, return_counts=True)[1].astype(np.float64)
    total = n + m
    variance = n * m / 12 * (total + 1 - (ties**3 - ties).sum() / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    return min(1.0, 1 - NORMAL.cdf((u - n * m / 2 - 0.5) / sqrt(variance)))


def welch_two_sided(a: Sequence[float] | Floats, b: Sequence[float] | Floats) -> float:
    """Return the two-sided p that the means of `a` and `b` are equal, variances unequal.

    As `welch_p`. Raises ValueError below two values of either.
    """
    one, two = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if min(one.size, two.size) < 2:  # noqa: PLR2004
        raise ValueError("a difference of means needs two values on both sides")
    error, degrees = welch(one.var(ddof=1), one.size, two.var(ddof=1), two.size)
    between = np.array([one.mean() - two.mean()])
    return float(welch_p(between, np.atleast_1d(error), np.atleast_1d(degrees))[0])


def welch_p(between: Floats, error: Floats, degrees: Floats) -> Floats:
    """Return the two-sided p of differences of means by their standard errors, elementwise.

    B. L. Welch, Biometrika 34 (1947) 28. Where nothing varies: 1 for equal means, else 0; up to
    1e-12 both are rounding.
    """
    found = np.where(np.abs(between) <= NOTHING, 1.0, 0.0)
    varies = error > NOTHING
    found[varies] = two_sided(between[varies] / error[varies], degrees[varies])
    return found


def benjamini_hochberg(ps: Sequence[float] | Floats, q: float) -> list[bool]:
    """Say of each p whether its finding is kept when a share `q` of the kept may be false.

    Y. Benjamini and Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289: all up
    to the largest i-th smallest p with p ≤ q·i/m are kept.
    """
    values = np.asarray(ps, dtype=np.float64)
    order = np.sort(values)
    passed = np.flatnonzero(order <= q * np.arange(1, values.size + 1) / max(values.size, 1))
    if not passed.size:
        return [False] * values.size
    return [bool(value <= order[passed[-1]]) for value in values]


def spearman(
    a: Sequence[float] | Floats, b: Sequence[float] | Floats
) -> tuple[float, Interval] | None:
    """Return the rank correlation and its 95 % interval; None below four pairs or if one is level.

    C. Spearman, American Journal of Psychology 15 (1904) 72. Interval tanh(atanh(rho) ± 1.96·√((1 +
    rho²/2)/(n - 3))): D. G. Bonett and T. A. Wright, Psychometrika 65 (2000) 23. Raises ValueError
    unless `a` and `b` are equally long.
    """
    one, two = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if one.shape != two.shape:
        raise ValueError("a correlation needs pairs")
    n = one.size
    if n < FEWEST_RANKED or np.ptp(one) == 0 or np.ptp(two) == 0:
        return None
    rho = float(np.corrcoef(ranks(one), ranks(two))[0, 1])
    if abs(rho) >= 1 - 1e-12:
        rho = 1.0 if rho > 0 else -1.0
        return rho, (rho, rho)
    half = NORMAL.inv_cdf(TAIL) * sqrt((1 + rho * rho / 2) / (n - 3))
    return rho, (tanh(atanh(rho) - half), tanh(atanh(rho) + half))


def ranks(values: Floats) -> Floats:
    """Return ranks from 1 on; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: Floats = (last - (counts - 1) / 2)[place.reshape(values.shape)]
    return shared
