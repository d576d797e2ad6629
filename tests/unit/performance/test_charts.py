"""What charts and texts need of figures: fewer points, words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.performance.scales import sqn_grade
from nightdesk.performance.thinning import thinned


@given(
    values=st.lists(st.integers(-99, 99), max_size=300).map(lambda whole: np.array(whole, float)),
    most=st.integers(4, 60),
)
def test_thinned_curve_then_its_ends_and_extremes_are_those_of_the_whole(
    values: np.ndarray, most: int
) -> None:
    kept = thinned(values, most)
    assert kept.size <= max(most, 0)
    assert (np.diff(kept) > 0).all()
    if values.size:
        assert (kept[0], kept[-1]) == (0, values.size - 1)
        assert (values[kept].min(), values[kept].max()) == (values.min(), values.max())


@given(
    values=st.lists(st.sampled_from([np.nan, -3.0, -2.0, 4.0, 5.0]), max_size=200).map(np.array),
    most=st.integers(4, 60),
)
def test_thinned_curve_with_gaps_then_they_cost_no_extreme(values: np.ndarray, most: int) -> None:
    kept = thinned(values, most)
    assert kept.size <= most
    there = values[np.isfinite(values)]
    if there.size:
        assert np.nanmin(values[kept]) == there.min()
        assert np.nanmax(values[kept]) == there.max()


def test_short_curve_then_every_point_stays() -> None:
    assert thinned(np.array([3.0, 1.0, 2.0])).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="four points"):
        thinned(np.zeros(9), 3)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        *((-1, "poor"), (1.59, "poor"), (1.6, "below_average"), (2.49, "average")),
        *((2.5, "good"), (3.0, "excellent"), (5.0, "superb")),
    ],
)
def test_sqn_on_tharps_scale(value: float, word: str) -> None:
    assert sqn_grade(value) == word
