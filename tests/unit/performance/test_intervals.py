"""Intervals against scipy, and against the worked example of a paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nightdesk.performance.comparison import share_difference_interval
from nightdesk.performance.intervals import mean_difference_interval, student_interval, wilson

VALUES = st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=40).map(
    lambda whole: np.array(whole) / 1_000
)


@given(data=st.data(), n=st.integers(1, 2_000))
def test_wilson_of_any_share_then_it_is_scipys(data: st.DataObject, n: int) -> None:
    x = data.draw(st.integers(0, n))
    expected = stats.binomtest(x, n).proportion_ci(0.95, method="wilson")
    assert wilson(x, n) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-12)


def test_wilson_of_nothing_then_there_is_none() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("x", "n"), [(3, 2), (-1, 2)])
def test_wilson_of_what_is_no_share_is_refused(x: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(x, n)


def test_wilson_at_its_ends_then_it_stays_inside() -> None:
    none, all_of_them = wilson(0, 3), wilson(3, 3)
    assert none is not None
    assert none[0] == 0.0
    assert all_of_them is not None
    assert all_of_them[1] == 1.0


@given(values=VALUES)
def test_student_interval_then_it_is_scipys(values: np.ndarray) -> None:
    found = student_interval(values)
    if np.ptp(values) == 0:
        assert found == pytest.approx((values[0], values[0]))
        return
    error = stats.sem(values)
    expected = stats.t.interval(0.95, values.size - 1, loc=values.mean(), scale=error)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * error)


def test_student_interval_of_one_value_then_there_is_none() -> None:
    assert student_interval(np.array([1.0])) is None


@given(a=VALUES, b=VALUES)
def test_mean_difference_interval_then_it_is_scipys(a: np.ndarray, b: np.ndarray) -> None:
    found = mean_difference_interval(a, b)
    if min(np.ptp(a), np.ptp(b)) == 0:
        return  # scipy warns of a level side
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    width = expected.high - expected.low
    assert found == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9 * width)


def test_mean_difference_interval_where_nothing_varies_then_it_is_a_point() -> None:
    level = np.array([1.0, 1.0]), np.array([3.0, 3.0, 3.0])
    assert mean_difference_interval(*level) == (-2.0, -2.0)
    assert mean_difference_interval(np.array([1.0]), level[1]) is None


def test_share_difference_interval_then_it_is_newcombes_example() -> None:
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 873, table II: 56/70 - 48/80, method 10.
    found = share_difference_interval(56, 70, 48, 80)
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_share_difference_interval_of_an_empty_side_then_there_is_none() -> None:
    assert share_difference_interval(0, 0, 1, 2) is None
