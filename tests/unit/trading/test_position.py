"""What a position, its protection and its plan cannot be."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.trading.position import Trail
from tests.builders.trading import a_holding_book, a_plan, a_protection, held

D = Decimal


@pytest.mark.parametrize(
    "distance", [{}, {"atr_mult": D(3), "fraction": D("0.05")}], ids=["none", "both"]
)
def test_trail_without_exactly_one_distance_cannot_be_built(distance: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="exactly one distance"):
        Trail(activate_at=D(1), **distance)


@pytest.mark.parametrize("target", ["9500", "9499"])
def test_target_at_or_below_the_stop_cannot_be_built(target: str) -> None:
    with pytest.raises(ValueError, match="is not above stop"):
        a_protection(target=D(target))


@pytest.mark.parametrize("stop", ["9500", "9499.99"])
def test_stop_is_never_lowered(stop: str) -> None:
    with pytest.raises(ValueError, match="only rises"):
        a_protection().raised(D(stop))


def test_raised_stop_is_the_next_version_and_keeps_a_target_above_it() -> None:
    raised = a_protection().raised(D(9_600))
    assert (raised.version, raised.stop, raised.target, raised.trailed) == (
        2,
        D(9_600),
        D(11_000),
        True,
    )
    assert raised.raised(D(11_000)).target is None


def test_plan_without_a_risk_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="planned_risk"):
        a_plan(planned_risk=D(0))


def test_average_price_leaves_out_entry_fees_and_average_cost_has_them() -> None:
    position = replace(held(a_holding_book()), entry_fees=D(4))
    assert (position.avg_price, position.avg_cost) == (D(10_000), D(10_040))
    assert position.unrealised(D(10_500)) == D(50)


def test_position_of_nothing_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="quantity"):
        replace(held(a_holding_book()), quantity=D(0))
