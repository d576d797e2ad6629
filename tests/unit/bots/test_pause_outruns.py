"""A pause against a worker in the middle of its turn, on the tables that both write."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.leases import DynamoLeases
from nightdesk.bots.bot import Bot, BotStatus
from nightdesk.bots.lifecycle import Trigger
from nightdesk.core.errors import StaleWrite
from nightdesk.trading import booking
from nightdesk.trading.book import Book
from nightdesk.trading.order import Order, Side
from nightdesk.trading.ports import Lease
from tests.builders.bots import NOW, TRADER, a_bot
from tests.builders.trading import a_buy
from tests.unit.bots.holding import hold
from tests.unit.bots.rig import Rig

D = Decimal
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def bot(rig: Rig) -> Bot:
    made = rig.create()
    return rig.start(TRADER, made.bot_id, NOW)


@pytest.fixture
def lease(rig: Rig, bot: Bot) -> Lease:
    tables.bind_runtime("runtime-bots")
    tables.RuntimeItem.create_table(billing_mode="PAY_PER_REQUEST")
    return DynamoLeases(rig.clock).take(TRADER, bot.bot_id, "worker", NOW)


def book_of(rig: Rig, bot: Bot) -> Book:
    return rig.desk.book(TRADER, bot.bot_id)


def an_entry(bot: Bot) -> Order:
    return a_buy(
        owner=bot.owner,
        bot_id=bot.bot_id,
        instrument_id=bot.instrument_id,
        quantity=D("0.01"),
        reserved=D(110),
        sent_at=None,
    )


def test_an_entry_decided_before_a_pause_is_not_written_after_it(
    rig: Rig, bot: Bot, lease: Lease
) -> None:
    read_before = book_of(rig, bot)
    rig.pause(TRADER, bot.bot_id, LATER)
    with pytest.raises(StaleWrite):
        rig.desk.commit(booking.intent(read_before, an_entry(bot), LATER), lease)
    assert book_of(rig, bot).open_orders == ()


def test_an_entry_written_before_a_pause_keeps_the_bot_in_its_market(
    rig: Rig, bot: Bot, lease: Lease
) -> None:
    rig.desk.commit(booking.intent(book_of(rig, bot), an_entry(bot), NOW), lease)
    assert rig.pause(TRADER, bot.bot_id, LATER).in_market


def test_a_worker_s_writes_keep_what_the_pause_wrote(rig: Rig, bot: Bot, lease: Lease) -> None:
    hold(rig, bot)
    rig.pause(TRADER, bot.bot_id, LATER)
    paused = book_of(rig, bot)
    assert paused.entries_blocked == "BOT_NOT_ACTIVE"
    sale = replace(an_entry(bot), side=Side.SELL, plan=None, reserved=D(0))
    rig.desk.commit(booking.intent(paused, sale, LATER), lease)
    assert book_of(rig, bot).entries_blocked == "BOT_NOT_ACTIVE"


@pytest.mark.parametrize("trigger", [Trigger.START, Trigger.RESUME])
def test_a_book_is_open_to_entries_exactly_while_its_bot_trades(rig: Rig, trigger: Trigger) -> None:
    bot = rig.create()
    assert book_of(rig, bot).entries_blocked == "BOT_NOT_ACTIVE"
    rig.start(TRADER, bot.bot_id, NOW)
    assert book_of(rig, bot).entries_blocked is None
    rig.pause(TRADER, bot.bot_id, LATER)
    assert book_of(rig, bot).entries_blocked == "BOT_NOT_ACTIVE"
    rig.start(TRADER, bot.bot_id, LATER + timedelta(minutes=1), trigger)
    assert book_of(rig, bot).entries_blocked is None
    rig.retire(TRADER, bot.bot_id, LATER + timedelta(minutes=2))
    assert book_of(rig, bot).entries_blocked == "BOT_NOT_ACTIVE"


def test_a_retired_bot_without_cash_is_barred_too(
    rig: Rig, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nightdesk.bots.capital.returned", lambda *_: None)
    rig.retire(TRADER, bot.bot_id, LATER)
    assert book_of(rig, bot).entries_blocked == "BOT_NOT_ACTIVE"


@pytest.mark.parametrize("status", list(BotStatus))
def test_only_a_status_that_trades_lets_a_bot_enter(status: BotStatus) -> None:
    may = status in {BotStatus.ACTIVE, BotStatus.TRAINING, BotStatus.PROBATION}
    assert (a_bot(status=status).entries_blocked is None) is may
