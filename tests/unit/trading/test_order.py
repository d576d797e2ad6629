"""The order state machine: all statuses x events, and what an order cannot be."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.errors import IllegalTransition
from nightdesk.core.ids import ClientOrderId, FillId
from nightdesk.trading.order import Order, OrderStatus, OrderType
from tests.builders.trading import AS_OF, a_buy, a_plan, a_sale, a_stop, a_trading_fill

D = Decimal
S = OrderStatus
WHOLE, HALF = D("0.1"), D("0.05")

# The table of the specification, written down once more by hand: from -> where it may go.
ANSWERED = "ACCEPTED REJECTED PARTIALLY_FILLED FILLED CANCELED EXPIRED"
SPEC = {
    S.INITIALIZED: f"{ANSWERED} SUBMITTED SUBMIT_UNKNOWN DENIED",
    S.SUBMITTED: f"{ANSWERED} SUBMIT_UNKNOWN",
    S.SUBMIT_UNKNOWN: f"{ANSWERED} SUBMITTED",
    S.ACCEPTED: "PARTIALLY_FILLED FILLED PENDING_CANCEL CANCELED EXPIRED",
    S.PARTIALLY_FILLED: "PARTIALLY_FILLED FILLED PENDING_CANCEL CANCELED EXPIRED",
    S.PENDING_CANCEL: "PENDING_CANCEL CANCELED EXPIRED FILLED ACCEPTED PARTIALLY_FILLED",
    S.CANCELED: "PARTIALLY_FILLED FILLED",
    S.EXPIRED: "PARTIALLY_FILLED FILLED",
    S.REJECTED: "PARTIALLY_FILLED FILLED",
    S.DENIED: "",
    S.FILLED: "",
}


def an_order_that_is(status: OrderStatus) -> Order:
    """Return an order in `status`, half filled where it needs something and whole where all."""
    filled = {S.FILLED: WHOLE, S.PARTIALLY_FILLED: HALF}.get(status, D(0))
    return a_buy(status=status, filled=filled, notional=filled * 10_000)


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("to", list(S))
def test_step_when_in_the_table_is_taken_and_when_not_raises(
    status: OrderStatus, to: OrderStatus
) -> None:
    filled = {S.FILLED: WHOLE, S.PARTIALLY_FILLED: HALF}.get(to, D(0))
    order = an_order_that_is(status)
    if to in SPEC[status].split():
        if to is S.FILLED or filled > order.filled:
            left = filled - order.filled
            order = order.with_fill(a_trading_fill(order, quantity=left), AS_OF)
            # a fill is the event; while a cancel is pending a part leaves it pending
            assert order.status is (
                S.PENDING_CANCEL if to is not S.FILLED and status is S.PENDING_CANCEL else to
            )
        else:
            assert order.to(to, AS_OF).status is to
        return
    with pytest.raises(IllegalTransition):
        order.to(to, AS_OF)


def test_table_of_the_specification_covers_all_eleven_statuses() -> None:
    assert len(SPEC) == len(S) == 11


@pytest.mark.parametrize("status", [S.DENIED, S.FILLED])
def test_fill_of_a_final_order_raises(status: OrderStatus) -> None:
    order = an_order_that_is(status)
    with pytest.raises((IllegalTransition, ValueError)):
        order.with_fill(a_trading_fill(order, quantity=HALF), AS_OF)


@pytest.mark.parametrize("status", [S.CANCELED, S.EXPIRED, S.REJECTED])
def test_fill_of_an_order_that_ended_is_taken_and_tagged(status: OrderStatus) -> None:
    order = an_order_that_is(status)
    late = order.with_fill(a_trading_fill(order), AS_OF)
    assert (late.status, late.tags) == (S.FILLED, ("LATE_FILL",))


def test_partial_fill_when_a_cancel_is_pending_keeps_it_pending() -> None:
    order = an_order_that_is(S.PENDING_CANCEL)
    part = order.with_fill(a_trading_fill(order, quantity=HALF), AS_OF)
    assert (part.status, part.filled) == (S.PENDING_CANCEL, HALF)


def test_fill_of_another_order_is_refused() -> None:
    order = a_buy()
    other = a_trading_fill(order, client_order_id=ClientOrderId("nd-other"))
    with pytest.raises(ValueError, match="no fill of"):
        order.with_fill(other, AS_OF)


def test_fill_beyond_the_quantity_is_refused() -> None:
    order = a_buy()
    with pytest.raises(ValueError, match=r"filled 0\.2 of 0\.1"):
        order.with_fill(a_trading_fill(order, quantity=D("0.2")), AS_OF)


def test_reason_when_a_step_brings_none_stays() -> None:
    order = a_buy().to(S.SUBMIT_UNKNOWN, AS_OF, reason="TIMEOUT").to(S.ACCEPTED, AS_OF)
    assert order.reason == "TIMEOUT"


def test_notional_when_digits_are_many_is_exact() -> None:
    order = a_buy(quantity=D("123456789012.12345678"), reserved=D(0))
    fill = a_trading_fill(order, price=D("12345678.12345678"))
    # product worked with integers: 12345678901212345678 x 1234567812345678 / 1e16
    expected = D(f"{12345678901212345678 * 1234567812345678}e-16")
    assert order.with_fill(fill, AS_OF).notional == expected
    assert fill.notional == expected


@given(
    parts=st.lists(st.integers(1, 20), min_size=1, max_size=6),
    steps=st.lists(st.sampled_from([*S, None]), max_size=12),
)
def test_filled_quantity_whatever_happens_never_falls_nor_passes_the_order(
    parts: list[int], steps: list[OrderStatus | None]
) -> None:
    order = a_buy(quantity=D(60), reserved=D(700_000))
    waiting = list(parts)
    for n, step in enumerate(steps):
        before = order.filled
        try:
            if step is None and waiting:
                quantity = D(waiting.pop())
                fill_id = FillId(f"f{n}")
                fill = a_trading_fill(order, quantity=quantity, fill_id=fill_id)
                order = order.with_fill(fill, AS_OF)
            elif step is not None:
                order = order.to(step, AS_OF)
        except (IllegalTransition, ValueError):
            continue
        assert before <= order.filled <= order.quantity
        assert order.remaining == order.quantity - order.filled
        assert (order.status is S.FILLED) == (order.remaining == 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": OrderType.LIMIT},
        {"price": D(10_000)},
        {"type": OrderType.STOP},
        {"trigger": D(9_000)},
        {"plan": None},
        {"quantity": D(0)},
        {"quantity": D("NaN")},
        {"status": S.FILLED},
        {"filled": WHOLE},
        {"status": S.PARTIALLY_FILLED},
        {"filled": D("0.2")},
        {"type": OrderType.LIMIT, "price": D(-1)},
    ],
)
def test_order_that_contradicts_itself_cannot_be_built(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        a_buy(**changes)


def test_order_when_an_amount_is_a_float_cannot_be_built() -> None:
    with pytest.raises(TypeError, match="quantity takes a Decimal"):
        a_buy(quantity=0.1)


def test_sale_with_an_entry_plan_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="a buy, and only a buy"):
        a_sale(plan=a_plan())


def test_sent_marks_when_the_venue_may_know_it() -> None:
    later = AS_OF + timedelta(minutes=1)
    sent = a_stop().sent(later)
    assert (sent.sent_at, sent.updated_at) == (later, later)


def test_average_price_is_the_mean_of_what_was_traded() -> None:
    order = a_buy()
    assert order.average_price is None
    for n, price in enumerate((D(10_000), D(10_100))):
        fill = a_trading_fill(order, quantity=HALF, price=price, fill_id=FillId(f"f{n}"))
        order = order.with_fill(fill, AS_OF)
    assert order.average_price == D(10_050)
    assert replace(order, version=3).average_price == D(10_050)
