"""What markets were worth at many moments, as stored candles tell: whole columns at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nightdesk.core.clock import from_millis
from nightdesk.core.ids import InstrumentId
from nightdesk.journal.closes import OLD
from nightdesk.journal.rates import routes
from nightdesk.market.candles import Floats, Millis
from nightdesk.market.ports import CandleStore
from nightdesk.market.timeframe import Timeframe

Stored = Mapping[InstrumentId, Sequence[Timeframe]]
"""The series that there may be candles of, shortest first."""
MOST_RUNS = 8
"""Stretches of missing prices that are read one by one; more are read as one."""


@dataclass(frozen=True, slots=True)
class ReadPrices:
    """Closes by time. `venues`: where rates are looked for; `stored` tells what may be asked."""

    candles: CandleStore
    venues: tuple[str, ...]
    stored: Callable[[], Stored]

    def now(self) -> "Prices":
        """Return prices by the series that there are now."""
        return Prices(self.candles, self.venues, self.stored())


@dataclass(frozen=True, slots=True)
class Prices:
    """Closes by time, of the series that are stored: of any other nothing is read."""

    candles: CandleStore
    venues: tuple[str, ...]
    stored: Stored

    def of(self, instrument: InstrumentId, times: Millis) -> Floats:
        """Return the newest close by each time, shape (n,); NaN where there is no present one.

        `times` rise. A close older than two of its candles is no present price; the shortest
        candles that have a present one count.
        """
        found = np.full(times.size, np.nan)
        for timeframe in self.stored.get(instrument, ()):
            for run in _runs(np.flatnonzero(np.isnan(found))):
                found[run] = self._closes(instrument, timeframe, times[run])
        return found

    def rates(self, asset: str, currency: str, times: Millis) -> Floats:
        """Return units of another `currency` per unit of `asset`, by the first route known."""
        found = np.full(times.size, np.nan)
        for route in routes(asset, currency, self.venues):
            markets = {one for one in (route.got, route.paid) if one is not None}
            missing = np.isnan(found)
            if not markets <= self.stored.keys() or not missing.any():
                continue
            wanted = times[missing]
            got = np.ones(wanted.size) if route.got is None else self.of(route.got, wanted)
            paid = np.ones(wanted.size) if route.paid is None else self.of(route.paid, wanted)
            found[missing] = got / paid
        return found

    def newest(self, instrument: InstrumentId, times: Millis) -> tuple[Millis, Floats]:
        """Return the newest close by each time however old it is, and when it was, shape (n,).

        `times` rise. Where there is none before it is NaN, of the time -1.
        """
        at, found = np.full(times.size, -1, dtype=np.int64), np.full(times.size, np.nan)
        first, last = from_millis(int(times[0])), from_millis(int(times[-1]))
        for timeframe in self.stored.get(instrument, ()):
            for read in (
                self.candles.load(instrument, timeframe, as_of=first, limit=1),
                self.candles.between(instrument, timeframe, first - timeframe.length, last),
            ):
                closed = read.open_time + timeframe.ms
                place = np.searchsorted(closed, times, side="right") - 1
                later = place >= 0
                later[later] = closed[place[later]] > at[later]
                at[later], found[later] = closed[place[later]], read.close[place[later]]
        return at, found

    def _closes(self, instrument: InstrumentId, timeframe: Timeframe, times: Millis) -> Floats:
        length = timeframe.ms
        first, last = int(times[0]) - (OLD + 1) * length, int(times[-1])
        read = self.candles.between(instrument, timeframe, from_millis(first), from_millis(last))
        closed = read.open_time + length
        place = np.searchsorted(closed, times, side="right") - 1
        there = place >= 0
        there[there] = closed[place[there]] > times[there] - OLD * length
        found = np.full(times.size, np.nan)
        found[there] = read.close[place[there]]
        found[found <= 0] = np.nan
        return found


def _runs(places: Millis) -> Sequence[Millis]:
    """Return places in stretches without a gap, or all as one where there are very many."""
    if not places.size:
        return ()
    cuts = np.flatnonzero(np.diff(places) > 1) + 1
    return (places,) if cuts.size >= MOST_RUNS else np.split(places, cuts)
