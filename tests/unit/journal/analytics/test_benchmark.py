"""Holding: which market, which candles, and of which of the owner's days their closes are."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from nightdesk.core.ids import InstrumentId
from nightdesk.journal.benchmark import Held, ReadHolding
from nightdesk.journal.place import Place
from nightdesk.market.timeframe import Timeframe
from tests.builders.journal_trades import bars
from tests.builders.market import MemoryCandles

D1, H1 = Timeframe.D1, Timeframe.H1
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = FIRST + 30 * DAY
DAYS = [date(2025, 1, number) for number in range(6, 11)]
NAN = pytest.approx(float("nan"), nan_ok=True)


def priced(
    candles: MemoryCandles,
    market: str,
    timeframe: Timeframe,
    begin: datetime,
    prices: Sequence[float],
) -> None:
    """Store candles that stand at these prices."""
    rows = [
        (begin + place * timeframe.length, price, price, price, price)
        for place, price in enumerate(prices)
    ]
    candles.put(bars(rows, timeframe, InstrumentId(market)))


def stored(
    candles: MemoryCandles, market: str, timeframe: Timeframe, begin: datetime, n: int
) -> None:
    """Store n candles that each close 1 % above the one before, the first at 100."""
    priced(candles, market, timeframe, begin, [100 * 1.01**place for place in range(n)])


def held(
    candles: MemoryCandles,
    *,
    chosen: str | None = None,
    zone: str = "UTC",
    currency: str | None = "EUR",
    days: Sequence[date] = DAYS,
    now: datetime = NOW,
) -> Held:
    read = ReadHolding(candles, ("binance", "kraken"))
    market = None if chosen is None else InstrumentId(chosen)
    return read(market, days, currency=currency, place=Place(zone=zone), now=now)


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Vienna", "America/Los_Angeles", "Asia/Tokyo", "Asia/Kolkata"]
)
def test_a_daily_candle_is_of_the_day_that_it_shares_most_hours_with(zone: str) -> None:
    candles = MemoryCandles()
    priced(candles, "BTC/EUR@binance", D1, FIRST, [100.0 + n**2 for n in range(20)])
    by_hand = [(100 + (day.day - 1) ** 2) / (100 + (day.day - 2) ** 2) - 1 for day in DAYS]
    assert held(candles, zone=zone).returns.tolist() == pytest.approx(by_hand)


def test_hourly_candles_end_a_day_at_the_owners_midnight() -> None:
    candles = MemoryCandles()
    before = 24 * 6 - 1  # until 23:00 on the 6th, when the 7th begins in Vienna
    prices = [100.0] * before + [200.0] * 200
    priced(candles, "BTC/EUR@binance", H1, FIRST, prices)
    assert held(candles, zone="Europe/Vienna").returns.tolist() == [0, 1, 0, 0, 0]
    assert held(candles).returns.tolist() == [1, 0, 0, 0, 0]


def test_a_candle_that_had_not_closed_by_now_tells_nothing() -> None:
    candles = MemoryCandles()
    stored(candles, "BTC/EUR@binance", D1, FIRST, 20)
    found = held(candles, now=FIRST + 9 * DAY + timedelta(hours=20))  # the tenth goes on
    assert found.returns.tolist() == [*[pytest.approx(0.01)] * 4, NAN]


def test_a_day_beside_a_gap_has_no_return() -> None:
    candles = MemoryCandles()
    stored(candles, "BTC/EUR@binance", D1, FIRST, 6)  # until the 6th
    stored(candles, "BTC/EUR@binance", D1, FIRST + 7 * DAY, 10)  # from the 8th
    found = held(candles)
    assert found.returns.tolist() == [pytest.approx(0.01), NAN, NAN, *[pytest.approx(0.01)] * 2]
    assert found.known == 3


def test_hourly_candles_give_way_to_daily_ones_that_tell_of_more_days() -> None:
    candles = MemoryCandles()
    stored(candles, "BTC/EUR@binance", H1, FIRST + 7 * DAY, 48)
    assert held(candles).known == 1
    stored(candles, "BTC/EUR@binance", D1, FIRST, 20)
    assert held(candles).returns.tolist() == pytest.approx([0.01] * len(DAYS))


def test_the_first_market_that_tells_of_half_the_days_is_held() -> None:
    candles = MemoryCandles()
    assert held(candles).instrument == "BTC/EUR@binance"
    stored(candles, "BTC/USD@kraken", D1, FIRST + 7 * DAY, 2)
    assert held(candles).instrument == "BTC/USD@kraken"
    stored(candles, "BTC/USDT@kraken", D1, FIRST, 20)
    assert held(candles).instrument == "BTC/USDT@kraken"
    stored(candles, "BTC/EUR@kraken", D1, FIRST + 4 * DAY, 4)  # three of five days
    assert held(candles).instrument == "BTC/EUR@kraken"
    assert held(candles, currency=None).instrument == "BTC/USDT@kraken"
    chosen = held(candles, chosen="BTC/USD@kraken")
    assert (chosen.instrument, chosen.known) == ("BTC/USD@kraken", 1)


def test_no_days_and_no_venues_are_no_fault() -> None:
    assert held(MemoryCandles(), days=[]).returns.size == 0
    read = ReadHolding(MemoryCandles(), ())
    none = read(None, DAYS, currency=None, place=Place(zone="UTC"), now=NOW)
    assert (none.instrument, none.known) == (None, 0)
