"""From an answer to one change: order, fills, postings, position, protection, events."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.errors import IllegalTransition
from nightdesk.core.ids import FillId
from nightdesk.trading import booking
from nightdesk.trading.book import Book
from nightdesk.trading.order import Answer, Fill, Leg, Order, OrderStatus, OrderType, TimeInForce
from nightdesk.trading.ports import Change
from tests.builders.trading import (
    AS_OF,
    a_buy,
    a_funded_book,
    a_holding_book,
    a_plan,
    a_protection,
    a_sale,
    a_stop,
    a_target,
    a_trading_fill,
    held,
    trading_rules,
)

D = Decimal
RULES = trading_rules()
LATER = AS_OF + timedelta(minutes=5)


def answered(
    book: Book, order: Order, answer: Answer, *, resting: tuple[Order, ...] = (), **named: Any
) -> Change | None:
    booked = named.pop("booked", frozenset())
    at = named.pop("at", LATER)
    return booking.answered(book, order, answer, rules=RULES, booked=booked, resting=resting, at=at)


def some(change: Change | None) -> Change:
    assert change is not None
    return change


def a_sent_buy(**changes: Any) -> tuple[Book, Order]:
    order = a_buy(**changes)
    book, _ = a_funded_book().intended(order, AS_OF)
    return book, order


def a_resting_buy() -> tuple[Book, Order]:
    return a_sent_buy(type=OrderType.LIMIT, price=D(10_000), time_in_force=TimeInForce.GTC)


def part(order: Order, quantity: str, number: int = 1) -> Fill:
    return a_trading_fill(
        order, quantity=D(quantity), fill_id=FillId(f"{order.client_order_id}-{number}")
    )


def legs(change: Change, status: OrderStatus) -> list[tuple[Leg, Decimal]]:
    return [(one.leg, one.quantity) for one in change.orders if one.status is status]


def test_an_intent_is_stored_as_sent_and_a_buy_asks_the_gates() -> None:
    change = booking.intent(a_funded_book(), a_buy(sent_at=None), AS_OF)
    (order,) = change.orders
    assert order.sent_at == AS_OF
    assert change.entry
    assert change.book.reserved == D(1_100)
    assert change.book.open_orders == change.book.in_flight == (order.client_order_id,)
    assert not booking.intent(a_holding_book(), a_sale(sent_at=None), AS_OF).entry


def test_the_intent_of_an_exit_marks_the_position_as_leaving() -> None:
    change = booking.intent(a_holding_book(), a_sale(sent_at=None, reason="signal"), AS_OF)
    before, after = held(a_holding_book()), held(change.book)
    assert after.protection.leaving == "signal"
    assert replace(after, protection=before.protection) == before
    again = booking.intent(change.book, a_sale(sent_at=None, reason="time_stop"), AS_OF)
    assert held(again.book).protection.leaving == "signal", "the first reason stands"


def test_a_fired_stop_marks_nothing_since_it_comes_back_by_itself() -> None:
    book, _ = a_holding_book().intended(a_stop(), AS_OF)
    change = booking.sending(book, a_stop(), LATER)
    assert held(change.book).protection.leaving is None
    assert change.book.in_flight == (a_stop().client_order_id,)


def test_an_answer_that_says_nothing_new_is_no_change() -> None:
    book, order = a_sent_buy(status=OrderStatus.ACCEPTED)
    assert answered(book, order, Answer(status=OrderStatus.ACCEPTED)) is None
    fill = part(order, "0.05")
    known = replace(order.with_fill(fill, AS_OF), version=1)
    answer = Answer(status=OrderStatus.PARTIALLY_FILLED, fills=(fill,))
    assert answered(book, known, answer, booked=frozenset({fill.fill_id})) is None


def test_a_whole_fill_opens_a_protected_position_and_frees_what_is_left_of_the_cash() -> None:
    book, order = a_sent_buy()
    change = some(
        answered(book, order, Answer(status=OrderStatus.FILLED, fills=(a_trading_fill(order),)))
    )
    assert held(change.book).quantity == D("0.1")
    assert (change.book.reserved, change.book.cash) == (D(0), D(9_000))
    assert legs(change, OrderStatus.INITIALIZED) == [(Leg.STOP, D("0.1")), (Leg.TARGET, D("0.1"))]
    assert [one.type for one in change.events] == [
        "order_updated",
        "fill_booked",
        "position_updated",
    ]
    ids = [posting.posting_id for posting in change.postings]
    assert ids == ["fill:nd-buy-1", "release:nd-buy"]


def test_a_refusal_frees_the_cash_and_holds_nothing() -> None:
    book, order = a_sent_buy()
    answer = Answer(status=OrderStatus.REJECTED, reason="BELOW_MINIMUM")
    change = some(answered(book, order, answer))
    (final,) = change.orders
    assert (final.status, final.reason, final.reserved) == (
        OrderStatus.REJECTED,
        "BELOW_MINIMUM",
        D(0),
    )
    assert change.book.flat
    assert change.book.cash == D(10_000)


def test_a_part_fill_that_expires_is_protected_for_what_it_bought() -> None:
    book, order = a_sent_buy()
    answer = Answer(status=OrderStatus.EXPIRED, fills=(part(order, "0.04"),))
    change = some(answered(book, order, answer))
    assert legs(change, OrderStatus.INITIALIZED) == [(Leg.STOP, D("0.04")), (Leg.TARGET, D("0.04"))]
    assert change.book.reserved == 0
    assert held(change.book).planned_risk == D(20), "two fifths of 50"


def test_a_resting_buy_is_protected_from_its_first_part_on_and_the_stop_grows_with_it() -> None:
    book, order = a_resting_buy()
    first = part(order, "0.04")
    change = some(
        answered(book, order, Answer(status=OrderStatus.PARTIALLY_FILLED, fills=(first,)))
    )
    assert legs(change, OrderStatus.INITIALIZED) == [(Leg.STOP, D("0.04")), (Leg.TARGET, D("0.04"))]
    assert change.book.reserved == D(700)
    grown = replace(change.orders[0], version=1)
    resting = tuple(replace(one, version=1) for one in change.orders[1:])
    second = part(order, "0.02", 2)
    answer = Answer(status=OrderStatus.PARTIALLY_FILLED, fills=(first, second))
    known = frozenset({first.fill_id})
    after = some(answered(change.book, grown, answer, resting=resting, booked=known))
    assert after.fills == (second,)
    assert legs(after, OrderStatus.CANCELED) == legs(change, OrderStatus.INITIALIZED)
    assert legs(after, OrderStatus.INITIALIZED) == [(Leg.STOP, D("0.06")), (Leg.TARGET, D("0.06"))]
    assert held(after.book).protection.version == 2
    ids = [one.client_order_id for one in (*change.orders, *after.orders)]
    assert len(set(ids)) == 5, "the new version's orders have ids of their own"


def test_what_is_bought_while_a_cancel_is_asked_for_is_protected_and_stays_asked_for() -> None:
    book, order = a_resting_buy()
    asked = order.to(OrderStatus.ACCEPTED, AS_OF).to(OrderStatus.PENDING_CANCEL, AS_OF)
    answer = Answer(status=OrderStatus.PARTIALLY_FILLED, fills=(part(order, "0.04"),))
    change = some(answered(book, asked, answer))
    assert change.orders[0].status is OrderStatus.PENDING_CANCEL
    assert Leg.STOP in {one.leg for one in change.orders}


def protected_book() -> tuple[Book, Order, Order]:
    book = a_holding_book()
    stop, target = a_stop(), a_target()
    for order in (stop, target):
        book, _ = book.intended(order, AS_OF)
    return book, stop, target


def test_a_stop_that_fills_closes_the_trip_and_cancels_the_target() -> None:
    book, stop, target = protected_book()
    sent = stop.sent(LATER)
    fill = a_trading_fill(sent, price=D(9_500))
    answer = Answer(status=OrderStatus.FILLED, fills=(fill,))
    change = some(answered(book.sending(sent), sent, answer, resting=(target,)))
    assert change.book.flat
    (gone,) = [one for one in change.orders if one.leg is Leg.TARGET]
    assert (gone.status, gone.reason) == (OrderStatus.CANCELED, booking.POSITION_CLOSED)
    (trip,) = [one for one in change.events if one.type == "round_trip_closed"]
    assert (trip.data["net"], trip.data["exit_reason"], trip.data["r"]) == ("-50", "stop", "-1")


def test_a_stop_that_trailed_says_so() -> None:
    book = a_holding_book(a_protection(trailed=True))
    assert booking.exit_reason(a_stop(), book.position) == "trail"
    assert booking.exit_reason(a_target(), book.position) == "target"
    assert booking.exit_reason(a_sale(reason="time_stop"), book.position) == "time_stop"


def test_a_part_sale_is_followed_by_the_protection_of_the_rest() -> None:
    book, stop, target = protected_book()
    sent = stop.sent(LATER)
    answer = Answer(status=OrderStatus.EXPIRED, fills=(part(sent, "0.07"),))
    change = some(answered(book.sending(sent), sent, answer, resting=(target,)))
    rest = D("0.03")
    assert legs(change, OrderStatus.INITIALIZED) == [(Leg.STOP, rest), (Leg.TARGET, rest)]
    assert held(change.book).quantity == rest
    assert all(one.type != "round_trip_closed" for one in change.events)


@pytest.mark.parametrize("status", [OrderStatus.REJECTED, OrderStatus.CANCELED])
def test_a_stop_that_came_to_nothing_is_replaced_within_the_same_change(
    status: OrderStatus,
) -> None:
    book, stop, target = protected_book()
    sent = stop.sent(LATER).to(OrderStatus.SUBMIT_UNKNOWN, LATER)
    change = some(answered(book.sending(sent), sent, Answer(status=status), resting=(target,)))
    whole = D("0.1")
    assert legs(change, OrderStatus.INITIALIZED) == [(Leg.STOP, whole), (Leg.TARGET, whole)]
    assert held(change.book).protection.version == 2
    assert change.book.in_flight == ()


def test_a_fill_of_a_cancelled_order_is_booked_late_and_tagged() -> None:
    book, order = a_sent_buy()
    book, gone, _ = booking.cancelled(book, [order], "VANISHED", AS_OF)
    fill = a_trading_fill(order)
    change = some(answered(book, gone[0], Answer(status=OrderStatus.FILLED, fills=(fill,))))
    assert change.orders[0].tags == ("LATE_FILL",)
    assert held(change.book).quantity == D("0.1")
    assert Leg.STOP in {one.leg for one in change.orders}


def test_a_final_order_is_not_taken_back() -> None:
    book, order = a_sent_buy()
    fill = a_trading_fill(order)
    change = some(answered(book, order, Answer(status=OrderStatus.FILLED, fills=(fill,))))
    with pytest.raises(IllegalTransition):
        answered(
            change.book,
            change.orders[0],
            Answer(status=OrderStatus.ACCEPTED, fills=(fill,)),
            booked=frozenset({fill.fill_id}),
        )


def test_the_same_answer_twice_gives_the_same_ids() -> None:
    book, order = a_sent_buy()
    answer = Answer(status=OrderStatus.FILLED, fills=(a_trading_fill(order),))
    assert answered(book, order, answer) == answered(book, order, answer)


def test_an_unknown_order_counts_its_look_ups_and_is_told_once_each() -> None:
    book, order = a_sent_buy()
    first = booking.unknown(book, order, LATER)
    second = booking.unknown(first.book, first.orders[0], LATER)
    assert [change.orders[0].look_ups for change in (first, second)] == [0, 1]
    assert first.events[0].event_id != second.events[0].event_id


def test_a_denied_order_is_final_and_reserves_nothing() -> None:
    order = a_buy(sent_at=None, reserved=D(0))
    change = booking.denial(a_funded_book(), order, "DAILY_LOSS", AS_OF, ())
    (denied,) = change.orders
    assert (denied.status, denied.reason, denied.sent_at) == (
        OrderStatus.DENIED,
        "DAILY_LOSS",
        None,
    )
    assert change.book.balances == a_funded_book().balances
    assert not change.entry


def test_new_protection_replaces_the_old_for_candles_from_a_moment_on() -> None:
    book, stop, target = protected_book()
    raised = held(book).protection.raised(D(9_800))
    change = booking.protected_anew(
        book, raised, rules=RULES, resting=(stop, target), at=LATER, since=LATER
    )
    new = [one for one in change.orders if one.status is OrderStatus.INITIALIZED]
    assert [(one.leg, one.trigger, one.created_at) for one in new] == [
        (Leg.STOP, D(9_800), LATER),
        (Leg.TARGET, D(11_000), LATER),
    ]
    assert held(change.book).checked_to == LATER
    with pytest.raises(ValueError, match="nothing to protect"):
        booking.protected_anew(
            a_funded_book(), raised, rules=RULES, resting=(), at=LATER, since=LATER
        )


def test_a_plan_is_not_lost_with_a_refused_part() -> None:
    """A second part of one entry keeps the protection that stands, not the plan's first."""
    book, order = a_resting_buy()
    first = part(order, "0.04")
    change = some(
        answered(book, order, Answer(status=OrderStatus.PARTIALLY_FILLED, fills=(first,)))
    )
    raised = held(change.book).protection.raised(D(9_900))
    resting = tuple(one for one in change.orders[1:])
    moved = booking.protected_anew(
        change.book, raised, rules=RULES, resting=resting, at=LATER, since=LATER
    )
    answer = Answer(status=OrderStatus.FILLED, fills=(first, part(order, "0.06", 2)))
    stops = tuple(one for one in moved.orders if one.status is OrderStatus.INITIALIZED)
    after = some(
        answered(
            moved.book,
            change.orders[0],
            answer,
            resting=stops,
            booked=frozenset({first.fill_id}),
        )
    )
    assert held(after.book).protection.stop == D(9_900)
    assert a_plan().protection.stop == D(9_500)
    assert legs(after, OrderStatus.INITIALIZED) == [(Leg.STOP, D("0.1")), (Leg.TARGET, D("0.1"))]
