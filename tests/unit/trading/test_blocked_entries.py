"""A pause in the middle of a worker's turn: no entry after it, and exits all the same."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.trading.book import Book
from nightdesk.trading.mandate import Mandate
from nightdesk.trading.order import OrderStatus
from nightdesk.trading.ports import Change, Lease
from nightdesk.trading.trade_bots import TradeBots
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.trading import FakeDesk

ENTRY_DAY = from_iso("2019-02-11T00:00:00Z")
"""donchian@1 buys ETH at this midnight of the record."""
DAY = timedelta(days=1)


@dataclass
class Disturbed(FakeDesk):
    """A desk on which somebody else writes just before some of the worker's commits."""

    before: Callable[[FakeDesk, Change], None] = field(kw_only=True)

    def commit(self, change: Change, lease: Lease) -> Book:
        self.before(self, change)
        return FakeDesk.commit(self, change, lease)


@pytest.fixture
def memory() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
def mandate(memory: MemoryDesk) -> Mandate:
    return memory.bot()


def disturbed(memory: MemoryDesk, before: Callable[[FakeDesk, Change], None]) -> TradeBots:
    """Return the use case over the same books, with `before` at each commit."""
    calm = memory.desk
    desk = Disturbed(leases=memory.leases, gates=memory.gates, before=before)
    desk.kept, desk.kept_orders = calm.kept, calm.kept_orders
    desk.kept_fills, desk.kept_postings = calm.kept_fills, calm.kept_postings
    return replace(memory.trade, desk=desk)


def pause(desk: FakeDesk, book: Book) -> None:
    """Write what a pause writes on the book."""
    key = (book.owner, book.bot_id)
    stands = desk.kept[key]
    desk.kept[key] = replace(stands, entries_blocked="BOT_NOT_ACTIVE", version=stands.version + 1)


def once(what: Callable[[FakeDesk, Change], bool]) -> Callable[[FakeDesk, Change], None]:
    """Return what pauses the bot before the first commit that `what` is true of."""
    done: list[bool] = []

    def before(desk: FakeDesk, change: Change) -> None:
        if not done and what(desk, change):
            done.append(True)
            pause(desk, change.book)

    return before


def run(trade: TradeBots, memory: MemoryDesk, mandate: Mandate, as_of: datetime) -> dict[str, int]:
    memory.rules.as_of = as_of
    market = (mandate.instrument_id, mandate.timeframe)
    done = trade({market: ()}, as_of=as_of, now=as_of, holder="worker")
    names = ("bots", "busy", "failed", "decisions", "entries", "exits", "denied", "fills")
    return {name: count for name in names if (count := getattr(done, name))}


def statuses(memory: MemoryDesk) -> list[tuple[OrderStatus, str | None]]:
    return [(order.status, order.reason) for order in memory.desk.kept_orders.values()]


def test_a_pause_between_read_and_entry_denies_the_entry_that_was_approved(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    trade = disturbed(memory, once(lambda desk, change: change.entry))
    counts = run(trade, memory, mandate, ENTRY_DAY)
    assert counts == {"bots": 1, "decisions": 1, "entries": 1}
    assert statuses(memory) == [(OrderStatus.DENIED, "BOT_NOT_ACTIVE")]
    book = memory.desk.book(OWNER, mandate.bot_id)
    assert book.position is None
    assert book.open_orders == ()
    assert book.reserved == 0
    assert book.entries_blocked == "BOT_NOT_ACTIVE"


def test_a_bot_whose_index_still_calls_it_active_does_not_enter(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    pause(memory.desk, memory.desk.book(OWNER, mandate.bot_id))
    assert mandate.entries_blocked is None
    counts = run(memory.trade, memory, mandate, ENTRY_DAY)
    assert counts == {"bots": 1, "decisions": 1, "denied": 1}
    assert statuses(memory) == [(OrderStatus.DENIED, "BOT_NOT_ACTIVE")]


def test_a_mandate_that_blocks_entries_does_so_over_an_open_book(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    memory.bots.mandates[:] = [replace(mandate, entries_blocked="STATE_HALTED")]
    run(memory.trade, memory, mandate, ENTRY_DAY)
    assert statuses(memory) == [(OrderStatus.DENIED, "STATE_HALTED")]


def test_a_pause_between_entry_and_its_booking_leaves_the_position_protected(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    trade = disturbed(memory, once(lambda desk, change: bool(change.fills)))
    counts = run(trade, memory, mandate, ENTRY_DAY)
    assert counts == {"bots": 1, "decisions": 1, "entries": 1, "fills": 1}
    book = memory.desk.book(OWNER, mandate.bot_id)
    assert book.position is not None
    legs = {order.leg for order in memory.desk.orders(OWNER, mandate.bot_id, book.open_orders)}
    assert "stop" in legs


def test_a_pause_between_read_and_exit_does_not_cost_the_exit(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    run(memory.trade, memory, mandate, ENTRY_DAY)
    exits = once(lambda desk, change: any(order.leg == "exit" for order in change.orders))
    trade = disturbed(memory, exits)
    as_of = ENTRY_DAY + DAY
    while memory.desk.book(OWNER, mandate.bot_id).position is not None:
        counts = run(trade, memory, mandate, as_of)
        assert counts.get("busy", 0) == counts.get("failed", 0) == 0
        as_of += DAY
        assert as_of < ENTRY_DAY + 90 * DAY
    assert memory.desk.book(OWNER, mandate.bot_id).entries_blocked == "BOT_NOT_ACTIVE"


def test_a_bot_that_others_keep_writing_to_is_busy_and_not_failed(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    trade = disturbed(memory, lambda desk, change: pause(desk, change.book))
    counts = run(trade, memory, mandate, ENTRY_DAY)
    assert counts == {"bots": 1, "busy": 1}
    assert memory.leases.held == {}
