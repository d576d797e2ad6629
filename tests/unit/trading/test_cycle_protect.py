"""Protecting one position: missing legs, stop and target fired, what is too little to sell."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.core.errors import OutcomeUnknown
from nightdesk.market.candles import Candles
from nightdesk.market.instruments import Quote, Rules
from nightdesk.trading.book import Book
from nightdesk.trading.execution import EXIT_TRIES, Execute, Work
from nightdesk.trading.order import Answer, Leg, Order, OrderStatus, Side
from nightdesk.trading.ports import Change
from tests.builders.trading import (
    AS_OF,
    BOT,
    OWNER,
    Bar,
    a_buy,
    a_holding_book,
    a_quote,
    a_stop,
    a_target,
    a_trading_fill,
    held,
    some_candles,
    trading_rules,
)
from tests.fakes.clock import FakeClock
from tests.fakes.trading import FakeDesk, FakeLeases

D = Decimal
HOUR = timedelta(hours=1)
CALM: Bar = (10_000, 10_100, 9_900, 10_050, 100)
DOWN: Bar = (10_000, 10_010, 9_400, 9_600, 100)
UP: Bar = (10_000, 11_200, 9_990, 11_100, 100)


@dataclass
class Venue:
    """Fills every order whole, unless an answer stands ready."""

    ready: list[Answer | None] = field(default_factory=list)
    """None: the answer is lost, and the order never arrived."""
    sent: list[Order] = field(default_factory=list)

    def submit(self, order: Order, rules: Rules) -> Answer:
        self.sent.append(order)
        if not self.ready:
            return Answer(status=OrderStatus.FILLED, fills=(a_trading_fill(order),))
        answer = self.ready.pop(0)
        if answer is None:
            raise OutcomeUnknown("no answer")
        return answer

    def look_up(self, order: Order, rules: Rules) -> Answer | None:
        return None

    def cancel(self, order: Order, rules: Rules) -> Answer:
        return Answer(status=OrderStatus.CANCELED)


REFUSED = Answer(status=OrderStatus.REJECTED, reason="SIMULATED_REJECTION")


def a_work(book: Book, orders: Sequence[Order] = ()) -> Work:
    """Put a book and its resting orders on a desk, under a lease."""
    leases = FakeLeases(FakeClock(AS_OF))
    desk = FakeDesk(leases)
    for order in orders:
        book, _ = book.intended(order, AS_OF)
    lease = leases.take(OWNER, BOT, "worker", AS_OF)
    book = desk.commit(Change(book=book, orders=tuple(orders)), lease)
    stored = {one.client_order_id: one for one in desk.kept_orders.values()}
    return Work(desk=desk, lease=lease, rules=trading_rules(), book=book, orders=stored)


def protect(
    work: Work, venue: Venue, bars: Sequence[Bar] = (CALM,), quote: Quote | None = None
) -> None:
    candles: Candles = some_candles(bars)
    at = AS_OF + len(bars) * HOUR
    Execute(venue).protect(work, candles=candles, atr=None, quote=quote, at=at)


def waiting(work: Work) -> list[tuple[Leg, Decimal | None]]:
    return sorted((order.leg, order.trigger) for order in work.resting())


BOTH = [(Leg.STOP, D(9_500)), (Leg.TARGET, D(11_000))]


@pytest.mark.parametrize("there", [[], [a_target()], [a_stop()]], ids=["both", "stop", "target"])
def test_a_leg_that_is_missing_comes_back_under_the_next_version(there: list[Order]) -> None:
    work, venue = a_work(a_holding_book(), there), Venue()
    protect(work, venue)
    assert waiting(work) == BOTH
    assert held(work.book).protection.version == 2
    assert venue.sent == []


@pytest.mark.parametrize(("bar", "leg"), [(DOWN, Leg.STOP), (UP, Leg.TARGET)])
@pytest.mark.parametrize("there", [[], [a_target()], [a_stop()]], ids=["both", "stop", "target"])
def test_a_leg_that_was_missing_fires_in_the_same_pass_if_it_was_reached(
    there: list[Order], bar: Bar, leg: Leg
) -> None:
    work, venue = a_work(a_holding_book(), there), Venue()
    protect(work, venue, [CALM, bar])
    assert [order.leg for order in venue.sent] == [leg]
    assert work.book.flat


def test_the_price_right_now_fires_a_leg_in_a_watch_pass() -> None:
    for last, leg in (("9500", Leg.STOP), ("11000", Leg.TARGET)):
        work, venue = a_work(a_holding_book(), [a_stop(), a_target()]), Venue()
        protect(work, venue, quote=a_quote(last))
        assert [order.leg for order in venue.sent] == [leg]
        assert work.book.flat
    work, venue = a_work(a_holding_book(), [a_stop(), a_target()]), Venue()
    protect(work, venue, quote=a_quote("9500.01"))
    assert venue.sent == []


def test_a_stop_that_is_refused_is_followed_by_a_market_sale() -> None:
    work, venue = a_work(a_holding_book(), [a_stop(), a_target()]), Venue([REFUSED])
    protect(work, venue, [DOWN])
    assert [(order.leg, order.reason) for order in venue.sent] == [
        (Leg.STOP, None),
        (Leg.EXIT, "stop"),
    ]
    assert work.book.flat


def test_a_sale_refused_each_time_stays_protected_and_is_tried_at_the_next_pass() -> None:
    work, venue = a_work(a_holding_book(), [a_stop(), a_target()]), Venue([REFUSED] * 4)
    protect(work, venue, [DOWN])
    assert len(venue.sent) == 1 + EXIT_TRIES
    assert len({order.client_order_id for order in venue.sent}) == len(venue.sent)
    assert waiting(work) == BOTH
    assert held(work.book).protection.leaving == "stop"
    protect(work, venue, [DOWN, CALM])
    assert work.book.flat


def test_a_sale_whose_answer_is_lost_is_not_sent_again_by_the_same_pass() -> None:
    work, venue = a_work(a_holding_book(), [a_stop(), a_target()]), Venue([None])
    protect(work, venue, [DOWN])
    protect(work, venue, [DOWN, DOWN])
    assert len(venue.sent) == 1
    assert work.selling


def test_a_stop_that_never_arrived_is_sold_at_market_once_that_is_sure() -> None:
    work, venue = a_work(a_holding_book(), [a_stop(), a_target()]), Venue([None])
    protect(work, venue, [DOWN])
    for minute in (1, 2, 3):
        assert len(venue.sent) == 1
        Execute(venue).resolve(work, AS_OF + HOUR + timedelta(minutes=minute))
    assert [order.leg for order in venue.sent] == [Leg.STOP, Leg.EXIT]
    assert work.book.flat


def test_a_lost_entry_is_never_sent_again() -> None:
    book, order = a_holding_book(), a_buy(client_order_id="nd-more")
    work, venue = a_work(replace(book, position=None), []), Venue([None])
    execute = Execute(venue)
    execute.place(work, replace(order, sent_at=None), AS_OF)
    for minute in (1, 2, 3, 4):
        execute.resolve(work, AS_OF + timedelta(minutes=minute))
    assert len(venue.sent) == 1
    gone = work.desk.order(OWNER, BOT, order.client_order_id)
    assert (gone.status, gone.reason) == (OrderStatus.CANCELED, "NEVER_REACHED_VENUE")
    assert work.book.reserved == 0


def test_a_remainder_below_the_lot_is_left_in_peace() -> None:
    book = a_holding_book()
    small = replace(book, position=replace(held(book), quantity=D("1e-9")))
    work, venue = a_work(small), Venue()
    for bars in ([CALM], [CALM, DOWN], [CALM, DOWN, UP]):
        protect(work, venue, bars)
    assert work.book.version == 1
    assert venue.sent == []


def test_a_sale_pending_keeps_every_other_leg_waiting() -> None:
    work, venue = a_work(a_holding_book(), [a_stop(), a_target()]), Venue([None])
    protect(work, venue, [UP])
    protect(work, venue, [UP, DOWN])
    assert [order.leg for order in venue.sent] == [Leg.TARGET]
    assert waiting(work) == [(Leg.STOP, D(9_500))]
    assert all(order.side is Side.SELL for order in work.unresolved)
