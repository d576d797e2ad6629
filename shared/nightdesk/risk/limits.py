"""What a bot and its owner may lose and hold. Fractions of equity unless said (trading §4).

Bounds are data: a limit outside of them is refused with its field and what is allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from nightdesk.core.errors import Invalid
from nightdesk.core.money import ONE, ZERO, fixed

Limit = Decimal | int | timedelta


def _within(name: str, value: object, low: Limit, high: Limit) -> None:
    """Refuse a wrong type (TypeError) and what is out of bounds (Invalid)."""
    if isinstance(value, bool) or not isinstance(value, type(low)):
        raise TypeError(f"{name} takes a {type(low).__name__}, was {value!r}")
    finite = not isinstance(value, Decimal) or value.is_finite()
    if finite and low <= value <= high:  # type: ignore[operator]
        return
    allowed = {"min": _text(low), "max": _text(high)}
    message = f"{name} is between {allowed['min']} and {allowed['max']}, was {value}"
    raise Invalid("OUT_OF_RANGE", message, field=name, allowed=allowed)


def _text(limit: Limit) -> str:
    return fixed(limit) if isinstance(limit, Decimal) else str(limit)


def _fractions(low: str, high: str) -> tuple[Limit, Limit]:
    return Decimal(low), Decimal(high)


BOT_BOUNDS: Mapping[str, tuple[Limit, Limit]] = MappingProxyType(
    {
        "risk_per_trade": _fractions("0.001", "0.03"),
        "position": _fractions("0.05", "1"),
        "daily_loss": _fractions("0.02", "0.20"),
        "drawdown": _fractions("0.05", "0.30"),
        "reward_to_risk": _fractions("1", "5"),
        "entries_per_hour": (1, 30),
        "entries_per_day": (1, 200),
        "cooldown": (timedelta(0), timedelta(hours=72)),
    }
)
"""Least and greatest value of each bot limit."""

OWNER_BOUNDS: Mapping[str, tuple[Limit, Limit]] = MappingProxyType(
    {
        "trade_risk": _fractions("0.001", "0.03"),
        "position": _fractions("0.01", "0.25"),
        "daily_loss": _fractions("0.01", "0.10"),
        "max_positions": (1, 20),
        "entries_per_day": (1, 500),
        "stop_min": _fractions("0.002", "0.05"),
        "stop_max": _fractions("0.02", "0.30"),
        "reduced_floor": (ZERO, ONE),
        "edge_to_cost": _fractions("1.5", "10"),
        "loss_streak": (3, 10),
    }
)
"""Least and greatest value of each owner limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotLimits:
    """Limits that come from a bot's risk mode; the owner may only tighten them.

    Raises Invalid `OUT_OF_RANGE` for a value outside of `BOT_BOUNDS`, TypeError for a wrong type.
    """

    risk_per_trade: Decimal = Decimal("0.01")
    position: Decimal = Decimal("0.50")
    daily_loss: Decimal = Decimal("0.10")
    drawdown: Decimal = Decimal("0.20")
    reward_to_risk: Decimal = Decimal("1.2")
    entries_per_hour: int = 3
    entries_per_day: int = 20
    cooldown: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        for name, (low, high) in BOT_BOUNDS.items():
            _within(name, getattr(self, name), low, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLimits:
    """Limits on an owner's whole equity; defaults are the balanced profile's.

    Raises Invalid `OUT_OF_RANGE` for a value outside of `OWNER_BOUNDS`, TypeError for a wrong type.
    """

    trade_risk: Decimal = Decimal("0.01")
    position: Decimal = Decimal("0.10")
    daily_loss: Decimal = Decimal("0.05")
    max_positions: int = 6
    entries_per_day: int = 50
    stop_min: Decimal = Decimal("0.005")
    stop_max: Decimal = Decimal("0.15")
    reduced_floor: Decimal = Decimal("0.25")
    """A cap that leaves less than this share of the first size denies the entry."""
    edge_to_cost: Decimal = Decimal(3)
    loss_streak: int = 5
    """Losing round trips in a row from which a bot trades at half size."""

    def __post_init__(self) -> None:
        for name, (low, high) in OWNER_BOUNDS.items():
            _within(name, getattr(self, name), low, high)


class Profile(StrEnum):
    """A named set of owner limits."""

    CONSERVATIVE = "conservative"
    BALANCED = "balanced"
    AGGRESSIVE = "aggressive"


PROFILES: Mapping[Profile, OwnerLimits] = MappingProxyType(
    {
        Profile.CONSERVATIVE: OwnerLimits(
            trade_risk=Decimal("0.005"),
            position=Decimal("0.05"),
            daily_loss=Decimal("0.03"),
            max_positions=3,
        ),
        Profile.BALANCED: OwnerLimits(),
        Profile.AGGRESSIVE: OwnerLimits(
            trade_risk=Decimal("0.02"),
            position=Decimal("0.15"),
            daily_loss=Decimal("0.08"),
            max_positions=9,
        ),
    }
)
