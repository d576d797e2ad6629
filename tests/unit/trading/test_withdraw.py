"""Resting entries of a bot that may not enter: cancelled, and what they had bought protected."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import OutcomeUnknown
from nightdesk.market.instruments import Rules
from nightdesk.trading.mandate import Mandate
from nightdesk.trading.order import Answer, HeldBy, Order, OrderStatus, OrderType, TimeInForce
from nightdesk.trading.ports import Exchange
from tests.builders.trading import a_buy, a_plan, a_protection
from tests.fakes.desk import OWNER, MemoryDesk

D = Decimal
SENT = from_iso("2018-11-04T00:00:00Z")
"""The day opens at 198.78, falls to 197.61 and trades 27,729.64 ETH."""
DAY = timedelta(days=1)


@pytest.fixture
def memory() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def mandate(memory: MemoryDesk) -> Mandate:
    return memory.bot(capital="500000", at=SENT)


def rest(memory: MemoryDesk, mandate: Mandate, *, price: str, **changes: Any) -> Order:
    """Leave a limit buy of 2,000 ETH with the venue, and block the bot's entries."""
    protection = a_protection(stop=D(150), target=None)
    fields: dict[str, Any] = {
        "owner": mandate.owner,
        "bot_id": mandate.bot_id,
        "instrument_id": mandate.instrument_id,
        "type": OrderType.LIMIT,
        "price": D(price),
        "time_in_force": TimeInForce.GTC,
        "quantity": D(2000),
        "reference": D("198.78"),
        "reserved": D(400_000),
        "plan": a_plan(protection=protection),
        "status": OrderStatus.ACCEPTED,
        "created_at": SENT,
        "sent_at": SENT,
        "updated_at": SENT,
        "version": 1,
    }
    order = a_buy(**(fields | changes))
    key = (mandate.owner, mandate.bot_id)
    book, postings = memory.desk.kept[key].intended(order, SENT)
    memory.desk.kept[key] = replace(book, entries_blocked="BOT_NOT_ACTIVE")
    for posting in postings:
        memory.desk.kept_postings[*key, str(posting.posting_id)] = posting
    memory.desk.kept_orders[*key, str(order.client_order_id)] = order
    return order


def stored(memory: MemoryDesk, order: Order) -> Order:
    return memory.desk.order(order.owner, order.bot_id, order.client_order_id)


@pytest.mark.parametrize("protect_only", [False, True])
def test_a_resting_entry_of_a_blocked_bot_is_cancelled_and_its_cash_freed(
    memory: MemoryDesk, mandate: Mandate, *, protect_only: bool
) -> None:
    order = rest(memory, mandate, price="190")
    memory.cycle(SENT + DAY, protect_only=protect_only)
    gone = stored(memory, order)
    assert (gone.status, gone.reason) == (OrderStatus.CANCELED, "BOT_NOT_ACTIVE")
    book = memory.desk.book(OWNER, mandate.bot_id)
    assert book.flat
    assert (book.cash, book.reserved, book.in_flight) == (D(500_000), D(0), ())
    assert memory.desk.events[-1].data["status"] == "CANCELED"


def test_an_entry_that_the_desk_holds_is_dropped_without_asking_the_venue(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    held: dict[str, Any] = {
        "held_by": HeldBy.DESK,
        "sent_at": None,
        "status": OrderStatus.INITIALIZED,
    }
    order = rest(memory, mandate, price="190", **held)
    silent = replace(memory.trade, exchange=lambda timeframe: Silent(memory.exchange(timeframe)))
    run(memory, silent, mandate, SENT + DAY)
    assert stored(memory, order).status is OrderStatus.CANCELED
    assert memory.desk.book(OWNER, mandate.bot_id).reserved == 0


def test_what_an_entry_bought_before_its_cancel_stays_and_is_protected(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    order = rest(memory, mandate, price="197.70")
    memory.cycle(SENT + DAY)
    gone = stored(memory, order)
    assert gone.status is OrderStatus.CANCELED
    assert gone.filled == D("1386.482")  # 5 % of the day's volume
    book = memory.desk.book(OWNER, mandate.bot_id)
    assert book.position is not None
    assert book.position.quantity == gone.filled
    assert book.reserved == 0
    (stop,) = memory.desk.orders(OWNER, mandate.bot_id, book.open_orders)
    assert (stop.leg, stop.trigger, stop.quantity) == ("stop", D(150), gone.filled)


def test_a_bot_that_may_enter_keeps_its_resting_entry(memory: MemoryDesk, mandate: Mandate) -> None:
    order = rest(memory, mandate, price="190")
    key = (mandate.owner, mandate.bot_id)
    memory.desk.kept[key] = replace(memory.desk.kept[key], entries_blocked=None)
    memory.cycle(SENT + DAY)
    assert stored(memory, order).status is OrderStatus.ACCEPTED


@pytest.mark.parametrize("status", [OrderStatus.SUBMITTED, OrderStatus.SUBMIT_UNKNOWN])
def test_an_entry_that_may_never_have_arrived_is_not_cancelled_blindly(
    memory: MemoryDesk, mandate: Mandate, status: OrderStatus
) -> None:
    order = rest(memory, mandate, price="190", status=status)
    lost = replace(memory.trade, exchange=lambda timeframe: Absent(memory.exchange(timeframe)))
    run(memory, lost, mandate, SENT + timedelta(seconds=30))
    assert stored(memory, order).status is OrderStatus.SUBMIT_UNKNOWN


def test_a_cancel_without_an_answer_keeps_nothing_else_waiting_and_is_asked_again(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    order = rest(memory, mandate, price="197.70")
    silent = replace(memory.trade, exchange=lambda timeframe: Silent(memory.exchange(timeframe)))
    run(memory, silent, mandate, SENT + DAY)
    assert stored(memory, order).status is OrderStatus.PENDING_CANCEL
    book = memory.desk.book(OWNER, mandate.bot_id)
    legs = [one.leg for one in memory.desk.orders(OWNER, mandate.bot_id, book.open_orders)]
    assert legs == ["entry", "stop"]
    memory.cycle(SENT + DAY, protect_only=True)
    gone = stored(memory, order)
    assert (gone.status, gone.filled) == (OrderStatus.CANCELED, D("1386.482"))


def test_a_sell_is_never_withdrawn(memory: MemoryDesk, mandate: Mandate) -> None:
    rest(memory, mandate, price="197.70")
    memory.cycle(SENT + DAY)
    memory.cycle(SENT + 2 * DAY)
    book = memory.desk.book(OWNER, mandate.bot_id)
    assert len(book.open_orders) == 1
    assert book.position is not None


def run(memory: MemoryDesk, trade: Any, mandate: Mandate, as_of: datetime) -> None:
    memory.rules.as_of = as_of
    market = (mandate.instrument_id, mandate.timeframe)
    done = trade({market: ()}, as_of=as_of, now=as_of, holder="worker", protect_only=True)
    assert (done.busy, done.failed) == (0, 0)


@dataclass(frozen=True)
class Silent:
    """An exchange that answers everything but a cancel."""

    real: Exchange

    def submit(self, order: Order, rules: Rules) -> Answer:
        return self.real.submit(order, rules)

    def look_up(self, order: Order, rules: Rules) -> Answer | None:
        return self.real.look_up(order, rules)

    def cancel(self, order: Order, rules: Rules) -> Answer:
        raise OutcomeUnknown("no answer")


class Absent(Silent):
    """An exchange that knows nothing of any order."""

    def look_up(self, order: Order, rules: Rules) -> Answer | None:
        return None
