"""What a simulated execution comes to: how much of it, at what cost, with which fee."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from nightdesk.core.ids import FillId
from nightdesk.core.money import BPS, EXACT, ONE, PLACES_12, ZERO, ceil_to, exact, floor_to, up_at_8
from nightdesk.market.candles import Candles
from nightdesk.market.fees import FeeRow
from nightdesk.market.instruments import FeeAsset, Instrument, QuoteClass, Rules
from nightdesk.trading import impact
from nightdesk.trading.assumptions import Assumptions
from nightdesk.trading.order import Fill, Liquidity, Order, Side

PROTECTION_CAP = Decimal("0.05")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """One execution before its fee."""

    price: Decimal
    quantity: Decimal
    liquidity: Liquidity
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """Prices, quantities and fees under one set of assumptions."""

    assumptions: Assumptions
    fees: Callable[[str, QuoteClass, datetime], FeeRow]
    half_spread_bps: Callable[[Instrument], Decimal]

    def fill(self, order: Order, rules: Rules, deal: Deal, number: int) -> Fill:
        """Put the fee on a deal: up at 8 places, in the venue's fee asset (step 8)."""
        row = self.fees(rules.instrument.venue, rules.quote_class, deal.at)
        maker = deal.liquidity is Liquidity.MAKER
        rate = (row.maker_bps if maker else row.taker_bps) / BPS
        with localcontext(EXACT):
            if row.fee_asset is FeeAsset.RECEIVED and order.side is Side.BUY:
                fee, asset = up_at_8(deal.quantity * rate), rules.instrument.base
                value = fee * deal.price
            else:
                fee, asset = up_at_8(deal.quantity * deal.price * rate), rules.instrument.quote
                value = fee
        return Fill(
            fill_id=FillId(f"{order.client_order_id}-{number}"),
            client_order_id=order.client_order_id,
            owner=order.owner,
            bot_id=order.bot_id,
            instrument_id=order.instrument_id,
            mode=order.mode,
            side=order.side,
            leg=order.leg,
            quantity=deal.quantity,
            price=deal.price,
            fee=fee,
            fee_asset=asset,
            fee_value=value,
            liquidity=deal.liquidity,
            at=deal.at,
        )

    def cost(self, rules: Rules, candles: Candles, notional: Decimal, slip: Decimal) -> Decimal:
        """Return what taking `notional` costs, as a fraction of the price (steps 4 and 6).

        `candles` are those before the execution; half-spread, impact and `slip` together are at
        most the protection.
        """
        instrument = rules.instrument
        half = self.half_spread_bps(instrument) / BPS
        factor = (
            self.assumptions.impact_major if instrument.major else self.assumptions.impact_other
        )
        floor = Decimal(str(self.assumptions.protection))
        bound = impact.protection(half, floor, PROTECTION_CAP)
        paid = impact.cost(half, impact.activity(candles), notional, factor, bound)
        return min(paid + slip, bound)

    def share(self, wanted: Decimal, price: Decimal, volume: float, rules: Rules) -> Decimal:
        """Return how much of `wanted` a candle of `volume` gives; zero if that is below minimum."""
        given = self.available(volume, rules)
        if wanted <= given:
            return wanted
        small = given < rules.min_quantity or given * price < rules.min_notional
        return ZERO if small else given

    def available(self, volume: float, rules: Rules) -> Decimal:
        """Return what one order may take of a candle's volume, in whole lots."""
        share = exact(max(volume, 0.0) * self.assumptions.volume_share, PLACES_12)
        return floor_to(share, rules.lot)


def against(side: Side, price: Decimal, worse: Decimal, tick: Decimal) -> Decimal:
    """Return `price` worse by a fraction, rounded to tick against us; never below one tick."""
    with localcontext(EXACT):
        if side is Side.BUY:
            return ceil_to(price * (ONE + worse), tick)
        return max(floor_to(price * (ONE - worse), tick), tick)
