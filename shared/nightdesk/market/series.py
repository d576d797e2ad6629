"""Rows to series: whatever order they came in, the same candles come out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import COLUMNS, Bools, Candles, Floats, Millis, no_candles
from nightdesk.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """A series, and what had to be done to get it."""

    candles: Candles
    out_of_order: int
    duplicates: int


def arrange(
    instrument_id: InstrumentId, timeframe: Timeframe, open_time: Millis, values: Floats
) -> Arranged:
    """Sort rows by open time; of rows with the same open time the one that came last stays.

    `open_time` has shape (n,), milliseconds; `values` has shape (n, 5): open, high, low, close,
    volume. Both may be in any order.
    """
    if open_time.size == 0:
        empty = no_candles(instrument_id, timeframe)
        return Arranged(candles=empty, out_of_order=0, duplicates=0)
    late = int((np.diff(open_time) < 0).sum())
    order = np.argsort(open_time, kind="stable")
    times = open_time[order]
    last = np.append(times[1:] != times[:-1], True)  # (n,), the last of each run of equals
    chosen = order[last]
    candles = from_rows(instrument_id, timeframe, open_time[chosen], values[chosen])
    return Arranged(
        candles=candles, out_of_order=late, duplicates=int(open_time.size - chosen.size)
    )


def from_rows(
    instrument_id: InstrumentId, timeframe: Timeframe, open_time: Millis, values: Floats
) -> Candles:
    """Return the series of these rows, shape (n,) and (n, 5). Raises ValueError unless sorted."""
    columns = {
        name: np.array(values[:, i], dtype=np.float64)  # own memory: a column is read as a whole
        for i, name in enumerate(COLUMNS)
    }
    return Candles(
        instrument_id=instrument_id,
        timeframe=timeframe,
        open_time=np.array(open_time, dtype=np.int64),
        **columns,
    )


def rows(candles: Candles) -> Floats:
    """Return the columns side by side, shape (n, 5)."""
    return np.column_stack([getattr(candles, name) for name in COLUMNS])


def select(candles: Candles, keep: Bools) -> Candles:
    """Return the rows where `keep`, shape (n,), is True."""
    if bool(keep.all()):
        return candles
    return from_rows(
        candles.instrument_id, candles.timeframe, candles.open_time[keep], rows(candles)[keep]
    )


def merge(stored: Candles, new: Candles) -> Candles:
    """Return both; where both have a candle, the stored one stays."""
    return joined(stored, select(new, ~np.isin(new.open_time, stored.open_time)))


def joined(*parts: Candles) -> Candles:
    """Return the union of series of one instrument and timeframe; a later part wins a tie."""
    filled: Sequence[Candles] = [part for part in parts if len(part)]
    if len(filled) < 2:  # noqa: PLR2004 - nothing to join
        return filled[0] if filled else parts[0]
    return arrange(
        parts[0].instrument_id,
        parts[0].timeframe,
        np.concatenate([part.open_time for part in filled]),
        np.concatenate([rows(part) for part in filled]),
    ).candles
