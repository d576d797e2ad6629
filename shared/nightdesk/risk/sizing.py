"""How much to buy, so that a stop costs what was planned and no more (trading §4, Sizing)."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from nightdesk.core.money import ONE, ZERO, ceil_to, floor_to, up_at_8
from nightdesk.market.instruments import Rules
from nightdesk.risk.limits import OwnerLimits
from nightdesk.risk.verdict import Conditions, Costs, Exposure, Proposal

HALF = Decimal("0.5")
SPARED = Decimal("1e-6")
"""Quote currency that no entry takes: what rounding adds over a hundred partial fills."""

STOP_FACTORS: Mapping[str, Decimal] = MappingProxyType(
    {
        "trending_up": Decimal("1.2"),
        "trending_down": Decimal("1.2"),
        "ranging": Decimal("0.8"),
        "volatile": Decimal("1.5"),
    }
)
"""What a regime does to the distance of a stop; any other leaves it alone."""


def final_stop(entry: Decimal, stop: Decimal, regime: str, rules: Rules) -> Decimal:
    """Return the stop to size, store and place: base stop, then regime, then tick.

    All prices in quote currency per base unit. The trigger ceils to tick, so the risk is never
    more than sized. The limits on its distance (check 16) refuse the result and do not move it:
    a stop moved for a limit's sake would no longer be where the strategy is proven wrong.
    """
    distance = (entry - stop) * STOP_FACTORS.get(regime, ONE)
    return max(ceil_to(entry - distance, rules.tick), rules.tick)


def paid_per_unit(entry: Decimal, costs: Costs) -> Decimal:
    """Return what one base unit is expected to cost: entry price, slippage, and fee on both."""
    return entry * (ONE + costs.entry) * (ONE + costs.fee)


def loss_per_unit(entry: Decimal, stop: Decimal, costs: Costs) -> Decimal:
    """Return the quote currency lost per base unit if the stop fills.

    Paid on the way in less received at the stop, after its slippage and fee: entry - stop + both
    legs' costs. A fee that is taken in coins costs slightly less; the difference is not counted.
    """
    return paid_per_unit(entry, costs) - stop * (ONE - costs.stop) * (ONE - costs.fee)


def gain_per_unit(entry: Decimal, target: Decimal, costs: Costs) -> Decimal:
    """Return the quote currency earned per base unit if the target fills, net of both legs' costs.

    A target is left through the same spread as the entry; it has no slippage of a stop.
    """
    return target * (ONE - costs.entry) * (ONE - costs.fee) - paid_per_unit(entry, costs)


def round_trip_cost(entry: Decimal, costs: Costs) -> Decimal:
    """Return the quote currency that buying and selling one base unit at `entry` costs."""
    return -gain_per_unit(entry, entry, costs)


def factors(
    proposal: Proposal, exposure: Exposure, conditions: Conditions, owner: OwnerLimits
) -> Mapping[str, Decimal]:
    """Return what the size is multiplied by, each by its name and in [0, 1]."""
    unknown_week = conditions.obey_weekly_gate and conditions.weekly_gate == "unknown"
    streak = exposure.loss_streak >= owner.loss_streak
    return MappingProxyType(
        {
            "strength": proposal.strength,
            "weekly": HALF if unknown_week else ONE,
            "streak": HALF if streak else ONE,
        }
    )


def fixed_risk(
    equity: Decimal,
    risk_per_trade: Decimal,
    loss: Decimal,
    lot: Decimal,
    multipliers: Mapping[str, Decimal] = MappingProxyType({}),
) -> Decimal:
    """Return the base units whose stop costs `risk_per_trade` of `equity`, floored to `lot`.

    `equity` and `loss` (per base unit) in quote currency. Nothing enlarges: raises ValueError for
    a multiplier outside [0, 1], and for a `loss` that is not positive.
    """
    if loss <= ZERO:
        raise ValueError(f"a stop below the entry loses money, was {loss}")
    quantity = max(equity, ZERO) * risk_per_trade / loss
    for name, factor in multipliers.items():
        if not ZERO <= factor <= ONE:
            raise ValueError(f"{name} must be in [0, 1], was {factor}")
        quantity *= factor
    return floor_to(quantity, lot)


def price_bound(entry: Decimal, costs: Costs, rules: Rules) -> Decimal:
    """Return the highest price that an entry accepts, ceiled to tick."""
    return ceil_to(entry * (ONE + costs.bound), rules.tick)


def reserve(quantity: Decimal, bound: Decimal, fee: Decimal) -> Decimal:
    """Return the quote currency that covers `quantity` at `bound` and its fee, up at 8 places.

    Both are rounded up by themselves, as the fee of a fill is. A fee taken in coins needs less.
    """
    notional = quantity * bound
    return up_at_8(notional) + up_at_8(notional * fee)


def affordable(cash: Decimal, bound: Decimal, fee: Decimal) -> Decimal:
    """Return the base units whose reserve fits into `cash`, before rounding to lot.

    A little cash is spared: an order filled in parts pays a rounded-up fee for each of them.
    """
    return max(cash - SPARED, ZERO) / (bound * (ONE + fee))


def planned_risk(quantity: Decimal, loss: Decimal) -> Decimal:
    """Return 1 R: the quote currency lost at the first stop, up at 8 places."""
    return up_at_8(quantity * loss)
