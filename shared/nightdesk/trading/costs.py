"""What trading an instrument is expected to cost, before the size is known."""

from datetime import datetime
from decimal import Decimal

from nightdesk.core.money import BPS
from nightdesk.market import fees
from nightdesk.market.instruments import Rules
from nightdesk.risk.verdict import Costs
from nightdesk.trading import impact
from nightdesk.trading.assumptions import Assumptions
from nightdesk.trading.pricing import PROTECTION_CAP


def expected_costs(rules: Rules, at: datetime, assumptions: Assumptions) -> Costs:
    """Return the costs that sizing counts with: taker fees, half-spreads, the stop's slippage.

    Impact depends on the size and is left to the exchange: at the sizes that risk allows it is
    small beside the spread.
    """
    row = fees.fee(rules.instrument.venue, rules.quote_class, at)
    half_spread = fees.half_spread(rules.instrument) / BPS
    return Costs(
        fee=row.taker_bps / BPS,
        entry=half_spread,
        stop=half_spread + Decimal(str(assumptions.stop_slippage_bps)) / BPS,
        bound=impact.protection(half_spread, Decimal(str(assumptions.protection)), PROTECTION_CAP),
    )
