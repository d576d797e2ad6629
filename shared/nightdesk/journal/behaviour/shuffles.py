"""What chance alone would do: the same trades over the same times, in a thousand other orders.

A shuffle moves what was traded (instrument, plan, size, result) among the times of entry and exit.
Who escalates after losses stands out against it; how often, how large and how well was traded does
not. Source: P. Good, Permutation, Parametric, and Bootstrap Tests of Hypotheses (2005), 3.2; p
counts the observed order among the shuffles, so it is never 0.

Counting is exact and compares ranks: whether a size is at least `f` times the median of the sizes
before it follows from how many of them, times `f`, it reaches.
"""

from collections.abc import Callable, Iterator, Mapping
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

SPARSE = 10
"""Where fewer cells than one in ten are asked about, each is looked at by itself."""
NEVER = 2**16 - 1
"""A rank that no value reaches, while ranks are two bytes long."""

Orders = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
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
        """Results by closing, shape (rows, n)."""
        return self.history.outcome.take(self.closing)

    @cached_property
    def losses(self) -> npt.NDArray[np.int32]:
        """Losses up to each closing, itself included, shape (rows, n)."""
        return np.cumsum(self.outcome < 0, axis=1, dtype=np.int32)

    @cached_property
    def decided(self) -> npt.NDArray[np.int8]:
        """Results by closing without break-evens, of which each row has as many."""
        flat = self.outcome[self.outcome != 0]
        return np.asarray(flat.reshape(len(self.orders), -1))

    def after_run(self, sign: int, length: int) -> Bools:
        """Say of each entry whether the last `length` decided were all wins (1) or losses (-1)."""
        same = self.decided == sign
        row = same.copy()
        for back in range(1, length):
            row[:, back:] &= same[:, :-back]
        row[:, : length - 1] = False
        after = np.zeros((len(same), same.shape[1] + 1), dtype=bool)
        after[:, 1:] = row
        before = self.history.before
        if after.shape[1] == self.outcome.shape[1] + 1:
            return after.take(before, axis=1)
        done = np.zeros((len(same), self.outcome.shape[1] + 1), dtype=np.intp)
        np.cumsum(self.outcome != 0, axis=1, out=done[:, 1:])
        return np.take_along_axis(after, done.take(before, axis=1), axis=1)

    @cached_property
    def losing(self) -> Orders:
        """The losses of each row by closing, of which each row has as many."""
        flat = self.closing.take(np.flatnonzero(self.outcome < 0))
        return flat.reshape(len(self.orders), -1)

    @cached_property
    def sizes(self) -> Ranks:
        """Ranks of the sizes by entry, as `Ranked.behind` gives them."""
        return sizes_of(self.history).behind(self.orders)


class Ranked:
    """Values by their rank: to compare ranks is to compare values, in a quarter of the bytes."""

    def __init__(self, values: Floats) -> None:
        """Rank the values from 0 on; equal ones share the lowest."""
        self.values = values
        self.order = np.sort(values)
        self.kind: type[np.uint16] | type[np.int64] = np.uint16 if values.size < NEVER else np.int64
        self.rank = np.searchsorted(self.order, values).astype(self.kind)

    def behind(self, places: Orders) -> Ranks:
        """Return the ranks at `places`, shape (rows, k), behind twenty that no value reaches."""
        rows, k = places.shape
        never = max(NEVER, self.values.size)
        found = np.full((rows, BASELINE + k), never, dtype=self.kind)
        found[:, BASELINE:] = self.rank.take(places)
        return found


def sizes_of(history: History) -> Ranked:
    """Return the ranked sizes of a history, the same for all who ask."""
    return history.once("ranked sizes", lambda: Ranked(history.size))


class Reach:
    """Says of values whether they reach `factor` times the median of the up to 20 before them."""

    def __init__(self, ranked: Ranked, factor: float) -> None:
        """Count for each value how many, times `factor`, it reaches."""
        self.own, self.values = ranked.values, ranked.order * factor
        reached = np.searchsorted(self.values, ranked.values, "right")
        self.reached: Ranks = np.asarray(reached, dtype=ranked.kind)

    def __call__(self, places: Orders, ranks: Ranks, at: Orders) -> Bools:
        """Say it of the cells `at` of `places`, shape (rows, k), each row by itself.

        `at`, shape (m,), counts cells row by row; `ranks` are those of `places` as
        `Ranked.behind` gives them. The first of a row reaches nothing.
        """
        row = at // places.shape[1]
        width = np.minimum(at - row * places.shape[1], BASELINE)
        first = at + (row + 1) * BASELINE
        bound: Ranks = self.reached.take(places.take(at))
        twice = 2 * self._below(places, ranks, first, bound).astype(np.int16)
        result = np.asarray(twice > width)
        half = np.flatnonzero((twice == width) & (width > 0))
        if half.size:  # the median lies between two values and is looked at itself
            around = ranks.take(first[half, None] - np.arange(1, BASELINE + 1))  # (halves, 20)
            under = around < bound[half, None]
            low = self.values[np.where(under, around, 0).max(axis=1)]
            high = self.values[np.where(under, around.max(), around).min(axis=1)]
            result[half] = (low + high) / 2 <= self.own.take(places.take(at[half]))
        return result

    def _below(self, places: Orders, ranks: Ranks, first: Orders, bound: Ranks) -> Bytes:
        """Count for each cell how many of the 20 before it, times `factor`, it reaches.

        `first` are the cells in `ranks`, `bound` what each reaches; both of shape (m,).
        """
        if first.size * SPARSE < places.size:
            few = np.zeros(first.shape, dtype=np.uint8)
            for back in range(1, BASELINE + 1):
                few += ranks.take(first - back) < bound
            return few
        bounds = np.zeros(ranks.shape, dtype=ranks.dtype)
        np.put(bounds, first, bound)
        counts, below = np.zeros(ranks.shape, dtype=np.uint8), np.empty(ranks.shape, dtype=bool)
        for back in range(1, BASELINE + 1):
            np.less(ranks[:, :-back], bounds[:, back:], out=below[:, back:])
            np.add(counts[:, back:], below[:, back:].view(np.uint8), out=counts[:, back:])
        return counts.take(first)


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
    """Count each in the trades as they were and in the same shuffles. All must be settled."""
    n = len(history)
    as_they_were = Cells(history, np.arange(n)[None, :])
    first = {key: int(counting(as_they_were)[0]) for key, counting in countings.items()}
    found: dict[Key, list[Counts]] = {key: [] for key in countings}
    for orders in _orders(n, shuffles, seed):
        cells = Cells(history, orders)
        for key, counting in countings.items():
            found[key].append(counting(cells))
    return {
        key: Shuffled(count=first[key], n=n, by_chance=np.concatenate(counts), seed=seed)
        for key, counts in found.items()
    }


def _orders(n: int, shuffles: int, seed: int) -> Iterator[Orders]:
    """Yield `shuffles` rows of 0 to n - 1 in random orders, some rows at a time.

    Places below random numbers, sorted: more than twice as fast as `Generator.permuted`.
    """
    chance = np.random.default_rng(seed)
    low = np.uint64((1 << n.bit_length()) - 1)
    at_once = max(1, CELLS // max(n, 1))
    for start in range(0, shuffles, at_once):
        rows = min(at_once, shuffles - start)
        lots = chance.integers(0, 2**64, (rows, n), dtype=np.uint64)
        lots &= ~low
        lots |= np.arange(n, dtype=np.uint64)
        lots.sort(axis=1)
        lots &= low
        yield lots.view(np.intp)


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
        self.rule = rule
        times = np.concatenate(([-np.inf], history.closed[history.closings]))
        soon = history.opened - times[history.before] <= rule.window_seconds
        self.soon = np.flatnonzero(soon)
        self.last = history.before[self.soon] - 1
        equity = np.array([history.equity(int(place)) or 0.0 for place in self.soon])
        self.least = rule.equity_share * equity
        names = [one.instrument for one in history.trades]
        self.instruments = np.unique(names, return_inverse=True)[1].astype(np.int32)
        self.unplanned = np.array([one.planned is False for one in history.trades], dtype=np.int8)
        self.size = Reach(sizes_of(history), rule.size_factor)
        self.losses = Ranked(-history.net)
        self.loss = Reach(self.losses, rule.loss_share)

    def __call__(self, cells: Cells) -> Counts:
        """Count the rows' flags."""
        rows, n = cells.orders.shape
        lost = cells.outcome.take(self.last, axis=1) < 0  # (rows, soon)
        row, place = np.divmod(np.flatnonzero(lost), max(1, self.soon.size))
        entry, closing = row * n + self.soon[place], row * n + self.last[place]
        here, last = cells.orders.take(entry), cells.closing.take(closing)
        factors = self.unplanned.take(here)
        factors += self.instruments.take(here) == self.instruments.take(last)
        heavy = -cells.history.net.take(last) >= self.least[place]
        kept = np.flatnonzero(heavy & (factors > 0))
        row, entry, factors = row[kept], entry[kept], factors[kept]
        counts = self._unusual(cells, row, closing[kept])
        one = np.flatnonzero(counts & (factors == 1))
        counts[one] = self.size(cells.orders, cells.sizes, entry[one])
        return np.bincount(row[counts], minlength=rows)

    def _unusual(self, cells: Cells, row: Orders, closing: Orders) -> Bools:
        """Say of losses, by cells of closings, whether they reach a share of those before."""
        losing = cells.losing
        known = cells.losses.take(closing) - 1  # losses before it, in its row
        counts = np.ones(known.shape, dtype=bool)  # fewer than ten: not known, and drops out
        many = np.flatnonzero(known >= THIN)
        if many.size:
            at = row[many] * losing.shape[1] + known[many]
            counts[many] = self.loss(losing, self.losses.behind(losing), at)
        return counts


class RunCounting:
    """Counts entries of at least `size_factor` usual sizes after a run of wins or losses."""

    def __init__(self, history: History, sign: int, length: int, size_factor: float) -> None:
        """Look for `length` wins (1) or losses (-1) in a row."""
        self.sign, self.length = sign, length
        self.size = Reach(sizes_of(history), size_factor)

    def __call__(self, cells: Cells) -> Counts:
        """Count the rows' flags."""
        rows, n = cells.orders.shape
        at = np.flatnonzero(cells.after_run(self.sign, self.length))
        large = self.size(cells.orders, cells.sizes, at)
        return np.bincount(at[large] // n, minlength=rows)
