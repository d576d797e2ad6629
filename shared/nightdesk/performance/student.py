"""Student's t distribution for arrays, without a library for special functions.

DLMF is the NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov; AS is M.
Abramowitz and I. A. Stegun, Handbook of Mathematical Functions (1964). Accurate to 1e-12, relative.
"""

from functools import lru_cache
from math import erfc, lgamma
from statistics import NormalDist

import numpy as np

from nightdesk.market.candles import Floats

NORMAL = NormalDist()
NEARLY_NORMAL = 1_000
"""Degrees of freedom from which on Hill's expansion has all its digits."""
LARGE = 50.0
"""From here on a short series gives ratios of gamma functions to the last digit."""
RATIO = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32_768, -399 / 262_144, 869 / 4_194_304)
"""Of gamma(a + 1/2)/(gamma(a)·√a) in powers of 1/a: DLMF 5.11.13."""
ROUNDS = 10_000
PRECISE = 1e-15
CLOSE = 1e-9
"""A step of Newton's that small leaves its square as the error."""
SMALLEST = 1e-300


def survival(t: Floats, degrees: Floats) -> Floats:
    """Return P(T > t) for t ≥ 0 and `degrees` > 0 of freedom, elementwise."""
    t, degrees = np.broadcast_arrays(np.asarray(t, np.float64), np.asarray(degrees, np.float64))
    answer = np.empty(t.shape)
    many = degrees >= NEARLY_NORMAL
    if many.any():
        answer[many] = normal_tail(hill(t[many], degrees[many]))
    if not many.all():
        answer[~many] = beta_tail(t[~many], degrees[~many])
    return answer


def two_sided(t: Floats, degrees: Floats) -> Floats:
    """Return P(|T| > |t|), elementwise."""
    return np.minimum(1.0, 2 * survival(np.abs(t), degrees))


def quantile(probability: float, degrees: Floats) -> Floats:
    """Return the t with P(T ≤ t) = `probability` for each of `degrees`, shape (n,).

    Raises ValueError unless ½ < probability < 1 and every degree is positive. Whole degrees are
    looked up: each is worked out once.
    """
    degrees = np.asarray(degrees, dtype=np.float64)
    if not 0.5 < probability < 1 or (degrees <= 0).any():  # noqa: PLR2004
        raise ValueError(f"no quantile at {probability} with these degrees of freedom")
    known = (degrees < NEARLY_NORMAL) & (degrees == np.floor(degrees))
    answer = np.empty(degrees.shape)
    answer[known] = table(probability)[degrees[known].astype(np.int64) - 1]
    if not known.all():
        answer[~known] = solved(probability, degrees[~known])
    return answer


@lru_cache(maxsize=8)
def table(probability: float) -> Floats:
    """Return the quantiles for 1, 2, … degrees, as far as Hill's expansion is not used."""
    values = solved(probability, np.arange(1.0, NEARLY_NORMAL))
    values.setflags(write=False)
    return values


def solved(probability: float, degrees: Floats) -> Floats:
    """Return quantiles by Newton's method from the normal one.

    That start lies below the answer, where the distribution is concave: each step comes nearer
    and none goes past it.
    """
    tail = 1 - probability
    t = np.full(degrees.shape, NORMAL.inv_cdf(probability))
    height = gamma_ratio(degrees / 2) / np.sqrt(degrees * np.pi)
    for _ in range(100):
        step = (survival(t, degrees) - tail) / density(t, degrees, height)
        t = t + step
        if (np.abs(step) <= CLOSE * t).all():
            break
    return t


def density(t: Floats, degrees: Floats, height: Floats) -> Floats:
    """Return the density of T at t, elementwise; `height` is that at 0."""
    return height * np.exp(-(degrees + 1) / 2 * np.log1p(t * t / degrees))


def hill(t: Floats, degrees: Floats) -> Floats:
    """Return the normal deviate with the same upper tail as t.

    G. W. Hill, Algorithm 395: Student's t-distribution, Communications of the ACM 13 (1970) 617.
    """
    a = degrees - 0.5
    b = 48 * a * a
    y = a * np.log1p(t * t / degrees)
    tall = (((-0.4 * y - 3.3) * y - 24) * y - 85.5) / (0.8 * y * y + 100 + b)
    deviate: Floats = ((tall + y + 3) / b + 1) * np.sqrt(y)
    return deviate


def normal_tail(deviate: Floats) -> Floats:
    """Return P(Z > deviate) of a normal Z, elementwise."""
    tails = [erfc(one) / 2 for one in (deviate / np.sqrt(2.0)).ravel()]
    return np.array(tails, dtype=np.float64).reshape(deviate.shape)


def beta_tail(t: Floats, degrees: Floats) -> Floats:
    """Return P(T > t) = ½·I(x; n/2, ½) with n degrees and x = n/(n + t²): AS 26.7.1."""
    square = t * t
    a, half = degrees / 2, np.full(t.shape, 0.5)
    x, rest = degrees / (degrees + square), square / (degrees + square)
    with np.errstate(divide="ignore"):
        power = np.exp(a * np.where(rest < 0.5, np.log1p(-rest), np.log(x)))  # noqa: PLR2004
    front = power * np.sqrt(rest / np.pi) * gamma_ratio(a)
    # Where the fraction converges slowly its mirror image converges fast: DLMF 8.17.4.
    mirrored = a * rest < half * x
    near, far = (x, rest, a, half), (rest, x, half, a)
    parts = [np.where(mirrored, other, one) for one, other in zip(near, far, strict=True)]
    value = front * incomplete(*parts)
    return np.where(mirrored, 1.0 - value, value) / 2


def gamma_ratio(a: Floats) -> Floats:
    """Return gamma(a + ½)/gamma(a). A difference of two large logarithms would lose digits."""
    series = np.polynomial.polynomial.polyval(1 / np.maximum(a, LARGE), RATIO)
    answer: Floats = np.sqrt(a) * series
    for place in np.flatnonzero(a < LARGE):
        answer.flat[place] = np.exp(lgamma(a.flat[place] + 0.5) - lgamma(a.flat[place]))
    return answer


def incomplete(x: Floats, rest: Floats, a: Floats, b: Floats) -> Floats:
    """Return I(x; a, b)·B(a, b)/(xᵃ·restᵇ), with `rest` = 1 - x, as a continued fraction.

    The even part of DLMF 8.17.22, as in A. R. DiDonato and A. H. Morris, Algorithm 708, ACM
    Transactions on Mathematical Software 18 (1992) 360: with `rest` it loses no digits for large a.
    Evaluated by W. J. Lentz's method, Applied Optics 15 (1976) 668.
    """
    start, both, missing = a * rest - b * x + 1, a + b, 2 - x
    below = a * start / (a + 1)
    c, d = away_from_zero(below), np.zeros(x.shape)
    answer = c.copy()
    for m in range(1, ROUNDS):
        odd, less = a + 2 * m - 1, b - m
        over = (a + m - 1) * (both + m - 1) * m * less * x * x / (odd * odd)
        under = m + m * less * x / odd + (a + m) * (start + m * missing) / (a + 2 * m + 1)
        d = 1 / away_from_zero(under + over * d)
        c = away_from_zero(under + over / c)
        answer *= c * d
        if (np.abs(c * d - 1) <= PRECISE).all():
            break
    return 1 / answer


def away_from_zero(values: Floats) -> Floats:
    """Return the values, but none so small that its inverse is infinite."""
    return np.where(np.abs(values) < SMALLEST, SMALLEST, values)
