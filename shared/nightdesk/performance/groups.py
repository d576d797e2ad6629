"""The figures of a breakdown: all groups of a dimension at once, without a loop over trades.

A row is named better or worse only where its difference from all other trades holds after Benjamini
and Hochberg over the rows shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nightdesk.market.candles import Bools, Floats
from nightdesk.performance.figure import Figure, Reason, missing
from nightdesk.performance.intervals import TAIL, welch, wilson_bounds
from nightdesk.performance.returns import NOTHING
from nightdesk.performance.significance import benjamini_hochberg, welch_p
from nightdesk.performance.student import quantile
from nightdesk.performance.trade_metrics import TradeColumns

Ints: TypeAlias = npt.NDArray[np.int64]

FALSE_SHARE = 0.10
"""How many of the rows named better or worse may be so by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Values by group, columns of shape (g,): count, sum, mean, squares about it, 95 % interval.

    The mean of no value is NaN, and so are bounds below two.
    """

    n: Floats
    total: Floats
    mean: Floats
    squares: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """One row for each group, columns of shape (g,); NaN where a figure has no value."""

    n: Floats
    decided: Floats
    win_rate: Floats
    win_low: Floats
    win_high: Floats
    net: Sample
    r: Sample
    profit_factor: Floats
    hold: Floats
    share_of_net: Floats
    thin: Bools
    difference: Floats
    """Mean R of the group less the mean R of all other trades; NaN for rows not compared."""
    p: Floats
    """Two-sided, of that difference."""
    verdict: Ints
    """1 for better, -1 for worse, 0 for no difference proven."""

    @property
    def order(self) -> Ints:
        """Return the rows as shown: by net R, falling, thin ones last; none that is empty."""
        # lexsort: the last key counts first.
        rows = np.lexsort((-self.net.total, -self.r.total, self.thin)).astype(np.int64)
        shown: Ints = rows[self.n[rows] > 0]
        return shown

    def row(self, place: int) -> dict[str, Figure]:
        """Return the figures of one group by name."""
        return self.rows([place])[0]

    def rows(self, places: Sequence[int]) -> list[dict[str, Figure]]:
        """Return the figures of some groups by name."""
        taken = np.asarray(places, dtype=np.int64)
        columns = (
            *(self.n, self.decided, self.r.n, self.net.total, self.r.total),
            *(self.win_rate, self.win_low, self.win_high),
            *(self.net.mean, self.net.low, self.net.high),
            *(self.r.mean, self.r.low, self.r.high),
            *(self.profit_factor, self.hold, self.share_of_net),
        )
        return [
            figures_in(row) for row in zip(*(one[taken].tolist() for one in columns), strict=True)
        ]


def figures_in(row: Sequence[float]) -> dict[str, Figure]:
    """Return the figures of one row of the columns that `Groups.rows` lines up."""
    n, decided, with_r = map(int, row[:3])
    net, net_r, win_rate, win_low, win_high, mean, low, high, mean_r, low_r, high_r = row[3:14]
    profit_factor, hold, share_of_net = row[14:]
    none = Reason.NO_TRADES
    undecided = Reason.NO_DECIDED_TRADE if n else none
    unstopped = Reason.NO_STOP if n else none
    return {
        "n": Figure(value=row[0], n=n),
        "decided": Figure(value=row[1], n=n),
        "net": Figure(value=net, n=n),
        "net_r": figure(net_r, with_r, Reason.NO_STOP) if n else Figure(value=0.0, n=0),
        "win_rate": figure(win_rate, decided, undecided, (win_low, win_high)),
        "expectancy": figure(mean, n, none, (low, high)),
        "expectancy_r": figure(mean_r, with_r, unstopped, (low_r, high_r)),
        "profit_factor": figure(profit_factor, n, Reason.NO_LOSING_TRADE if n else none),
        "average_hold_seconds": figure(hold, n, none),
        "share_of_net": figure(share_of_net, n, Reason.ZERO_NET if n else none),
    }


def figure(
    value: float, n: int, reason: Reason, interval: tuple[float, float] | None = None
) -> Figure:
    """Return a figure, or `reason` where there is nothing or the value is NaN."""
    if not n or isnan(value):
        return missing(reason, n)
    if interval is None or isnan(interval[0]) or isnan(interval[1]):
        return Figure(value=value, n=n)
    return Figure(value=value, n=n, interval=interval)


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """All trades together: their net, and of those with R count, sum, mean and squares about it.

    A net up to 1e-12 of the amounts that it is the sum of is rounding: 0.
    """

    net: float
    n: int
    total: float
    mean: float
    squares: float

    @classmethod
    def of(cls, net: Floats, r: Floats) -> "Every":
        """Sum up; `net` has shape (n,), `r` that of the trades with R. The mean of none is NaN."""
        mean = float(r.mean()) if r.size else nan
        squares = float(((r - mean) ** 2).sum())
        total = float(net.sum())
        if abs(total) <= NOTHING * float(np.abs(net).sum()):
            total = 0.0
        return cls(net=total, n=r.size, total=float(r.sum()), mean=mean, squares=squares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdowns:
    """Trades made ready once for all their breakdowns: columns of shape (n,).

    Trades without a known net are not `there`.
    """

    there: Bools
    kinds: Ints
    """2 x (outcome + 1), and 1 more with R."""
    columns: Floats
    """(6, n): gains, losses, holds, net, R and 1 for those with R; 0 where there is none."""
    every: "Every"
    thin_n: int

    @classmethod
    def of(cls, trades: TradeColumns, *, thin_n: int = 10) -> "Breakdowns":
        """Make trades ready.

        Groups below `thin_n` of them will be thin; never compared, as those below it with R.
        """
        valued = trades.valued
        net = np.where(valued, trades.net, 0.0)
        having = valued & np.isfinite(trades.r)
        outcome = np.where(valued, trades.outcome, 0.0).astype(np.int64)
        gains, losses = np.maximum(net, 0.0), np.maximum(-net, 0.0)
        r = np.where(having, trades.r, 0.0)
        return cls(
            there=valued,
            kinds=2 * (outcome + 1) + having,
            columns=np.array([gains, losses, trades.hold, net, r, having]),
            every=Every.of(net, trades.r[having]),
            thin_n=thin_n,
        )

    def by(self, codes: Ints, count: int, *, rows: Ints | None = None) -> Groups:
        """Return the figures of groups 0 to `count` - 1.

        `codes`, shape (m,), is the group of each row, -1 for none; `rows`, shape (m,), the trade
        that stands in it, by default the i-th. A trade may stand in several groups, once in each.
        Raises ValueError.
        """
        if codes.shape != (self.kinds.shape if rows is None else rows.shape):
            raise ValueError("each row has a group, or -1")
        if codes.size and codes.max() >= count:
            raise ValueError(f"there is no group {codes.max()} of {count}")
        inside = (codes >= 0) & (self.there if rows is None else self.there[rows])
        if not inside.all():
            rows = np.flatnonzero(inside) if rows is None else rows[inside]
            codes = codes[inside]
        if rows is None:
            return figures_of(self, codes, count, self.kinds, self.columns)
        columns = np.take(self.columns, rows, axis=1)
        return figures_of(self, codes, count, self.kinds[rows], columns)


def figures_of(whole: Breakdowns, codes: Ints, count: int, kinds: Ints, columns: Floats) -> Groups:
    """Return the groups of rows that all belong to one; `columns` as those of `whole`."""
    # One count tells all: three outcomes, each without and with R.
    counts = np.bincount(6 * codes + kinds, minlength=6 * count).reshape(count, 3, 2)
    lost_n, even_n, won_n = counts.sum(axis=2).T.astype(np.float64)
    n, decided = lost_n + even_n + won_n, lost_n + won_n
    gains, losses, hold, net, r, having = columns
    gained, lost = summed(codes, count, gains), summed(codes, count, losses)
    money = sample(net, codes, n)
    risked = sample(r, codes, counts[:, :, 1].sum(axis=1).astype(np.float64), having)
    thin = n < whole.thin_n
    difference, p = against_the_rest(risked, whole.every, thin | (risked.n < whole.thin_n))
    win_low, win_high = wins_between(won_n, decided)
    return Groups(
        n=n,
        decided=decided,
        win_rate=ratio(won_n, decided),
        win_low=win_low,
        win_high=win_high,
        net=money,
        r=risked,
        profit_factor=ratio(gained, lost),
        hold=ratio(summed(codes, count, hold), n),
        share_of_net=ratio(money.total, np.full(count, whole.every.net)),
        thin=thin,
        difference=difference,
        p=p,
        verdict=verdicts(difference, p),
    )


def summed(codes: Ints, count: int, values: Floats) -> Floats:
    """Return the sum of `values` by group, shape (count,)."""
    return np.bincount(codes, values, minlength=count).astype(np.float64, copy=False)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return part/whole elementwise, NaN where there is no whole."""
    answer = np.full(part.shape, np.nan)
    np.divide(part, whole, out=answer, where=whole != 0)
    return answer


def wins_between(wins: Floats, decided: Floats) -> tuple[Floats, Floats]:
    """Return Wilson's interval of each win rate, NaN where nothing is decided."""
    low, high = np.full(wins.shape, np.nan), np.full(wins.shape, np.nan)
    some = decided > 0
    low[some], high[some] = wilson_bounds(wins[some], decided[some])
    return low, high


def sample(values: Floats, codes: Ints, n: Floats, there: Floats | None = None) -> Sample:
    """Return what is known of the values of each group; where `there` is 0 a value is 0 and none.

    Squares are taken about each group's own mean: a sum of plain squares would lose the digits of
    large amounts that vary little.
    """
    count = n.size
    total = summed(codes, count, values)
    mean = ratio(total, n)
    away = values - np.where(n > 0, mean, 0.0)[codes]
    if there is not None:
        away *= there
    squares = summed(codes, count, away * away)
    low, high = np.full(count, np.nan), np.full(count, np.nan)
    some = n > 1
    deviation = np.sqrt(squares[some] / (n[some] - 1))
    half = quantile(TAIL, n[some] - 1) * deviation / np.sqrt(n[some])
    low[some], high[some] = mean[some] - half, mean[some] + half
    return Sample(n=n, total=total, mean=mean, squares=squares, low=low, high=high)


def against_the_rest(r: Sample, every: Every, thin: Bools) -> tuple[Floats, Floats]:
    """Return the difference of each group's mean R from that of all other trades, and its p.

    Welch's test, for groups that are not thin and where both sides
    have two trades with R. The rest follows from the whole: its squares are those of the whole less
    the group's own and less those between the two.
    """
    difference, p = np.full(thin.shape, np.nan), np.full(thin.shape, np.nan)
    compared = np.flatnonzero(~thin & (r.n > 1) & (every.n - r.n > 1))
    if not compared.size:
        return difference, p
    n, mean = r.n[compared], r.mean[compared]
    others = every.n - n
    rest = (every.total - r.total[compared]) / others
    between = mean - rest
    left = every.squares - r.squares[compared] - n * others / every.n * between * between
    error, degrees = welch(
        r.squares[compared] / (n - 1), n, np.maximum(left, 0) / (others - 1), others
    )
    difference[compared], p[compared] = between, welch_p(between, error, degrees)
    return difference, p


def verdicts(difference: Floats, p: Floats) -> Ints:
    """Return which groups are better or worse than the rest, at a false share of a tenth."""
    answer = np.zeros(p.shape, dtype=np.int64)
    tested = np.flatnonzero(np.isfinite(p))
    kept = tested[np.array(benjamini_hochberg(p[tested], FALSE_SHARE), dtype=bool)]
    answer[kept] = np.sign(difference[kept])
    return answer
