"""Answers of the fills route, and fills inside other answers."""

from typing import TYPE_CHECKING, Self

from functions.api.schemas import Answer, DecimalText, Moment
from nightdesk.trading.order import Leg, Liquidity, Mode, Side

if TYPE_CHECKING:
    from nightdesk.trading.order import Fill


class FillOut(Answer):
    """One trade of an order.

    `quantity` in base units, `price` in quote currency per base unit, `notional` what changed
    hands without the fee. `fee` is in `fee_asset`, `fee_value` the same in quote currency.
    """

    fill_id: str
    order_id: str
    bot_id: str
    instrument: str
    mode: Mode
    side: Side
    leg: Leg
    quantity: DecimalText
    price: DecimalText
    notional: DecimalText
    fee: DecimalText
    fee_asset: str
    fee_value: DecimalText
    liquidity: Liquidity
    at: Moment

    @classmethod
    def from_domain(cls, fill: "Fill") -> Self:
        """Show a fill."""
        return cls(
            fill_id=fill.fill_id,
            order_id=fill.client_order_id,
            bot_id=fill.bot_id,
            instrument=fill.instrument_id,
            mode=fill.mode,
            side=fill.side,
            leg=fill.leg,
            quantity=fill.quantity,
            price=fill.price,
            notional=fill.notional,
            fee=fill.fee,
            fee_asset=fill.fee_asset,
            fee_value=fill.fee_value,
            liquidity=fill.liquidity,
            at=fill.at,
        )
