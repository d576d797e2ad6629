"""Is this data fit to trade on? Checked once at the door; the findings travel with the snapshot.

A finding is a value: a code, its figures and whether it blocks entries. Exits never wait for data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nightdesk.core.clock import from_millis, iso, millis
from nightdesk.market.candles import Bools, Candles, Floats, Millis
from nightdesk.market.resample import bucket_of

Figures: TypeAlias = Mapping[str, str | int | float]

RECENT = 20
RECENT_MISSING = 3
WINDOW_MISSING = 0.01
STALE_CANDLES = 2
STALE_GRACE = timedelta(seconds=60)
VOLUME_ROWS = 100
ILLIQUID_SHARE = 0.30
ENOUGH_ROWS = 20
SIGMA_RETURNS = 200
OUTLIER_SIGMAS = 8.0
OUTLIER_FLOOR = 0.10
PRICE_JUMP = 0.50
PRICE_MEMORY = timedelta(hours=24)
MAD_TO_SIGMA = 1.4826  # of a normal distribution: 1 / quantile(0.75)


class FindingCode(StrEnum):
    """What can be wrong with candles."""

    CANDLE_REFUSED = "CANDLE_REFUSED"
    CANDLE_REVISED = "CANDLE_REVISED"
    GAP = "GAP"
    SINCE_IGNORED = "SINCE_IGNORED"
    RESAMPLE_MISMATCH = "RESAMPLE_MISMATCH"
    DATA_GAP = "DATA_GAP"
    DATA_STALE = "DATA_STALE"
    ILLIQUID = "ILLIQUID"
    OUTLIER = "OUTLIER"
    PRICE_REFUSED = "PRICE_REFUSED"


BLOCKING = frozenset(
    {
        FindingCode.DATA_GAP,
        FindingCode.DATA_STALE,
        FindingCode.ILLIQUID,
        FindingCode.OUTLIER,
        FindingCode.PRICE_REFUSED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to know about a series. `figures` are JSON-able: text, whole numbers, ratios."""

    code: FindingCode
    figures: Figures = field(default_factory=dict)

    @property
    def blocks_entries(self) -> bool:
        """Whether no position may be opened on this data."""
        return self.code in BLOCKING

    def __str__(self) -> str:
        figures = " ".join(f"{name}={value}" for name, value in self.figures.items())
        return f"{self.code}: {figures}" if figures else str(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Missing candles: the first missing open time and the first one that is there again."""

    since: datetime
    until: datetime
    missing: int

    def finding(self, *, confirmed: bool) -> Finding:
        """Say it. `confirmed`: a second source lacks these candles, too."""
        figures: Figures = {
            "since": iso(self.since),
            "until": iso(self.until),
            "missing": self.missing,
            "confirmed": int(confirmed),
        }
        return Finding(code=FindingCode.GAP, figures=figures)


def malformed(candles: Candles, as_of: datetime) -> Bools:
    """Mark rows that no market made, shape (n,).

    Not finite, a price of zero or less, negative volume, high below or low above the body, not on
    the timeframe's grid, or not closed at `as_of`.
    """
    body_top = np.maximum(candles.open, candles.close)
    body_bottom = np.minimum(candles.open, candles.close)
    columns = np.stack([candles.open, candles.high, candles.low, candles.close])  # (4, n)
    finite = np.isfinite(columns).all(axis=0) & np.isfinite(candles.volume)
    with np.errstate(invalid="ignore"):
        shape = (candles.high >= body_top) & (candles.low <= body_bottom)
        sound = finite & (columns > 0).all(axis=0) & (candles.volume >= 0) & shape
    aligned = bucket_of(candles.open_time, candles.timeframe) == candles.open_time
    closed = candles.open_time <= millis(as_of) - candles.timeframe.ms
    bad: Bools = ~(sound & aligned & closed)
    return bad


def holes(candles: Candles) -> list[Hole]:
    """Return the gaps between candles, oldest first; what lies before and after is none."""
    ms = candles.timeframe.ms
    steps = np.diff(candles.open_time)  # (n - 1,)
    return [
        Hole(
            since=from_millis(int(candles.open_time[i]) + ms),
            until=from_millis(int(candles.open_time[i + 1])),
            missing=int(steps[i] // ms) - 1,
        )
        for i in np.flatnonzero(steps > ms)
    ]


def standing(candles: Candles, as_of: datetime, *, window: int) -> list[Finding]:
    """Return what is wrong with these candles at `as_of`, over the newest `window` of them.

    `window` is what the caller computes on: warm-up and the bars that it reads. `candles` are
    closed ones, and may be more than the window.
    """
    if len(candles) == 0:
        return [Finding(code=FindingCode.DATA_STALE, figures={"newest": "none"})]
    found = [
        data_stale(candles, as_of),
        data_gap(candles, as_of, window=window),
        illiquid(candles),
        newest_outlier(candles),
    ]
    return [finding for finding in found if finding is not None]


def data_stale(candles: Candles, as_of: datetime) -> Finding | None:
    """Find the newest candle older than two timeframes and a minute, by its open time."""
    limit = STALE_CANDLES * candles.timeframe.length + STALE_GRACE
    age = as_of - candles.last_open
    if age <= limit:
        return None
    figures: Figures = {"newest": iso(candles.last_open), "age_s": int(age.total_seconds())}
    return Finding(code=FindingCode.DATA_STALE, figures=figures)


def data_gap(candles: Candles, as_of: datetime, *, window: int) -> Finding | None:
    """Find more than 3 missing of the last 20 candles, or more than 1 % of the window.

    Slots are counted back from the newest candle that could be closed at `as_of`; those before
    the first candle are not missing, the instrument was not there yet.
    """
    newest = millis(candles.timeframe.last_closed(as_of))
    recent, of_recent = _missing(candles, newest, RECENT)
    missing, slots = _missing(candles, newest, window)
    if recent <= RECENT_MISSING and missing <= WINDOW_MISSING * slots:
        return None
    figures: Figures = {
        "missing_recent": recent,
        "recent": of_recent,
        "missing": missing,
        "window": slots,
    }
    return Finding(code=FindingCode.DATA_GAP, figures=figures)


def illiquid(candles: Candles) -> Finding | None:
    """Find no volume in more than 30 % of the last 100 candles; fewer than 20 say nothing."""
    volume = candles.volume[-VOLUME_ROWS:]
    if volume.size < ENOUGH_ROWS:
        return None
    share = float((volume == 0.0).mean())
    if share <= ILLIQUID_SHARE:
        return None
    figures: Figures = {"zero_volume": round(share, 4), "of": int(volume.size)}
    return Finding(code=FindingCode.ILLIQUID, figures=figures)


def newest_outlier(candles: Candles) -> Finding | None:
    """Find that the newest candle is an outlier: nothing is entered on it."""
    tail = candles.tail(SIGMA_RETURNS + 2)
    if not bool(outliers(tail, start=len(tail) - 1)[-1]):
        return None
    figures: Figures = {
        "at": iso(tail.last_open),
        "log_return": round(float(log_returns(tail)[-1]), 6),
    }
    return Finding(code=FindingCode.OUTLIER, figures=figures)


def outliers(candles: Candles, *, start: int = 0) -> Bools:
    """Mark returns beyond max(8 robust sigmas of the 200 returns before, 10 %), shape (n,).

    The robust sigma is 1.4826 times the median absolute deviation (Hampel, 1974). A row with
    fewer than 20 returns before it is not judged, nor is one before `start`.
    """
    n = len(candles)
    marked = np.zeros(n, dtype=np.bool_)
    start = max(start, ENOUGH_ROWS + 1)
    if start >= n:
        return marked
    returns = log_returns(candles)  # (n,), NaN at 0
    padded = np.concatenate([np.full(SIGMA_RETURNS, np.nan), returns])
    before = sliding_window_view(padded, SIGMA_RETURNS)[start:n]  # (n - start, 200), a view
    middle = np.nanmedian(before, axis=1, keepdims=True)
    sigma = MAD_TO_SIGMA * np.nanmedian(np.abs(before - middle), axis=1)
    limit = np.maximum(OUTLIER_SIGMAS * sigma, OUTLIER_FLOOR)
    marked[start:] = np.abs(returns[start:]) > limit
    return marked


def log_returns(candles: Candles) -> Floats:
    """Return the log of close over the close before, shape (n,), NaN at 0."""
    out = np.full(len(candles), np.nan)
    out[1:] = np.diff(np.log(candles.close))
    return out


def price_jumps(
    candles: Candles, accepted: Candles, agrees: Callable[[int], bool | None] = lambda _: None
) -> Bools:
    """Mark rows whose price lies more than half away from the last accepted one, shape (n,).

    `accepted` is what is stored already. A price that opened more than 24 hours before the row,
    and a refused row, are no measure for the next. `agrees(i)` asks a second source whether it
    has the price of row i, None where it does not know: that saves a row, and decides alone on
    the newest one where there is no measure.
    """
    jumps = np.zeros(len(candles), dtype=np.bool_)
    last, at = (
        (float(accepted.close[-1]), int(accepted.open_time[-1])) if len(accepted) else (0.0, None)
    )
    memory = PRICE_MEMORY // timedelta(milliseconds=1)
    for i in range(len(candles)):  # each row depends on the verdict on the row before
        close, opened = float(candles.close[i]), int(candles.open_time[i])
        if at is not None and opened - at <= memory:
            jumps[i] = abs(close / last - 1.0) > PRICE_JUMP and not agrees(i)
        elif i == len(candles) - 1:
            jumps[i] = agrees(i) is False
        if not jumps[i]:
            last, at = close, opened
    return jumps


def revised(fetched: Candles, stored: Candles) -> Millis:
    """Return the open times where the venue now says something else than is stored."""
    common, i, j = np.intersect1d(fetched.open_time, stored.open_time, return_indices=True)
    differs = np.zeros(common.size, dtype=np.bool_)
    for name in ("open", "high", "low", "close", "volume"):
        differs |= getattr(fetched, name)[i] != getattr(stored, name)[j]
    return common[differs]


def refusal(candles: Candles, bad: Bools) -> Finding | None:
    """Say how many rows were refused and which was the first."""
    if not bool(bad.any()):
        return None
    figures: Figures = {
        "rows": int(bad.sum()),
        "first": iso(from_millis(int(candles.open_time[bad][0]))),
    }
    return Finding(code=FindingCode.CANDLE_REFUSED, figures=figures)


def _missing(candles: Candles, newest: int, slots: int) -> tuple[int, int]:
    """Return how many of the last `slots` candles up to `newest` are missing, of how many."""
    ms = candles.timeframe.ms
    oldest = max(newest - (slots - 1) * ms, int(candles.open_time[0]))
    slots = max(0, (newest - oldest) // ms + 1)
    there = np.searchsorted(candles.open_time, [oldest, newest + 1])
    return slots - int(there[1] - there[0]), slots
