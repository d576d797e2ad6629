"""What a venue would not take at all: rules, minimums, combinations, balances."""

from decimal import Decimal

from nightdesk.core.money import floor_to
from nightdesk.market.instruments import Rules, TradingStatus
from nightdesk.trading.order import Order, OrderType, Side


def refusal(order: Order, rules: Rules) -> str | None:
    """Return why a venue would not take this order at all, or None (step 1)."""
    worth = order.quantity * (order.price or order.reference)
    checks = (
        ("NOT_TRADING", rules.status is not TradingStatus.TRADING),
        ("UNKNOWN_INSTRUMENT", rules.instrument.id != order.instrument_id),
        ("BAD_LOT", floor_to(order.quantity, rules.lot) != order.quantity),
        ("BAD_TICK", any(floor_to(p, rules.tick) != p for p in (order.price, order.trigger) if p)),
        ("BELOW_MINIMUM", order.quantity < rules.min_quantity or worth < rules.min_notional),
        (
            "ABOVE_MAXIMUM",
            (rules.max_quantity is not None and order.quantity > rules.max_quantity)
            or (rules.max_notional is not None and worth > rules.max_notional),
        ),
        ("BAD_COMBINATION", _bad_bracket(order)),
        ("INSUFFICIENT_BALANCE", _unpaid(order, worth)),
    )
    return next((code for code, broken in checks if broken), None)


def _bad_bracket(order: Order) -> bool:
    if order.plan is None:
        return False
    if order.type in {OrderType.STOP, OrderType.TAKE_PROFIT}:
        return True  # long or flat: what waits for a trigger sells
    guard, entry = order.plan.protection, order.price or order.reference
    return guard.stop >= entry or (guard.target is not None and guard.target <= entry)


def _unpaid(order: Order, worth: Decimal) -> bool:
    """Tell whether a buy was never covered; once it filled, its reservation is used up."""
    return order.side is Side.BUY and not order.filled and order.reserved < worth
