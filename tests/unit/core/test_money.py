from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.money import (
    ZERO,
    ceil_to,
    exact,
    fixed,
    floor_to,
    nearest,
    not_negative,
    positive,
    up_at_8,
)

AMOUNTS = st.decimals(
    min_value="-1000000000", max_value="1000000000", allow_nan=False, allow_infinity=False, places=8
)
STEPS = st.sampled_from([Decimal(text) for text in ("0.00000001", "0.01", "0.5", "1", "25")])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E-8", "0.00000001"),
        ("60000.10", "60000.1"),
        ("1E+3", "1000"),
        ("-0.0", "0"),
        ("0E-8", "0"),
        ("-2.50", "-2.5"),
        ("100", "100"),
    ],
)
def test_fixed_writes_each_amount_in_one_way(value: str, text: str) -> None:
    assert fixed(Decimal(value)) == text


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_fixed_refuses_what_is_no_amount(value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        fixed(Decimal(value))


@given(AMOUNTS)
def test_fixed_reads_back_as_the_same_amount(value: Decimal) -> None:
    text = fixed(value)
    assert Decimal(text) == value
    assert "E" not in text


@given(AMOUNTS, STEPS)
def test_rounding_stays_within_one_step_on_its_side(value: Decimal, step: Decimal) -> None:
    down, up, near = floor_to(value, step), ceil_to(value, step), nearest(value, step)
    assert down <= value <= up
    assert up - down in {ZERO, step}
    assert near in {down, up}
    assert abs(near - value) <= step / 2
    assert all(rounded % step == 0 for rounded in (down, up, near))


@given(AMOUNTS, STEPS)
def test_rounding_twice_is_rounding_once(value: Decimal, step: Decimal) -> None:
    assert floor_to(floor_to(value, step), step) == floor_to(value, step)
    assert ceil_to(ceil_to(value, step), step) == ceil_to(value, step)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.123456781", "0.12345679"), ("0.12345678", "0.12345678"), ("0.000000001", "0.00000001")],
)
def test_fees_round_up_at_the_eighth_place(value: str, rounded: str) -> None:
    assert up_at_8(Decimal(value)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("value", "step", "crossed"),
    [
        (0.1 + 0.2, "0.00000001", "0.3"),
        (3650.37, "0.01", "3650.37"),
        (1e-9, "0.00000001", "0"),
        (2.5, "1", "2"),
        (3.5, "1", "4"),
    ],
)
def test_floats_cross_by_their_shortest_text(value: float, step: str, crossed: str) -> None:
    assert exact(value, Decimal(step)) == Decimal(crossed)


@pytest.mark.parametrize("wrong", [1.0, 1, "text", None])
def test_amounts_are_decimals_and_nothing_else(wrong: object) -> None:
    with pytest.raises(TypeError, match="Decimal"):
        positive("quantity", wrong)


@pytest.mark.parametrize("wrong", ["0", "-1", "NaN", "Infinity"])
def test_positive_refuses_zero_and_worse(wrong: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        positive("quantity", Decimal(wrong))


def test_not_negative_takes_zero_and_refuses_less() -> None:
    not_negative("fee", ZERO)
    with pytest.raises(ValueError, match="fee must not be negative"):
        not_negative("fee", Decimal("-0.01"))


@pytest.mark.parametrize("step", ["0", "-1"])
def test_a_step_is_above_zero(step: str) -> None:
    with pytest.raises(ValueError, match="step"):
        floor_to(Decimal(1), Decimal(step))
