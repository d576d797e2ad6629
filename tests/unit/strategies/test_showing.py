import pytest

from nightdesk.analysis.taking import LookAtMarket
from nightdesk.core.errors import Conflict, Invalid, Missing
from nightdesk.core.ids import StrategyId
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.showing import ReadSignals
from nightdesk.strategies.versions import ReadStrategy
from tests.builders.market import BTC, MemoryCandles, some_candles
from tests.builders.strategies import OWNER, MemoryDefinitions, a_strategy

H1 = Timeframe.H1
HOURS = some_candles(800)
AS_OF = HOURS.last_open + H1.length
S1 = StrategyId("s1")


def a_reading(n: int = 800) -> ReadSignals:
    store = MemoryCandles()
    store.put(HOURS.tail(n))
    return ReadSignals(ReadStrategy(MemoryDefinitions(a_strategy())), LookAtMarket(store))


def test_the_signals_of_the_last_closes_are_shown() -> None:
    found = a_reading()(OWNER, S1, BTC, as_of=AS_OF, parameters={}, last=100)
    assert found
    assert all(signal.candle >= HOURS.last_open - 99 * H1.length for signal in found)
    assert {signal.strategy for signal in found} == {"s1@1"}
    fewer = a_reading()(OWNER, S1, BTC, as_of=AS_OF, parameters={"slow": 60}, last=100)
    assert len(fewer) < len(found)


def test_a_built_in_may_be_asked_too() -> None:
    ask = a_reading()
    found = ask(OWNER, StrategyId("ma_cross"), BTC, as_of=AS_OF, parameters={}, last=500)
    assert all(signal.strategy == "ma_cross@1" for signal in found)


def test_too_few_candles_are_warming() -> None:
    with pytest.raises(Conflict) as refused:
        a_reading(150)(OWNER, S1, BTC, as_of=AS_OF, parameters={})
    assert refused.value.code == "WARMING"


def test_an_unknown_strategy_market_or_parameter_is_refused() -> None:
    ask = a_reading()
    with pytest.raises(Missing):
        ask(OWNER, StrategyId("s9"), BTC, as_of=AS_OF, parameters={})
    with pytest.raises(Missing):
        ask(OWNER, S1, BTC, as_of=AS_OF, timeframe=Timeframe.M5, parameters={})
    with pytest.raises(Invalid):
        ask(OWNER, S1, BTC, as_of=AS_OF, parameters={"slow": 1})
