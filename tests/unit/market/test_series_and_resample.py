import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.clock import millis
from nightdesk.market.resample import bucket_of, mismatches, resample
from nightdesk.market.series import arrange, from_rows, joined, merge, rows, select
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import BTC, START, MemoryCandles, same, some_candles

HOUR = Timeframe.H1
DATA = os.environ.get("NIGHTDESK_DATA")


@given(data=st.data(), n=st.integers(0, 40))
def test_any_permutation_and_duplication_arranges_to_the_same_series(
    data: st.DataObject, n: int
) -> None:
    whole = some_candles(n)
    picked = data.draw(st.lists(st.integers(0, max(0, n - 1)), max_size=20)) if n else []
    order = data.draw(st.permutations([*range(n), *picked]))
    index = np.array(order, dtype=np.int64)
    got = arrange(BTC, HOUR, whole.open_time[index], rows(whole)[index])
    assert same(got.candles, whole)
    assert got.duplicates == len(picked)


@given(data=st.data(), n=st.integers(1, 60))
def test_any_cuts_in_any_order_store_the_same_series(data: st.DataObject, n: int) -> None:
    whole = some_candles(n)
    store = MemoryCandles()
    cuts = data.draw(st.lists(st.tuples(st.integers(0, n), st.integers(0, n)), max_size=8))
    for a, b in [*cuts, (0, n)]:
        store.put(whole.rows(min(a, b), max(a, b)))
    assert same(store.load(BTC, HOUR, as_of=START + timedelta(hours=n), limit=n), whole)


def test_of_two_rows_with_one_open_time_the_later_stays() -> None:
    first, second = some_candles(3, seed=1), some_candles(3, seed=2)
    times = np.concatenate([first.open_time, second.open_time])
    got = arrange(BTC, HOUR, times, np.concatenate([rows(first), rows(second)]))
    assert same(got.candles, second)
    assert (got.duplicates, got.out_of_order) == (3, 1)


def test_merge_keeps_what_is_stored() -> None:
    stored, new = some_candles(4, seed=1), some_candles(8, seed=2)
    whole = merge(stored, new)
    assert same(whole.rows(0, 4), stored)
    assert same(whole.rows(4, 8), new.rows(4, 8))
    assert same(joined(new, stored), whole)


def test_resample_takes_first_open_max_high_min_low_last_close_sum_of_volume() -> None:
    candles = some_candles(
        4,
        timeframe=Timeframe.M15,
        open=[10, 11, 9, 12],
        high=[12, 15, 10, 13],
        low=[9, 10, 5, 11],
        close=[11, 9, 10, 12.5],
        volume=[1, 2, 3, 4],
    )
    got = resample(candles, HOUR)
    assert rows(got.candles).tolist() == [[10, 15, 5, 12.5, 10]]
    assert (got.children.tolist(), got.complete.tolist()) == ([4], [True])


def test_candle_with_a_missing_child_is_incomplete_unless_two_sources_lack_it() -> None:
    candles = some_candles(12, timeframe=Timeframe.M15, without=[5])
    got = resample(candles, HOUR)
    assert got.children.tolist() == [4, 3, 4]
    assert got.complete.tolist() == [True, False, True]
    assert len(got.whole()) == 2
    absent = np.array([millis(START) + 5 * Timeframe.M15.ms], dtype=np.int64)
    assert resample(candles, HOUR, absent=absent).complete.all()
    nowhere = absent + 400 * Timeframe.M15.ms
    assert resample(candles, HOUR, absent=nowhere).complete.tolist() == [True, False, True]


def test_forming_candle_is_never_whole() -> None:
    got = resample(some_candles(30), Timeframe.D1)
    assert got.complete.tolist() == [True, False]


def test_weeks_open_on_monday() -> None:
    # the epoch was a Thursday; 2024-01-01 was a Monday
    assert Timeframe.W1.floor(datetime(1970, 1, 1, tzinfo=UTC)) == datetime(
        1969, 12, 29, tzinfo=UTC
    )
    days = some_candles(10, timeframe=Timeframe.D1, start=START - timedelta(days=3))
    got = resample(days, Timeframe.W1)
    assert got.candles.first_open == START - timedelta(days=7)
    assert got.complete.tolist() == [False, True]
    for day in range(14):
        opened = Timeframe.W1.floor(START + timedelta(days=day, hours=5))
        assert opened.weekday() == 0
        ms = np.array([millis(START + timedelta(days=day))], dtype=np.int64)
        assert bucket_of(ms, Timeframe.W1)[0] == millis(opened)


@pytest.mark.parametrize("target", [Timeframe.M15, Timeframe.H1])
def test_resample_to_nothing_longer_is_refused(target: Timeframe) -> None:
    with pytest.raises(ValueError, match="multiple"):
        resample(some_candles(4), target)


def test_resample_of_nothing_is_nothing() -> None:
    got = resample(some_candles(0), Timeframe.D1)
    assert (len(got.candles), len(got.whole())) == (0, 0)


def test_mismatch_names_the_candle_that_differs() -> None:
    hours = some_candles(72)
    ours = resample(hours, Timeframe.D1).whole()
    assert mismatches(ours, ours).size == 0
    values = rows(ours)
    values[1, 3] += 0.01
    values[2, 4] *= 1 + 1e-9
    theirs = from_rows(BTC, Timeframe.D1, ours.open_time, values)
    assert mismatches(ours, theirs).tolist() == [int(ours.open_time[1])]
    assert mismatches(ours, select(theirs, np.array([True, False, True]))).size == 0


@pytest.mark.skipif(not DATA, reason="NIGHTDESK_DATA names no folder of candles")
@pytest.mark.parametrize("base", ["BTC", "ETH", "ADA", "LTC", "XRP"])
def test_recorded_hours_make_the_recorded_days(base: str) -> None:
    from nightdesk.adapters.venues.replay.files import read
    from nightdesk.core.ids import InstrumentId

    instrument = InstrumentId(f"{base}/EUR@bitvavo")
    folder = Path(str(DATA)) / "candles"
    hours = read(instrument, HOUR, (folder / f"bitvavo_{base}-EUR_1h_2022-2023.csv.gz",))
    days = read(instrument, Timeframe.D1, (folder / f"bitvavo_{base}-EUR_1d_2020-2023.csv.gz",))
    ours = resample(hours, Timeframe.D1).whole()
    assert len(ours) > 700
    assert np.isin(ours.open_time, days.open_time).all()
    assert mismatches(ours, days).size == 0
