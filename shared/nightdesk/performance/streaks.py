"""Runs of wins and of losses, and how likely such a run is by chance alone."""

from itertools import islice

import numpy as np

from nightdesk.market.candles import Floats


def longest_run(outcome: Floats, of: float) -> int:
    """Return the longest run of outcomes `of`; break-evens, 0, neither end nor lengthen one."""
    decided = outcome[outcome != 0]
    ends = np.flatnonzero(decided != of)
    bounds = np.concatenate(([-1], ends, [decided.size]))
    return int(np.diff(bounds).max()) - 1


def streak_chance(n: int, q: float, k: int) -> float:
    """Return the exact chance of at least one run of k or more among n trials of chance q.

    With f(i), the chance of no such run in i trials: f(i) = f(i-1) - f(i-k-1)·(1-q)·qᵏ. W. Feller,
    An Introduction to Probability Theory and Its Applications I (1968), XIII.7. Raises ValueError.
    """
    if n < 0 or k < 0 or not 0 <= q <= 1:
        raise ValueError(f"no runs of {k} in {n} trials of chance {q}")
    if k == 0:
        return 1.0
    if k > n or q == 0:
        return 0.0
    if q == 1:
        return 1.0
    # The chance of such a run itself is added up: 1 - f would lose the digits of a small one.
    whole = q**k
    begun = (1 - q) * whole
    chance = [0.0] * k + [whole]
    latest = whole
    for before in islice(chance, n - k):  # it reads what it appends
        latest += (1 - before) * begun
        chance.append(latest)
    return min(1.0, latest)
