"""What assets were worth at many moments, as stored candles tell: whole columns at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nightdesk.core.clock import from_millis
from nightdesk.core.ids import InstrumentId
from nightdesk.journal.closes import OLD
from nightdesk.journal.rates import routes
from nightdesk.market.candles import Floats, Millis
from nightdesk.market.ports import CandleStore
from nightdesk.market.timeframe import Timeframe

LOOKED_AT = (Timeframe.H1, Timeframe.M15, Timeframe.H4, Timeframe.D1)
"""Hours are kept for two years and are few; what they do not tell is asked of the others."""


@dataclass(frozen=True, slots=True)
class ReadPrices:
    """Closes by time. `venues`: where rates are looked for."""

    candles: CandleStore
    venues: tuple[str, ...]

    def of(self, instrument: InstrumentId, times: Millis) -> Floats:
        """Return the newest close by each time, shape (n,); NaN where there is no present one.

        `times` rise. A close older than two of its candles is no present price.
        """
        found = np.full(times.size, np.nan)
        for timeframe in LOOKED_AT:
            missing = np.isnan(found)
            if not missing.any():
                break
            found[missing] = self._closes(instrument, timeframe, times[missing])
        return found

    def rates(self, asset: str, currency: str, times: Millis) -> Floats:
        """Return units of `currency` per unit of `asset`, by the first route known at each time."""
        found = np.full(times.size, 1.0 if asset == currency else np.nan)
        for route in routes(asset, currency, self.venues):
            missing = np.isnan(found)
            if not missing.any():
                break
            wanted = times[missing]
            got = np.ones(wanted.size) if route.got is None else self.of(route.got, wanted)
            if route.paid is not None and np.isfinite(got).any():
                got = got / self.of(route.paid, wanted)
            found[missing] = got
        return found

    def _closes(self, instrument: InstrumentId, timeframe: Timeframe, times: Millis) -> Floats:
        length = timeframe.ms
        first, last = int(times[0]) - (OLD + 1) * length, int(times[-1])
        stored = self.candles.between(instrument, timeframe, from_millis(first), from_millis(last))
        closed = stored.open_time + length
        place = np.searchsorted(closed, times, side="right") - 1
        there = place >= 0
        there[there] = closed[place[there]] > times[there] - OLD * length
        found = np.full(times.size, np.nan)
        found[there] = stored.close[place[there]]
        found[found <= 0] = np.nan
        return found


def last_known(moments: Sequence[int], prices: Sequence[float], times: Millis) -> Floats:
    """Return the price of the newest of these moments by each time, of the first one before it.

    `moments` rise and are not empty.
    """
    place = np.searchsorted(np.array(moments, dtype=np.int64), times, side="right") - 1
    known: Floats = np.array(prices, dtype=np.float64)[np.maximum(place, 0)]
    return known
