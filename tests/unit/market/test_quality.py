from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.market import quality
from nightdesk.market.candles import COLUMNS, Candles
from nightdesk.market.quality import FindingCode
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import START, some_candles

HOUR = timedelta(hours=1)


def after(candles: Candles) -> Any:
    return candles.last_open + candles.timeframe.length


def codes(findings: Any) -> list[str]:
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("open", np.nan), ("high", np.inf), ("low", -1.0), ("close", 0.0), ("volume", -1.0),
        ("volume", np.nan), ("high", 50.0), ("low", 500.0),
    ],
)  # fmt: skip
def test_row_that_no_market_made_is_marked(column: str, value: float) -> None:
    values = getattr(some_candles(5), column).copy()
    values[2] = value
    candles = some_candles(5, **{column: values})
    assert quality.malformed(candles, after(candles)).tolist() == [0, 0, 1, 0, 0]
    finding = quality.refusal(candles, quality.malformed(candles, after(candles)))
    assert str(finding) == "CANDLE_REFUSED: rows=1 first=2024-01-01T02:00:00Z"


def test_row_off_the_grid_or_not_closed_is_marked() -> None:
    off = some_candles(3, start=START + timedelta(minutes=1))
    assert quality.malformed(off, after(off)).all()
    candles = some_candles(3)
    assert quality.malformed(candles, START + 2.5 * HOUR).tolist() == [0, 0, 1]


def test_sound_candles_have_no_finding() -> None:
    candles = some_candles(300)
    assert quality.standing(candles, after(candles), window=300) == []


def test_holes_name_what_is_missing() -> None:
    candles = some_candles(20, without=[3, 4, 10])
    found = [(hole.since, hole.until, hole.missing) for hole in quality.holes(candles)]
    assert found == [
        (START + 3 * HOUR, START + 5 * HOUR, 2),
        (START + 10 * HOUR, START + 11 * HOUR, 1),
    ]


@pytest.mark.parametrize(
    ("without", "blocked"),
    [
        ([298, 297, 296], False),  # 3 of the last 20; 1 % of 300
        ([298, 297, 296, 295], True),  # 4 of the last 20
        ([10, 20, 30], False),  # 1 %
        ([10, 20, 30, 40], True),  # more than 1 %
    ],
)
def test_data_gap_counts_the_last_20_and_the_window(without: list[int], *, blocked: bool) -> None:
    candles = some_candles(300, without=without)
    finding = quality.data_gap(candles, after(candles), window=300)
    assert (finding is not None) == blocked


def test_data_gap_of_a_recorded_outage_ends_with_the_window_that_is_asked_for() -> None:
    days = some_candles(400, timeframe=Timeframe.D1, without=range(100, 112))
    as_of = after(days)
    assert quality.data_gap(days, as_of, window=400) is not None
    assert quality.data_gap(days, as_of, window=288) is None
    assert quality.data_gap(days.rows(0, 110), days.rows(0, 110).last_open, window=50) is not None


def test_young_series_lacks_nothing_before_its_first_candle() -> None:
    candles = some_candles(30)
    assert quality.data_gap(candles, after(candles), window=500) is None


def test_data_stale_is_older_than_two_candles_and_a_minute() -> None:
    candles = some_candles(30)
    limit = candles.last_open + 2 * HOUR + timedelta(seconds=60)
    assert quality.data_stale(candles, limit) is None
    finding = quality.data_stale(candles, limit + timedelta(seconds=1))
    assert str(finding) == "DATA_STALE: newest=2024-01-02T05:00:00Z age_s=7261"


def test_no_candle_at_all_is_stale() -> None:
    assert codes(quality.standing(some_candles(0), START, window=10)) == ["DATA_STALE"]


@pytest.mark.parametrize(("zeros", "blocked"), [(30, False), (31, True)])
def test_illiquid_is_no_volume_in_more_than_30_of_100(zeros: int, *, blocked: bool) -> None:
    volume = np.ones(150)
    volume[-zeros:] = 0
    candles = some_candles(150, volume=volume)
    assert (quality.illiquid(candles) is not None) == blocked


def test_few_candles_say_nothing_about_liquidity() -> None:
    assert quality.illiquid(some_candles(19, volume=np.zeros(19))) is None


def _with_last_close(n: int, factor: float) -> Candles:
    close = some_candles(n).close.copy()
    close[-1] = close[-2] * factor
    return some_candles(n, close=close, high=np.full(n, 1e6), low=np.full(n, 1e-6))


@pytest.mark.parametrize(("factor", "blocked"), [(1.09, False), (1.12, True), (0.88, True)])
def test_outlier_in_a_calm_market_is_beyond_10_percent(factor: float, *, blocked: bool) -> None:
    finding = quality.newest_outlier(_with_last_close(250, factor))
    assert (finding is not None) == blocked


def test_outlier_in_a_wild_market_needs_8_sigmas() -> None:
    rng = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, 250)))
    for move, blocked in ((0.20, False), (0.30, True)):
        close[-1] = close[-2] * np.exp(move)
        candles = some_candles(250, close=close, high=np.full(250, 1e9), low=np.full(250, 1e-9))
        assert (quality.newest_outlier(candles) is not None) == blocked


def test_outliers_before_start_are_not_judged_and_few_returns_judge_nothing() -> None:
    candles = _with_last_close(250, 2.0)
    assert quality.outliers(candles).sum() == quality.outliers(candles, start=249).sum() == 1
    assert not quality.outliers(_with_last_close(21, 2.0)).any()
    assert quality.outliers(some_candles(0)).shape == (0,)


@given(n=st.integers(22, 260), cut=st.integers(0, 260), seed=st.integers(0, 99))
def test_outliers_when_cut_stay_equal(n: int, cut: int, seed: int) -> None:
    candles = some_candles(n, seed=seed)
    cut = min(cut, n)
    assert np.array_equal(quality.outliers(candles.rows(0, cut)), quality.outliers(candles)[:cut])


def _prices(*close: float, start: Any = START) -> Candles:
    n = len(close)
    wide: dict[str, Any] = {
        "high": np.full(n, 1e9),
        "low": np.full(n, 1e-9),
        "open": np.array(close),
    }
    return some_candles(n, close=np.array(close), start=start, **wide)


@pytest.mark.parametrize("factor", [0.0001, 0.1, 0.3, 0.49, 1.51, 1.9, 2.0, 3.0, 5.0, 10, 100, 1e6])
def test_price_jump_of_more_than_half_is_refused_and_is_no_measure(factor: float) -> None:
    candles = _prices(100, 101, 101 * factor, 102)
    assert quality.price_jumps(candles, candles.rows(0, 0)).tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize("factor", [0.51, 0.9, 1.1, 1.49])
def test_price_within_half_is_accepted(factor: float) -> None:
    candles = _prices(100, 100 * factor)
    assert not quality.price_jumps(candles, candles.rows(0, 0)).any()


def test_jump_is_measured_from_what_is_stored_for_24_hours() -> None:
    stored = _prices(100)
    for hours, refused in ((24, True), (25, False)):
        new = _prices(300, start=START + hours * HOUR)
        assert quality.price_jumps(new, stored).tolist() == [refused]


def test_second_source_saves_a_jump_and_then_is_the_measure() -> None:
    candles = _prices(100, 200, 210, 100)
    found = quality.price_jumps(candles, candles.rows(0, 0), lambda i: i == 1)
    assert found.tolist() == [0, 0, 0, 1]


def test_without_a_measure_the_second_source_decides_alone_on_the_newest() -> None:
    candles = _prices(100)
    none = candles.rows(0, 0)
    assert quality.price_jumps(candles, none, lambda _: False).tolist() == [1]
    assert quality.price_jumps(candles, none, lambda _: True).tolist() == [0]
    assert quality.price_jumps(candles, none, lambda _: None).tolist() == [0]


def test_revised_names_what_the_venue_says_differently() -> None:
    stored = some_candles(5)
    assert quality.revised(some_candles(5), stored).size == 0
    changed = stored.close.copy()
    changed[3] += 1
    columns = {name: getattr(stored, name) for name in COLUMNS}
    found = quality.revised(some_candles(5, **{**columns, "close": changed}), stored)
    assert found.tolist() == [int(stored.open_time[3])]


def test_entries_are_blocked_by_what_the_table_says() -> None:
    blocking = {code.value for code in FindingCode if quality.Finding(code=code).blocks_entries}
    assert blocking == {"DATA_GAP", "DATA_STALE", "ILLIQUID", "OUTLIER", "PRICE_REFUSED"}
