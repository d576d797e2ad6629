"""Which keys live bots cannot do without."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nightdesk.bots.bot import Bot
from nightdesk.bots.key_uses import LiveKeyUses
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.trading.book import Book
from nightdesk.trading.order import Mode
from tests.builders.bots import a_bot
from tests.builders.trading import a_holding_book, an_empty_book

HOLDING = a_holding_book()
OWNER = HOLDING.owner
VENUE = HOLDING.instrument_id.partition("@")[2]


class Rooms:
    """The bots and books of one owner."""

    def __init__(self, bot: Bot, book: Book) -> None:
        self.bot, self.book = bot, book

    def list(self, owner: UserId) -> Sequence[Bot]:
        return [self.bot] if owner == self.book.owner else []

    def owner_books(self, owner: UserId, mode: Mode) -> Sequence[Book]:
        return [self.book] if (owner, mode) == (self.book.owner, self.book.mode) else []


def held(book: Book, label: str = "main", provider: str = VENUE, of: UserId = OWNER) -> bool:
    bot = replace(a_bot(), bot_id=book.bot_id, key_label="main")
    rooms = Rooms(bot, book)
    uses = LiveKeyUses(rooms, rooms)  # type: ignore[arg-type]
    return uses.held(of, provider, label)


def test_a_live_bot_that_holds_something_needs_its_key() -> None:
    assert held(replace(HOLDING, mode=Mode.LIVE))


@pytest.mark.parametrize(
    ("label", "provider", "of"),
    [("other", VENUE, OWNER), ("main", "bybit", OWNER), ("main", VENUE, UserId("another"))],
)
def test_other_keys_are_free(label: str, provider: str, of: UserId) -> None:
    assert not held(replace(HOLDING, mode=Mode.LIVE), label, provider, of)


def test_paper_and_flat_bots_need_no_key() -> None:
    assert not held(HOLDING)
    assert not held(replace(an_empty_book(), mode=Mode.LIVE))


def test_an_instrument_names_the_venue_of_the_key() -> None:
    assert HOLDING.instrument_id == InstrumentId(f"{HOLDING.base}/{HOLDING.quote}@{VENUE}")
