"""Closed candles as columns. Prices are quote currency per base unit, volume is base units."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nightdesk.core.clock import ceil_millis, from_millis, millis
from nightdesk.core.ids import InstrumentId
from nightdesk.market.timeframe import Timeframe

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Millis: TypeAlias = npt.NDArray[np.int64]

COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candles:
    """Candles of one instrument and timeframe, oldest first; a gap is a missing row.

    `open_time` has shape (n,), int64 milliseconds UTC, strictly rising, aligned to the timeframe.
    The other columns have shape (n,), float64, finite. Columns are read-only.
    """

    instrument_id: InstrumentId
    timeframe: Timeframe
    open_time: Millis
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __post_init__(self) -> None:
        n = self.open_time.size
        for name in COLUMNS:
            column = getattr(self, name)
            if column.shape != (n,) or column.dtype != np.float64:
                raise ValueError(f"{name} must be float64 of shape ({n},)")
            column.flags.writeable = False
        if self.open_time.dtype != np.int64:
            raise ValueError("open_time must be int64 milliseconds")
        if n > 1 and not bool((np.diff(self.open_time) > 0).all()):
            raise ValueError("open times must rise")
        self.open_time.flags.writeable = False

    def __len__(self) -> int:
        return int(self.open_time.size)

    @property
    def first_open(self) -> datetime:
        """Open time of the oldest candle. Raises IndexError when there is none."""
        return from_millis(int(self.open_time[0]))

    @property
    def last_open(self) -> datetime:
        """Open time of the newest candle. Raises IndexError when there is none."""
        return from_millis(int(self.open_time[-1]))

    def closed(self, as_of: datetime) -> "Candles":
        """Return those closed by `as_of`: open + timeframe <= as_of."""
        end = int(np.searchsorted(self.open_time, millis(as_of) - self.timeframe.ms, side="right"))
        return self.rows(0, end)

    def since(self, moment: datetime) -> "Candles":
        """Return those with ``open_time >= moment``."""
        start = int(np.searchsorted(self.open_time, ceil_millis(moment), side="left"))
        return self.rows(start, len(self))

    def tail(self, n: int) -> "Candles":
        """Return the newest `n`, or all when there are fewer."""
        return self.rows(max(0, len(self) - n), len(self))

    def rows(self, start: int, end: int) -> "Candles":
        """Return rows ``start <= i < end`` as views."""
        return Candles(
            instrument_id=self.instrument_id,
            timeframe=self.timeframe,
            open_time=self.open_time[start:end],
            open=self.open[start:end],
            high=self.high[start:end],
            low=self.low[start:end],
            close=self.close[start:end],
            volume=self.volume[start:end],
        )


def no_candles(instrument_id: InstrumentId, timeframe: Timeframe) -> Candles:
    """Return an empty series."""
    times = np.empty(0, dtype=np.int64)
    columns = {name: np.empty(0) for name in COLUMNS}
    return Candles(instrument_id=instrument_id, timeframe=timeframe, open_time=times, **columns)
