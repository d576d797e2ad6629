"""A bot: one instrument, one timeframe, one strategy version, one capital account."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from nightdesk.core.clock import iso
from nightdesk.core.errors import Invalid
from nightdesk.core.ids import BotId, InstrumentId, UserId, instrument_id, ulid
from nightdesk.core.money import fixed, positive
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.limits import BOT_BOUNDS
from nightdesk.trading.order import Mode

MAX_NAME = 40
DEFAULT_KEY_LABEL = "main"
TIMEFRAMES = (Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1)
"""What a bot may trade on."""

BOT_ID = re.compile(r"bot_[0-7][0-9A-HJKMNP-TV-Z]{25}")
STRATEGY = re.compile(r"[A-Za-z0-9_-]{1,60}@[1-9][0-9]{0,5}")


class BotStatus(StrEnum):
    """Where a bot stands in its life."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    QUARANTINED = "quarantined"
    TRAINING = "training"
    PROBATION = "probation"
    RETIRED = "retired"


TRADING = frozenset({BotStatus.ACTIVE, BotStatus.TRAINING, BotStatus.PROBATION})
"""In these a bot may open positions."""

BOT_NOT_ACTIVE = "BOT_NOT_ACTIVE"

COUNTED = frozenset(BotStatus) - {BotStatus.DRAFT, BotStatus.RETIRED}
"""In these a bot counts against the owner's limits."""


class PauseCode(StrEnum):
    """Why a bot is paused."""

    USER_PAUSED = "USER_PAUSED"
    GRADUATED = "GRADUATED"
    TRAINING_FAILED = "TRAINING_FAILED"
    TRAINING_STOPPED = "TRAINING_STOPPED"
    MODE_CHANGE = "MODE_CHANGE"
    MANUAL_ADMIN_PAUSE = "MANUAL_ADMIN_PAUSE"
    USER_BLOCKED_BY_ADMIN = "USER_BLOCKED_BY_ADMIN"
    EMERGENCY_STOP = "EMERGENCY_STOP"
    RISK_STOP = "RISK_STOP"
    NO_VENUE_KEY = "NO_VENUE_KEY"
    KEY_FAILED = "KEY_FAILED"
    UNSUPPORTED_VENUE = "UNSUPPORTED_VENUE"
    MODE_DISABLED = "MODE_DISABLED"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"


class RiskMode(StrEnum):
    """How much a bot may risk; the figures stand in `profiles`."""

    SAFE = "safe"
    BALANCED = "balanced"
    RISKY = "risky"
    AGGRESSIVE = "aggressive"


class Origin(StrEnum):
    """Who made a bot."""

    USER = "user"
    CLONE = "clone"
    REGENERATED = "regenerated"
    AUTOPILOT = "autopilot"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a bot comes from. `root` is the first of its line, itself included."""

    origin: Origin = Origin.USER
    parent: BotId | None = None
    root: BotId
    generation: int = 0


TRADES_MIN, TRADES_MAX = 1, 20
COOLDOWN_MIN, COOLDOWN_MAX = timedelta(minutes=5), timedelta(minutes=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLimits:
    """What the owner tightens beyond the risk mode. Losses are fractions; None leaves the mode's.

    A looser figure than the mode's has no effect: the tightest wins. Raises Invalid
    `OUT_OF_RANGE` with the field for what no bot may have.
    """

    trades_per_day: int | None = None
    cooldown: timedelta | None = None
    daily_loss: Decimal | None = None
    drawdown: Decimal | None = None

    def __post_init__(self) -> None:
        if self.trades_per_day is not None and not TRADES_MIN <= self.trades_per_day <= TRADES_MAX:
            raise _out_of_range("trades_per_day", str(TRADES_MIN), str(TRADES_MAX))
        if self.cooldown is not None and not COOLDOWN_MIN <= self.cooldown <= COOLDOWN_MAX:
            raise _out_of_range("cooldown_minutes", "5", "120")
        for name, value in (("daily_loss", self.daily_loss), ("drawdown", self.drawdown)):
            low, high = BOT_BOUNDS[name]
            if value is None:
                continue
            positive(name, value)
            if not low <= value <= high:  # type: ignore[operator]
                raise _out_of_range(name, str(low), str(high))


def _out_of_range(name: str, low: str, high: str) -> Invalid:
    return Invalid(
        "OUT_OF_RANGE",
        f"{name} is between {low} and {high}",
        field=f"limits.{name}",
        allowed={"min": low, "max": high},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """One bot as it stands. Amounts live in its book; here is only what it was first given.

    `parameters` are the values of its definition's inputs, defaults included, JSON-able; each
    change is a new `parameter_set`. `in_market` tells whether the cycle finds it: while it trades,
    or still holds something. `version` counts the writes of this record, 0 is not stored yet.
    """

    owner: UserId
    bot_id: BotId
    name: str
    instrument_id: InstrumentId
    timeframe: Timeframe
    key_label: str = DEFAULT_KEY_LABEL
    mode: Mode = Mode.PAPER
    status: BotStatus = BotStatus.DRAFT
    pause_code: PauseCode | None = None
    resume_to: BotStatus | None = None
    strategy: str
    parameters: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    parameter_set: int = 1
    risk_mode: RiskMode = RiskMode.BALANCED
    limits: OwnLimits = field(default_factory=OwnLimits)
    initial: Decimal
    """First posting, in quote currency."""
    lineage: Lineage
    auto_regenerate: bool = True
    auto_promote_paper: bool = True
    in_market: bool = False
    version: int = 0
    created_at: datetime
    updated_at: datetime
    retired_at: datetime | None = None
    retired_code: str | None = None

    def __post_init__(self) -> None:
        instrument_id(self.instrument_id)
        if named(self.name) != self.name:
            raise ValueError("a stored name is trimmed and NFC")
        if self.timeframe not in TIMEFRAMES:
            raise ValueError(f"a bot does not trade on {self.timeframe}")
        if not STRATEGY.fullmatch(self.strategy):
            raise ValueError(f"a strategy is id@version, was {self.strategy!r}")
        positive("initial", self.initial)
        if (self.status is BotStatus.PAUSED) != (self.pause_code is not None):
            raise ValueError("a bot has a pause code while it is paused, and only then")
        if (self.status is BotStatus.RETIRED) != (self.retired_at is not None):
            raise ValueError("a bot has a time of retirement once it is retired, and only then")
        if self.status in TRADING and not self.in_market:
            raise ValueError("a bot that trades is in its market")

    @property
    def currency(self) -> str:
        """The quote currency: what its capital is in."""
        return self.instrument_id.partition("/")[2].partition("@")[0]

    @property
    def venue(self) -> str:
        """Where it trades."""
        return self.instrument_id.partition("@")[2]

    @property
    def entries_blocked(self) -> str | None:
        """The code that blocks entries while the status does not allow them."""
        return None if self.status in TRADING else BOT_NOT_ACTIVE

    @property
    def counted(self) -> bool:
        """Whether it counts against the owner's limits."""
        return self.status in COUNTED


def bot_id(at: datetime, owner: UserId, cause: str) -> BotId:
    """Return the one id of the bot that this command makes: a repeat makes no second bot."""
    return BotId("bot_" + ulid(at, owner, "bot", cause))


def named(text: str) -> str:
    """Return `text` as a bot's name: trimmed, NFC. Raises Invalid `BAD_NAME`."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise Invalid("BAD_NAME", f"a name has 1 to {MAX_NAME} characters", field="name")
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in name):
        raise Invalid("BAD_NAME", "a name has no control characters", field="name")
    return name


def header(bot: Bot) -> dict[str, object]:
    """Return what an event says of a bot: JSON-able, amounts as text."""
    return {
        "bot_id": bot.bot_id,
        "name": bot.name,
        "instrument": bot.instrument_id,
        "timeframe": bot.timeframe.value,
        "mode": bot.mode.value,
        "status": bot.status.value,
        "strategy": bot.strategy,
        "parameters": dict(bot.parameters),
        "risk_mode": bot.risk_mode.value,
        "currency": bot.currency,
        "initial": fixed(bot.initial),
        "created_at": iso(bot.created_at),
    }
