from datetime import timedelta
from decimal import Decimal

from nightdesk.core.ids import InstrumentId
from nightdesk.journal.closes import Closes
from nightdesk.journal.rates import CandleRates
from nightdesk.market.timeframe import Timeframe
from tests.builders.journal_trades import AT, HOUR, bars
from tests.builders.market import MemoryCandles
from tests.fakes.clock import FakeClock

D = Decimal


def rates(**prices: float) -> CandleRates:
    """Return rates over closes an hour before; EUR_USD at kraken is written kraken__EUR_USD."""
    candles = MemoryCandles()
    for name, price in prices.items():
        venue, _, pair = name.partition("__")
        instrument = InstrumentId(f"{pair.replace('_', '/')}@{venue}")
        rows = [(AT - HOUR, price, price, price, price)]
        candles.put(bars(rows, Timeframe.H1, instrument))
    return CandleRates(Closes(candles, FakeClock()), ("binance", "kraken"))


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
