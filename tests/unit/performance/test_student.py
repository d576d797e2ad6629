"""Student's t distribution against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nightdesk.performance.student import quantile, survival, two_sided

DEGREES = np.array([1.0, 1.5, 2, 3, 4.7, 10, 29, 99, 101, 250, 998, 999, 1_000, 9_999, 3e6])


@pytest.mark.parametrize("probability", [0.6, 0.9, 0.95, 0.975, 0.995, 0.9995])
def test_quantile_when_degrees_vary_then_it_is_scipys(probability: float) -> None:
    expected = stats.t.ppf(probability, DEGREES)
    assert quantile(probability, DEGREES) == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize("t", [0.0, 0.01, 0.5, 1.0, 1.96, 2.5, 5.0, 12.0])
def test_survival_when_degrees_vary_then_it_is_scipys(t: float) -> None:
    expected = stats.t.sf(t, DEGREES)
    assert survival(np.full(DEGREES.shape, t), DEGREES) == pytest.approx(expected, rel=1e-12, abs=0)


@given(t=st.floats(0, 8), degrees=st.floats(0.5, 1e5))
def test_survival_of_any_t_then_it_is_scipys(t: float, degrees: float) -> None:
    found = float(survival(np.array([t]), np.array([degrees]))[0])
    assert found == pytest.approx(float(stats.t.sf(t, degrees)), rel=1e-9, abs=1e-15)


def test_two_sided_at_zero_then_it_is_one() -> None:
    assert two_sided(np.array([0.0, -0.0]), np.array([3.0, 3_000.0])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_quantile_outside_the_upper_half_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        quantile(probability, np.array([3.0]))


def test_quantile_of_no_degrees_then_it_is_empty() -> None:
    assert quantile(0.975, np.empty(0)).size == 0
