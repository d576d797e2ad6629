"""Tests of chance against scipy, and against counting every case."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nightdesk.performance.significance import (
    benjamini_hochberg,
    binomial_at_least,
    mann_whitney_greater,
    poisson_binomial_at_least,
    spearman,
    welch_two_sided,
)

CHANCES = st.floats(0, 1)
WHOLE = st.lists(st.integers(-8, 8), min_size=2, max_size=30)


@given(data=st.data(), n=st.integers(0, 300), p=st.floats(0.001, 0.999))
def test_binomial_then_it_is_scipys(data: st.DataObject, n: int, p: float) -> None:
    x = data.draw(st.integers(0, n + 1))
    expected = float(stats.binom.sf(x - 1, n, p))
    assert binomial_at_least(x, n, p) == pytest.approx(expected, rel=1e-9, abs=1e-290)


@pytest.mark.parametrize(
    ("x", "n", "p", "expected"), [(0, 5, 0.0, 1.0), (1, 5, 0.0, 0.0), (5, 5, 1.0, 1.0)]
)
def test_binomial_of_a_sure_chance(x: int, n: int, p: float, expected: float) -> None:
    assert binomial_at_least(x, n, p) == expected


def test_binomial_of_what_is_no_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="do not exist"):
        binomial_at_least(1, 5, 1.5)


@given(ps=st.lists(CHANCES, max_size=8), x=st.integers(-1, 9))
def test_poisson_binomial_then_it_is_the_sum_of_all_cases(ps: list[float], x: int) -> None:
    expected = sum(
        prod(p if hit else 1 - p for p, hit in zip(ps, case, strict=True))
        for case in product((0, 1), repeat=len(ps))
        if sum(case) >= x
    )
    assert poisson_binomial_at_least(x, ps) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_poisson_binomial_of_equal_chances_then_it_is_binomial() -> None:
    found = poisson_binomial_at_least(30, [0.25] * 80)
    assert found == pytest.approx(binomial_at_least(30, 80, 0.25), rel=1e-12)


def test_poisson_binomial_of_what_is_no_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        poisson_binomial_at_least(1, [0.5, float("nan")])


@given(a=WHOLE, b=WHOLE)
def test_mann_whitney_with_ties_then_it_is_scipys(a: list[int], b: list[int]) -> None:
    if len({*a, *b}) == 1:
        assert mann_whitney_greater(a, b) == 1.0
        return
    expected = stats.mannwhitneyu(a, b, alternative="greater", method="asymptotic").pvalue
    assert mann_whitney_greater(a, b) == pytest.approx(float(expected), rel=1e-9, abs=1e-12)


def test_mann_whitney_of_an_empty_side_is_refused() -> None:
    with pytest.raises(ValueError, match="both sides"):
        mann_whitney_greater([], [1.0])


@given(a=WHOLE, b=WHOLE)
def test_welch_then_it_is_scipys(a: list[int], b: list[int]) -> None:
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        assert welch_two_sided(a, b) == (1.0 if a[0] == b[0] else 0.0)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return  # scipy warns of a level side
    expected = float(stats.ttest_ind(a, b, equal_var=False).pvalue)
    assert welch_two_sided(a, b) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_welch_where_rounding_alone_varies_then_means_are_equal() -> None:
    assert welch_two_sided([0.1] * 3, [0.1] * 2) == 1
    assert welch_two_sided([0.1] * 3, [0.1, 0.1 + 1e-14]) == 1
    assert welch_two_sided([0.1] * 3, [0.2] * 3) == 0


def test_welch_of_a_single_value_is_refused() -> None:
    with pytest.raises(ValueError, match="two values"):
        welch_two_sided([1.0], [1.0, 2.0])


@given(ps=st.lists(CHANCES, min_size=1, max_size=30), q=st.sampled_from([0.05, 0.1, 0.3]))
def test_benjamini_hochberg_then_it_keeps_what_scipy_keeps(ps: list[float], q: float) -> None:
    adjusted = stats.false_discovery_control(ps, method="bh")
    if np.isclose(adjusted, q, rtol=1e-12).any():
        return  # on the line rounding decides
    assert benjamini_hochberg(ps, q) == [bool(one <= q) for one in adjusted]


def test_benjamini_hochberg_then_it_keeps_those_of_the_first_paper() -> None:
    # Benjamini and Hochberg (1995), 4.1: fifteen p-values, four hypotheses rejected at 0.05.
    ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    ps += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    assert benjamini_hochberg(ps, 0.05) == [True] * 4 + [False] * 11
    assert benjamini_hochberg([], 0.05) == []


@given(pairs=st.lists(st.tuples(st.integers(1, 10), st.integers(-9, 9)), min_size=4, max_size=40))
def test_spearman_then_it_is_scipys(pairs: list[tuple[int, int]]) -> None:
    a, b = zip(*pairs, strict=True)
    found = spearman(a, b)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        assert found is None
        return
    assert found is not None
    rho, (low, high) = found
    assert rho == pytest.approx(float(stats.spearmanr(a, b).statistic), abs=1e-12)
    assert low <= rho <= high


def test_spearman_of_perfect_order_then_there_is_no_doubt() -> None:
    assert spearman([1, 2, 3, 4], [10, 20, 30, 40]) == (1.0, (1.0, 1.0))
    assert spearman([1, 2, 3, 4], [9, 5, 2, 1]) == (-1.0, (-1.0, -1.0))


def test_spearman_of_too_few_or_no_pairs() -> None:
    assert spearman([1, 2, 3], [1, 2, 3]) is None
    with pytest.raises(ValueError, match="pairs"):
        spearman([1, 2], [1])
