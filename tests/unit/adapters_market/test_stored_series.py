"""A series that is not there is asked for once a minute; all others as if nothing stood between."""

from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.core.ids import InstrumentId
from nightdesk.market.ports import CandleStore
from nightdesk.market.stored_series import StoredSeries
from nightdesk.market.timeframe import Timeframe
from tests.builders.journal_trades import bars
from tests.builders.market import AskedCandles, MemoryCandles
from tests.contracts.candle_store import CandleStoreContract
from tests.fakes.clock import FakeClock

BTC = InstrumentId("BTC/EUR@kraken")
NIGHT = datetime(2025, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class TestStoredSeries(CandleStoreContract):
    """It is a CandleStore like any other."""

    @pytest.fixture
    def store(self) -> CandleStore:
        return StoredSeries(MemoryCandles(), FakeClock())


def test_what_is_not_there_is_asked_for_once_and_seen_a_minute_after_it_comes() -> None:
    candles, clock = AskedCandles(), FakeClock()
    store = StoredSeries(candles, clock)

    def found() -> int:
        span = store.between(BTC, Timeframe.H1, NIGHT, NIGHT + HOUR)
        newest = store.load(BTC, Timeframe.H1, as_of=NIGHT + HOUR, limit=5)
        assert len(span) == len(newest)
        return len(span)

    assert [found() for _ in range(50)] == [0] * 50
    assert candles.asked == 1
    candles.put(bars([(NIGHT, 1.0, 1.0, 1.0, 1.0)], Timeframe.H1, BTC))  # another process did
    assert found() == 0
    clock.forward(seconds=61)
    assert found() == 1
