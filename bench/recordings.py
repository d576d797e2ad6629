"""A folder of candles to replay: ten markets made of the product's one recorded hourly series.

Each market takes other months of it, told as if they had been the same ones, so that strategies
do not all trade in the same hour; and other prices, so that no two markets are alike.
"""

import csv
import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from nightdesk.adapters.venues.replay.files import read, recordings
from nightdesk.adapters.venues.replay.venue import RECORDED
from nightdesk.core.clock import millis
from nightdesk.core.ids import InstrumentId, instrument_id
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe

SOURCE = instrument_id("BTC/USD@coinbase")
VENUES = ("binance", "bitstamp", "coinbase", "kraken", "kucoin")
PAIRS = ("BTC-USD", "ETH-USD")
MARKETS = tuple(
    instrument_id(f"{pair.replace('-', '/')}@{venue}") for venue in VENUES for pair in PAIRS
)
"""Two instruments each at five venues: an owner may have ten bots at a venue."""

FIRST = datetime(2019, 1, 1, tzinfo=UTC)
ROWS = 3_600
"""Hours of each market: those that sync fetches at first, and a week to trade in."""
START = FIRST + timedelta(hours=2_900)
"""Where a replay may begin: late enough for the weekly gate's days."""
SHIFT = 1_600
DIGITS = 2


def folder_of_markets(folder: Path) -> Path:
    """Write the ten markets into `folder` and return it."""
    source = recorded()
    for n, market in enumerate(MARKETS):
        pair, _, venue = market.partition("@")
        path = folder / f"{venue}_{pair.replace('/', '-')}_1h.csv.gz"
        _write(path, source.rows(n * SHIFT, n * SHIFT + ROWS), 1 / (n + 1))
    return folder


def recorded() -> Candles:
    """Return the product's recorded hourly series."""
    return read(SOURCE, Timeframe.H1, recordings(RECORDED)[SOURCE][Timeframe.H1])


def retold(part: Candles, of: InstrumentId, start: datetime = FIRST) -> Candles:
    """Return these candles as another market's, one after the other from `start` on."""
    times = millis(start) + np.arange(len(part), dtype=np.int64) * part.timeframe.ms
    return Candles(
        instrument_id=of,
        timeframe=part.timeframe,
        open_time=times,
        open=part.open,
        high=part.high,
        low=part.low,
        close=part.close,
        volume=part.volume,
    )


def _write(path: Path, part: Candles, scale: float) -> None:
    times = retold(part, part.instrument_id).open_time
    prices: Sequence[np.ndarray[tuple[int], np.dtype[np.float64]]] = [
        np.round(column * scale, DIGITS) for column in (part.open, part.high, part.low, part.close)
    ]
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        lines = csv.writer(file)
        lines.writerow(["timestamp", "open", "high", "low", "close", "volume"])
        lines.writerows(
            zip(
                times.tolist(), *(one.tolist() for one in prices), part.volume.tolist(), strict=True
            )
        )
