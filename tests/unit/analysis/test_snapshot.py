import json
from datetime import timedelta

import pytest

from nightdesk.analysis.features import FeatureCache
from nightdesk.analysis.indicators import compute
from nightdesk.analysis.labels import WeeklyGate
from nightdesk.analysis.snapshot import rounded, take_snapshot
from nightdesk.market.resample import resample
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import some_candles

H1, D1, W1 = Timeframe.H1, Timeframe.D1, Timeframe.W1


def test_the_last_closed_candle_is_named_by_its_open_time() -> None:
    candles = some_candles(500)
    as_of = candles.last_open + timedelta(minutes=59)  # the last one is still forming
    snapshot = take_snapshot({H1: candles}, as_of=as_of)
    assert snapshot.candle == candles.last_open - H1.length
    assert len(snapshot.candles) == 499
    assert snapshot.close == candles.close[-2]


def test_the_panel_holds_the_features_at_eight_significant_digits() -> None:
    candles = some_candles(500)
    snapshot = take_snapshot({H1: candles}, as_of=candles.last_open + H1.length)
    assert snapshot.panel["rsi_14"] == rounded(compute("RSI", candles, {"n": 14})["rsi"][-1])
    assert snapshot.panel["donchian_lower_10"] == rounded(candles.low[-10:].min())
    assert snapshot.warming == ()
    assert rounded(123.456789123) == 123.45679
    assert rounded(-0.000123456789) == -0.00012345679


def test_what_still_warms_up_is_none_and_named() -> None:
    candles = some_candles(199)
    snapshot = take_snapshot({H1: candles}, as_of=candles.last_open + H1.length)
    assert snapshot.warming == ("ema_50", "sma_200", "adx_14", "plus_di_14", "minus_di_14")
    assert snapshot.panel["sma_200"] is None
    assert snapshot.regime == "unknown"


def test_the_hash_is_the_content_s_and_not_the_moment_s() -> None:
    candles = some_candles(500)
    close = candles.last_open + H1.length
    snapshot = take_snapshot({H1: candles}, as_of=close)
    later = take_snapshot({H1: candles}, as_of=close + timedelta(minutes=30))
    found = take_snapshot({H1: candles}, as_of=close, findings=["DATA_GAP", "DATA_GAP"])
    assert later.hash == snapshot.hash
    assert found.hash != snapshot.hash
    assert found.findings == ("DATA_GAP",)
    assert take_snapshot({H1: some_candles(500, seed=1)}, as_of=close).hash != snapshot.hash


def test_the_hash_does_not_depend_on_how_many_candles_were_loaded() -> None:
    candles = some_candles(1_500)
    as_of = candles.last_open + H1.length
    long, short = (take_snapshot({H1: c}, as_of=as_of) for c in (candles, candles.tail(500)))
    assert long.hash == short.hash


def test_the_record_is_what_was_hashed() -> None:
    candles = some_candles(500)
    snapshot = take_snapshot({H1: candles}, as_of=candles.last_open + H1.length)
    record = snapshot.record()
    assert record.hash == snapshot.hash
    assert json.loads(record.text()) == record.content
    assert "as_of" not in record.content


def test_snapshots_of_two_timeframes_share_a_cache() -> None:
    days = some_candles(100, timeframe=D1)
    hours = some_candles(24 * 3, start=days.last_open - 2 * D1.length)
    cache = FeatureCache({H1: hours, D1: days})
    as_of = days.last_open + D1.length
    assert take_snapshot(cache, timeframe=D1, as_of=as_of).timeframe is D1
    assert take_snapshot(cache, as_of=as_of).timeframe is H1


def test_weeks_give_the_gate_and_without_them_it_is_unknown() -> None:
    days = some_candles(200, timeframe=D1)
    as_of = days.last_open + D1.length
    weeks = resample(days, W1).whole()
    assert take_snapshot({D1: days}, as_of=as_of).weekly_gate is WeeklyGate.UNKNOWN
    gate = take_snapshot({D1: days, W1: weeks}, as_of=as_of).weekly_gate
    assert gate is not WeeklyGate.UNKNOWN


def test_no_closed_candle_or_one_from_the_future_is_refused() -> None:
    candles = some_candles(5)
    with pytest.raises(ValueError, match="no closed candle"):
        take_snapshot({H1: candles}, as_of=candles.first_open)
    with pytest.raises(ValueError, match="has not closed"):
        take_snapshot(FeatureCache({H1: candles}), as_of=candles.first_open)
