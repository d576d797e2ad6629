"""Loading 500 candles from the market table, beside keeping each candle as an item."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from bench.capacity import Meter, metered
from bench.figures import Section, Spread, Table, Target, timed
from bench.recordings import FIRST, recorded, retold
from nightdesk.adapters.clock import WallClock
from nightdesk.adapters.dynamo.market import DynamoCandles
from nightdesk.adapters.dynamo.tables import MarketItem
from nightdesk.core.clock import millis
from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import COLUMNS, Candles
from nightdesk.market.series import from_rows
from nightdesk.market.timeframe import Timeframe

CANDLES = 500
STORED = 720
"""Candles of the first sync; each later one comes by itself, as in the cycle."""
PUTS = 48
RUNS = 60
LOAD_MS, LOAD_UNITS = 40.0, 8.0
MARKET = InstrumentId("BENCH/USD@bench")
PLAIN = "PLAIN"
BATCH = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What loading costs, one way."""

    spread: Spread
    read: float
    calls: int

    def row(self, name: str) -> tuple[str, ...]:
        """Return it as a row of a table."""
        late = f"{self.spread.late * 1_000:.1f}"
        return (name, self.spread.show(1, 1_000), late, f"{self.read:.1f}", str(self.calls))


def measure(client: Any) -> Section:
    """Store a series in both ways and load its newest 500 candles again and again."""
    store, series = DynamoCandles(clock=WallClock()), retold(recorded(), MARKET)
    newest = STORED + PUTS
    as_of = FIRST + newest * Timeframe.H1.length
    with metered(client) as meter:
        store.put(series.rows(0, STORED))
        puts = []
        for n in range(STORED, newest):
            meter.clear()
            store.put(series.rows(n, n + 1))
            puts.append(sum(use.write for use in meter.uses))
        put_plainly(client, series.rows(newest - CANDLES, newest))
        product = load(meter, lambda: stored(store, as_of))
        plain = load(meter, lambda: stored_plainly(client, as_of))
    mean = sum(puts) / len(puts)
    return Section(
        name="candles",
        title="Candles",
        how=(
            f"The newest {CANDLES} of {newest} hourly candles from DynamoDB on the emulator, "
            f"{RUNS} runs, warm, parsed into arrays. Read units are computed from the items' sizes "
            "by DynamoDB's rule. The baseline keeps every candle as an item and reads them with "
            "queries."
        ),
        tables=(
            Table(
                heads=("layout", "load, ms (p10 to p90)", "p95, ms", "read units", "calls"),
                rows=(
                    product.row("blocks of 240 and a tail"),
                    plain.row(f"{CANDLES} items"),
                ),
            ),
        ),
        targets=(
            Target(
                name=f"load of {CANDLES} candles, p95",
                value=product.spread.late * 1_000,
                limit=LOAD_MS,
                unit="ms",
            ),
            Target(
                name=f"load of {CANDLES} candles", value=product.read, limit=LOAD_UNITS, unit="RU"
            ),
        ),
        notes=(
            (
                f"A candle that arrives costs {mean:.1f} write units (mean of {PUTS}; the most is "
                f"{max(puts):.0f}, when the tail is packed), 1 as an item of its own."
            ),
        ),
    )


def load(meter: Meter, work: Callable[[], Candles]) -> Load:
    """Time `work`, which loads the candles, and count what one run of it reads."""
    meter.clear()
    if len(work()) != CANDLES:
        raise RuntimeError("the series is not whole")
    read, calls = sum(use.read for use in meter.uses), meter.calls
    return Load(spread=timed(work, runs=RUNS), read=read, calls=calls)


def stored(store: DynamoCandles, as_of: datetime) -> Candles:
    """Load as the product does."""
    return store.load(MARKET, Timeframe.H1, as_of=as_of, limit=CANDLES)


def put_plainly(client: Any, part: Candles) -> None:
    """Store each candle as an item with its figures as numbers."""
    table = MarketItem.Meta.table_name
    puts = [{"PutRequest": {"Item": item(part, n)}} for n in range(len(part))]
    for start in range(0, len(puts), BATCH):
        client.batch_write_item(RequestItems={table: puts[start : start + BATCH]})


def item(part: Candles, n: int) -> dict[str, Any]:
    """Return one candle as DynamoDB takes it."""
    figures = {name: {"N": repr(float(getattr(part, name)[n]))} for name in COLUMNS}
    return {"pk": {"S": PLAIN}, "sk": {"S": f"{int(part.open_time[n]):013d}"}, **figures}


def stored_plainly(client: Any, as_of: datetime) -> Candles:
    """Load the newest candles of the baseline."""
    since = millis(as_of) - CANDLES * Timeframe.H1.ms
    pages = client.get_paginator("query").paginate(
        TableName=MarketItem.Meta.table_name,
        KeyConditionExpression="pk = :pk and sk >= :since",
        ExpressionAttributeValues={":pk": {"S": PLAIN}, ":since": {"S": f"{since:013d}"}},
    )
    items = [one for page in pages for one in page["Items"]]
    values = np.array([[float(one[name]["N"]) for name in COLUMNS] for one in items])
    times = np.array([int(one["sk"]["S"]) for one in items], dtype=np.int64)
    return from_rows(MARKET, Timeframe.H1, times, values)
