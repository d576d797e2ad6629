"""What chance alone would do: the same trades over the same times, in a thousand other orders.

A shuffle moves what was traded (instrument, plan, size, result) among the times of entry and exit;
what came before a window stays where it was, and entries of the window alone are counted.
Who escalates after losses stands out against it; how often, how large and how well was traded does
not. Source: P. Good, Permutation, Parametric, and Bootstrap Tests of Hypotheses (2005), 3.2; p
counts the observed order among the shuffles, so it is never 0.

Counting is exact and compares ranks: whether a size is at least `f` times the median of the sizes
before it follows from how many of them, times `f`, it reaches.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from nightdesk.journal.behaviour.history import BASELINE, THIN, History
from nightdesk.market.candles import Bools, Floats

SHUFFLES = 1_000
SEED = 20_250_101
"""Shuffles begin here, so that who has the same trades finds the same p."""
CELLS = 200_000
"""Trades times shuffles that are worked at once: they stay in the processor's cache."""
WORKERS = 2
"""Blocks of shuffles that are worked side by side: NumPy lets go of the interpreter meanwhile."""

BEGIN = 2
"""Stands before the results of each order: neither win, loss nor break-even, so it ends all runs.
"""
MOST_SHORT = 2**16 - 2
"""Values whose ranks fit into two bytes, with one to spare on either side."""
MIDDLE = BASELINE // 2

Orders = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int64]
Ranks: TypeAlias = npt.NDArray[np.uint16] | npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffled:
    """What was counted, in the trades as they were and in each shuffle, shape (shuffles,)."""

    count: int
    n: int
    by_chance: Counts
    seed: int = SEED

    @property
    def expected(self) -> float:
        """Mean count of the shuffles."""
        return float(self.by_chance.mean())

    @property
    def base(self) -> float:
        """The expected share of entries."""
        return self.expected / self.n if self.n else 0.0

    @property
    def p(self) -> float:
        """(1 + shuffles with at least as many) / (1 + shuffles)."""
        reached = int((self.by_chance >= self.count).sum())
        return (1 + reached) / (1 + self.by_chance.size)


class Cells:
    """Some orders of one history: row s, column i is what stands at the i-th entry in order s."""

    def __init__(self, history: History, orders: Orders) -> None:
        """Take orders of shape (rows, n): places of what was traded."""
        self.history = history
        self.orders = orders

    @cached_property
    def closing(self) -> Orders:
        """What stands at the c-th closing, shape (rows, n)."""
        return self.orders.take(self.history.closings, axis=1)

    @cached_property
    def outcome(self) -> npt.NDArray[np.int8]:
        """Results by closing, each row behind `BEGIN`; shape (rows, n + 1)."""
        rows, n = self.orders.shape
        found = np.full((rows, n + 1), BEGIN, dtype=np.int8)
        found[:, 1:] = self.history.outcome.take(self.closing)
        return found

    @cached_property
    def decided(self) -> Orders:
        """The cells of `outcome` that hold no break-even."""
        return np.flatnonzero(self.outcome != 0)

    def after_run(self, sign: int, length: int) -> Bools:
        """Say of each entry whether the last `length` decided were all wins (1) or losses (-1)."""
        same: Bools = self.outcome.ravel() == sign
        even = not self.history.outcome.all()
        if even:
            same = same.take(self.decided)
        run = same.copy()
        for back in range(1, length):
            run[back:] &= same[:-back]
        run[: length - 1] = False
        if even:  # one leaves what stood before it
            run = run.repeat(np.diff(self.decided, append=self.outcome.size))
        return run.reshape(self.outcome.shape).take(self.history.before, axis=1)

    @cached_property
    def losses(self) -> Orders:
        """The cells of losses by closing, of which each row has as many."""
        return np.flatnonzero(self.outcome[:, 1:] < 0)

    @cached_property
    def losing(self) -> Orders:
        """What lost, by closing, shape (rows, losses)."""
        return self.closing.take(self.losses).reshape(len(self.orders), -1)

    @cached_property
    def sizes(self) -> Ranks:
        """Ranks of the sizes by entry, as `Ranked.behind` gives them."""
        return sizes_of(self.history).behind(self.orders)


class Ranked:
    """Values by their rank: to compare ranks is to compare values, in a quarter of the bytes."""

    def __init__(self, values: Floats) -> None:
        """Rank the values from 1 on; equal ones share the lowest."""
        n = values.size
        self.values = values
        self.order = np.sort(values)
        self.kind: type[np.uint16] | type[np.int64] = np.uint16 if n <= MOST_SHORT else np.int64
        self.rank = (np.searchsorted(self.order, values) + 1).astype(self.kind)

    def behind(self, places: Orders) -> Ranks:
        """Return the ranks at `places`, shape (rows, k), behind twenty of no value.

        Those are in turn above all ranks and below them, so that in twenty as many are above as
        below; where the values among twenty are odd in number, one more is below.
        """
        rows, k = places.shape
        found = np.zeros((rows, BASELINE + k), dtype=self.kind)
        found[:, :BASELINE:2] = self.values.size + 1
        found[:, BASELINE:] = self.rank.take(places)
        return found


def sizes_of(history: History) -> Ranked:
    """Return the ranked sizes of a history, the same for all who ask."""
    return history.once("ranked sizes", lambda: Ranked(history.size))


class Reach:
    """Says of values whether they reach `factor` times the median of the up to 20 before them."""

    def __init__(self, ranked: Ranked, factor: float) -> None:
        """Find for each value the lowest rank of those that it, times `factor`, does not reach."""
        values = ranked.order * factor
        first = np.searchsorted(values, ranked.values, "right") + 1
        self.own, self.unreached = ranked.values, np.asarray(first, dtype=ranked.kind)
        self.values = np.concatenate(([0.0], values, [np.inf]))

    def __call__(self, places: Orders, ranks: Ranks, at: Orders) -> Bools:
        """Say it of the cells `at` of `places`, shape (rows, k), each row by itself.

        `at`, shape (m,), counts cells row by row; `ranks` are those of `places` as
        `Ranked.behind` gives them. The first of a row reaches nothing.
        """
        rows, k = places.shape
        first = at + BASELINE * np.arange(rows).repeat(by_row(at, rows, k))  # of 20 ranks before
        here = places.take(at)
        unreached: Ranks = self.unreached.take(here)
        below = np.zeros(at.shape, dtype=np.uint8)
        flat = ranks.ravel()
        for later in range(BASELINE):
            below += (flat[later:].take(first) < unreached).view(np.uint8)
        result = np.asarray(below > MIDDLE)
        half = np.flatnonzero(below == MIDDLE)  # the median lies at or between two values
        around = np.sort(flat.take(first[half, None] + np.arange(BASELINE)), axis=1)
        high = self.values.take(around[:, MIDDLE])
        low = self.values.take(around[:, MIDDLE - 1])
        place = at[half] % k
        odd = (place % 2 == 1) & (place < BASELINE)
        result[half] = np.where(odd, high, (low + high) / 2) <= self.own.take(here[half])
        return result


Counting: TypeAlias = Callable[[Cells], Counts]
"""Counts the flags of each row, shape (rows,)."""
Key = TypeVar("Key")


def shuffled(
    history: History,
    countings: Mapping[Key, Counting],
    *,
    shuffles: int = SHUFFLES,
    seed: int = SEED,
) -> dict[Key, Shuffled]:
    """Count each in the trades as they were and in the same shuffles. All must be settled.

    Each block of shuffles has a chance of its own, so that who is first makes no difference.
    """
    as_they_were = Cells(history, np.arange(len(history))[None, :])
    first = {key: int(counting(as_they_were)[0]) for key, counting in countings.items()}
    at_once = max(1, CELLS // max(len(history), 1))
    starts = range(0, shuffles, at_once)

    def counted(start: int) -> list[Counts]:
        chance = np.random.default_rng((seed, start))
        cells = Cells(history, _orders(history, min(at_once, shuffles - start), chance))
        return [counting(cells) for counting in countings.values()]

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        blocks = list(pool.map(counted, starts))
    by_chance = [np.concatenate(counts) for counts in zip(*blocks, strict=True)]
    return {
        key: Shuffled(count=first[key], n=len(history.judged), by_chance=counts, seed=seed)
        for key, counts in zip(countings, by_chance, strict=True)
    }


def _orders(history: History, rows: int, chance: np.random.Generator) -> Orders:
    """Return `rows` rows of all places, the judged ones in random orders.

    Places below random numbers, sorted: more than twice as fast as `Generator.permuted`.
    """
    own = np.asarray(history.judged, dtype=np.intp)
    n, whole = own.size, len(history)
    low = np.uint64((1 << n.bit_length()) - 1)
    lots = chance.integers(0, 2**64, (rows, n), dtype=np.uint64)
    lots &= ~low
    lots |= np.arange(n, dtype=np.uint64)
    lots.sort(axis=1)
    lots &= low
    orders = lots.view(np.intp)
    if n < whole:
        moved, orders = orders, np.tile(np.arange(whole), (rows, 1))
        orders[:, own] = own[moved]
    return orders


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRule:
    """Which loss counts: at least `equity_share` of equity, and `loss_share` of the usual loss."""

    window_seconds: float
    size_factor: float
    equity_share: float
    loss_share: float


class RevengeCounting:
    """Counts entries of two factors or more soon after a loss that counts."""

    def __init__(self, history: History, rule: LossRule) -> None:
        """Find what is the same in any order: which entries come soon, and the equity then."""
        before = history.before
        times = np.concatenate(([-np.inf], history.closed[history.closings]))
        soon = history.opened - times[before] <= rule.window_seconds
        self.soon = np.flatnonzero(soon & wanted(history))
        self.closing, self.last = before[self.soon] - 1, history.last[self.soon]
        self.least = rule.equity_share * np.nan_to_num(history.equities[self.soon])
        self.lost = np.where(history.outcome < 0, -history.net, -np.inf)
        names = [one.instrument for one in history.trades]
        self.instruments = np.unique(names, return_inverse=True)[1].astype(np.int32)
        self.unplanned = np.array([one.planned is False for one in history.trades], dtype=np.int8)
        self.size = Reach(sizes_of(history), rule.size_factor)
        self.losses = Ranked(-history.net)
        self.loss = Reach(self.losses, rule.loss_share)

    def __call__(self, cells: Cells) -> Counts:
        """Count the rows' flags."""
        rows, n = cells.orders.shape
        last = cells.orders.take(self.last, axis=1)  # (rows, soon)
        heavy = np.flatnonzero(self.lost.take(last) >= self.least)
        row, place = np.divmod(heavy, max(1, self.soon.size))
        entry = row * n + self.soon[place]
        here, last = cells.orders.take(entry), last.take(heavy)
        factors = self.unplanned.take(here)
        factors += self.instruments.take(here) == self.instruments.take(last)
        kept = np.flatnonzero(factors)
        entry, factors = entry[kept], factors[kept]
        counts = self._unusual(cells, row[kept] * n + self.closing[place[kept]])
        one = np.flatnonzero(counts & (factors == 1))
        counts[one] = self.size(cells.orders, cells.sizes, entry[one])
        return by_row(entry.take(np.flatnonzero(counts)), rows, n)

    def _unusual(self, cells: Cells, closing: Orders) -> Bools:
        """Say of losses, by cells of closings, whether they reach a share of those before."""
        losing = cells.losing
        at = np.searchsorted(cells.losses, closing)
        counts = np.ones(at.shape, dtype=bool)  # fewer than ten before: not known, and drops out
        many = np.flatnonzero(at % max(1, losing.shape[1]) >= THIN)
        if many.size:
            counts[many] = self.loss(losing, self.losses.behind(losing), at[many])
        return counts


class RunCounting:
    """Counts entries of at least `size_factor` usual sizes after a run of wins or losses."""

    def __init__(self, history: History, sign: int, length: int, size_factor: float) -> None:
        """Look for `length` wins (1) or losses (-1) in a row."""
        self.wanted = wanted(history)
        self.sign, self.length = sign, length
        self.size = Reach(sizes_of(history), size_factor)

    def __call__(self, cells: Cells) -> Counts:
        """Count the rows' flags."""
        rows, n = cells.orders.shape
        at = np.flatnonzero(cells.after_run(self.sign, self.length) & self.wanted)
        large = np.flatnonzero(self.size(cells.orders, cells.sizes, at))
        return by_row(at.take(large), rows, n)


def wanted(history: History) -> Bools:
    """Say of each entry whether it is judged, shape (n,)."""
    found = np.zeros(len(history), dtype=bool)
    found[np.asarray(history.judged, dtype=np.intp)] = True
    return found


def by_row(cells: Orders, rows: int, n: int) -> Counts:
    """Count cells, given row after row, of rows of n; shape (rows,)."""
    return np.diff(np.searchsorted(cells, n * np.arange(rows + 1)))
