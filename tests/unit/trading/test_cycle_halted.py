from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import StoreUnavailable
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.signal import Action
from nightdesk.trading.ledger import Account, Balances
from nightdesk.trading.mandate import Mandate
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Pot
from nightdesk.trading.proving import ProveAccount
from nightdesk.trading.trade_bots import disproved
from tests.fakes.desk import MemoryDesk
from tests.fakes.trading import FakePool

D = Decimal

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


def test_a_halt_stays_when_its_cause_is_gone_and_is_told_once() -> None:
    """Numbers that add up again by themselves are no reason to trust them."""
    desk = MemoryDesk()
    bot = desk.bot("donchian@1", "ETH/USD@bitstamp")
    desk.replay(BEFORE_ENTRY, 1)
    key = (bot.owner, bot.bot_id)
    sound = desk.desk.kept[key]
    break_ledger(desk, bot)
    desk.cycle(ENTRY - timedelta(hours=1), protect_only=True)
    assert desk.cycle(ENTRY).broken == 1
    halted = desk.desk.kept[key]
    assert halted.doubt.startswith("(5) equity 1001")
    desk.desk.kept[key] = replace(halted, balances=sound.balances)
    assert desk.cycle(ENTRY + Timeframe.D1.length).broken == 1
    (told,) = [one for one in desk.desk.events if one.type == "state_changed"]
    assert (told.data["to"], told.data["cause"]) == ("HALTED", halted.doubt)


def test_once_a_day_a_book_is_held_against_its_whole_history() -> None:
    desk = MemoryDesk()
    bot = desk.bot("donchian@1", "ETH/USD@bitstamp")
    desk.replay(BEFORE_ENTRY, 3)
    key = (bot.owner, bot.bot_id)
    assert desk.desk.kept[key].position is not None
    for place in [place for place in desk.desk.kept_fills if place[:2] == key]:
        del desk.desk.kept_fills[place]
    assert desk.cycle(BEFORE_ENTRY + 3 * Timeframe.D1.length).broken == 1
    assert desk.desk.kept[key].doubt.startswith("(3) holding")


def an_account(desk: MemoryDesk, bot: Mandate, *, opening: Decimal, free: Decimal) -> None:
    account = (bot.owner, Mode.PAPER, "USD")
    desk.pools.openings[account], desk.pools.amounts[account] = opening, free


def test_an_account_that_gave_more_than_it_has_halts_its_bots_at_the_days_end() -> None:
    desk = MemoryDesk()
    bots = [desk.bot(bot_id=name, capital="1000") for name in ("bot_1", "bot_2")]
    an_account(desk, bots[0], opening=D(1_500), free=D(0))
    assert desk.cycle(BEFORE_ENTRY).broken == 2
    for bot in bots:
        doubt = desk.desk.kept[bot.owner, bot.bot_id].doubt
        assert doubt == "(7) bots were given 2000, 0 is free of 1500"


def test_an_account_that_adds_up_halts_nobody() -> None:
    desk = MemoryDesk()
    bots = [desk.bot(bot_id=name, capital="1000") for name in ("bot_1", "bot_2")]
    an_account(desk, bots[0], opening=D(2_500), free=D(500))
    assert desk.cycle(BEFORE_ENTRY).broken == 0


def test_an_account_whose_capital_keeps_moving_is_added_up_another_day() -> None:
    desk = MemoryDesk()
    bot = desk.bot("donchian@1", "ETH/USD@bitstamp")
    an_account(desk, bot, opening=D(1_500), free=D(0))
    moving = iter(range(100))

    class Moving(FakePool):
        def pot(self, *account: Any) -> Pot | None:
            pot = desk.pools.pot(*account)
            return None if pot is None else replace(pot, version=next(moving))

    desk.trade = replace(desk.trade, pools=Moving())
    with pytest.raises(StoreUnavailable, match="kept moving"):
        ProveAccount(desk.desk, Moving())(bot.owner, Mode.PAPER, "USD")
    done = desk.cycle(BEFORE_ENTRY)
    assert (done.broken, done.decisions) == (0, 1)


def test_a_history_that_lags_behind_a_cheap_read_halts_nobody() -> None:
    desk = MemoryDesk()
    bot = desk.bot("donchian@1", "ETH/USD@bitstamp")
    desk.replay(BEFORE_ENTRY, 3)
    book = desk.desk.kept[bot.owner, bot.bot_id]

    class Lagging:
        """A desk whose eventually consistent reads lack the newest fill."""

        asked: ClassVar[list[bool]] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(desk.desk, name)

        def history(self, *who: Any, consistent: bool) -> Any:
            self.asked.append(consistent)
            postings, fills = desk.desk.history(*who, consistent=consistent)
            return (postings, fills) if consistent else (postings, fills[:-1])

    lagging: Any = Lagging()
    assert disproved(lagging, book) == ()
    assert lagging.asked == [False, True]


def test_sound_bot_is_not_halted_by_another_that_is() -> None:
    desk = MemoryDesk()
    sick = desk.bot("donchian@1", "ETH/USD@bitstamp", bot_id="bot_1")
    desk.bot("donchian@1", "ETH/USD@bitstamp", bot_id="bot_2")
    desk.replay(BEFORE_ENTRY, 1)
    break_ledger(desk, sick)
    traded = desk.cycle(ENTRY)
    assert (traded.broken, traded.entries) == (1, 1)
