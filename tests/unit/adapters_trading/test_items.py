"""Every noun comes back from its item as it went in, and equal nouns are equal bytes."""

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynamodb.exceptions import AttributeNullError
from pynamodb.models import Model

from nightdesk.adapters.dynamo import bodies
from nightdesk.adapters.dynamo.bodies import packed, unpacked
from nightdesk.adapters.dynamo.bookings import BookItem, FillItem, OrderItem, PostingItem
from nightdesk.adapters.dynamo.decisions import DecisionItem
from nightdesk.adapters.dynamo.equity import EquityItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.pool import PoolItem
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.events import Event, event
from nightdesk.names import EventType
from nightdesk.risk.verdict import Check
from nightdesk.trading.book import Book
from nightdesk.trading.decision import Decision
from nightdesk.trading.ledger import Posting
from nightdesk.trading.mandate import EquityPoint
from nightdesk.trading.order import Fill, Order
from tests.builders import stored
from tests.builders.trading import (
    AS_OF,
    BOT,
    BTC,
    OWNER,
    a_buy,
    a_holding_book,
    a_sale,
    an_empty_book,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
I = TypeVar("I", bound=DeskItem)  # noqa: E741 - an item


def through(item: I) -> I:
    """Send an item through DynamoDB's own form, which is what PynamoDB would make of it."""
    raw = item.serialize()
    assert raw == Model.serialize(item)
    return type(item).from_raw_data(raw)


def test_what_an_item_must_have_is_missed() -> None:
    with pytest.raises(AttributeNullError, match="free"):
        PoolItem("U#a", "POOL").serialize()


def test_what_an_item_cannot_have_is_refused() -> None:
    with pytest.raises(ValueError, match="PoolItem has no colour"):
        PoolItem("U#a", "POOL", colour="red")


@given(order=stored.orders())
def test_order_comes_back_at_its_next_version(order: Order) -> None:
    found = through(OrderItem.from_domain(order)).to_domain()
    assert found.version == order.version + 1
    assert {**_fields(found), "version": order.version} == _fields(order)


@given(book=stored.books, fence=st.integers(0, 10**10))
def test_book_comes_back_at_its_next_version_and_with_the_fence(book: Book, fence: int) -> None:
    found = through(BookItem.from_domain(book, fence)).to_domain()
    assert (found.version, found.fence) == (book.version + 1, fence)
    back = {**_fields(found), "version": book.version, "fence": book.fence}
    assert back == _fields(book)


@given(fill=stored.fills)
def test_fill_comes_back(fill: Fill) -> None:
    assert through(FillItem.from_domain(fill)).to_domain() == fill


@given(posting=stored.postings())
def test_posting_comes_back(posting: Posting) -> None:
    assert through(PostingItem.from_domain(OWNER, BOT, posting)).to_domain() == posting


@settings(max_examples=30)
@given(decision=stored.decisions)
def test_decision_comes_back(decision: Decision) -> None:
    assert through(DecisionItem.from_domain(decision, NOW)).to_domain() == decision


@given(point=stored.equity_points)
def test_equity_point_comes_back(point: EquityPoint) -> None:
    assert through(EquityItem.from_domain(point)).to_domain() == point


@settings(max_examples=30)
@given(decision=stored.decisions)
def test_equal_nouns_are_equal_bytes(decision: Decision) -> None:
    again = unpacked(Decision, packed(decision))
    assert packed(again) == packed(decision)


def test_amounts_of_another_precision_are_the_same_bytes() -> None:
    assert packed(a_buy(quantity=Decimal("0.100"))) == packed(a_buy(quantity=Decimal("0.1")))
    assert '"quantity":"0.00000001"' in str(packed(Amount(quantity=Decimal("1E-8"))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    quantity: Decimal
    note: str | None = None
    on: bool = True
    off: bool = False
    count: int = 0


def test_only_what_would_be_there_by_itself_is_left_out() -> None:
    assert json.loads(packed(Amount(quantity=Decimal(0)))) == {"quantity": "0", "on": True}
    off = Amount(quantity=Decimal(0), on=False)
    assert unpacked(Amount, packed(off)) == off


def test_a_field_that_came_later_reads_an_older_item() -> None:
    assert unpacked(Amount, '{"on":true,"quantity":"1.5"}').count == 0


def test_a_row_that_became_longer_reads_an_older_item() -> None:
    old = '{"checks":[[3,"CASH",true,{"need":"5"}]]}'

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Checked:
        checks: tuple[Check, ...]

    found = unpacked(Checked, old).checks[0]
    assert found == Check(number=3, code="CASH", passed=True, figures={"need": "5"})


def test_a_field_that_the_noun_lacks_is_refused_by_a_noun_that_needs_another() -> None:
    with pytest.raises(TypeError):
        unpacked(Amount, "{}")


def test_a_type_without_a_body_is_refused() -> None:
    @dataclass(frozen=True)
    class Floating:
        value: float

    with pytest.raises(TypeError, match="no body"):
        packed(Floating(1.5))


def test_a_stored_noun_is_checked_again() -> None:
    body = packed(a_sale())
    assert isinstance(body, str)
    with pytest.raises(ValueError, match="quantity"):
        unpacked(Order, body.replace('"quantity":"0.1"', '"quantity":"-0.1"'))


@pytest.mark.parametrize("long", [1, 10**6])
def test_text_and_deflated_bodies_say_the_same(monkeypatch: pytest.MonkeyPatch, long: int) -> None:
    monkeypatch.setattr(bodies, "LONG", long)
    body = packed(a_buy())
    assert isinstance(body, bytes if long == 1 else str)
    assert unpacked(Order, body) == a_buy()


def test_a_book_is_in_the_watchs_index_only_while_it_has_something_to_watch() -> None:
    holding = BookItem.from_domain(a_holding_book(), 1)
    assert (holding.market, holding.market_sk) == ("HOLDING", f"{OWNER}#{BOT}")
    waiting, _ = an_empty_book().intended(a_buy(reserved=Decimal(0)), AS_OF)
    assert BookItem.from_domain(waiting, 1).market == "HOLDING"
    idle = BookItem.from_domain(an_empty_book(), 1).serialize()
    assert not {"market", "market_sk"} & set(idle)


def test_items_carry_their_schema_and_their_owners_key() -> None:
    for item in (
        OrderItem.from_domain(a_buy()),
        BookItem.from_domain(an_empty_book(), 1),
        EventItem.from_domain(_an_event(), NOW),
    ):
        assert item.serialize()["schema"] == {"N": "1"}
        assert item.pk == f"U#{OWNER}#BOT#{BOT}"


def test_an_event_is_an_item_of_its_own_for_seven_days() -> None:
    row = EventItem.from_domain(_an_event(), NOW).serialize()
    assert row["sk"]["S"].startswith("EVENT#")
    assert row["kind"] == {"S": "EVENT"}
    assert row["type"] == {"S": "fill_booked"}
    assert row["topic"] == {"S": "trades"}
    assert json.loads(row["data"]["S"]) == {"instrument": BTC}
    assert row["expires_at"] == {"N": str(int((NOW + timedelta(days=7)).timestamp()))}


def test_an_event_of_more_than_8_kilobytes_is_refused() -> None:
    large = event(OWNER, EventType.FILL_BOOKED, AS_OF, {"text": "x" * 8192}, cause="large")
    with pytest.raises(ValueError, match="8192"):
        EventItem.from_domain(large, NOW)


def _an_event() -> Event:
    kind = EventType.FILL_BOOKED
    return event(OWNER, kind, AS_OF, {"instrument": BTC}, cause="one", bot_id=BOT)


def _fields(noun: Order | Book) -> dict[str, object]:
    return {field.name: getattr(noun, field.name) for field in fields(noun)}
