"""Longer candles from shorter ones: nothing is emitted that a missing child could change."""

from dataclasses import dataclass

import numpy as np

from nightdesk.market.candles import Bools, Candles, Millis
from nightdesk.market.series import select
from nightdesk.market.timeframe import Timeframe

NONE = np.empty(0, dtype=np.int64)
PRICES = ("open", "high", "low", "close")
VOLUME_TOLERANCE = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """Longer candles. `children` (m,) counts their parts; `complete` (m,) says that none lacks."""

    candles: Candles
    children: Millis
    complete: Bools

    def whole(self) -> Candles:
        """Return the complete ones alone."""
        return select(self.candles, self.complete)


def resample(candles: Candles, target: Timeframe, *, absent: Millis = NONE) -> Resampled:
    """Build `target` candles: first open, max high, min low, last close, summed volume.

    One is complete when every child is there or stands in `absent`, shape (k,): open times that
    two sources agree were never traded. Raises ValueError unless the target is a multiple.
    """
    parts = _parts(candles.timeframe, target)
    if len(candles) == 0:
        return _nothing(candles, target)
    bucket = bucket_of(candles.open_time, target)  # (n,)
    first = np.flatnonzero(np.append(True, bucket[1:] != bucket[:-1]))  # (m,)
    last = np.append(first[1:], bucket.size) - 1  # (m,)
    children = (last - first + 1).astype(np.int64)
    starts = bucket[first]
    known = np.setdiff1d(absent, candles.open_time)
    missing = np.searchsorted(starts, bucket_of(known, target))  # index of each absent child
    inside = (missing < starts.size) & np.isin(bucket_of(known, target), starts)
    excused = np.bincount(missing[inside], minlength=starts.size)
    longer = Candles(
        instrument_id=candles.instrument_id,
        timeframe=target,
        open_time=starts,
        open=candles.open[first],
        high=np.maximum.reduceat(candles.high, first),
        low=np.minimum.reduceat(candles.low, first),
        close=candles.close[last],
        volume=np.add.reduceat(candles.volume, first),
    )
    return Resampled(candles=longer, children=children, complete=children + excused >= parts)


def mismatches(ours: Candles, theirs: Candles) -> Millis:
    """Return the open times where the venue's own candle differs from the resampled one.

    Prices must be equal, volume within 1e-8 of the larger. Only times that both have count.
    """
    common, i, j = np.intersect1d(ours.open_time, theirs.open_time, return_indices=True)
    differs = np.zeros(common.size, dtype=np.bool_)
    for name in PRICES:
        differs |= getattr(ours, name)[i] != getattr(theirs, name)[j]
    a, b = ours.volume[i], theirs.volume[j]
    differs |= np.abs(a - b) > VOLUME_TOLERANCE * np.maximum(np.abs(a), np.abs(b))
    return common[differs]


def bucket_of(open_time: Millis, target: Timeframe) -> Millis:
    """Return the open time of the `target` candle that contains each of `open_time`, shape (n,)."""
    offset = target.floor_ms(0)  # 0, but for weeks the Monday before the epoch's Thursday
    return (open_time - offset) // target.ms * target.ms + offset


def _parts(source: Timeframe, target: Timeframe) -> int:
    parts, rest = divmod(target.ms, source.ms)
    if rest or parts < 2:  # noqa: PLR2004 - one part would be no resampling
        raise ValueError(f"{target} is no multiple of {source}")
    return parts


def _nothing(candles: Candles, target: Timeframe) -> Resampled:
    longer = Candles(
        instrument_id=candles.instrument_id,
        timeframe=target,
        open_time=candles.open_time,
        open=candles.open,
        high=candles.high,
        low=candles.low,
        close=candles.close,
        volume=candles.volume,
    )
    return Resampled(candles=longer, children=NONE, complete=np.empty(0, dtype=np.bool_))
