"""Which step a bot may take, and what each step does. Pure: the moment is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from nightdesk.bots.bot import TRADING, Bot, BotStatus, PauseCode, header
from nightdesk.core.clock import millis
from nightdesk.core.errors import Conflict
from nightdesk.core.events import Event, event
from nightdesk.names import EventType

STATUS_CONFLICT = "STATUS_CONFLICT"


class Trigger(StrEnum):
    """What makes a bot change its status."""

    START = "start"
    RESUME = "resume"
    PAUSE = "pause"
    RETIRE = "retire"


_B = BotStatus
_RUNNING = (_B.ACTIVE, _B.TRAINING, _B.PROBATION)
TABLE: Mapping[tuple[BotStatus, Trigger], frozenset[BotStatus]] = MappingProxyType(
    {
        (_B.DRAFT, Trigger.START): frozenset({_B.ACTIVE}),
        (_B.PAUSED, Trigger.START): frozenset({_B.ACTIVE}),
        (_B.PAUSED, Trigger.RESUME): frozenset(_RUNNING),
        **{(status, Trigger.PAUSE): frozenset({_B.PAUSED}) for status in _RUNNING},
        **{
            (status, Trigger.RETIRE): frozenset({_B.RETIRED})
            for status in BotStatus
            if status is not _B.RETIRED
        },
    }
)
"""From where, by what, to where (bots §2). Training, probation and quarantine add their rows."""

OWNER_LIFTS = frozenset(
    {
        PauseCode.USER_PAUSED,
        PauseCode.GRADUATED,
        PauseCode.TRAINING_FAILED,
        PauseCode.TRAINING_STOPPED,
        PauseCode.MODE_CHANGE,
        PauseCode.EMERGENCY_STOP,
        PauseCode.USER_BLOCKED_BY_ADMIN,
    }
)
"""Pause codes that the owner lifts. While a stop lasts nothing is started, whatever its code.

A blocked owner lifts nothing: whoever can ask has been let in again by an administrator.
"""

ADMIN_LIFTS = frozenset({PauseCode.MANUAL_ADMIN_PAUSE, PauseCode.USER_BLOCKED_BY_ADMIN})
"""Pause codes that an administrator lifts; then the owner resumes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of a bot's history; appended, never changed.

    `number` is the version of the bot that it tells of. `code` says why, where there is a why.
    """

    number: int
    at: datetime
    before: BotStatus | None
    after: BotStatus
    code: str | None = None
    detail: str | None = None
    by: str
    changes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    """What an edit set, JSON-able; the numbered parameter sets stand here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step makes of a bot: the bot after it, the line of history, the events."""

    bot: Bot
    record: Record
    events: tuple[Event, ...]


def allowed(bot: Bot, trigger: Trigger, to: BotStatus) -> None:
    """Refuse a step that the table lacks. Raises Conflict `STATUS_CONFLICT`."""
    if to in TABLE.get((bot.status, trigger), frozenset()):
        return
    raise Conflict(
        STATUS_CONFLICT,
        f"a bot that is {bot.status} does not {trigger}",
        [{"status": bot.status.value, "trigger": trigger.value}],
    )


def created(bot: Bot, by: str) -> Step:
    """Return the first step of a new bot's life."""
    record = _record(bot, None, bot.created_at, by, code=None, detail=None)
    record = replace(
        record, changes={"parameters": dict(bot.parameters), "parameter_set": bot.parameter_set}
    )
    born = event(
        bot.owner,
        EventType.BOT_CREATED,
        bot.created_at,
        {"bot": header(bot)},
        cause=f"{bot.bot_id}:1",
        bot_id=bot.bot_id,
    )
    return Step(bot=bot, record=record, events=(born, _changed(bot, record)))


def started(bot: Bot, trigger: Trigger, at: datetime, by: str) -> Step:
    """Return the bot trading. `resume` goes back to where it was paused; `start` to active.

    Raises Conflict `STATUS_CONFLICT`, also for a pause that its owner cannot lift.
    """
    to = bot.resume_to or BotStatus.ACTIVE if trigger is Trigger.RESUME else BotStatus.ACTIVE
    allowed(bot, trigger, to)
    if bot.pause_code is not None and bot.pause_code not in OWNER_LIFTS:
        raise Conflict(
            STATUS_CONFLICT,
            f"a pause for {bot.pause_code} is not lifted by its owner",
            [{"status": bot.status.value, "pause_code": bot.pause_code.value}],
        )
    after = replace(bot, status=to, pause_code=None, resume_to=None, in_market=True, updated_at=at)
    return _step(bot, after, at, by)


def paused(
    bot: Bot, at: datetime, by: str, *, flat: bool, code: PauseCode, detail: str | None = None
) -> Step:
    """Return the bot paused: no entries. While it holds anything it stays in its market.

    Raises Conflict `STATUS_CONFLICT`.
    """
    allowed(bot, Trigger.PAUSE, BotStatus.PAUSED)
    after = replace(
        bot,
        status=BotStatus.PAUSED,
        pause_code=code,
        resume_to=bot.status,
        in_market=not flat,
        updated_at=at,
    )
    return _step(bot, after, at, by, code=code, detail=detail)


def lifted(bot: Bot, at: datetime, by: str) -> Step:
    """Return a bot whose pause is its owner's to end. Raises Conflict `STATUS_CONFLICT`."""
    if bot.pause_code not in ADMIN_LIFTS:
        code = bot.pause_code and bot.pause_code.value
        raise Conflict(
            STATUS_CONFLICT,
            "no administrator has paused this bot",
            [{"status": bot.status.value, "pause_code": code}],
        )
    after = replace(bot, pause_code=PauseCode.USER_PAUSED, updated_at=at)
    return _step(bot, after, at, by, code=PauseCode.USER_PAUSED)


def retired(bot: Bot, at: datetime, by: str, code: str) -> Step:
    """Return the bot retired for good. Raises Conflict `STATUS_CONFLICT`."""
    allowed(bot, Trigger.RETIRE, BotStatus.RETIRED)
    after = replace(
        bot,
        status=BotStatus.RETIRED,
        pause_code=None,
        resume_to=None,
        in_market=False,
        retired_at=at,
        retired_code=code,
        updated_at=at,
    )
    step = _step(bot, after, at, by, code=code)
    gone = event(
        bot.owner,
        EventType.BOT_RETIRED,
        at,
        {"bot_id": bot.bot_id, "code": code, "successor_id": None},
        cause=_cause(bot),
        bot_id=bot.bot_id,
    )
    return replace(step, events=(*step.events, gone))


def edited(before: Bot, after: Bot, changes: Mapping[str, object], at: datetime, by: str) -> Step:
    """Return an edit that keeps the status: what changed stands in the record and the event."""
    record = replace(_record(after, before, at, by, code="UPDATED", detail=None), changes=changes)
    told = event(
        after.owner,
        EventType.BOT_UPDATED,
        at,
        {"bot_id": after.bot_id, "changes": dict(changes)},
        cause=_cause(before),
        bot_id=after.bot_id,
    )
    return Step(bot=after, record=record, events=(told,))


def left_market(bot: Bot) -> Bot:
    """Return a bot that no longer trades and holds nothing, out of its market.

    It is no command of anybody's: the last one can still be repeated under its moment.
    """
    if bot.status in TRADING:
        raise Conflict(STATUS_CONFLICT, f"a bot that is {bot.status} stays in its market")
    return replace(bot, in_market=False)


def refused_while_stopped() -> Conflict:
    """Return the refusal to start a bot while an emergency stop lasts."""
    violation: dict[str, object] = {"code": "EMERGENCY_STOP", "message": "trading is stopped"}
    return Conflict("START_REFUSED", "the bot cannot start", [violation])


def done(bot: Bot, at: datetime) -> bool:
    """Tell whether the command of `at` has been carried out: moments are kept in milliseconds."""
    return millis(bot.updated_at) == millis(at)


def _step(
    before: Bot,
    after: Bot,
    at: datetime,
    by: str,
    *,
    code: str | None = None,
    detail: str | None = None,
) -> Step:
    record = _record(after, before, at, by, code=code, detail=detail)
    return Step(bot=after, record=record, events=(_changed(after, record),))


def _record(
    after: Bot, before: Bot | None, at: datetime, by: str, *, code: str | None, detail: str | None
) -> Record:
    return Record(
        number=1 + (before.version if before else 0),
        at=at,
        before=before.status if before else None,
        after=after.status,
        code=None if code is None else str(code),
        detail=detail,
        by=by,
    )


def _changed(bot: Bot, record: Record) -> Event:
    data = {
        "bot_id": bot.bot_id,
        "from": record.before.value if record.before else None,
        "to": record.after.value,
        "code": record.code,
        "detail": record.detail,
        "by": record.by,
    }
    return event(
        bot.owner,
        EventType.BOT_STATUS_CHANGED,
        record.at,
        data,
        cause=f"{bot.bot_id}:{record.number}",
        bot_id=bot.bot_id,
    )


def _cause(before: Bot) -> str:
    """Return the cause of a write: each version of a bot is written over once."""
    return f"{before.bot_id}:{before.version + 1}"
