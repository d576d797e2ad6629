"""What a stop does to bots, and what lifting it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.emergency_stop import CarryToOwner
from nightdesk.accounts.stop import Level, Progress, Stop
from nightdesk.adapters.dynamo.bot_items import BotItem
from nightdesk.adapters.dynamo.stops import DynamoStopGates, DynamoStopProgress
from nightdesk.bots.bot import Bot, BotStatus, PauseCode
from nightdesk.bots.lifecycle import Trigger
from nightdesk.bots.stopping import (
    CarryOut,
    HaltBots,
    ResetPeaks,
    StoppedBots,
    TradingOwners,
)
from nightdesk.core.errors import Conflict
from nightdesk.core.ids import SYSTEM, BotId, UserId
from nightdesk.core.money import ZERO
from nightdesk.trading.flatten import LeftToStop, Stopped
from tests.builders.bots import ETH, NOW, STRANGER, TRADER
from tests.builders.decisions import an_equity_point
from tests.unit.bots.holding import hold
from tests.unit.bots.rig import Rig
from tests.unit.stopping.test_gates import a_stop

LATER = NOW + timedelta(minutes=5)
MACHINE = Origin(kind=ActorKind.SYSTEM, actor="emergency_stop", source=Source.WORKFLOW)


@dataclass
class Cleared:
    """The use case that clears a bot: it notes what it was asked for."""

    asked: list[tuple[BotId, bool]] = field(default_factory=list)

    def __call__(self, owner: UserId, bot_id: BotId, *, flatten: bool, **others: Any) -> Stopped:
        self.asked.append((bot_id, flatten))
        return Stopped(done=True, cancelled=2, closed=int(flatten))


@pytest.fixture
def cleared() -> Cleared:
    return Cleared()


@pytest.fixture
def work(
    rig: Rig, gates: DynamoStopGates, progress: DynamoStopProgress, cleared: Cleared
) -> CarryOut:
    left = LeftToStop(rig.desk, rig.rules)
    clear: Any = cleared
    return CarryOut(
        gates=gates,
        progress=progress,
        carry=CarryToOwner(gates, ResetPeaks(rig.bots, rig.equity)),
        trading=TradingOwners(rig.bots),
        bots=HaltBots(bots=rig.bots, desk=rig.desk, pause=rig.pause, left=left),
        bot=clear,
        resume=rig.resume_all,
    )


@pytest.fixture
def started(rig: Rig) -> Callable[..., Bot]:
    def start(name: str = "Alpha", owner: UserId = TRADER, **changes: Any) -> Bot:
        bot = rig.create(owner=owner, name=name, **changes)
        return rig.start(owner, bot.bot_id, NOW)

    return start


def halt(work: CarryOut, stop: Stop, owner: UserId = TRADER, now: datetime = LATER) -> list[BotId]:
    found = work.halt(owner, scope=stop.scope, stop_id=stop.stop_id, origin=MACHINE, now=now)
    return list(found.left)


def test_whatever_trades_is_paused_with_its_former_status(
    rig: Rig, work: CarryOut, gates: DynamoStopGates, started: Callable[..., Bot]
) -> None:
    active, draft = started("Active"), rig.create(name="Draft", instrument_id=ETH)
    own = started("Own", instrument_id=ETH)
    rig.pause(TRADER, own.bot_id, LATER)
    other = started("Other", STRANGER)
    stop = a_stop()
    gates.put(stop, None, now=NOW)
    assert halt(work, stop) == []
    assert halt(work, stop) == []
    found = {bot.bot_id: bot for bot in rig.bots.list(TRADER)}
    paused = found[active.bot_id]
    assert (paused.status, paused.pause_code, paused.resume_to) == (
        BotStatus.PAUSED,
        PauseCode.EMERGENCY_STOP,
        BotStatus.ACTIVE,
    )
    assert found[draft.bot_id].status is BotStatus.DRAFT
    assert found[own.bot_id].pause_code is PauseCode.USER_PAUSED
    assert rig.bots.get(STRANGER, other.bot_id).status is BotStatus.ACTIVE
    assert StoppedBots(rig.bots)(TRADER) == 1
    assert work.progress.read(stop) == Progress(bots_paused=1)
    assert rig.desk.book(TRADER, active.bot_id).entries_blocked == "BOT_NOT_ACTIVE"


def test_training_and_probation_are_paused_too(
    rig: Rig, work: CarryOut, gates: DynamoStopGates, started: Callable[..., Bot]
) -> None:
    for n, status in enumerate((BotStatus.TRAINING, BotStatus.PROBATION)):
        bot = started(f"Bot {n}")
        BotItem.from_domain(replace(bot, status=status)).save()
    stop = a_stop()
    gates.put(stop, None, now=NOW)
    halt(work, stop)
    assert {(bot.status, bot.resume_to) for bot in rig.bots.list(TRADER)} == {
        (BotStatus.PAUSED, BotStatus.TRAINING),
        (BotStatus.PAUSED, BotStatus.PROBATION),
    }


@pytest.mark.parametrize("level", list(Level))
def test_to_flatten_whoever_holds_something_is_left_to_stop(
    rig: Rig, work: CarryOut, gates: DynamoStopGates, started: Callable[..., Bot], *, level: Level
) -> None:
    holding = started("Holding")
    started("Flat")
    hold(rig, holding)
    stop = a_stop(level=level)
    gates.put(stop, None, now=NOW)
    assert halt(work, stop) == ([holding.bot_id] if level is Level.FLATTEN else [])
    assert rig.bots.get(TRADER, holding.bot_id).in_market, "it is managed to its exit"


def test_a_stop_that_was_lifted_is_carried_out_no_more(
    rig: Rig,
    work: CarryOut,
    gates: DynamoStopGates,
    started: Callable[..., Bot],
    cleared: Cleared,
) -> None:
    bot, stop = started(), a_stop()
    gates.put(stop, None, now=NOW)
    gates.lift(stop, now=NOW)
    assert halt(work, stop) == []
    done = work.stop(
        TRADER,
        bot.bot_id,
        scope=TRADER,
        stop_id=stop.stop_id,
        at=LATER,
        now=LATER,
        holder="w",
    )
    assert done.done
    assert cleared.asked == []
    assert rig.bots.get(TRADER, bot.bot_id).status is BotStatus.ACTIVE


def test_a_stop_that_was_raised_goes_on_as_raised_and_counts(
    rig: Rig,
    work: CarryOut,
    gates: DynamoStopGates,
    started: Callable[..., Bot],
    cleared: Cleared,
) -> None:
    bot, stop = started(), a_stop()
    gates.put(stop, None, now=NOW)
    gates.put(stop.raised(Level.FLATTEN, admin=False), stop, now=NOW)
    work.stop(
        TRADER,
        bot.bot_id,
        scope=TRADER,
        stop_id=stop.stop_id,
        at=LATER,
        now=LATER,
        holder="w",
    )
    assert cleared.asked == [(bot.bot_id, True)]
    assert work.progress.read(stop) == Progress(orders_cancelled=2, positions_closed=1)


def test_nothing_is_started_while_a_stop_lasts(
    rig: Rig, gates: DynamoStopGates, started: Callable[..., Bot]
) -> None:
    draft = rig.create(name="Draft")
    for owner in (TRADER, SYSTEM):
        stop = a_stop(owner)
        gates.put(stop, None, now=NOW)
        with pytest.raises(Conflict) as refusal:
            rig.start(TRADER, draft.bot_id, LATER)
        assert refusal.value.code == "START_REFUSED"
        assert refusal.value.details[0]["code"] == "EMERGENCY_STOP"
        assert rig.bots.get(TRADER, draft.bot_id).status is BotStatus.DRAFT
        gates.lift(stop, now=NOW)
    assert rig.start(TRADER, draft.bot_id, LATER).status is BotStatus.ACTIVE


def test_what_a_stop_paused_stays_paused_until_it_is_started_again(
    rig: Rig, work: CarryOut, gates: DynamoStopGates, started: Callable[..., Bot]
) -> None:
    bot, own = started(), started("Own", instrument_id=ETH)
    rig.pause(TRADER, own.bot_id, LATER)
    stop = a_stop()
    gates.put(stop, None, now=NOW)
    halt(work, stop)
    refused = rig.resume_all(TRADER, LATER, code=PauseCode.EMERGENCY_STOP)
    assert refused.unchanged == ((bot.bot_id, "START_REFUSED"),)
    gates.lift(stop, now=NOW)
    assert rig.bots.get(TRADER, bot.bot_id).status is BotStatus.PAUSED
    back = rig.resume_all(TRADER, LATER, code=PauseCode.EMERGENCY_STOP)
    assert back.changed == (bot.bot_id,)
    assert rig.bots.get(TRADER, own.bot_id).status is BotStatus.PAUSED


def test_its_owner_may_start_one_of_them_after_the_stop(
    rig: Rig, work: CarryOut, gates: DynamoStopGates, started: Callable[..., Bot]
) -> None:
    bot, stop = started(), a_stop()
    gates.put(stop, None, now=NOW)
    halt(work, stop)
    gates.lift(stop, now=NOW)
    again = rig.start(TRADER, bot.bot_id, LATER, Trigger.RESUME)
    assert again.status is BotStatus.ACTIVE


def test_the_desks_stop_goes_to_every_owner_who_trades_and_comes_back(
    rig: Rig, work: CarryOut, gates: DynamoStopGates, started: Callable[..., Bot]
) -> None:
    mine, theirs = started("Mine"), started("Theirs", STRANGER, instrument_id=ETH)
    desk = a_stop(SYSTEM)
    gates.put(desk, None, now=NOW)
    owners, after = work.owners(scope=SYSTEM, stop_id=desk.stop_id, lifting=False, after=None)
    assert (set(owners), after) == ({TRADER, STRANGER}, None)
    for owner in owners:
        halt(work, desk, owner)
        halt(work, desk, owner)
    for bot in (mine, theirs):
        assert rig.bots.get(bot.owner, bot.bot_id).pause_code is PauseCode.EMERGENCY_STOP
        here = gates.stop(bot.owner)
        assert here is not None
        assert here.copied
    gates.lift(desk, now=NOW)
    back, _ = work.owners(scope=SYSTEM, stop_id=desk.stop_id, lifting=True, after=None)
    assert set(back) == {TRADER, STRANGER}
    for owner in back:
        for _ in range(2):
            work.lift(
                owner, stop_id=desk.stop_id, restart=owner == TRADER, origin=MACHINE, now=LATER
            )
        assert gates.stop(owner) is None
    assert rig.bots.get(TRADER, mine.bot_id).status is BotStatus.ACTIVE
    assert rig.bots.get(STRANGER, theirs.bot_id).status is BotStatus.PAUSED


def test_an_owners_own_stop_concerns_nobody_else(work: CarryOut) -> None:
    found = work.owners(scope=TRADER, stop_id="s", lifting=False, after=None)
    assert found == ([TRADER], None)


def test_drawdowns_are_counted_from_the_present(rig: Rig, started: Callable[..., Bot]) -> None:
    low, high = started("Low"), started("High", instrument_id=ETH)
    started("New", instrument_id=ETH)
    point = an_equity_point(NOW, owner=TRADER, bot_id=low.bot_id)
    below = replace(point, peak=point.equity * 2, drawdown=point.equity.scaleb(0) / point.equity)
    top = replace(point, bot_id=high.bot_id, peak=point.equity)
    rig.equity.put([below, top])
    reset = ResetPeaks(rig.bots, rig.equity)
    assert reset(TRADER) == 1
    assert reset.reset(TRADER) == 0
    now = rig.equity.latest(TRADER, low.bot_id)
    assert now is not None
    assert (now.peak, now.drawdown) == (point.equity, ZERO)
    assert now.max_drawdown == below.max_drawdown
