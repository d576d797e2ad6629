"""Three-valued logic over arrays: false, unknown, true as 0, 1, 2, by S. C. Kleene.

In this order `and` is the minimum, `or` the maximum and `not` the distance from 2.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nightdesk.market.candles import Bools

Truth: TypeAlias = npt.NDArray[np.int8]
Rows: TypeAlias = npt.NDArray[np.int64]

FALSE, UNKNOWN, TRUE = np.int8(0), np.int8(1), np.int8(2)


def known(holds: Bools, unknown: Bools) -> Truth:
    """Return `holds` as truth, unknown where `unknown`. All have shape (n,)."""
    return np.where(unknown, UNKNOWN, np.where(holds, TRUE, FALSE))


def every(parts: Sequence[Truth]) -> Truth:
    """Return Kleene's and, shape (n,)."""
    result = parts[0]
    for part in parts[1:]:
        result = np.minimum(result, part)
    return result


def some(parts: Sequence[Truth]) -> Truth:
    """Return Kleene's or, shape (n,)."""
    result = parts[0]
    for part in parts[1:]:
        result = np.maximum(result, part)
    return result


def contrary(part: Truth) -> Truth:
    """Return Kleene's not, shape (n,)."""
    return TRUE - part


def before(part: Truth, starts: Rows) -> Truth:
    """Return the truth one row earlier; unknown at the first row of a run without a gap."""
    result = np.full_like(part, UNKNOWN)
    result[1:] = part[:-1]
    result[starts == np.arange(part.size)] = UNKNOWN
    return result


def within(part: Truth, n: int, starts: Rows) -> Truth:
    """Return whether `part` is true at one of the last n rows, the present one included.

    Rows before the run without a gap (`starts`, the row where it begins, shape (n,)) are unknown.
    """
    rows = np.arange(part.size)
    first = np.maximum(rows - n + 1, starts)
    seen_true = _last(part == TRUE, rows) >= first
    seen_unknown = (_last(part == UNKNOWN, rows) >= first) | (rows - n + 1 < starts)
    return np.where(seen_true, TRUE, np.where(seen_unknown, UNKNOWN, FALSE))


def held(part: Truth, n: int, starts: Rows) -> Truth:
    """Return whether `part` is true at all of the last n rows; the dual of `within`."""
    return contrary(within(contrary(part), n, starts))


def _last(marks: Bools, rows: Rows) -> Rows:
    """Return for each row the last marked one up to it, -1 if none."""
    return np.maximum.accumulate(np.where(marks, rows, -1))
