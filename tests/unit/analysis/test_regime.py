import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.analysis.labels import REGIMES, Regime
from nightdesk.analysis.regime import regime, regimes
from nightdesk.market.candles import Candles, Floats
from tests.builders.market import some_candles


def walk(steps: Floats, *, ranges: Floats | float = 0.002) -> Candles:
    close = 100 * np.exp(np.cumsum(steps))
    opened = np.concatenate([[100.0], close[:-1]])
    high, low = np.maximum(opened, close) * (1 + ranges), np.minimum(opened, close) * (1 - ranges)
    return some_candles(steps.size, open=opened, high=high, low=low, close=close)


def swinging(n: int) -> Floats:
    return 0.002 * np.resize([1.0, 1.0, -1.0, -1.0], n)


# A range that narrows keeps the newest ATR out of the top tenth.
NARROWING = np.linspace(0.004, 0.002, 600)


def test_fewer_than_300_bars_are_unknown() -> None:
    assert regime(walk(swinging(299))) is Regime.UNKNOWN
    assert regime(walk(swinging(300), ranges=NARROWING[:300])) is Regime.RANGING
    assert regime(some_candles(0)) is Regime.UNKNOWN


def test_a_steady_rise_trends_up_and_a_steady_fall_down() -> None:
    assert regime(walk(np.full(600, 0.002), ranges=NARROWING)) is Regime.TRENDING_UP
    assert regime(walk(np.full(600, -0.002), ranges=NARROWING)) is Regime.TRENDING_DOWN


def test_swings_without_direction_range() -> None:
    assert regime(walk(swinging(600), ranges=NARROWING)) is Regime.RANGING


def test_the_widest_ranges_of_200_bars_are_volatile_even_in_a_trend() -> None:
    widening = np.where(np.arange(600) < 590, 0.002, 0.02)
    assert regime(walk(np.full(600, 0.002), ranges=widening)) is Regime.VOLATILE


def test_a_change_needs_three_equal_closes() -> None:
    spike = np.where(np.arange(600) < 590, 0.002, 0.02)
    labels = regimes(walk(swinging(600), ranges=np.minimum(spike, 1)))
    first = int(np.flatnonzero(labels == REGIMES.index(Regime.VOLATILE))[-8:][0])
    assert first == 592  # the ranges widen at 590; the third close that agrees is 592


def test_a_trend_lasts_until_the_adx_falls_below_20() -> None:
    steps = np.concatenate([np.full(400, 0.002), swinging(200)])
    labels = regimes(walk(steps, ranges=np.linspace(0.004, 0.001, 600)))
    after = [REGIMES[code] for code in labels[400:]]
    assert after[0] is Regime.TRENDING_UP
    assert after[5] is Regime.TRENDING_UP  # ADX is falling, but still above
    assert after[-1] is Regime.RANGING
    assert after.index(Regime.RANGING) > 10


def test_a_gap_begins_the_300_bars_anew() -> None:
    candles = some_candles(700, without=[350])
    labels = regimes(candles)
    assert (labels[:299] == 0).all()
    assert (labels[350 : 350 + 299] == 0).all()
    assert labels[-1] != 0


@settings(max_examples=30)
@given(n=st.integers(1, 700), seed=st.integers(0, 5))
def test_a_regime_depends_on_nothing_after_it(n: int, seed: int) -> None:
    candles = some_candles(700, seed=seed)
    assert np.array_equal(regimes(candles.rows(0, n)), regimes(candles)[:n])
