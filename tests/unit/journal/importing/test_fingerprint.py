"""Fingerprints: one for each thing, and those of one book begin alike."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.journal.fingerprint import Ordinals, of_venue_id
from nightdesk.trading.external import BOOK_DIGITS, book_mark

NAMES = st.sampled_from(["", "a", "ab", "b", "mine", "BTC/EUR@kraken", "ETH/EUR@kraken"])


@given(account=NAMES, where=NAMES, named=NAMES, quantity=st.integers(1, 9))
def test_they_begin_with_the_mark_of_their_book(
    account: str, where: str, named: str, quantity: int
) -> None:
    told = [of_venue_id(account, where, named), row(Ordinals(), account, where, quantity)]
    assert all(one.startswith(book_mark(account, where)) for one in told)
    assert all(len(bytes.fromhex(one)) == 32 for one in told)
    assert len({one[BOOK_DIGITS:] for one in told}) == 2


def test_account_and_instrument_are_told_apart() -> None:
    assert book_mark("ab", "c") != book_mark("a", "bc")
    assert of_venue_id("ab", "c", "1") != of_venue_id("a", "bc", "1")


def test_equal_rows_count_and_rows_of_other_books_do_not() -> None:
    ordinals = Ordinals()
    first, second = row(ordinals, "a", "b", 1), row(ordinals, "a", "b", 1)
    assert first != second
    assert row(ordinals, "b", "b", 1)[BOOK_DIGITS:] != first[BOOK_DIGITS:]
    again = Ordinals()
    assert [row(again, "a", "b", 1), row(again, "a", "b", 1)] == [first, second]


def row(ordinals: Ordinals, account: str, instrument: str, quantity: int) -> str:
    said: dict[str, Any] = {"kind": "fill", "written": "2026-01-01", "side": "BUY"}
    return ordinals.of_row(
        account=account,
        instrument=instrument,
        quantity=Decimal(quantity),
        price=None,
        fee=Decimal(0),
        **said,
    )
