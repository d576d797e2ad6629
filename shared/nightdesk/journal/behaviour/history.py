"""Trades in the order of their entries, with what had happened before each: all that rules ask.

Notation (journal, part 6): trades by (opened_at, id); *last closed* is the latest closing at or
before an entry; the *median size* is over the previous 20 entries; a run counts backwards from
the entry and skips break-evens.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from math import isnan
from types import MappingProxyType
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from nightdesk.journal.behaviour.bars import Bars, Stretch
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.marks import DAY, EPOCH, on_clock
from nightdesk.journal.trade import Outcome
from nightdesk.market.candles import Floats

BASELINE = 20
"""Entries, or losses, that a median is taken over at most."""
THIN = 10
"""Below this many a baseline is thin."""

Indices = npt.NDArray[np.int64]
T = TypeVar("T")

_SIGN = {Outcome.WIN: 1, Outcome.LOSS: -1, Outcome.BREAKEVEN: 0, None: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLimits:
    """What the owner declared for one day, in account currency or R; None is not declared."""

    max_trades: int | None = None
    max_loss: float | None = None
    max_loss_r: float | None = None


NO_LIMITS = DayLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stood around the trades: declared limits, equity, bars, moods.

    `equity` are (moment, account currency), oldest first. `moods` are the day's mean of `mood`,
    `confidence` and `discipline`, each 1 to 10. Days are those of `zone`, and from each of `moves`
    on of the zone that it names, oldest first. `setups` are the names of setups by id; groups of
    fewer than `thin_n` trades are never ranked.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    moves: Sequence[tuple[datetime, ZoneInfo]] = ()
    limits: Mapping[date, DayLimits] = field(default_factory=lambda: MappingProxyType({}))
    cooldown_minutes: float = 0
    equity: Sequence[tuple[datetime, float]] = ()
    bars: Mapping[str, Bars] = field(default_factory=lambda: MappingProxyType({}))
    moods: Mapping[str, Mapping[date, float]] = field(default_factory=lambda: MappingProxyType({}))
    setups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    thin_n: int = 10


ALONE = Surroundings()


@dataclass(frozen=True, slots=True)
class Baseline:
    """A median and how many made it."""

    median: float
    made_of: int

    @property
    def thin(self) -> bool:
        """Whether fewer than ten made it."""
        return self.made_of < THIN


class History:
    """Trades and their surroundings. `judged` are the places that observations are wanted of."""

    def __init__(
        self,
        trades: Sequence[SeenTrade],
        around: Surroundings = ALONE,
        *,
        judge: Collection[str] | None = None,
    ) -> None:
        """Sort the trades; judge those with these ids, or all."""
        self.trades = tuple(sorted(trades, key=lambda one: (one.opened_at, one.id)))
        self.around = around
        self._once: dict[Hashable, object] = {}
        self.judged: Sequence[int] = range(len(self.trades))
        if judge is not None:
            self.judge(judge)

    def __len__(self) -> int:
        return len(self.trades)

    @property
    def entries(self) -> Sequence[SeenTrade]:
        """The trades that observations are wanted of: x and n of a claim are of them alone."""
        return [self.trades[place] for place in self.judged]

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gives for these judged trades, made once for each key."""
        if key not in self._once:
            self._once[key] = make()
        return cast("T", self._once[key])

    def judging(self, names: Collection[str]) -> "History":
        """Return the same history, observations wanted of these trades alone."""
        other = copy(self)
        other.judge(names)
        return other

    def judge(self, names: Collection[str]) -> None:
        """Want observations of these trades from now on."""
        self._once = {}
        self.judged = [place for place, one in enumerate(self.trades) if one.id in names]

    # columns, shape (n,) in order of entry

    @cached_property
    def opened(self) -> Floats:
        """Seconds since the epoch."""
        return np.array([one.opened_at.timestamp() for one in self.trades], dtype=np.float64)

    @cached_property
    def closed(self) -> Floats:
        """Seconds since the epoch; infinite while open."""
        return np.array(
            [one.closed_at.timestamp() if one.closed_at else np.inf for one in self.trades],
            dtype=np.float64,
        )

    @cached_property
    def net(self) -> Floats:
        """Account currency; NaN where unknown."""
        return _column([one.net for one in self.trades])

    @cached_property
    def size(self) -> Floats:
        """Account currency; NaN where unknown."""
        return _column([one.size for one in self.trades])

    @cached_property
    def outcome(self) -> npt.NDArray[np.int8]:
        """1 win, -1 loss, 0 break-even or not known."""
        return np.array([_SIGN[one.outcome] for one in self.trades], dtype=np.int8)

    @cached_property
    def days(self) -> list[date]:
        """The day of each entry."""
        return self.days_of(self.opened)

    @cached_property
    def instruments(self) -> Mapping[str, Indices]:
        """The places of each instrument's trades."""
        names = np.array([one.instrument for one in self.trades])
        return {str(name): np.flatnonzero(names == name) for name in np.unique(names)}

    @cached_property
    def opened_ms(self) -> Indices:
        """Milliseconds since the epoch."""
        return millis_of(self.opened)

    # order of closings

    @cached_property
    def closings(self) -> Indices:
        """Places of the closed trades by (closed, opened, id), shape (m,)."""
        closed = np.flatnonzero(np.isfinite(self.closed))
        return closed[np.argsort(self.closed[closed], kind="stable")]

    @cached_property
    def before(self) -> Indices:
        """How many closings came at or before each entry, shape (n,)."""
        times = self.closed[self.closings]
        count = np.searchsorted(times, self.opened, side="right").astype(np.int64)
        rank = np.full(len(self), len(self), dtype=np.int64)
        rank[self.closings] = np.arange(self.closings.size)
        return np.minimum(count, rank)  # what opens and closes at once is not before itself

    @cached_property
    def last(self) -> Indices:
        """The place of the latest closing at or before each entry, -1 without; shape (n,)."""
        places = np.concatenate((np.array([-1], dtype=np.int64), self.closings))
        found: Indices = places[self.before]
        return found

    def last_closed(self, place: int) -> int | None:
        """Return the place of the latest closing at or before this entry."""
        last = int(self.last[place])
        return last if last >= 0 else None

    def soon_after_loss(self, seconds: float) -> list[int]:
        """Return the judged entries at most `seconds` after the latest closing, a loss."""
        places = np.asarray(self.judged, dtype=np.int64)
        last = self.last[places]
        soon = (last >= 0) & (self.outcome[last] < 0)
        soon &= self.opened[places] - self.closed[last] <= seconds
        return [int(place) for place in places[soon]]

    # baselines

    def usual_size(self, place: int) -> Baseline | None:
        """Return the median size of up to 20 entries before this one; None without any."""
        known = int(self._sizes_known[place])
        if not known:
            return None
        return Baseline(float(self._size_medians[known]), min(known, BASELINE))

    @cached_property
    def _sizes_known(self) -> Indices:
        known = np.isfinite(self.size)
        return np.cumsum(known) - known

    @cached_property
    def _size_medians(self) -> Floats:
        return medians(self.size[np.isfinite(self.size)])

    def usual_loss(self, place: int) -> Baseline | None:
        """Return the median of up to 20 losses closed before this loss; None without any."""
        known = self._losses_known.get(place, 0)
        if not known:
            return None
        return Baseline(float(self._loss_medians[known]), min(known, BASELINE))

    @cached_property
    def _losing(self) -> Indices:
        lost = (self.outcome[self.closings] < 0) & np.isfinite(self.net[self.closings])
        return self.closings[lost]

    @cached_property
    def _losses_known(self) -> dict[int, int]:
        return {int(place): known for known, place in enumerate(self._losing)}

    @cached_property
    def _loss_medians(self) -> Floats:
        return medians(-self.net[self._losing])

    # runs

    def run(self, place: int, sign: int) -> int:
        """Return how many wins (1) or losses (-1) in a row were closed before this entry."""
        run = int(self._runs[self.before[place]])
        return max(0, run * sign)

    @cached_property
    def _runs(self) -> Indices:
        """Signed run after each closing, shape (m + 1,)."""
        runs = np.zeros(self.closings.size + 1, dtype=np.int64)
        now = 0
        for place, sign in enumerate(self.outcome[self.closings].tolist(), start=1):
            if sign:
                now = now + sign if now * sign > 0 else sign
            runs[place] = now
        return runs

    def run_trades(self, place: int, length: int) -> tuple[str, ...]:
        """Return the ids of the last `length` decided trades before this entry, newest first."""
        found: list[str] = []
        for index in self.closings[: self.before[place]][::-1]:
            if len(found) == length:
                break
            if self.outcome[index]:
                found.append(self.trades[index].id)
        return tuple(found)

    # surroundings

    def equity(self, place: int) -> float | None:
        """Return the newest equity known at this entry."""
        equity = float(self.equities[place])
        return None if isnan(equity) else equity

    @cached_property
    def equities(self) -> Floats:
        """The newest equity known at each entry, NaN where none is; shape (n,)."""
        times = np.array([at.timestamp() for at, _ in self.around.equity], dtype=np.float64)
        amounts = np.array([np.nan, *(amount for _, amount in self.around.equity)])
        newest: Floats = amounts[np.searchsorted(times, self.opened, side="right")]
        return newest

    def limits(self, day: date) -> DayLimits:
        """Return what was declared for a day."""
        return self.around.limits.get(day, NO_LIMITS)

    def bars(self, trade: SeenTrade) -> Bars | None:
        """Return the bars of what was traded."""
        return self.around.bars.get(trade.instrument)

    def closed_bars(self, minutes: float = 0.0) -> list[int]:
        """Return how many bars had closed so many minutes before each entry; 0 without bars."""
        found = np.zeros(len(self), dtype=np.int64)
        for name, places in self.instruments.items():
            bars = self.around.bars.get(name)
            if bars is not None:
                found[places] = bars.ends(self.opened_ms[places] - round(minutes * 60_000))
        return found.tolist()

    def stretches(self) -> list[Stretch | None]:
        """Return how stretched the price was at each entry that is wanted, None for all others."""

        def made() -> list[Stretch | None]:
            found: list[Stretch | None] = [None] * len(self)
            ends = self.closed_bars()
            for place in self.judged:
                bars = self.bars(self.trades[place])
                found[place] = bars.stretch(ends[place]) if bars else None
            return found

        return self.once("stretches", made)

    def local(self, moment: datetime) -> datetime:
        """Return a moment on the owner's clock, in the zone that counted then."""
        zone = self.around.zone
        for since, later in self.around.moves:
            zone = later if since <= moment else zone
        return moment.astimezone(zone)

    def day_of(self, moment: datetime) -> date:
        """Return the owner's day of a moment."""
        return self.local(moment).date()

    def days_of(self, seconds: Floats) -> list[date]:
        """Return the owner's days of moments, seconds since the epoch."""
        days = np.floor_divide(on_clock(seconds, self.around.zone.key), DAY)
        for since, zone in self.around.moves:
            moved = seconds >= since.timestamp()
            days[moved] = np.floor_divide(on_clock(seconds[moved], zone.key), DAY)
        by_number = {day: EPOCH + timedelta(days=day) for day in np.unique(days).tolist()}
        return [by_number[day] for day in days.tolist()]

    @property
    def settled(self) -> "History":
        """The closed trades of known size and result alone: what may be shuffled."""
        return self.once("settled", self._settled)

    def _settled(self) -> "History":
        whole = np.isfinite(self.closed) & np.isfinite(self.net) & np.isfinite(self.size)
        kept = [one for one, known in zip(self.trades, whole.tolist(), strict=True) if known]
        if len(kept) == len(self):
            return self
        return History(kept, self.around, judge={one.id for one in self.entries})


def millis_of(seconds: Floats) -> Indices:
    """Return whole milliseconds of moments that datetimes told: those have whole microseconds."""
    found: Indices = np.rint(seconds * 1_000_000).astype(np.int64) // 1_000
    return found


def medians(values: Floats) -> Floats:
    """Return at place k the median of the up to 20 values before k, NaN at 0; shape (n + 1,)."""
    n = values.size
    found = np.full(n + 1, np.nan)
    for k in range(1, min(n, BASELINE - 1) + 1):
        found[k] = np.median(values[:k])
    if n >= BASELINE:
        found[BASELINE:] = np.median(sliding_window_view(values, BASELINE), axis=1)
    return found


def _column(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if one is None else one for one in values], dtype=np.float64)
