"""One decision in a line of plain English, for people; programs read the fields."""

from collections.abc import Sequence
from decimal import Decimal

from nightdesk.core.clock import iso
from nightdesk.core.money import PLACES_8, ZERO, fixed, nearest
from nightdesk.strategies.signal import Action
from nightdesk.trading.decision import Decision
from nightdesk.trading.order import Fill, Order, OrderStatus
from nightdesk.trading.position import Position, RoundTrip

HUNDREDTH = Decimal("0.01")


def told(
    decision: Decision,
    *,
    orders: Sequence[Order] = (),
    fills: Sequence[Fill] = (),
    position: Position | None = None,
    trip: RoundTrip | None = None,
) -> str:
    """Say what was decided and why, what was traded, and what became of the position.

    `orders` and `fills` are those of the decision; without them it says what was intended.
    """
    if decision.action is Action.HOLD:
        return _held(decision)
    if decision.denied:
        return f"Did not buy {decision.instrument_id}: risk refused it, {_refusal(decision)}."
    done = _done(decision, orders or decision.orders, fills)
    return " ".join(part for part in (done, _outcome(decision, position, trip)) if part)


def _held(decision: Decision) -> str:
    why = "the strategy gave no signal"
    if decision.signal.action is not Action.HOLD:
        why = f"the strategy said {decision.signal.action}"
    if decision.code is not None:
        why += f", {decision.code} holds it back"
    return f"Did nothing on {decision.instrument_id}: {why}."


def _refusal(decision: Decision) -> str:
    checks = decision.verdict.checks if decision.verdict else ()
    failed = (one.text for one in checks if not one.passed and one.code == decision.code)
    return next(failed, decision.code or "without a reason")


def _done(decision: Decision, orders: Sequence[Order], fills: Sequence[Fill]) -> str:
    verb, past = ("buy", "Bought") if decision.action is Action.ENTER else ("sell", "Sold")
    base, _, rest = decision.instrument_id.partition("/")
    quote, _, venue = rest.partition("@")
    if fills:
        quantity = sum((fill.quantity for fill in fills), ZERO)
        price = sum((fill.notional for fill in fills), ZERO) / quantity
        fee = sum((fill.fee_value for fill in fills), ZERO)
        text = f"{past} {fixed(quantity)} {base} at {_short(price)} {quote} on {venue}"
        return f"{text}, fee {_short(fee)} {quote}{_because(decision)}."
    wanted = sum((order.quantity for order in orders), ZERO)
    text = f"Wanted to {verb} {fixed(wanted)} {base} on {venue}{_because(decision)}"
    states = [_state(order) for order in orders if order.status is not OrderStatus.INITIALIZED]
    return f"{text}: the order is {', '.join(states)}." if states else f"{text}."


def _because(decision: Decision) -> str:
    if decision.action is Action.ENTER and decision.code is not None:
        return f" (made smaller by {decision.code})"
    return ""


def _state(order: Order) -> str:
    return f"{order.status} ({order.reason})" if order.reason else str(order.status)


def _outcome(decision: Decision, position: Position | None, trip: RoundTrip | None) -> str:
    quote = decision.instrument_id.partition("/")[2].partition("@")[0]
    if position is not None:
        guard = position.protection
        target = "" if guard.target is None else f", target {fixed(guard.target)}"
        return f"Still open, stop {fixed(guard.stop)}{target}."
    if trip is not None:
        r = fixed(nearest(trip.r, HUNDREDTH))
        net = f"net {_short(trip.net)} {quote}, {r} R"
        return f"Closed by {trip.exit_reason} at {iso(trip.closed_at)}: {net}."
    return ""


def _short(amount: Decimal) -> str:
    return fixed(nearest(amount, PLACES_8))
