import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.analysis.functions import FUNCTIONS, Source
from nightdesk.analysis.indicators import IMPLEMENTATIONS, compute, segments, source
from nightdesk.market.candles import Candles, Floats
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import some_candles

# The table of the specification, at default arguments on hourly candles.
WARM_UP = {
    "SMA": 20, "WMA": 20, "EMA": 140, "DEMA": 280, "TEMA": 420, "KAMA": 100, "RSI": 196,
    "MACD": 191, "STOCH": 18, "STOCHRSI": 216, "CCI": 20, "WILLR": 14, "ROC": 11, "MOM": 11,
    "AROON": 26, "TRIX": 315, "ATR": 196, "NATR": 196, "BBANDS": 20, "KELTNER": 280,
    "DONCHIAN": 20, "SIGMA": 21, "BANDWIDTH_PERCENTILE": 120, "ADX": 392, "SAR": 200,
    "SUPERTREND": 200, "ICHIMOKU": 78, "OBV": 2, "AD": 2, "MFI": 15, "VWAP": 24,
    "VOLUME_RATIO": 20,
}  # fmt: skip


def of_closes(*closes: float) -> Candles:
    close = np.array(closes)
    return some_candles(
        close.size, open=close, high=close + 1, low=close - 1, close=close, volume=close * 10
    )


def values(name: str, candles: Candles, output: str | None = None, **args: float) -> Floats:
    return compute(name, candles, args)[output or FUNCTIONS[name].outputs[0]]


def test_every_function_of_the_table_is_implemented_and_none_besides() -> None:
    assert set(IMPLEMENTATIONS) == set(FUNCTIONS) == set(WARM_UP)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_value_is_known_from_the_last_bar_of_the_warm_up_on(name: str) -> None:
    for output in compute(name, some_candles(500)).values():
        first = WARM_UP[name] - 1
        assert np.isnan(output[:first]).all()
        assert not np.isnan(output[first:]).any()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_series_shorter_than_the_warm_up_has_no_value(name: str) -> None:
    for n in (0, 1, WARM_UP[name] - 1):
        for output in compute(name, some_candles(n)).values():
            assert output.shape == (n,)
            assert np.isnan(output).all()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_gap_begins_the_warm_up_anew_and_mixes_no_prices(name: str) -> None:
    whole = some_candles(1_000)
    gapped = some_candles(1_000, without=range(490, 502))
    before, after = compute(name, whole.rows(0, 490)), compute(name, whole.rows(502, 1_000))
    for output, series in compute(name, gapped).items():
        assert np.array_equal(series[:490], before[output], equal_nan=True)
        assert np.array_equal(series[490:], after[output], equal_nan=True)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@settings(max_examples=10)
@given(n=st.integers(1, 600), seed=st.integers(0, 5))
def test_a_value_depends_on_nothing_after_it(name: str, n: int, seed: int) -> None:
    candles = some_candles(600, seed=seed, without=[450])
    full, cut = compute(name, candles), compute(name, candles.rows(0, min(n, 599)))
    for output, series in cut.items():
        assert np.array_equal(series, full[output][: series.size], equal_nan=True)


def test_sma_is_the_mean_of_the_last_n() -> None:
    assert values("SMA", of_closes(1, 2, 3, 7), n=3)[2:].tolist() == [2.0, 4.0]


def test_wma_weighs_the_newest_most() -> None:
    # weights 1, 2, 3 of 1, 2, 6 make 23 sixths
    assert values("WMA", of_closes(1, 2, 6), n=3)[2] == pytest.approx(23 / 6, abs=1e-12)


def test_ema_walks_towards_the_price_by_two_nth_plus_one() -> None:
    closes = [10.0] * 13 + [16.0, 16.0]
    # n = 2 moves two thirds of the way: 10 + 4 = 14, then 14 + 2/3 * 2
    assert values("EMA", of_closes(*closes), n=2)[13:] == pytest.approx([14, 14 + 4 / 3], abs=1e-12)


def test_rsi_of_a_rise_is_100_and_of_a_fall_0() -> None:
    up, down = np.arange(100.0, 400), np.arange(400.0, 100, -1)
    assert values("RSI", of_closes(*up), n=14)[-1] == 100
    assert values("RSI", of_closes(*down), n=14)[-1] == 0


def test_rsi_smooths_gains_and_losses_as_wilder_did() -> None:
    closes = [10, 11, 10, 12] + [12] * 26
    gain = loss = 0.5  # mean of the first two changes: +1, -1
    gain, loss = (gain + 2) / 2, loss / 2  # then +2, n = 2
    for _ in range(24):
        gain, loss = gain / 2, loss / 2
    got = values("RSI", of_closes(*closes), n=2)[27]
    assert got == pytest.approx(100 * gain / (gain + loss), abs=1e-9)


def test_atr_of_candles_with_one_range_is_that_range() -> None:
    assert values("ATR", of_closes(*[50.0] * 200), n=14)[-1] == pytest.approx(2, abs=1e-12)
    assert values("NATR", of_closes(*[50.0] * 200), n=14)[-1] == pytest.approx(4, abs=1e-12)


def test_macd_of_a_steady_rise_is_the_difference_of_the_averages_lags() -> None:
    # An EMA of n lags a line of slope 1 by (n - 1) / 2: (26 - 1) / 2 - (12 - 1) / 2 = 7.
    rise = of_closes(*np.arange(100.0, 500))
    assert values("MACD", rise, "macd")[-1] == pytest.approx(7, abs=1e-6)
    assert values("MACD", rise, "signal")[-1] == pytest.approx(7, abs=1e-6)
    assert values("MACD", rise, "hist")[-1] == pytest.approx(0, abs=1e-6)


def test_adx_of_a_steady_rise_is_100() -> None:
    rise = of_closes(*np.arange(100.0, 600))
    assert values("ADX", rise, "adx")[-1] == pytest.approx(100, abs=1e-9)
    assert values("ADX", rise, "minus_di")[-1] == 0


def test_bollinger_bands_lie_two_population_deviations_out() -> None:
    candles = of_closes(2, 4, 4, 4, 5, 5, 7, 9)  # mean 5, population deviation 2
    bands = {name: series[-1] for name, series in compute("BBANDS", candles, {"n": 8}).items()}
    wanted = {"upper": 9, "middle": 5, "lower": 1, "width": 8 / 5, "percent_b": 1}
    assert bands == pytest.approx(wanted, abs=1e-9)


def test_bollinger_share_of_a_flat_price_is_unknown() -> None:
    bands = compute("BBANDS", of_closes(5, 5, 5), {"n": 2})
    assert np.isnan(bands["percent_b"][-1])
    assert bands["width"][-1] == 0


def test_donchian_holds_this_candle_and_one_back_only_the_previous() -> None:
    candles = of_closes(10, 30, 20, 15, 40)
    upper, lower = (
        values("DONCHIAN", candles, "upper", n=3),
        values("DONCHIAN", candles, "lower", n=3),
    )
    assert upper[2:].tolist() == [31, 31, 41]
    assert lower[2:].tolist() == [9, 14, 14]
    assert (candles.close <= np.nan_to_num(upper, nan=np.inf)).all()  # never above its own channel
    assert candles.close[4] > upper[3]  # the highest high of the previous three


def test_volume_ratio_compares_with_a_mean_that_holds_this_candle() -> None:
    assert values("VOLUME_RATIO", of_closes(1, 2, 6), n=3)[2] == pytest.approx(2)
    assert np.isnan(values("VOLUME_RATIO", some_candles(5, volume=np.zeros(5)), n=3)).all()


def test_sigma_is_the_sample_deviation_of_log_returns() -> None:
    candles = of_closes(1, np.e, np.e, np.e**3)  # returns 1, 0, 2
    assert values("SIGMA", candles, n=3)[3] == pytest.approx(1, abs=1e-12)


def test_sigma_of_a_source_that_touches_zero_is_unknown() -> None:
    candles = some_candles(5, volume=np.array([1, 0, 1, 2, 4.0]))
    sigma = compute("SIGMA", candles, {"n": 2}, Source.VOLUME)["sigma"]
    assert np.isnan(sigma[:4]).all()
    assert sigma[4] == pytest.approx(0, abs=1e-12)


def test_bandwidth_percentile_of_the_widest_is_100() -> None:
    close = 100 + np.resize([1.0, -1.0], 200) * np.linspace(1, 5, 200)
    ranks = values("BANDWIDTH_PERCENTILE", of_closes(*close))
    assert ranks[-1] == 100
    calm = 100 + np.resize([1.0, -1.0], 200) * np.linspace(5, 1, 200)
    assert values("BANDWIDTH_PERCENTILE", of_closes(*calm))[-1] == 1


def test_keltner_is_an_ema_with_ranges_around() -> None:
    last = {name: s[-1] for name, s in compute("KELTNER", of_closes(*[50.0] * 300)).items()}
    assert last == pytest.approx({"upper": 54, "middle": 50, "lower": 46})


def test_supertrend_follows_a_rise_from_below_and_turns_on_a_fall() -> None:
    close = np.concatenate([np.arange(100.0, 400), np.arange(400.0, 300, -5)])
    trend = compute("SUPERTREND", of_closes(*close))
    assert trend["direction"][299] == 1
    assert trend["line"][299] < 399
    assert trend["direction"][-1] == -1
    assert trend["line"][-1] > close[-1]


def test_vwap_starts_anew_at_midnight_utc() -> None:
    candles = some_candles(60, timeframe=Timeframe.H1)
    typical = source(candles, Source.HLC3)
    vwap = values("VWAP", candles)
    assert vwap[24] == pytest.approx(typical[24], abs=1e-9)
    wanted = np.average(typical[24:31], weights=candles.volume[24:31])
    assert vwap[30] == pytest.approx(wanted, abs=1e-9)


def test_vwap_of_a_day_that_began_before_the_candles_is_unknown() -> None:
    vwap = values("VWAP", some_candles(60).rows(6, 60))
    assert np.isnan(vwap[:23]).all()
    assert not np.isnan(vwap[23:]).any()


def test_ichimoku_spans_are_those_drawn_a_base_period_ago() -> None:
    lines = compute("ICHIMOKU", some_candles(200))
    half = (lines["conversion"] + lines["base"]) / 2
    assert lines["span_a"][-1] == half[-27]


def test_a_source_other_than_the_close_is_read() -> None:
    candles = some_candles(5)
    sma = compute("SMA", candles, {"n": 2}, Source.HL2)["sma"]
    middle = (candles.high + candles.low) / 2
    assert sma[-1] == pytest.approx(middle[-2:].mean())
    assert np.array_equal(source(candles, Source.VOLUME), candles.volume)


def test_results_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        values("SMA", some_candles(30))[0] = 1


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("SMA", {"n": 1}),
        ("SMA", {"n": 501}),
        ("SMA", {"n": 2.5}),
        ("SMA", {"mult": 2}),
        ("OBV", {"n": 3}),
    ],
)
def test_an_argument_out_of_bounds_is_refused(name: str, args: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=name):
        compute(name, some_candles(5), args)


def test_segments_end_at_missing_candles() -> None:
    assert list(segments(some_candles(10, without=[3, 4, 8]))) == [(0, 3), (3, 6), (6, 7)]
    assert list(segments(some_candles(0))) == []
