"""Answers of the orders routes, and orders inside other answers."""

from typing import TYPE_CHECKING, Self

from functions.api.routers.fill_schemas import FillOut
from functions.api.schemas import Answer, DecimalText, Moment
from nightdesk.core.money import PLACES_12, nearest
from nightdesk.trading.order import HeldBy, Leg, Mode, OrderStatus, OrderType, Side, TimeInForce

if TYPE_CHECKING:
    from nightdesk.trading.order import Order
    from nightdesk.trading.position import EntryPlan, Protection
    from nightdesk.trading.reading import OrderView

PROTECTIVE = "dec_"
"""How the decision behind a protective exit begins: it follows from the position, not a cycle."""


class PlannedExitsOut(Answer):
    """The exits planned for a position, prices in quote currency per base unit.

    `trailed`: the stop has been raised since the entry. `trail_from` is the price from which the
    stop follows closes; `breakeven_at` that from which it stands at cost; `expires_at` the time
    stop. Each is null where there is none.
    """

    version: int
    stop: DecimalText
    trailed: bool
    target: DecimalText | None
    trail_from: DecimalText | None
    breakeven_at: DecimalText | None
    expires_at: Moment | None

    @classmethod
    def from_domain(cls, protection: "Protection") -> Self:
        """Show the planned exits."""
        trail = protection.trail
        return cls(
            version=protection.version,
            stop=protection.stop,
            trailed=protection.trailed,
            target=protection.target,
            trail_from=None if trail is None else trail.activate_at,
            breakeven_at=protection.breakeven_at,
            expires_at=protection.expires_at,
        )


class PlanOut(Answer):
    """What an entry opens. `planned_risk` (1 R) is the loss at the first stop, costs included."""

    planned_risk: DecimalText
    strategy: str
    protection: PlannedExitsOut

    @classmethod
    def from_domain(cls, plan: "EntryPlan") -> Self:
        """Show the plan of a buy."""
        return cls(
            planned_risk=plan.planned_risk,
            strategy=plan.strategy,
            protection=PlannedExitsOut.from_domain(plan.protection),
        )


class OrderOut(Answer):
    """One order.

    `DENIED` is our own word, `REJECTED` the venue's; `reason` says why. `decision_id` is null for
    what protects a position. Quantities in base units; `notional` is what was traded so far in
    quote currency; `reference` the price that it was decided at, from which slippage counts.
    """

    order_id: str
    venue_order_id: str | None
    bot_id: str
    decision_id: str | None
    instrument: str
    mode: Mode
    leg: Leg
    side: Side
    type: OrderType
    status: OrderStatus
    reason: str | None
    quantity: DecimalText
    filled: DecimalText
    remaining: DecimalText
    notional: DecimalText
    average_price: DecimalText | None
    price: DecimalText | None
    trigger: DecimalText | None
    reference: DecimalText
    reserved: DecimalText
    time_in_force: TimeInForce
    held_by: HeldBy
    rules_version: str
    plan: PlanOut | None
    tags: list[str]
    created_at: Moment
    sent_at: Moment | None
    updated_at: Moment

    @classmethod
    def from_domain(cls, order: "Order") -> Self:
        """Show an order."""
        average = order.average_price
        protective = order.decision_id.startswith(PROTECTIVE)
        return cls(
            order_id=order.client_order_id,
            venue_order_id=order.venue_order_id,
            bot_id=order.bot_id,
            decision_id=None if protective else order.decision_id,
            instrument=order.instrument_id,
            mode=order.mode,
            leg=order.leg,
            side=order.side,
            type=order.type,
            status=order.status,
            reason=order.reason,
            quantity=order.quantity,
            filled=order.filled,
            remaining=order.remaining,
            notional=order.notional,
            average_price=None if average is None else nearest(average, PLACES_12),
            price=order.price,
            trigger=order.trigger,
            reference=order.reference,
            reserved=order.reserved,
            time_in_force=order.time_in_force,
            held_by=order.held_by,
            rules_version=order.rules_version,
            plan=None if order.plan is None else PlanOut.from_domain(order.plan),
            tags=list(order.tags),
            created_at=order.created_at,
            sent_at=order.sent_at,
            updated_at=order.updated_at,
        )


class OrderDetailOut(Answer):
    """An order and its fills, oldest first."""

    order: OrderOut
    fills: list[FillOut]

    @classmethod
    def from_domain(cls, view: "OrderView") -> Self:
        """Show an order with what it traded."""
        return cls(
            order=OrderOut.from_domain(view.order),
            fills=[FillOut.from_domain(fill) for fill in view.fills],
        )
