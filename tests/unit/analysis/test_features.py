import numpy as np
import pytest

from nightdesk.analysis import features as module
from nightdesk.analysis.features import FeatureCache
from nightdesk.analysis.indicators import compute
from nightdesk.core.ids import InstrumentId
from nightdesk.market.resample import resample
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import some_candles

H1, H4, D1 = Timeframe.H1, Timeframe.H4, Timeframe.D1


def test_an_array_is_computed_once_and_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counting(name: str, *args: object) -> object:
        calls.append(name)
        return compute(name, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "compute", counting)
    cache = FeatureCache({H1: some_candles(300)})
    first = cache.feature("MACD", {"fast": 12}, base=H1, out="macd")
    again = cache.feature("MACD", {"slow": 26.0}, base=H1)  # the defaults are the same feature
    cache.feature("MACD", base=H1, out="hist")
    assert again is first
    assert calls == ["MACD"]


def test_a_higher_timeframe_gives_its_last_candle_closed_by_then() -> None:
    hours = some_candles(400)  # from midnight
    fours = resample(hours, H4).candles
    cache = FeatureCache({H1: hours, H4: fours})
    aligned = cache.feature("SMA", {"n": 2}, base=H1, timeframe=H4)
    higher = compute("SMA", fours, {"n": 2})["sma"]
    assert np.isnan(aligned[:7]).all()  # the second 4h candle closes at 08:00, with hour 7
    assert (aligned[7:11] == higher[1]).all()
    assert aligned[11] == higher[2]
    assert aligned[-1] == higher[-1]


def test_a_higher_candle_that_an_outage_left_behind_is_no_present_value() -> None:
    hours = some_candles(100)
    fours = resample(hours, H4).candles
    cache = FeatureCache({H1: hours, H4: fours.rows(0, 10)})  # nothing after hour 39
    aligned = cache.feature("SMA", {"n": 2}, base=H1, timeframe=H4)
    assert not np.isnan(aligned[39:43]).any()
    assert np.isnan(aligned[43:]).all()


def test_a_timeframe_without_candles_is_unknown_throughout() -> None:
    cache = FeatureCache({H1: some_candles(50)})
    assert np.isnan(cache.feature("SMA", {"n": 2}, base=H1, timeframe=D1)).all()
    assert (cache.regimes(H1, D1) == 0).all()


def test_regimes_of_a_higher_timeframe_are_aligned() -> None:
    days = some_candles(400, timeframe=D1)
    hours = some_candles(72, start=days.last_open)
    codes = FeatureCache({H1: hours, D1: days}).regimes(H1, D1)
    own = FeatureCache({D1: days}).regimes(D1)
    assert codes.shape == (72,)
    assert (codes[:23] == own[-2]).all()  # the last day closes with hour 23
    assert codes[23] == own[-1]


def test_starts_name_the_row_where_each_run_begins() -> None:
    cache = FeatureCache({H1: some_candles(8, without=[3])})
    assert cache.starts(H1).tolist() == [0, 0, 0, 3, 3, 3, 3]


def test_candles_of_two_instruments_or_a_wrong_timeframe_are_refused() -> None:
    other = some_candles(5, instrument_id=InstrumentId("ETH/USD@bitstamp"), timeframe=H4)
    with pytest.raises(ValueError, match="one instrument"):
        FeatureCache({H1: some_candles(5), H4: other})
    with pytest.raises(ValueError, match="given as"):
        FeatureCache({H4: some_candles(5)})
