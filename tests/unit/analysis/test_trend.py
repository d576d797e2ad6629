import numpy as np
import pytest

from nightdesk.analysis.labels import WeeklyGate
from nightdesk.analysis.trend import weekly_gate
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import some_candles


def weeks(*closes: float, without: tuple[int, ...] = ()) -> Candles:
    close = np.array(closes, dtype=np.float64)
    return some_candles(
        close.size,
        timeframe=Timeframe.W1,
        open=close,
        high=close,
        low=close,
        close=close,
        without=without,
    )


def test_a_rising_close_above_a_rising_average_is_bullish() -> None:
    assert weekly_gate(weeks(*range(1, 13))) is WeeklyGate.BULLISH


def test_a_falling_close_below_a_falling_average_is_bearish() -> None:
    assert weekly_gate(weeks(*range(12, 0, -1))) is WeeklyGate.BEARISH


def test_a_close_below_an_average_that_still_rises_is_neutral() -> None:
    # The average of the last ten still rises: 8 takes the place of 2.
    assert weekly_gate(weeks(1, 2, *range(10, 19), 8)) is WeeklyGate.NEUTRAL


def test_a_flat_market_is_neutral() -> None:
    assert weekly_gate(weeks(*[5] * 20)) is WeeklyGate.NEUTRAL


def test_fewer_than_12_weeks_since_the_last_gap_are_unknown() -> None:
    assert weekly_gate(weeks(*range(1, 12))) is WeeklyGate.UNKNOWN
    assert weekly_gate(weeks(*range(1, 30), without=(20,))) is WeeklyGate.UNKNOWN
    assert weekly_gate(weeks()) is WeeklyGate.UNKNOWN


def test_another_timeframe_is_refused() -> None:
    with pytest.raises(ValueError, match="weeks"):
        weekly_gate(some_candles(20))
