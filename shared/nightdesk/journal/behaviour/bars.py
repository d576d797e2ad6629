"""Closed bars as FOMO detectors read them: how far a price is stretched, and what is usual.

Everything at a bar is known when it has closed, so an entry reads what ended by then and no more.
Where candles ended long before a moment, there is no bar of that moment.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import talib
from numpy.lib.stride_tricks import sliding_window_view

from nightdesk.core.clock import from_millis, iso
from nightdesk.journal.closes import OLD
from nightdesk.journal.finding import Json
from nightdesk.market.candles import Candles, Floats, Millis

WINDOW = 200
"""Bars that the averages of an entry are taken over, at most."""
FEWEST = 20
AVERAGE, RANGE = 20, 14


@dataclass(frozen=True, slots=True)
class Stretch:
    """EMA20 and ATR14 over `bars` bars, the last of which opened at `last_open`."""

    ema: float
    atr: float
    bars: int

    def of(self, price: float, direction: int) -> float | None:
        """Return d: how many ranges `price` lies beyond the average, in `direction`."""
        return direction * (price - self.ema) / self.atr if self.atr > 0 else None


def stretch(high: Floats, low: Floats, close: Floats) -> Stretch | None:
    """Return TA-Lib's EMA20 and ATR14 at the last of up to 200 bars; None below 20 bars.

    Columns have shape (n,), oldest first; of more than 200 the newest count, so that a value does
    not depend on where a record begins.
    """
    n = min(close.size, WINDOW)
    if n < FEWEST:
        return None
    high, low, close = high[-n:], low[-n:], close[-n:]
    ema = talib.EMA(close, timeperiod=AVERAGE)[-1]
    atr = talib.ATR(high, low, close, timeperiod=RANGE)[-1]
    return Stretch(ema=float(ema), atr=float(atr), bars=n)


def stretches(high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats]:
    """Return EMA20 and ATR14 of each bar from the 200th on, each over its own last 200 bars.

    Both are weighted sums of a window, so one product does all windows: what TA-Lib gives for each
    window alone. Results have shape (n - 199,), empty for fewer bars.
    """
    if close.size < WINDOW:
        return np.empty(0), np.empty(0)
    ranges = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])  # (n - 1,)
    return (
        sliding_window_view(close, WINDOW) @ _weights(WINDOW, AVERAGE, 2 / (AVERAGE + 1)),
        sliding_window_view(ranges, WINDOW - 1) @ _weights(WINDOW - 1, RANGE, 1 / RANGE),
    )


def _weights(n: int, seed: int, alpha: float) -> Floats:
    """Return what each of n values, oldest first, weighs in an average that begins as a mean."""
    ages = np.arange(n - 1, -1, -1, dtype=np.float64)
    weights = alpha * (1 - alpha) ** ages
    weights[:seed] = (1 - alpha) ** (n - seed) / seed
    return weights


@dataclass(frozen=True, eq=False)
class Bars:
    """The bars of one instrument. Moments are milliseconds UTC."""

    candles: Candles
    _closed_ms: Millis = field(init=False, repr=False)
    _closed: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        closed = self.candles.open_time + self.candles.timeframe.ms
        object.__setattr__(self, "_closed_ms", closed)
        object.__setattr__(self, "_closed", closed.tolist())

    def end(self, at: int) -> int:
        """Return how many bars had closed by `at`; 0 where the newest is no present price."""
        end = bisect_right(self._closed, at)
        return end if end and at - self._closed[end - 1] < OLD * self.candles.timeframe.ms else 0

    def ends(self, at: Millis) -> Millis:
        """Return `end` of each moment of `at`, shape (n,)."""
        found = np.searchsorted(self._closed_ms, at, side="right").astype(np.int64)
        if not len(self.candles):
            return found
        age = at - self._closed_ms[np.maximum(found, 1) - 1]
        return np.where(age < OLD * self.candles.timeframe.ms, found, 0)

    def prices(self, at: Millis) -> Floats:
        """Return the price at each moment of `at`, shape (n,); NaN where none is known."""
        ends = self.ends(at)
        if not len(self.candles):
            return np.full(ends.shape, np.nan)
        return np.where(ends > 0, self.candles.close[np.maximum(ends, 1) - 1], np.nan)

    def stretch(self, end: int) -> Stretch | None:
        """Return the averages of the newest of the first `end` bars; None below 20."""
        if end >= WINDOW:
            ema, atr = self._listed
            return Stretch(ema=ema[end - WINDOW], atr=atr[end - WINDOW], bars=WINDOW)
        one = self.candles
        return stretch(one.high[:end], one.low[:end], one.close[:end])

    def distances(self, end: int, last: int) -> Floats:
        """Return the size of d at the closes of the `last` bars before `end`, from the 200th on."""
        return self._distances[max(0, end - last - WINDOW + 1) : max(0, end - WINDOW + 1)]

    def share_stretched(self, threshold: float) -> float | None:
        """Return the share of bars from the 200th on that closed beyond `threshold`, either way."""
        return float(np.mean(self._distances > threshold)) if self._distances.size else None

    @cached_property
    def _averages(self) -> tuple[Floats, Floats]:
        one = self.candles
        return stretches(one.high, one.low, one.close)

    @cached_property
    def _listed(self) -> tuple[list[float], list[float]]:
        """The averages once more: of a list one value after the other is had much sooner."""
        ema, atr = self._averages
        return ema.tolist(), atr.tolist()

    @cached_property
    def _distances(self) -> Floats:
        ema, atr = self._averages
        away = np.abs(self.candles.close[WINDOW - 1 :] - ema)
        return np.divide(away, atr, out=np.zeros_like(ema), where=atr > 0)

    def before(self, at: int, minutes: float) -> float | None:
        """Return the price `minutes` ahead of `at`; None where none is known."""
        return self.price(at - round(minutes * 60_000))

    def share_moved(self, minutes: float, percent: float, ranges: float) -> float | None:
        """Return the share of bars from the 200th on that moved so far in `minutes`, either way.

        So far: at least `percent` and `ranges` times ATR14, both of the close then.
        """
        ends = np.arange(WINDOW, len(self.candles) + 1)
        times = self._closed_ms[ends - 1] - round(minutes * 60_000)
        then = self.ends(times)
        known = then > 0
        if not known.any():
            return None
        reference = self.candles.close[then[known] - 1]
        move = np.abs(self.candles.close[ends - 1][known] / reference - 1) * 100
        needed = np.maximum(percent, ranges * self._averages[1][known] / reference * 100)
        return float(np.mean(move >= needed))

    def price(self, at: int) -> float | None:
        """Return the newest close at `at`; None where none is known that is not old."""
        end = self.end(at)
        return float(self.candles.close[end - 1]) if end else None

    def opened(self, end: int) -> int:
        """Return when the last of the first `end` bars opened, milliseconds UTC."""
        return int(self.candles.open_time[end - 1])

    def told(self, end: int, stretch: Stretch) -> dict[str, Json]:
        """Return what is said of the first `end` bars as evidence: averages, and the last bar."""
        return {
            "ema": stretch.ema,
            "atr": stretch.atr,
            "bars": stretch.bars,
            "timeframe": self.candles.timeframe.value,
            "last_bar": iso(from_millis(self.opened(end))),
        }
