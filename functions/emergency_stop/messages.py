"""What the pieces of an emergency stop are handed, and what they answer."""

from typing import Literal

from pydantic import AwareDatetime, Field

from nightdesk.core.ids import BotId, UserId
from nightdesk.core.wire import Message


class Result(Message):
    """What one owner's child of the map came to."""

    left: int = Field(ge=0)


class Input(Message):
    """One piece of work.

    `owners` finds whom the stop concerns, `halt` pauses one owner's bots, `stop` clears one bot,
    `round` adds up what is left, `lift` takes the desk's stop from one owner's gate.
    """

    action: Literal["owners", "halt", "stop", "round", "lift"]
    as_of: AwareDatetime
    stop_id: str = Field(min_length=1)
    scope: UserId
    mode: Literal["engage", "lift"] = "engage"
    owner: UserId | None = None
    bot_id: BotId | None = None
    worker: str = ""
    """Holds the leases: a retry within this execution goes on at once."""
    after: str = ""
    left: int = 0
    results: tuple[Result, ...] = ()
    restart: bool = False


class Owners(Message):
    """Some owners; `after` is where the next begin, empty at the end."""

    owners: tuple[UserId, ...]
    after: str


class Halted(Message):
    """The bots of an owner that have something left to stop, the largest risk first."""

    bots: tuple[BotId, ...]
    left: int
    paused: int


class Stopped(Message):
    """Whether a bot has nothing left to stop."""

    done: bool


class Round(Message):
    """How many bots of all owners so far have something left to stop."""

    left: int


class Lifted(Message):
    """An owner's gate is open again."""

    left: int = 0
