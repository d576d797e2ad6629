from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.ids import InstrumentId
from nightdesk.journal.rates import WINDOW, CandleRates
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe
from tests.builders.journal_trades import AT, HOUR, bars
from tests.builders.market import MemoryCandles

D = Decimal


def rates(**prices: float) -> CandleRates:
    """Return rates over closes an hour before; EUR_USD at kraken is written kraken__EUR_USD."""
    candles = MemoryCandles()
    for name, price in prices.items():
        venue, _, pair = name.partition("__")
        instrument = InstrumentId(f"{pair.replace('_', '/')}@{venue}")
        rows = [(AT - HOUR, price, price, price, price)]
        candles.put(bars(rows, Timeframe.H1, instrument))
    return CandleRates(candles, ("binance", "kraken"))


def test_a_currency_is_worth_itself() -> None:
    found = rates()("EUR", "EUR", AT)
    assert found is not None
    assert (found.value, found.source) == (D(1), "same")


def test_a_market_of_the_two_says_it_in_either_direction() -> None:
    look = rates(kraken__EUR_USD=1.25)
    there, back = look("EUR", "USD", AT), look("USD", "EUR", AT)
    assert there is not None
    assert back is not None
    assert (there.value, back.value) == (D("1.25"), D("0.8"))
    assert (there.source, there.at) == ("EUR/USD@kraken 1h", AT)


def test_two_markets_of_a_bridge_say_it_together() -> None:
    found = rates(kraken__BTC_EUR=80_000, binance__BTC_USDT=100_000)("USDT", "EUR", AT)
    assert found is not None
    assert (found.value, found.source) == (
        D("0.8"),
        "BTC/EUR@kraken 1h, BTC/USDT@binance 1h",
    )


def test_a_pegged_coin_is_taken_at_par_only_where_no_market_says_more() -> None:
    par = rates()("USDT", "USD", AT)
    assert par is not None
    assert (par.value, par.source) == (D(1), "par")
    traded = rates(kraken__USDT_USD=0.99)("USDT", "USD", AT)
    assert traded is not None
    assert traded.value == D("0.99")
    through = rates(kraken__EUR_USD=1.25)("USDT", "EUR", AT)
    assert through is not None
    assert (through.value, through.source) == (D("0.8"), "par, EUR/USD@kraken 1h")


def test_an_old_price_or_none_is_no_rate() -> None:
    look = rates(kraken__EUR_USD=1.25)
    assert look("EUR", "USD", AT + timedelta(hours=2)) is None
    assert look("EUR", "CHF", AT) is None


class Counted(MemoryCandles):
    """Candles that count how often they are read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def load(self, *args: Any, **kwargs: Any) -> Candles:
        self.reads += 1
        return super().load(*args, **kwargs)

    def between(self, *args: Any) -> Candles:
        self.reads += 1
        return super().between(*args)

    def newest(self, *args: Any) -> datetime | None:
        self.reads += 1
        return super().newest(*args)


@given(
    opened=st.lists(st.integers(-600, 10), min_size=1, max_size=30, unique=True),
    minutes=st.lists(st.integers(-6_000, 200), min_size=1, max_size=20),
)
def test_rates_that_remember_say_the_same(opened: list[int], minutes: list[int]) -> None:
    quarter = timedelta(minutes=15)
    candles = MemoryCandles()
    rows = [(AT + n * quarter, n + 700.0, n + 700.0, n + 700.0, n + 700.0) for n in sorted(opened)]
    market = InstrumentId("BNB/USDT@binance")
    candles.put(bars(rows, Timeframe.M15, market))
    long = (Timeframe.H4.floor(rows[0][0]), *rows[0][1:])
    candles.put(bars([long], Timeframe.H4, market))
    plain = CandleRates(candles, ("kraken", "binance"))
    remembering = plain.remembering()
    for minute in minutes:
        at = AT + timedelta(minutes=minute)
        assert remembering("BNB", "USDT", at) == plain("BNB", "USDT", at)


def test_a_thousand_questions_at_once_read_each_window_once_and_what_is_missing_once() -> None:
    candles = Counted()
    n = 10 * WINDOW
    quarter = timedelta(minutes=15)
    rows = [(AT + k * quarter, 600.0, 600.0, 600.0, 600.0) for k in range(n)]
    candles.put(bars(rows, Timeframe.M15, InstrumentId("BNB/USDT@binance")))
    rates = CandleRates(candles, ("binance", "kraken")).remembering()
    moments = [AT + k * timedelta(minutes=20) for k in range(1, 1_000)]
    assert {rates("BNB", "USDT", at) is not None for at in moments} == {True}
    # 1,000 times 20 minutes are 1,333 quarters: at most seven windows, and whether there are any
    assert candles.reads <= 8
    candles.reads = 0
    assert {rates("KCS", "USDT", at) for at in moments} == {None}
    # two venues, both directions, two bridges of two legs (one leg is enough), pegged money too
    assert candles.reads < 100
