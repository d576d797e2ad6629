"""What trading's writes and reads cost, as an emulator counts it, against operations §9."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.adapters.dynamo.connection import Consumed, measured
from nightdesk.adapters.dynamo.decisions import DecisionItem, DynamoDecisions
from nightdesk.adapters.dynamo.desk import DynamoDesk
from nightdesk.adapters.dynamo.equity import DynamoEquity
from nightdesk.adapters.dynamo.gates import DynamoGates
from nightdesk.adapters.dynamo.leases import DynamoLeases
from nightdesk.core.ids import BotId, UserId
from nightdesk.trading.book import Book
from nightdesk.trading.booking import answered, intent, sending
from nightdesk.trading.order import Answer, Order, OrderStatus
from nightdesk.trading.ports import Change, Lease
from tests.builders.decisions import a_hold, an_entry, an_equity_point
from tests.builders.trading import AS_OF, a_buy, a_trading_fill, an_empty_book, trading_rules
from tests.fakes.clock import FakeClock

OWNER = UserId("01J9Z3K4M5N6P7Q8R9S0T1V2W3")
BOT = BotId("bot_01J9Z3K4M5N6P7Q8R9S0T1V2W4")
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(bound_tables: None, clock: FakeClock) -> DynamoDesk:
    return DynamoDesk(clock)


@pytest.fixture
def leases(bound_tables: None, clock: FakeClock) -> DynamoLeases:
    return DynamoLeases(clock)


@pytest.fixture
def funded(desk: DynamoDesk, leases: DynamoLeases) -> Book:
    empty = an_empty_book(owner=OWNER, bot_id=BOT)
    book, posting = empty.funded("deposit:1", a_buy().reference, AS_OF)
    lease = leases.take(OWNER, BOT, "worker-0", AS_OF)
    book = desk.commit(Change(book=book, postings=(posting,)), lease)
    leases.free(lease)
    return book


@pytest.fixture
def units(desk: DynamoDesk, funded: Book) -> Iterator[Consumed]:
    with measured() as consumed:
        yield consumed


def entered(desk: DynamoDesk, book: Book, lease: Lease) -> tuple[Book, tuple[Order, ...]]:
    """Send a buy and book its fill, which leaves a stop and a target at the desk."""
    buy = a_buy(owner=OWNER, bot_id=BOT, sent_at=None)
    book = desk.commit(intent(book, buy, AS_OF), lease)
    change = filled(book, replace(buy, version=1, sent_at=AS_OF), ())
    return desk.commit(change, lease), change.orders[1:]


def stopped(desk: DynamoDesk, book: Book, lease: Lease, resting: tuple[Order, ...]) -> Book:
    """Send the stop and book its fill, which closes the round trip."""
    stop, target = (replace(order, version=1) for order in resting)
    book = desk.commit(sending(book, stop, AS_OF + HOUR), lease)
    return desk.commit(filled(book, replace(stop, version=2), (target,)), lease)


def filled(book: Book, order: Order, resting: tuple[Order, ...]) -> Change:
    answer = Answer(status=OrderStatus.FILLED, fills=(a_trading_fill(order),))
    change = answered(
        book,
        order,
        answer,
        rules=trading_rules(),
        booked=frozenset(),
        resting=resting,
        at=AS_OF + HOUR,
    )
    assert change is not None
    return change


def test_a_paper_round_trip_costs_at_most_80_write_units(
    desk: DynamoDesk, leases: DynamoLeases, funded: Book, units: Consumed, clock: FakeClock
) -> None:
    equity = DynamoEquity()
    lease = leases.take(OWNER, BOT, "worker-1", AS_OF)
    DynamoDecisions(clock).put(an_entry(owner=OWNER, bot_id=BOT))
    book, resting = entered(desk, funded, lease)
    leases.free(lease)
    equity.put([an_equity_point(AS_OF, owner=OWNER, bot_id=BOT)])
    lease = leases.take(OWNER, BOT, "worker-2", AS_OF)
    book = stopped(desk, book, lease, resting)
    leases.free(lease)
    equity.put([an_equity_point(AS_OF + HOUR, owner=OWNER, bot_id=BOT)])
    assert book.position is None
    assert book.tally.trips == 1
    assert units.write_units <= 80


def test_a_bot_cycle_without_trade_costs_at_most_8_write_and_6_read_units(
    desk: DynamoDesk, leases: DynamoLeases, funded: Book, units: Consumed, clock: FakeClock
) -> None:
    lease = leases.take(OWNER, BOT, "worker-1", AS_OF)
    desk.books([(OWNER, BOT)])
    DynamoEquity().latest(OWNER, BOT)
    DynamoGates().shut_of([OWNER])
    DynamoGates().shut(OWNER)
    DynamoDecisions(clock).put(a_hold(owner=OWNER, bot_id=BOT))
    DynamoEquity().put([an_equity_point(owner=OWNER, bot_id=BOT)])
    leases.free(lease)
    assert units.write_units <= 8
    assert units.read_units <= 6


def test_holding_a_position_keeps_the_book_in_one_kilobyte(
    desk: DynamoDesk, leases: DynamoLeases, funded: Book, units: Consumed
) -> None:
    lease = leases.take(OWNER, BOT, "worker-1", AS_OF)
    book, _ = entered(desk, funded, lease)
    with measured() as moved:
        desk.commit(Change(book=replace(book, updated_at=AS_OF + HOUR)), lease)
    # the book twice in a transaction, its place in the index, the lease's check
    assert moved.write_units == 5
    assert units.write_units > moved.write_units


def size(item: DecisionItem) -> int:
    """Return bytes as DynamoDB counts them for text, numbers and bytes."""
    return sum(
        len(name) + len(value if isinstance(value, bytes) else str(value).encode())
        for name, typed in item.serialize().items()
        for value in typed.values()
    )


def test_a_decision_to_hold_is_one_unit_and_one_to_enter_at_most_three() -> None:
    clock = FakeClock()
    hold = DecisionItem.from_domain(a_hold(owner=OWNER, bot_id=BOT), clock.now())
    entry = DecisionItem.from_domain(an_entry(owner=OWNER, bot_id=BOT), clock.now())
    assert size(hold) <= 1024
    assert size(entry) <= 3 * 1024
