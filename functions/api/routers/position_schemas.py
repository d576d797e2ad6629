"""Answers of the positions routes, and positions inside other answers."""

from typing import TYPE_CHECKING, Self

from functions.api.routers.order_schemas import OrderDetailOut, PlannedExitsOut
from functions.api.schemas import Answer, DecimalText, Moment, SignedDecimalText
from nightdesk.core.money import PLACES_12, nearest
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.trading.holding import PositionDetail, PositionView
    from nightdesk.trading.position import Position


class HeldOut(Answer):
    """An open holding at average cost.

    `quantity` in base units, net of fees taken in coins. `cost` is what was paid for it without
    fees; `avg_price` is the mean entry price without fees, `avg_cost` with them. `planned_risk`
    (1 R) is the loss at the first stop, costs included. `realised_net` is the result of what was
    sold so far.
    """

    position_id: str
    instrument: str
    quantity: DecimalText
    cost: DecimalText
    avg_price: DecimalText
    avg_cost: DecimalText
    entry_fees: DecimalText
    planned_risk: DecimalText
    realised_net: SignedDecimalText
    slippage: SignedDecimalText
    strategy: str
    opened_at: Moment
    entry_order: str
    protection: PlannedExitsOut

    @classmethod
    def from_domain(cls, position: "Position") -> Self:
        """Show a holding."""
        return cls(
            position_id=position.position_id,
            instrument=position.instrument_id,
            quantity=position.quantity,
            cost=position.cost,
            avg_price=nearest(position.avg_price, PLACES_12),
            avg_cost=nearest(position.avg_cost, PLACES_12),
            entry_fees=position.entry_fees,
            planned_risk=position.planned_risk,
            realised_net=position.sold_net,
            slippage=position.slippage,
            strategy=position.strategy,
            opened_at=position.opened_at,
            entry_order=position.entry_order,
            protection=PlannedExitsOut.from_domain(position.protection),
        )


class PositionOut(Answer):
    """An open position at the price of the newest settle.

    `mark` is a price per base unit; while `marked_at` is null nothing was settled since the entry,
    and it is the mean entry price. `unrealised` leaves fees aside.
    """

    bot_id: str
    mode: Mode
    mark: DecimalText
    marked_at: Moment | None
    value: DecimalText
    unrealised: SignedDecimalText
    position: HeldOut

    @classmethod
    def from_domain(cls, view: "PositionView") -> Self:
        """Show a position."""
        return cls(
            bot_id=view.book.bot_id,
            mode=view.book.mode,
            mark=nearest(view.mark, PLACES_12),
            marked_at=view.marked_at,
            value=nearest(view.value, PLACES_12),
            unrealised=nearest(view.unrealised, PLACES_12),
            position=HeldOut.from_domain(view.position),
        )


class PositionDetailOut(PositionOut):
    """A position, the orders that built it, and those that protect it now."""

    orders: list[OrderDetailOut]
    protective_orders: list[OrderDetailOut]

    @classmethod
    def from_detail(cls, detail: "PositionDetail") -> Self:
        """Show a position with its orders."""
        return cls(
            **dict(PositionOut.from_domain(detail.view)),
            orders=[OrderDetailOut.from_domain(one) for one in detail.orders],
            protective_orders=[OrderDetailOut.from_domain(one) for one in detail.protective],
        )
