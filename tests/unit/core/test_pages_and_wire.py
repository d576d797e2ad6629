from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from nightdesk.core.errors import Transient, retried
from nightdesk.core.ids import UserId
from nightdesk.core.pages import BadCursor, Cursors
from nightdesk.core.wire import DecimalText, Message, SignedDecimalText

CURSORS = Cursors(b"k" * 32)
OWNER, OTHER = UserId("owner"), UserId("other")


class Paid(BaseModel):
    amount: DecimalText
    change: SignedDecimalText = Decimal(0)


@given(st.text(min_size=1, max_size=200))
def test_cursor_opens_to_the_key_it_was_sealed_with(key: str) -> None:
    sealed = CURSORS.seal(OWNER, "/api/bots", key)
    assert CURSORS.open(OWNER, "/api/bots", sealed) == key


def test_no_next_page_is_no_cursor() -> None:
    assert CURSORS.seal(OWNER, "/api/bots", None) is None
    assert CURSORS.open(OWNER, "/api/bots", None) is None


def test_cursor_of_another_owner_route_or_key_ring_opens_nothing() -> None:
    sealed = CURSORS.seal(OWNER, "/api/bots", "k1")
    for cursors, owner, route in (
        (CURSORS, OTHER, "/api/bots"),
        (CURSORS, OWNER, "/api/fills"),
        (Cursors(b"x" * 32), OWNER, "/api/bots"),
    ):
        with pytest.raises(BadCursor):
            cursors.open(owner, route, sealed)


@given(st.text(max_size=80))
def test_text_that_is_no_cursor_is_refused_and_never_fails(text: str) -> None:
    with pytest.raises(BadCursor):
        CURSORS.open(OWNER, "/api/bots", text)


@given(st.data())
def test_edited_cursor_opens_nothing(data: st.DataObject) -> None:
    sealed = CURSORS.seal(OWNER, "/api/bots", "k1") or ""
    at = data.draw(st.integers(0, len(sealed) - 2))
    other = "A" if sealed[at] != "A" else "B"
    with pytest.raises(BadCursor):
        CURSORS.open(OWNER, "/api/bots", sealed[:at] + other + sealed[at + 1 :])


@pytest.mark.parametrize("text", ["0", "12.50", "0.00000001", "999999999999999999"])
def test_money_is_read_from_text(text: str) -> None:
    assert Paid.model_validate({"amount": text}).amount == Decimal(text)


@pytest.mark.parametrize(
    "wrong",
    [
        12.5,
        12,
        "1e5",
        "NaN",
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        ".5",
        "1.",
        "1,5",
        "\u0661",
        None,
        True,
        [],
    ],
    ids=repr,
)
def test_money_in_any_other_shape_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Paid.model_validate({"amount": wrong})


def test_signed_money_may_be_negative_and_is_written_fixed() -> None:
    paid = Paid.model_validate({"amount": "60000.10", "change": "-0.50"})
    assert paid.model_dump(mode="json") == {"amount": "60000.1", "change": "-0.5"}


def test_messages_ignore_what_they_do_not_know_and_cannot_change() -> None:
    class Step(Message):
        count: int

    step = Step.model_validate({"count": 1, "added_later": True})
    with pytest.raises(ValidationError):
        step.count = 2  # type: ignore[misc]


def test_every_transient_fault_is_retried_by_its_name() -> None:
    assert retried() == sorted(one.__name__ for one in Transient.__subclasses__())
    assert {"VenueUnavailable", "RateLimited", "StoreUnavailable"} <= set(retried())
    assert "Missing" not in retried()
