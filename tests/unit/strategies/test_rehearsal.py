from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.problems import Caution
from nightdesk.strategies.rehearsal import RehearseOn
from tests.builders.market import some_candles
from tests.builders.strategies import a_definition

H1 = Timeframe.H1
NEVER = a_definition(entry={"gt": ["low", "high"]})


def test_an_entry_that_is_never_true_in_1000_candles_is_warned_about() -> None:
    rehearse = RehearseOn({H1: some_candles(1_100)})
    assert [warning.code for warning in rehearse(NEVER)] == [Caution.ENTRY_NEVER_TRUE]
    assert rehearse(a_definition()) == ()


def test_too_few_candles_or_none_of_the_timeframe_warn_of_nothing() -> None:
    assert RehearseOn({H1: some_candles(999)})(NEVER) == ()
    days = some_candles(1_100, timeframe=Timeframe.D1)
    assert RehearseOn({Timeframe.D1: days})(NEVER) == ()
