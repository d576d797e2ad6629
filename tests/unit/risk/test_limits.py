from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.errors import Invalid
from nightdesk.risk.limits import (
    BOT_BOUNDS,
    OWNER_BOUNDS,
    PROFILES,
    BotLimits,
    OwnerLimits,
    Profile,
)

D = Decimal


def test_every_limit_has_bounds() -> None:
    assert set(BOT_BOUNDS) == {field.name for field in fields(BotLimits)}
    assert set(OWNER_BOUNDS) == {field.name for field in fields(OwnerLimits)}


@pytest.mark.parametrize("name", list(OWNER_BOUNDS))
def test_owner_limit_at_its_bounds_is_accepted_and_past_them_refused(name: str) -> None:
    low, high = OWNER_BOUNDS[name]
    _at_and_past(OwnerLimits(), name, low, high, D("0.0001") if isinstance(low, D) else 1)


@pytest.mark.parametrize("name", list(BOT_BOUNDS))
def test_bot_limit_at_its_bounds_is_accepted_and_past_them_refused(name: str) -> None:
    low, high = BOT_BOUNDS[name]
    steps: dict[type, Any] = {D: D("0.0001"), int: 1, timedelta: timedelta(seconds=1)}
    _at_and_past(BotLimits(), name, low, high, steps[type(low)])


def _at_and_past(limits: Any, name: str, low: Any, high: Any, step: Any) -> None:
    for good in (low, high):
        assert getattr(replace(limits, **{name: good}), name) == good
    for bad in (low - step, high + step):
        with pytest.raises(Invalid) as caught:
            replace(limits, **{name: bad})
        assert caught.value.code == "OUT_OF_RANGE"
        assert caught.value.field == name
        assert set(caught.value.allowed) == {"min", "max"}  # type: ignore[call-overload]


def test_out_of_range_names_what_is_allowed() -> None:
    with pytest.raises(Invalid) as caught:
        OwnerLimits(daily_loss=D("0.11"))
    assert caught.value.allowed == {"min": "0.01", "max": "0.1"}


@pytest.mark.parametrize("value", [0.01, 1, "0.02", True])
def test_a_fraction_that_is_no_decimal_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="trade_risk"):
        OwnerLimits(trade_risk=value)


def test_a_fraction_that_is_not_a_number_is_out_of_range() -> None:
    with pytest.raises(Invalid):
        OwnerLimits(trade_risk=D("NaN"))


@pytest.mark.parametrize(
    ("profile", "trade_risk", "positions", "position", "daily_loss"),
    [
        ("conservative", "0.005", 3, "0.05", "0.03"),
        ("balanced", "0.01", 6, "0.10", "0.05"),
        ("aggressive", "0.02", 9, "0.15", "0.08"),
    ],
)
def test_profiles_set_the_owners_limits(
    profile: str, trade_risk: str, positions: int, position: str, daily_loss: str
) -> None:
    limits = PROFILES[Profile(profile)]
    assert (limits.trade_risk, limits.max_positions) == (D(trade_risk), positions)
    assert (limits.position, limits.daily_loss) == (D(position), D(daily_loss))
