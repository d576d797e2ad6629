from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.analysis.features import FeatureCache
from nightdesk.analysis.indicators import compute
from nightdesk.analysis.snapshot import Snapshot, take_snapshot
from nightdesk.core.errors import Invalid
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.catalogue import BUILT_IN_IDS, built_in
from nightdesk.strategies.evaluation import evaluate, signals
from nightdesk.strategies.signal import Action, Breakeven, Holding, Signal, Target, Trailing
from tests.builders.market import some_candles
from tests.builders.strategies import a_definition

H1 = Timeframe.H1
UP = {"entry": {"gt": ["close", 10]}, "exit": {"lt": ["close", 5]}}


def of_closes(*closes: float) -> Candles:
    close = np.array(closes, dtype=np.float64)
    return some_candles(close.size, open=close, high=close + 1, low=close - 1, close=close)


def seen(candles: Candles) -> Snapshot:
    return take_snapshot({H1: candles}, as_of=candles.last_open + H1.length)


def said(candles: Candles, holding: Holding | None = None, **changes: Any) -> Signal:
    definition = a_definition(**{**UP, **changes})
    return evaluate(definition, {}, seen(candles), strategy="s1@1", holding=holding)


def held(candles: Candles, bars: int = 1) -> Holding:
    since = candles.last_open - (bars - 1) * H1.length
    return Holding(price=8, risk=1, since=since)


def test_enter_on_the_rising_edge_of_the_entry() -> None:
    signal = said(of_closes(9, 11))
    assert signal.action is Action.ENTER
    assert signal.reasons() == ("gt(close, 10) (close=11)",)
    assert signal.strategy == "s1@1"
    assert signal.strength == 1


def test_an_entry_that_stays_true_does_not_enter_again() -> None:
    assert said(of_closes(9, 11, 12)).action is Action.HOLD


def test_repeat_drops_the_edge() -> None:
    assert said(of_closes(9, 11, 12), repeat=True).action is Action.ENTER


def test_the_edge_is_the_entry_s_own_even_if_a_position_was_open_meanwhile() -> None:
    candles = of_closes(9, 11, 12)
    assert said(candles, held(candles)).action is Action.HOLD
    assert said(candles).action is Action.HOLD


def test_an_exit_while_flat_is_hold_and_beats_an_entry() -> None:
    both: dict[str, Any] = {"exit": {"gt": ["close", 0]}}
    assert said(of_closes(9, 4)).action is Action.HOLD
    assert said(of_closes(9, 11), **both).action is Action.HOLD


def test_an_exit_while_held_exits_with_its_reason() -> None:
    candles = of_closes(9, 4)
    signal = said(candles, held(candles))
    assert (signal.action, signal.reasons()) == (Action.EXIT, ("lt(close, 5) (close=4)",))


def test_an_entry_while_held_is_hold() -> None:
    candles = of_closes(9, 11)
    assert said(candles, held(candles)).action is Action.HOLD


def test_an_unknown_exit_does_not_exit() -> None:
    candles = of_closes(9, 4)
    warming: dict[str, Any] = {"exit": {"lt": ["close", "close[-5]"]}}
    assert said(candles, held(candles), **warming).action is Action.HOLD


@pytest.mark.parametrize(("bars", "action"), [(2, Action.HOLD), (3, Action.EXIT), (9, Action.EXIT)])
def test_a_time_stop_exits_after_its_bars(bars: int, action: Action) -> None:
    candles = of_closes(*[9] * 10)
    signal = said(candles, held(candles, bars), time_stop={"bars": 3})
    assert signal.action is action
    assert signal.reasons() == ((f"time_stop (bars={bars})",) if action is Action.EXIT else ())


def test_a_time_stop_in_hours_counts_to_the_close() -> None:
    candles = of_closes(*[9] * 10)
    assert said(candles, held(candles, 3), time_stop={"hours": 4}).action is Action.HOLD
    assert said(candles, held(candles, 4), time_stop={"hours": 4}).action is Action.EXIT


def test_a_signal_names_its_candle_and_expires_at_the_next_close() -> None:
    candles = of_closes(9, 11)
    signal = said(candles)
    assert signal.candle == candles.last_open
    assert signal.expires == candles.last_open + 2 * H1.length
    assert signal.close == 11


def test_a_stop_by_percent_or_feature_is_a_price() -> None:
    floor = {"floor": {"fn": "DONCHIAN", "args": {"n": 2}, "out": "lower"}}
    plain: dict[str, Any] = {"inputs": None, "constraints": None}
    assert said(of_closes(9, 11)).stop == pytest.approx(11 * 0.98)
    by_feature = said(of_closes(9, 11), features=floor, stop={"feature": "floor"}, **plain)
    assert by_feature.stop == 8


def test_a_stop_by_range_lies_so_many_ranges_below_and_is_unknown_while_it_warms_up() -> None:
    candles = some_candles(300)
    atr = compute("ATR", candles, {"n": 10})["atr"][-1]
    stop = {"atr": {"mult": "2.5", "n": 10}}
    assert said(candles, stop=stop).stop == pytest.approx(candles.close[-1] - 2.5 * atr)
    assert said(candles.tail(139), stop=stop).stop is None
    assert said(candles.tail(140), stop=stop).stop is not None


def test_targets_are_prices_or_multiples_of_the_risk() -> None:
    candles = some_candles(300)
    close, atr = candles.close[-1], compute("ATR", candles, {"n": 14})["atr"][-1]
    priced = said(candles, target={"pct": "0.1"}).target
    ranged = said(candles, target={"atr": {"mult": 3}}).target
    multiple = said(candles, target={"r": 2}).target
    parts = said(candles, target={"ladder": [{"at": 1, "share": 0.5}, {"at": 3, "share": 0.5}]})
    assert priced is not None
    assert priced.price == pytest.approx(close * 1.1)
    assert ranged is not None
    assert ranged.price == pytest.approx(close + 3 * atr)
    assert multiple == Target(r=2)
    assert multiple.price_for(entry=100, stop=95) == 110
    assert parts.target == Target(ladder=((1, 0.5), (3, 0.5)))
    assert said(candles.tail(50), target={"atr": {"mult": 3}}).target is None


def test_trailing_takes_the_distance_of_this_close() -> None:
    candles = some_candles(300)
    atr = compute("ATR", candles, {"n": 14})["atr"][-1]
    by_range = said(candles, trailing={"atr": {"mult": 3}, "activate": {"r": 1}}).trailing
    by_share = said(candles, trailing={"pct": "0.05", "activate": {"pct": "0.1"}}).trailing
    close = candles.close[-1]
    assert by_range == Trailing(distance=3 * atr, activate_r=1)
    assert by_share == Trailing(distance=0.05 * close, activate_gain=0.1)
    assert said(candles.tail(50), trailing={"atr": {"mult": 3}}).trailing is None


def test_break_even_is_handed_on() -> None:
    signal = said(of_closes(9, 11), breakeven={"at_r": 1, "offset": "0.002"})
    assert signal.breakeven == Breakeven(at_r=1, offset=0.002)


def test_a_bot_s_parameters_replace_the_defaults() -> None:
    candles = some_candles(300, seed=3)
    definition = a_definition(entry={"gt": ["fast", "slow"]}, repeat=True)
    slow = compute("SMA", candles, {"n": 40})["sma"][-1]
    signal = evaluate(definition, {"slow": 40}, seen(candles), strategy="s1@1")
    fast = compute("SMA", candles, {"n": 3})["sma"][-1]
    assert signal.action is (Action.ENTER if fast > slow else Action.HOLD)
    with pytest.raises(Invalid):
        evaluate(definition, {"slow": 2}, seen(candles), strategy="s1@1")


@pytest.mark.parametrize("timeframe", ["5m", "15m", "1h", "4h", "1d"])
@pytest.mark.parametrize("name", BUILT_IN_IDS)
def test_a_built_in_speaks_on_every_timeframe(name: str, timeframe: str) -> None:
    candles = some_candles(500, timeframe=Timeframe(timeframe))
    as_of = candles.last_open + candles.timeframe.length
    snapshot = take_snapshot({candles.timeframe: candles}, as_of=as_of)
    definition = built_in(name).definition
    signal = evaluate(definition, {}, snapshot, strategy=f"{name}@1")
    assert signal.stop is not None
    assert signal.stop == pytest.approx(snapshot.close - 2 * (signal.atr or 0))
    assert definition.on(Timeframe(timeframe)).timeframe == timeframe


def test_donchian_enters_above_the_highest_high_of_the_previous_twenty() -> None:
    flat = [100.0] * 219
    definition = built_in("donchian").definition
    for close, action in ((101.0, Action.HOLD), (101.5, Action.ENTER)):
        candles = of_closes(*flat, close)  # highs of the previous twenty are 101
        assert evaluate(definition, {}, seen(candles), strategy="d@1").action is action


def test_signals_alternate_and_agree_with_evaluate_at_each_event() -> None:
    candles = some_candles(400, seed=7)
    definition = a_definition()
    found = signals(definition, {}, FeatureCache({H1: candles}), H1, strategy="s1@1", last=300)
    assert len(found) > 10
    assert [s.action for s in found] == [
        Action.EXIT if i % 2 else Action.ENTER for i in range(len(found))
    ]
    for signal in found:
        cut = candles.closed(signal.candle + H1.length)
        holding = None if signal.action is Action.ENTER else held(cut)
        again = evaluate(definition, {}, seen(cut), strategy="s1@1", holding=holding)
        assert (again.action, again.reason, again.stop) == (
            signal.action,
            signal.reason,
            signal.stop,
        )


def test_signals_end_a_position_by_its_time_stop() -> None:
    candles = of_closes(9, 11, *[12] * 8)
    definition = a_definition(**UP, time_stop={"bars": 3})
    enter, leave = signals(definition, {}, FeatureCache({H1: candles}), H1, strategy="s1@1")
    assert leave.candle - enter.candle == timedelta(hours=3)
    assert leave.reasons() == ("time_stop",)
    hours = a_definition(**UP, time_stop={"hours": 3})
    enter, leave = signals(hours, {}, FeatureCache({H1: candles}), H1, strategy="s1@1")
    assert leave.candle - enter.candle == timedelta(hours=3)


@settings(max_examples=25)
@given(seed=st.integers(0, 50), n=st.integers(2, 260), name=st.sampled_from(BUILT_IN_IDS))
def test_a_signal_depends_on_no_later_candle(seed: int, n: int, name: str) -> None:
    candles = some_candles(700, seed=seed, without=[100])
    definition = built_in(name).definition
    cut = candles.rows(0, 440 + n)
    full = FeatureCache({H1: candles})
    whole = signals(definition, {}, full, H1, strategy="x@1", last=700)
    part = signals(definition, {}, FeatureCache({H1: cut}), H1, strategy="x@1", last=700)
    assert part == [signal for signal in whole if signal.candle <= cut.last_open]
