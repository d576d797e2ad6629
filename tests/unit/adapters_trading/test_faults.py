"""Lost answers, throttles, things left undone: nothing is lost, and nothing happens twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from pynamodb.exceptions import CancellationReason, VerboseClientError

from nightdesk.adapters.dynamo import keys, queries
from nightdesk.adapters.dynamo.connection import CountingConnection, connection, measured
from nightdesk.adapters.dynamo.decisions import DecisionItem, DynamoDecisions
from nightdesk.adapters.dynamo.desk import DynamoDesk
from nightdesk.adapters.dynamo.equity import DynamoEquity
from nightdesk.adapters.dynamo.gates import DynamoGates
from nightdesk.adapters.dynamo.journal_plans import DynamoPlans
from nightdesk.adapters.dynamo.leases import DynamoLeases, LeaseItem
from nightdesk.core.errors import StaleWrite, StoreUnavailable
from nightdesk.core.ids import BotId
from nightdesk.journal.plan import PlanNote
from nightdesk.trading.book import Book
from nightdesk.trading.ports import Change, Lease
from tests.builders.decisions import a_hold, an_entry, an_equity_point
from tests.builders.trading import AS_OF, BOT, OWNER, a_buy, a_trading_fill, an_empty_book
from tests.builders.writing import a_plan
from tests.fakes.clock import FakeClock

Request = dict[str, Any]
Real = Callable[[str, Request], dict[str, Any]]
Intercept = Callable[[Callable[[Real, str, Request], dict[str, Any]]], None]

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(bound_tables: None, clock: FakeClock) -> DynamoDesk:
    return DynamoDesk(clock)


@pytest.fixture
def leases(bound_tables: None, clock: FakeClock) -> DynamoLeases:
    return DynamoLeases(clock)


@pytest.fixture
def lease(leases: DynamoLeases) -> Lease:
    return leases.take(OWNER, BOT, "worker", AS_OF)


@pytest.fixture
def book(desk: DynamoDesk, lease: Lease) -> Book:
    return desk.commit(Change(book=an_empty_book()), lease)


@pytest.fixture
def intercept(bound_tables: None, monkeypatch: pytest.MonkeyPatch) -> Intercept:
    """Let a test stand between the adapters and DynamoDB."""

    def install(between: Callable[[Real, str, Request], dict[str, Any]]) -> None:
        real = connection().dispatch
        monkeypatch.setattr(
            CountingConnection,
            "dispatch",
            lambda _, operation, request: between(real, operation, request),
        )

    return install


def refused(code: str, *reasons: str) -> VerboseClientError:
    return VerboseClientError(
        {"Error": {"Code": code, "Message": code}},
        "TransactWriteItems",
        cancellation_reasons=[CancellationReason(code=one) for one in reasons],
    )


@pytest.mark.parametrize(
    "error",
    [
        refused("ProvisionedThroughputExceededException"),
        refused("ThrottlingException"),
        refused("TransactionInProgressException"),
        refused("TransactionCanceledException", "None", "TransactionConflict"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
    ],
)
def test_a_busy_table_is_tried_again_later(
    desk: DynamoDesk, lease: Lease, book: Book, intercept: Intercept, error: Exception
) -> None:
    def busy(real: Real, operation: str, request: Request) -> dict[str, Any]:
        raise error

    intercept(busy)
    with pytest.raises(StoreUnavailable):
        desk.commit(Change(book=book), lease)


def test_a_throttled_put_is_tried_again_later(bound_tables: None, intercept: Intercept) -> None:
    def busy(real: Real, operation: str, request: Request) -> dict[str, Any]:
        raise refused("ThrottlingException")

    intercept(busy)
    with pytest.raises(StoreUnavailable):
        DynamoDecisions(FakeClock()).put(a_hold())


def test_a_change_whose_answer_was_lost_is_written_once(
    desk: DynamoDesk, lease: Lease, book: Book, intercept: Intercept
) -> None:
    lost: list[str] = []

    def lose_first(real: Real, operation: str, request: Request) -> dict[str, Any]:
        answer = real(operation, request)
        if operation == "TransactWriteItems" and not lost:
            lost.append(operation)
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        return answer

    intercept(lose_first)
    change = Change(book=book, fills=(a_trading_fill(a_buy()),))
    with pytest.raises(StoreUnavailable):
        desk.commit(change, lease)
    outcome: Book | None = None
    try:
        outcome = desk.commit(change, lease)
    except StaleWrite:
        assert desk.book(OWNER, BOT).version == 2
    assert outcome in (None, desk.book(OWNER, BOT))
    assert len(desk.fills_page(OWNER, BOT, limit=5, after=None).items) == 1


def test_the_same_request_again_is_answered_as_the_first_was(
    desk: DynamoDesk, lease: Lease, book: Book
) -> None:
    change = Change(book=book, fills=(a_trading_fill(a_buy()),))
    assert desk.commit(change, lease) == desk.commit(change, lease)
    assert desk.book(OWNER, BOT).version == 2


def test_a_request_is_known_by_lease_and_content(
    desk: DynamoDesk, leases: DynamoLeases, lease: Lease, book: Book, intercept: Intercept
) -> None:
    tokens = []

    def note(real: Real, operation: str, request: Request) -> dict[str, Any]:
        tokens.append(request["ClientRequestToken"])
        return {}

    again = leases.take(OWNER, BOT, "worker", AS_OF)
    intercept(note)
    for change, holder in (
        (Change(book=book), lease),
        (Change(book=book), lease),
        (Change(book=book), again),
        (Change(book=replace(book, updated_at=AS_OF + HOUR)), lease),
    ):
        desk.commit(change, holder)
    assert tokens[0] == tokens[1]
    assert len(set(tokens)) == 3
    assert all(len(token) <= 36 for token in tokens)


def test_keys_that_a_batch_left_undone_are_asked_again(
    desk: DynamoDesk, book: Book, intercept: Intercept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAUSES", (0.0, 0.0))
    asked = []

    def one_at_a_time(real: Real, operation: str, request: Request) -> dict[str, Any]:
        ((table, wanted),) = request["RequestItems"].items()
        asked.append(len(wanted["Keys"]))
        first, *rest = wanted["Keys"]
        answer = real(operation, {"RequestItems": {table: {**wanted, "Keys": [first]}}})
        left = {table: {"Keys": rest}} if rest else {}
        return {**answer, "UnprocessedKeys": left}

    intercept(one_at_a_time)
    found = desk.books([(OWNER, BotId("bot_9")), (OWNER, BotId("bot_8")), (OWNER, BOT)])
    assert list(found) == [(OWNER, BOT)]
    assert asked == [3, 2, 1]
    with pytest.raises(StoreUnavailable):
        desk.books([(OWNER, BotId(f"bot_{n}")) for n in range(4)])


def test_items_that_a_batch_left_undone_are_put_again(
    bound_tables: None, intercept: Intercept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAUSES", (0.0, 0.0))
    points = [an_equity_point(AS_OF + hour * HOUR) for hour in range(3)]

    def one_at_a_time(real: Real, operation: str, request: Request) -> dict[str, Any]:
        if operation != "BatchWriteItem":
            return real(operation, request)
        ((table, wanted),) = request["RequestItems"].items()
        answer = real(operation, {"RequestItems": {table: wanted[:1]}})
        return {**answer, "UnprocessedItems": {table: wanted[1:]} if wanted[1:] else {}}

    intercept(one_at_a_time)
    DynamoEquity().put(points)
    assert DynamoEquity().between(OWNER, BOT, AS_OF, AS_OF + 9 * HOUR) == points
    with pytest.raises(StoreUnavailable):
        DynamoEquity().put([an_equity_point(AS_OF + hour * HOUR) for hour in range(4)])


def test_a_decision_is_put_in_one_call_whether_it_stands_or_not(
    bound_tables: None, clock: FakeClock
) -> None:
    decisions = DynamoDecisions(clock)
    with measured() as first:
        decisions.put(an_entry())
    with measured() as second:
        assert decisions.put(a_hold()) == an_entry()
    assert first.calls == {"PutItem": 1}
    assert second.calls == {}  # the refused put is not counted, and nothing was read
    stored = DecisionItem.get(keys.bot(OWNER, BOT), keys.decision(AS_OF))
    assert stored.expires_at == clock.now() + timedelta(days=90)


def test_gates_are_read_in_one_consistent_call(bound_tables: None, intercept: Intercept) -> None:
    seen = []

    def note(real: Real, operation: str, request: Request) -> dict[str, Any]:
        seen.append(
            (operation, *(one["ConsistentRead"] for one in request["RequestItems"].values()))
        )
        return real(operation, request)

    intercept(note)
    assert DynamoGates().shut(OWNER) is None
    assert seen == [("BatchGetItem", True)]


def test_fences_go_on_above_the_books_when_the_leases_are_lost(
    desk: DynamoDesk, leases: DynamoLeases, lease: Lease, book: Book, clock: FakeClock
) -> None:
    LeaseItem(keys.bot(OWNER, BOT), keys.LEASE).delete()
    clock.forward(60)
    newer = leases.take(OWNER, BOT, "next", AS_OF)
    assert newer.fence > book.fence
    assert desk.commit(Change(book=book), newer).version == 2


def test_a_lease_item_is_never_swept_away(leases: DynamoLeases, lease: Lease) -> None:
    leases.free(lease)
    item = LeaseItem.get(keys.bot(OWNER, BOT), keys.LEASE)
    assert item.expires_at is None
    assert item.holder is None
    assert item.fence == lease.fence


@pytest.mark.parametrize("seconds", [0, 29, 301])
def test_a_lease_lasts_30_to_300_seconds(clock: FakeClock, seconds: int) -> None:
    with pytest.raises(ValueError, match="lasts"):
        DynamoLeases(clock, life=timedelta(seconds=seconds))


def test_the_watch_finds_bots_that_hold_or_await_something(
    desk: DynamoDesk, leases: DynamoLeases, lease: Lease, book: Book
) -> None:
    assert list(desk.holding()) == []
    order = a_buy(reserved=a_buy().filled)
    waiting, _ = book.intended(order, AS_OF)
    waiting = desk.commit(Change(book=waiting, orders=(order,)), lease)
    assert list(desk.holding()) == [(OWNER, BOT)]
    desk.commit(Change(book=replace(waiting, open_orders=())), lease)
    assert list(desk.holding()) == []


@pytest.mark.usefixtures("bound_tables")
def test_a_page_goes_on_where_an_answer_ends_at_its_megabyte() -> None:
    chance = Random(1)
    store, begin = DynamoPlans(), date(2025, 1, 1)
    days = [begin + timedelta(days=n) for n in range(120)]
    for day in days:
        notes = tuple(
            PlanNote(at=AS_OF + n * HOUR, text=chance.randbytes(500).hex()) for n in range(20)
        )
        store.save(a_plan(owner=OWNER, day=day, notes=notes))
    found: list[date] = []
    after = None
    for wanted in (100, 20):
        page = store.page(OWNER, None, None, limit=100, after=after)
        assert len(page.items) == wanted
        found += [one.day for one in page.items]
        after = page.next_key
    assert (sorted(found), after) == (days, None)
