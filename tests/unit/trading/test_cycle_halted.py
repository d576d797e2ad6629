from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.signal import Action
from nightdesk.trading.ledger import Account, Balances
from nightdesk.trading.mandate import Mandate
from tests.fakes.desk import MemoryDesk

BEFORE_ENTRY = from_iso("2019-02-10T00:00:00Z")
ENTRY = from_iso("2019-02-11T00:00:00Z")
EXIT = from_iso("2019-03-05T00:00:00Z")


def break_ledger(desk: MemoryDesk, bot: Mandate) -> None:
    """Let cash appear from nowhere that results explain: equity no longer adds up."""
    key = (bot.owner, bot.bot_id)
    book = desk.desk.kept[key]
    amounts = dict(book.balances.amounts)
    amounts[Account.CASH, book.quote] += 1
    desk.desk.kept[key] = replace(book, balances=Balances(amounts))


def test_bot_whose_book_contradicts_itself_enters_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = MemoryDesk()
    bot = desk.bot("donchian@1", "ETH/USD@bitstamp")
    desk.replay(BEFORE_ENTRY, 1)
    break_ledger(desk, bot)
    traded = desk.cycle(ENTRY)
    assert (traded.broken, traded.entries, traded.fills) == (1, 0, 0)
    decision = desk.decisions.page(bot.owner, bot.bot_id, limit=1, after=None).items[0]
    assert (decision.action, decision.code, decision.denied) == (
        Action.ENTER,
        "STATE_HALTED",
        True,
    )
    assert "ledger broken" in caplog.text


def test_halted_bot_leaves_by_its_protection_and_not_by_its_strategy() -> None:
    desk = MemoryDesk()
    bot = desk.bot("donchian@1", "ETH/USD@bitstamp")
    days = (EXIT - BEFORE_ENTRY) // Timeframe.D1.length
    desk.replay(BEFORE_ENTRY, days)
    assert desk.desk.kept[bot.owner, bot.bot_id].position is not None
    break_ledger(desk, bot)
    traded = desk.cycle(EXIT)
    assert (traded.exits, traded.fills, traded.broken) == (0, 0, 1)
    book = desk.desk.kept[bot.owner, bot.bot_id]
    assert book.position is not None
    late = replace(book.position.protection, expires_at=EXIT)
    position = replace(book.position, protection=late)
    desk.desk.kept[bot.owner, bot.bot_id] = replace(book, position=position)
    assert desk.cycle(EXIT + timedelta(days=1)).fills == 1
    assert desk.desk.kept[bot.owner, bot.bot_id].position is None


def test_sound_bot_is_not_halted_by_another_that_is() -> None:
    desk = MemoryDesk()
    sick = desk.bot("donchian@1", "ETH/USD@bitstamp", bot_id="bot_1")
    desk.bot("donchian@1", "ETH/USD@bitstamp", bot_id="bot_2")
    desk.replay(BEFORE_ENTRY, 1)
    break_ledger(desk, sick)
    traded = desk.cycle(ENTRY)
    assert (traded.broken, traded.entries) == (1, 1)
