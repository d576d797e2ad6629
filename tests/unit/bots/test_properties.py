"""Random lives of bots: nothing happens that the table lacks, and no money is lost or made."""

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.bots import lifecycle
from nightdesk.bots.bot import Bot, BotStatus, PauseCode
from nightdesk.bots.lifecycle import TABLE, Record, Trigger
from nightdesk.core.errors import Conflict, Fault
from nightdesk.trading.order import Mode
from nightdesk.trading.proving import ProveAccount
from tests.builders.bots import NOW, TRADER, a_bot
from tests.unit.bots.holding import hold, let_go
from tests.unit.bots.rig import Rig

D = Decimal
NAMES = ("Alpha", "Beta", "Gamma")


def test_ten_thousand_random_steps_are_rows_of_the_table_and_leave_a_whole_history() -> None:
    chance, bot = Random(7), a_bot()
    records: list[Record] = []
    events: set[str] = set()
    for _ in range(10_000):
        trigger = chance.choice(list(Trigger))
        try:
            if trigger is Trigger.PAUSE:
                step = lifecycle.paused(bot, NOW, TRADER, flat=True, code=PauseCode.USER_PAUSED)
            elif trigger is Trigger.RETIRE:
                step = lifecycle.retired(bot, NOW, TRADER, "OWNER_RETIRED")
            else:
                step = lifecycle.started(bot, trigger, NOW, TRADER)
        except Conflict:
            assert all((bot.status, trigger) != key for key in TABLE)
            step = None
        if step is not None:
            assert step.bot.status in TABLE[bot.status, trigger]
            records.append(step.record)
            events |= {one.event_id for one in step.events}
            bot = _written(step.bot)
        if bot.status is BotStatus.RETIRED:
            bot = a_bot(version=bot.version, status=BotStatus.DRAFT)
    statuses = [record.number for record in records]
    assert statuses == list(range(2, len(records) + 2))
    assert len(events) >= len(records)


ACTIONS = ("create", "start", "pause", "resume", "retire", "hold", "let go", "leave")
AMOUNTS = (D(100), D("3333.33"), D(9000))
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.sampled_from(NAMES), st.sampled_from(AMOUNTS)),
    min_size=4,
    max_size=14,
)


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_no_sequence_of_steps_loses_money_or_a_bot(
    rig: Rig, steps: list[tuple[str, str, Decimal]]
) -> None:
    DeskItem.delete_table()
    DeskItem.create_table(billing_mode="PAY_PER_REQUEST")
    for action, name, amount in steps:
        bots = rig.bots.list(TRADER)
        living = {bot.name: bot for bot in bots if bot.status is not BotStatus.RETIRED}
        rig.clock.forward(seconds=1)
        with suppress(Fault):
            if action == "create":
                rig.create(name=name, capital=amount)
            elif name in living:
                _do(rig, action, living[name])
        _sums_hold(rig)
        assert {bot.bot_id for bot in bots} <= {bot.bot_id for bot in rig.bots.list(TRADER)}


def _do(rig: Rig, action: str, bot: Bot) -> None:
    now = rig.clock.now()
    if action in {"start", "resume"}:
        rig.start(TRADER, bot.bot_id, now, Trigger(action))
    elif action == "pause":
        rig.pause(TRADER, bot.bot_id, now)
    elif action == "retire":
        rig.retire(TRADER, bot.bot_id, now)
    elif action == "leave":
        rig.leave(TRADER, bot.bot_id)
    elif action == "let go":
        let_go(rig, bot)
    elif bot.status is BotStatus.ACTIVE and _may_buy(rig, bot):
        hold(rig, bot)


def _may_buy(rig: Rig, bot: Bot) -> bool:
    book = rig.desk.book(TRADER, bot.bot_id)
    return book.position is None and book.cash >= D(110)


def _sums_hold(rig: Rig) -> None:
    bots = rig.bots.list(TRADER)
    given_out = sum((rig.desk.book(TRADER, bot.bot_id).net_capital for bot in bots), D(0))
    if bots:
        assert rig.pool.free(TRADER, Mode.PAPER, "USD") + given_out == D(10_000)
    assert ProveAccount(rig.desk, rig.pool)(TRADER, Mode.PAPER, "USD") == ()
    living = [bot for bot in bots if bot.status is not BotStatus.RETIRED]
    assert len({bot.name for bot in living}) == len(living)
    assert sum(rig.bots.used(TRADER).values()) == sum(bot.counted for bot in bots)
    in_market = [bot for bot in bots if bot.in_market]
    assert bool(rig.due.markets()) == bool(in_market)
    for bot in bots:
        book = rig.desk.book(TRADER, bot.bot_id)
        if book.position is not None:
            assert bot.in_market
        records = rig.history(TRADER, bot.bot_id, limit=200, after=None).items
        assert records[0].after is bot.status


def _written(bot: Bot) -> Bot:
    return replace(bot, version=bot.version + 1)
