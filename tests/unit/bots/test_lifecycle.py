from datetime import timedelta
from itertools import product

import pytest

from nightdesk.bots import lifecycle
from nightdesk.bots.bot import Bot, BotStatus, PauseCode
from nightdesk.bots.lifecycle import OWNER_LIFTS, Step, Trigger
from nightdesk.core.errors import Conflict
from nightdesk.names import EventType
from tests.builders.bots import NOW, TRADER, a_bot

S, T = BotStatus, Trigger
LATER = NOW + timedelta(hours=1)

# Written from bots §2, not from the code: which step ends where, of those this desk can take.
EXPECTED = {
    (S.DRAFT, T.START): S.ACTIVE,
    (S.DRAFT, T.RETIRE): S.RETIRED,
    (S.ACTIVE, T.PAUSE): S.PAUSED,
    (S.ACTIVE, T.RETIRE): S.RETIRED,
    (S.PAUSED, T.START): S.ACTIVE,
    (S.PAUSED, T.RESUME): S.ACTIVE,
    (S.PAUSED, T.RETIRE): S.RETIRED,
    (S.TRAINING, T.PAUSE): S.PAUSED,
    (S.TRAINING, T.RETIRE): S.RETIRED,
    (S.PROBATION, T.PAUSE): S.PAUSED,
    (S.PROBATION, T.RETIRE): S.RETIRED,
    (S.QUARANTINED, T.RETIRE): S.RETIRED,
}


def step(bot: Bot, trigger: Trigger) -> Step:
    if trigger is T.PAUSE:
        return lifecycle.paused(bot, LATER, TRADER, flat=True, code=PauseCode.USER_PAUSED)
    if trigger is T.RETIRE:
        return lifecycle.retired(bot, LATER, TRADER, "OWNER_RETIRED")
    return lifecycle.started(bot, trigger, LATER, TRADER)


@pytest.mark.parametrize(("status", "trigger"), list(product(S, T)))
def test_every_status_and_trigger_does_what_the_table_says(
    status: BotStatus, trigger: Trigger
) -> None:
    bot = a_bot(status=status)
    wanted = EXPECTED.get((status, trigger))
    if wanted is None:
        with pytest.raises(Conflict) as refused:
            step(bot, trigger)
        assert refused.value.code == "STATUS_CONFLICT"
        return
    done = step(bot, trigger)
    assert done.bot.status is wanted
    assert done.bot.updated_at == LATER
    assert (done.record.before, done.record.after) == (status, wanted)
    assert done.record.number == bot.version + 1


@pytest.mark.parametrize(("status", "trigger"), list(EXPECTED))
def test_every_step_says_so_in_one_event(status: BotStatus, trigger: Trigger) -> None:
    done = step(a_bot(status=status), trigger)
    told = [one for one in done.events if one.type == EventType.BOT_STATUS_CHANGED.value]
    assert len(told) == 1
    assert told[0].data["from"] == status.value
    assert told[0].data["to"] == done.bot.status.value
    assert told[0].data["by"] == TRADER


@pytest.mark.parametrize("was", [S.ACTIVE, S.TRAINING, S.PROBATION])
def test_resume_goes_back_to_where_the_bot_was_paused(was: BotStatus) -> None:
    halted = step(a_bot(status=was), T.PAUSE).bot
    assert halted.resume_to is was
    assert step(halted, T.RESUME).bot.status is was


def test_pausing_a_bot_that_holds_something_keeps_it_in_its_market() -> None:
    bot = a_bot(status=S.ACTIVE)
    code = PauseCode.USER_PAUSED
    assert lifecycle.paused(bot, LATER, TRADER, flat=False, code=code).bot.in_market
    assert not lifecycle.paused(bot, LATER, TRADER, flat=True, code=code).bot.in_market


@pytest.mark.parametrize("code", sorted(set(PauseCode) - OWNER_LIFTS))
@pytest.mark.parametrize("trigger", [T.START, T.RESUME])
def test_a_pause_that_others_lift_is_not_lifted_by_the_owner(
    code: PauseCode, trigger: Trigger
) -> None:
    with pytest.raises(Conflict) as refused:
        step(a_bot(status=S.PAUSED, pause_code=code), trigger)
    assert refused.value.code == "STATUS_CONFLICT"


def test_a_step_repeated_has_the_same_event_ids() -> None:
    bot = a_bot(status=S.ACTIVE)
    assert step(bot, T.RETIRE).events == step(bot, T.RETIRE).events


def test_a_bot_that_trades_does_not_leave_its_market() -> None:
    with pytest.raises(Conflict):
        lifecycle.left_market(a_bot(status=S.ACTIVE))
