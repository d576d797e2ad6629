"""The desk's own fills as the journal takes them: with the stop, the plan and the reason of each.

Every order of a round trip is known, so a trade of the desk is built from just its own fills,
however they come in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from nightdesk.core.errors import Missing
from nightdesk.core.ids import DecisionId
from nightdesk.core.money import EXACT
from nightdesk.journal.exactly import ratio
from nightdesk.journal.fill import JournalFill
from nightdesk.journal.trade import Action, ExitReason, Source, StopMark
from nightdesk.trading.cycle import SIGNAL_EXIT
from nightdesk.trading.execution import TIME_STOP
from nightdesk.trading.flatten import EMERGENCY
from nightdesk.trading.identity import decided_by
from nightdesk.trading.order import Fill, Leg, Order, Side

REASONS: Mapping[str, ExitReason] = {
    SIGNAL_EXIT: ExitReason.SIGNAL,
    TIME_STOP: ExitReason.TIME,
    EMERGENCY: ExitReason.EMERGENCY,
    Leg.STOP.value: ExitReason.STOP,
    Leg.TARGET.value: ExitReason.TARGET,
    "trail": ExitReason.TRAILING,
    "manual": ExitReason.MANUAL,
}
"""What trading calls an exit, in the journal's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One holding of a bot: its orders as they were first filled, their fills, and its stops.

    `ended` says that the desk holds nothing more of it that it could sell.
    """

    orders: tuple[Order, ...]
    fills: tuple[Fill, ...]
    protective: tuple[Order, ...]
    ended: bool

    @property
    def entry(self) -> Order:
        """The order that opened it. Raises Missing."""
        for order in self.orders:
            if order.side is Side.BUY:
                return order
        raise Missing("a round trip without an entry")


def journal_fills(trip: Trip) -> list[JournalFill]:
    """Return the fills of a trip, the last one as its end where it has ended.

    Of one moment, those of the order that was filled first come first: a candle's close may be all
    that an entry and its exit know of the time, and what is sold was bought before.
    """
    orders = {order.client_order_id: (n, order) for n, order in enumerate(trip.orders)}
    ordered = sorted(
        trip.fills, key=lambda fill: (fill.at, orders[fill.client_order_id][0], fill.fill_id)
    )
    found = [
        replace(_fill(fill, order, trip.entry), seq=n)
        for fill in ordered
        for n, order in (orders[fill.client_order_id],)
    ]
    if trip.ended and found and found[-1].side is Action.SELL:
        found[-1] = replace(found[-1], ends=True)
    return found


def stops_of(trip: Trip) -> tuple[StopMark, ...]:
    """Return every stop that the position had, from when on it counted."""
    return tuple(
        StopMark(at=order.created_at, price=order.trigger)
        for order in trip.protective
        if order.leg is Leg.STOP and order.trigger is not None
    )


def decisions_of(orders: Iterable[Order]) -> Iterator[DecisionId]:
    """Yield the decisions behind orders that can be read again: protective exits have none."""
    for order in orders:
        try:
            decided_by(order.decision_id)
        except Missing:
            continue
        yield order.decision_id


def _fill(fill: Fill, order: Order, entry: Order) -> JournalFill:
    protection = order.plan.protection if order.plan else None
    decided: Sequence[DecisionId] = list(decisions_of([order]))
    return JournalFill(
        id=fill.fill_id,
        at=fill.at,
        order=fill.client_order_id,
        side=Action.BUY if fill.side is Side.BUY else Action.SELL,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        fee_asset=fill.fee_asset,
        fee_price=ratio(fill.fee_value, fill.fee) if fill.fee else None,
        stop=protection.stop if protection else None,
        target=protection.target if protection else None,
        source=Source.DESK,
        bot_id=fill.bot_id,
        strategy_version=entry.plan.strategy if entry.plan else None,
        decision_id=decided[0] if decided else None,
        reference=order.reference,
        reason=_reason(order, entry) if fill.side is Side.SELL else None,
        planned_risk=_planned_risk(fill, order),
    )


def _planned_risk(fill: Fill, order: Order) -> Decimal | None:
    if order.plan is None:
        return None
    with localcontext(EXACT):
        return order.plan.planned_risk * fill.quantity / order.quantity


def _reason(order: Order, entry: Order) -> ExitReason:
    """Return why it was sold; a stop above the first one has trailed."""
    first = entry.plan.protection.stop if entry.plan else None
    if order.leg is Leg.STOP and first is not None and order.trigger is not None:
        return ExitReason.TRAILING if order.trigger > first else ExitReason.STOP
    return REASONS.get(order.reason or order.leg, ExitReason.UNKNOWN)
