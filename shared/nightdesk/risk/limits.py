"""What a bot and its owner may lose and hold. Fractions of equity unless said (trading §4)."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BotLimits:
    """Limits that come from a bot's risk mode; the owner may only tighten them."""

    risk_per_trade: Decimal = Decimal("0.01")
    position: Decimal = Decimal("0.50")
    daily_loss: Decimal = Decimal("0.10")
    drawdown: Decimal = Decimal("0.20")
    reward_to_risk: Decimal = Decimal("1.2")
    entries_per_hour: int = 3
    entries_per_day: int = 20
    cooldown: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLimits:
    """Limits on an owner's whole equity; defaults are the balanced profile's."""

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
