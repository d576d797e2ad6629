"""Closes that are remembered, held against the candle store that is asked each time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.ids import InstrumentId
from nightdesk.journal.closes import AT_ONCE, LOOKED_AT, Close, Closes
from nightdesk.market.timeframe import Timeframe
from tests.builders.journal_trades import AT, bars
from tests.builders.market import AskedCandles, MemoryCandles
from tests.fakes.clock import FakeClock

BTC = InstrumentId("BTC/EUR@kraken")
QUARTER = Timeframe.M15.length
NIGHT = datetime(2025, 3, 1, tzinfo=UTC)


def told(candles: MemoryCandles, timeframe: Timeframe, opens: dict[datetime, float]) -> None:
    rows = [(at, price, price, price, price) for at, price in sorted(opens.items())]
    candles.put(bars(rows, timeframe, BTC))


def asked_each_time(candles: MemoryCandles, at: datetime) -> Close | None:
    """Return what the newest candle of each length says, shortest first: the rule itself."""
    for timeframe in LOOKED_AT:
        found = candles.load(BTC, timeframe, as_of=at, limit=1)
        if len(found):
            closed = found.last_open + timeframe.length
            if at - closed < 2 * timeframe.length:
                return Close(Decimal(str(int(found.close[-1]))), timeframe, closed)
    return None


@given(
    quarters=st.sets(st.integers(0, 3 * AT_ONCE), max_size=40),
    days=st.sets(st.integers(-2, 10), max_size=5),
    minutes=st.lists(st.integers(-2_000, 15 * 4 * AT_ONCE), min_size=1, max_size=30),
)
def test_it_says_what_the_store_says_when_it_is_asked_each_time(
    quarters: set[int], days: set[int], minutes: list[int]
) -> None:
    candles = MemoryCandles()
    if quarters:
        told(candles, Timeframe.M15, {NIGHT + one * QUARTER: 100 + one for one in quarters})
    if days:
        told(candles, Timeframe.D1, {NIGHT + timedelta(one): 5_000 + one for one in days})
    closes = Closes(candles, FakeClock())
    for minute in minutes:
        at = NIGHT + timedelta(minutes=minute)
        assert closes(BTC, at) == asked_each_time(candles, at)


def test_a_thousand_prices_of_a_day_are_read_together() -> None:
    candles = AskedCandles()
    told(candles, Timeframe.M15, {NIGHT + one * QUARTER: 100 for one in range(96)})
    closes = Closes(candles, FakeClock())
    for minute in range(60, 1_060):
        assert closes(BTC, NIGHT + timedelta(minutes=minute)) is not None
        assert closes(InstrumentId("ETH/EUR@kraken"), AT) is None
    assert candles.asked <= 2 * len(LOOKED_AT) + 2


def test_a_candle_that_comes_later_is_seen_a_minute_later() -> None:
    candles, clock = MemoryCandles(), FakeClock()
    closes = Closes(candles, clock)
    assert closes(BTC, NIGHT + QUARTER) is None
    told(candles, Timeframe.M15, {NIGHT: 100})
    clock.forward(seconds=61)
    assert closes(BTC, NIGHT + QUARTER) == Close(Decimal(100), Timeframe.M15, NIGHT + QUARTER)
