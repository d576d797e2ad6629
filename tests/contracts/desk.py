"""What every Desk keeps to."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.core.errors import Conflict, Fenced, Missing, StaleWrite
from nightdesk.core.events import event
from nightdesk.core.ids import SYSTEM, BotId, ClientOrderId, UserId
from nightdesk.names import EventType
from nightdesk.trading.book import Book
from nightdesk.trading.order import Fill, Mode, Order, OrderStatus
from nightdesk.trading.ports import Change, Desk, Lease, Leases
from tests.builders.trading import (
    AS_OF,
    BOT,
    OWNER,
    a_buy,
    a_sale,
    a_stop,
    a_trading_fill,
    an_empty_book,
)

OTHER = UserId("usr_2")
BOT_2 = BotId("bot_2")
SECOND = timedelta(seconds=1)
Shut = Callable[[UserId, str], None]
ListBot = Callable[[UserId, BotId, str], None]


def an_opening(bot_id: BotId = BOT, owner: UserId = OWNER) -> Change:
    """Return the change that gives a new bot 10,000."""
    empty = an_empty_book(bot_id=bot_id, owner=owner)
    book, posting = empty.funded("deposit:1", a_buy().reference, AS_OF)
    created = event(owner, EventType.CAPITAL_POSTED, AS_OF, {"amount": "10000"}, cause=bot_id)
    return Change(book=book, postings=(posting,), events=(created,))


def an_intent(book: Book, order: Order | None = None) -> Change:
    """Return the change that stores a buy before it is sent."""
    order = order or a_buy(owner=book.owner, bot_id=book.bot_id)
    after, postings = book.intended(order, AS_OF)
    return Change(book=after, orders=(order,), postings=postings, entry=True)


def a_booking(book: Book, order: Order) -> Change:
    """Return the change that books the whole fill of an order."""
    fill = a_trading_fill(order)
    bought, filled, posting = book.bought(order.with_fill(fill, fill.at), fill)
    after, final, freed = bought.finished(filled, fill.at)
    return Change(book=after, orders=(final,), fills=(fill,), postings=(posting, *freed))


class DeskContract:
    @pytest.fixture
    def lease(self, leases: Leases) -> Lease:
        return leases.take(OWNER, BOT, "worker", AS_OF)

    @pytest.fixture
    def book(self, desk: Desk, lease: Lease) -> Book:
        """Return the book of a bot with 10,000 of capital."""
        return desk.commit(an_opening(), lease)

    @pytest.fixture
    def held(self, desk: Desk, lease: Lease, book: Book) -> Book:
        """Return the book after a buy was sent and filled."""
        sent = desk.commit(an_intent(book), lease)
        return desk.commit(a_booking(sent, a_buy(version=1)), lease)

    def test_a_book_that_is_not_there_is_missing(self, desk: Desk) -> None:
        with pytest.raises(Missing):
            desk.book(OWNER, BOT)

    def test_commit_then_read_gives_the_book_at_its_next_version(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        assert book == replace(an_opening().book, version=1, fence=lease.fence)
        assert desk.book(OWNER, BOT) == book

    def test_a_round_of_intent_and_booking_reads_back_as_it_was_written(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        sent = desk.commit(intent := an_intent(book), lease)
        stored = desk.order(OWNER, BOT, a_buy().client_order_id)
        assert stored == replace(intent.orders[0], version=1)
        booking = a_booking(sent, stored)
        after = desk.commit(booking, lease)
        assert desk.book(OWNER, BOT) == after == replace(booking.book, version=3, fence=lease.fence)
        assert desk.order(OWNER, BOT, stored.client_order_id) == replace(
            booking.orders[0], version=2
        )
        assert desk.fills_of(OWNER, BOT, stored.client_order_id) == list(booking.fills)
        postings = desk.postings_page(OWNER, BOT, limit=9, after=None).items
        wanted = (*an_opening().postings, *intent.postings, *booking.postings)
        assert sorted(postings, key=str) == sorted(wanted, key=str)

    def test_another_owner_finds_nothing(self, desk: Desk, held: Book) -> None:
        order_id = a_buy().client_order_id
        with pytest.raises(Missing):
            desk.book(OTHER, BOT)
        with pytest.raises(Missing):
            desk.order(OTHER, BOT, order_id)
        assert desk.books([(OTHER, BOT)]) == {}
        assert desk.orders(OTHER, BOT, [order_id]) == []
        assert desk.fills_of(OTHER, BOT, order_id) == []
        for page in (desk.orders_page, desk.fills_page, desk.postings_page):
            assert page(OTHER, BOT, limit=9, after=None).items == []
        assert desk.owner_orders_page(OTHER, limit=9, after=None).items == []
        assert desk.owner_fills_page(OTHER, limit=9, after=None).items == []
        assert desk.owner_books(OTHER, Mode.PAPER) == []

    def test_a_lease_of_another_bot_or_owner_writes_nothing(
        self, desk: Desk, leases: Leases, book: Book
    ) -> None:
        for owner, bot_id in ((OTHER, BOT), (OWNER, BOT_2)):
            with pytest.raises(Missing):
                desk.commit(an_intent(book), leases.take(owner, bot_id, "worker", AS_OF))
        assert desk.book(OWNER, BOT) == book

    def test_a_book_that_moved_meanwhile_is_stale(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        moved = desk.commit(Change(book=replace(book, updated_at=AS_OF + SECOND)), lease)
        with pytest.raises(StaleWrite):
            desk.commit(an_intent(book), lease)
        assert desk.book(OWNER, BOT) == moved
        assert desk.orders(OWNER, BOT, [a_buy().client_order_id]) == []

    def test_a_new_book_where_one_is_is_stale(self, desk: Desk, lease: Lease, book: Book) -> None:
        with pytest.raises(StaleWrite):
            desk.commit(Change(book=an_empty_book()), lease)
        assert desk.book(OWNER, BOT) == book

    def test_an_order_that_moved_meanwhile_is_stale_and_nothing_is_written(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        sent = desk.commit(an_intent(book), lease)
        with pytest.raises(StaleWrite):
            desk.commit(a_booking(sent, a_buy(version=0)), lease)
        with pytest.raises(StaleWrite):
            desk.commit(a_booking(sent, a_buy(version=2)), lease)
        assert desk.book(OWNER, BOT) == sent
        assert desk.fills_page(OWNER, BOT, limit=9, after=None).items == []

    def test_the_same_change_twice_is_written_once(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        sent = desk.commit(an_intent(book), lease)
        booking = a_booking(sent, a_buy(version=1))
        after = desk.commit(booking, lease)
        with suppress(StaleWrite):  # or the answer that was lost, for as long as it is known
            assert desk.commit(booking, lease) == after
        assert desk.book(OWNER, BOT) == after
        assert len(desk.fills_page(OWNER, BOT, limit=9, after=None).items) == 1

    def test_a_fill_that_is_booked_makes_another_change_with_it_stale(
        self, desk: Desk, lease: Lease, held: Book
    ) -> None:
        fill = a_trading_fill(a_buy())
        again = Change(book=replace(held, updated_at=AS_OF + SECOND), fills=(fill,))
        with pytest.raises(StaleWrite):
            desk.commit(again, lease)
        assert desk.book(OWNER, BOT) == held

    def test_a_posting_that_is_booked_makes_another_change_with_it_stale(
        self, desk: Desk, lease: Lease, held: Book
    ) -> None:
        again, posting = held.funded("deposit:1", a_buy().reference, AS_OF)
        with pytest.raises(StaleWrite):
            desk.commit(Change(book=again, postings=(posting,)), lease)
        assert desk.book(OWNER, BOT) == held

    def test_a_worker_whose_lease_passed_on_is_fenced(
        self, desk: Desk, leases: Leases, lease: Lease, book: Book
    ) -> None:
        leases.free(lease)
        with pytest.raises(Fenced):
            desk.commit(an_intent(book), lease)
        newer = leases.take(OWNER, BOT, "next", AS_OF)
        with pytest.raises(Fenced):
            desk.commit(an_intent(book), lease)
        assert desk.commit(an_intent(book), newer).fence == newer.fence

    def test_a_fenced_worker_hears_that_before_anything_else(
        self, desk: Desk, leases: Leases, lease: Lease, held: Book, shut_gate: Shut
    ) -> None:
        leases.free(lease)
        shut_gate(OWNER, "EMERGENCY_STOP")
        with pytest.raises(Fenced):
            desk.commit(an_intent(replace(held, version=1, position=None)), lease)

    @pytest.mark.parametrize(
        "shut",
        [
            (OWNER, "EMERGENCY_STOP"),
            (OWNER, "USER_BLOCKED"),
            (SYSTEM, "EMERGENCY_STOP"),
            (SYSTEM, "MAINTENANCE"),
        ],
    )
    def test_a_gate_shut_between_decision_and_intent_refuses_the_entry(
        self, desk: Desk, lease: Lease, book: Book, shut_gate: Shut, shut: tuple[UserId, str]
    ) -> None:
        shut_gate(*shut)
        with pytest.raises(Conflict) as refused:
            desk.commit(an_intent(book), lease)
        assert refused.value.code == shut[1]
        assert desk.book(OWNER, BOT) == book

    def test_a_shut_gate_lets_exits_through(
        self, desk: Desk, lease: Lease, held: Book, shut_gate: Shut
    ) -> None:
        shut_gate(OWNER, "EMERGENCY_STOP")
        shut_gate(SYSTEM, "EMERGENCY_STOP")
        after, _ = held.intended(a_stop(), AS_OF)
        assert desk.commit(Change(book=after, orders=(a_stop(),)), lease).version == 4

    def test_another_owners_shut_gate_does_not_matter(
        self, desk: Desk, lease: Lease, book: Book, shut_gate: Shut
    ) -> None:
        shut_gate(OTHER, "EMERGENCY_STOP")
        assert desk.commit(an_intent(book), lease).version == 2

    def test_books_gives_those_that_are_there(self, desk: Desk, leases: Leases, book: Book) -> None:
        other = desk.commit(an_opening(BOT, OTHER), leases.take(OTHER, BOT, "worker", AS_OF))
        found = desk.books([(OTHER, BOT), (OWNER, BOT), (OWNER, BOT_2), (OWNER, BOT)])
        assert found == {(OTHER, BOT): other, (OWNER, BOT): book}
        assert desk.books([]) == {}

    def test_owner_books_are_those_of_bots_not_retired_in_this_mode(
        self, desk: Desk, leases: Leases, book: Book, list_bot: ListBot
    ) -> None:
        second = desk.commit(an_opening(BOT_2), leases.take(OWNER, BOT_2, "worker", AS_OF))
        for bot_id, status in ((BOT, "active"), (BOT_2, "paused"), (BotId("bot_3"), "draft")):
            list_bot(OWNER, bot_id, status)
        found = desk.owner_books(OWNER, Mode.PAPER)
        assert sorted(found, key=lambda one: one.bot_id) == [book, second]
        assert desk.owner_books(OWNER, Mode.LIVE) == []
        list_bot(OWNER, BOT_2, "retired")
        assert desk.owner_books(OWNER, Mode.PAPER) == [book]

    def test_books_of_an_account_are_those_of_all_bots_there_ever_were(
        self, desk: Desk, leases: Leases, book: Book, list_bot: ListBot
    ) -> None:
        second = desk.commit(an_opening(BOT_2), leases.take(OWNER, BOT_2, "worker", AS_OF))
        desk.commit(an_opening(BOT, OTHER), leases.take(OTHER, BOT, "worker", AS_OF))
        for bot_id, status in ((BOT, "active"), (BOT_2, "retired")):
            list_bot(OWNER, bot_id, status)
        found = desk.account_books(OWNER, Mode.PAPER, book.quote)
        assert sorted(found, key=lambda one: one.bot_id) == [book, second]
        assert desk.account_books(OWNER, Mode.LIVE, book.quote) == []
        assert desk.account_books(OWNER, Mode.PAPER, "JPY") == []

    def test_orders_are_given_in_the_order_asked_without_the_missing(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        orders = tuple(a_stop(client_order_id=ClientOrderId(f"nd-{n}")) for n in range(3))
        desk.commit(Change(book=book, orders=orders), lease)
        wanted = [ClientOrderId(f"nd-{n}") for n in (2, 7, 0)]
        found = desk.orders(OWNER, BOT, wanted)
        assert [order.client_order_id for order in found] == ["nd-2", "nd-0"]
        assert found[0] == replace(orders[2], version=1)
        assert desk.orders(OWNER, BOT, []) == []

    def test_more_orders_than_one_batch_are_all_read(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        ids = [ClientOrderId(f"nd-{n:03d}") for n in range(120)]
        for start in (0, 40, 80):
            orders = tuple(a_stop(client_order_id=one) for one in ids[start : start + 40])
            book = desk.commit(Change(book=book, orders=orders), lease)
        assert [order.client_order_id for order in desk.orders(OWNER, BOT, ids)] == ids

    def test_pages_of_orders_fills_and_postings_have_no_gap_or_repeat(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        orders = [a_stop(client_order_id=ClientOrderId(f"nd-{n}")) for n in range(5)]
        fills = [a_trading_fill(order) for order in orders]
        desk.commit(Change(book=book, orders=tuple(orders), fills=tuple(fills)), lease)
        after, seen = None, []
        for expected in (2, 2, 1):
            page = desk.orders_page(OWNER, BOT, limit=2, after=after)
            assert len(page.items) == expected
            seen += [order.client_order_id for order in page.items]
            after = page.next_key
        assert after is None
        assert seen == [order.client_order_id for order in orders]
        first = desk.fills_page(OWNER, BOT, limit=3, after=None)
        rest = desk.fills_page(OWNER, BOT, limit=3, after=first.next_key)
        assert [*first.items, *rest.items] == fills
        assert rest.next_key is None
        postings = desk.postings_page(OWNER, BOT, limit=1, after=None)
        assert postings.next_key is None
        for consistent in (True, False):
            history = desk.history(OWNER, BOT, consistent=consistent)
            assert [list(each) for each in history] == [list(postings.items), fills]
        assert [list(each) for each in desk.history(OTHER, BOT, consistent=True)] == [[], []]

    def test_an_owners_orders_run_over_all_bots_newest_first(
        self, desk: Desk, leases: Leases, lease: Lease, book: Book
    ) -> None:
        second = desk.commit(an_opening(BOT_2), leases.take(OWNER, BOT_2, "worker", AS_OF))
        other = desk.commit(an_opening(BOT, OTHER), leases.take(OTHER, BOT, "worker", AS_OF))
        first_order = a_sale(created_at=AS_OF)
        next_order = a_sale(bot_id=BOT_2, created_at=AS_OF + timedelta(milliseconds=250))
        desk.commit(Change(book=book, orders=(first_order,)), lease)
        desk.commit(
            Change(book=second, orders=(next_order,)), leases.take(OWNER, BOT_2, "worker", AS_OF)
        )
        foreign = a_sale(owner=OTHER, created_at=AS_OF)
        desk.commit(Change(book=other, orders=(foreign,)), leases.take(OTHER, BOT, "worker", AS_OF))
        page = desk.owner_orders_page(OWNER, limit=1, after=None)
        rest = desk.owner_orders_page(OWNER, limit=1, after=page.next_key)
        assert [*page.items, *rest.items] == [
            replace(next_order, version=1),
            replace(first_order, version=1),
        ]
        assert rest.next_key is None

    def test_an_owners_fills_are_cut_by_time_and_updated_orders_keep_their_place(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        orders, fills = _a_series()
        written = desk.commit(Change(book=book, orders=orders, fills=fills), lease)
        rejected = replace(orders[1].to(OrderStatus.REJECTED, AS_OF + 9 * SECOND), version=1)
        desk.commit(Change(book=written, orders=(rejected,)), lease)
        within = desk.owner_fills_page(
            OWNER, limit=9, after=None, since=AS_OF + SECOND, until=AS_OF + 3 * SECOND
        )
        assert list(within.items) == [fills[2], fills[1]]
        updated = desk.owner_orders_page(
            OWNER, limit=9, after=None, since=AS_OF + SECOND, until=AS_OF + 3 * SECOND
        )
        assert list(updated.items) == [replace(orders[2], version=1), replace(rejected, version=2)]
        older = desk.owner_fills_page(OWNER, limit=9, after=None, until=AS_OF)
        assert list(older.items) == []

    def test_an_owners_fills_run_forward_when_told(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        orders, fills = _a_series()
        desk.commit(Change(book=book, orders=orders, fills=fills), lease)
        first = desk.owner_fills_page(
            OWNER, limit=1, after=None, since=AS_OF + SECOND, oldest_first=True
        )
        rest = desk.owner_fills_page(
            OWNER, limit=9, after=first.next_key, since=AS_OF + SECOND, oldest_first=True
        )
        assert [*first.items, *rest.items] == list(fills[1:])

    def test_an_order_is_found_over_bots_and_only_its_owners(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        order = a_sale()
        desk.commit(Change(book=book, orders=(order,)), lease)
        found = desk.find_order(OWNER, [BOT_2, BOT], order.client_order_id)
        assert found == replace(order, version=1)
        for owner, bots in ((OTHER, [BOT]), (OWNER, [BOT_2]), (OWNER, [])):
            with pytest.raises(Missing):
                desk.find_order(owner, bots, order.client_order_id)

    def test_a_stop_joins_its_owners_orders_when_it_is_sent(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        watched = a_stop()
        written = desk.commit(Change(book=book, orders=(watched,)), lease)
        assert list(desk.owner_orders_page(OWNER, limit=9, after=None).items) == []
        assert len(desk.orders_page(OWNER, BOT, limit=9, after=None).items) == 1
        sent = replace(watched.sent(AS_OF + SECOND), version=1)
        desk.commit(Change(book=written, orders=(sent,)), lease)
        listed = desk.owner_orders_page(OWNER, limit=9, after=None).items
        assert list(listed) == [replace(sent, version=2)]

    def test_a_cursor_outside_the_asked_span_gives_an_empty_page(
        self, desk: Desk, lease: Lease, book: Book
    ) -> None:
        orders, fills = _a_series()
        desk.commit(Change(book=book, orders=orders, fills=fills), lease)
        page = desk.owner_fills_page(OWNER, limit=1, after=None, until=AS_OF + SECOND)
        assert page.next_key is None
        newest = desk.owner_fills_page(OWNER, limit=1, after=None)
        low = desk.owner_fills_page(OWNER, limit=2, after=newest.next_key, since=AS_OF + 9 * SECOND)
        assert (list(low.items), low.next_key) == ([], None)


def _a_series() -> tuple[tuple[Order, ...], tuple[Fill, ...]]:
    """Return four orders, one a second, with a fill a quarter of a second later each."""
    orders = tuple(
        a_sale(client_order_id=ClientOrderId(f"nd-{n}"), created_at=AS_OF + n * SECOND)
        for n in range(4)
    )
    quarter = timedelta(milliseconds=250)
    return orders, tuple(a_trading_fill(one, at=one.created_at + quarter) for one in orders)
