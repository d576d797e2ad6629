"""Bodies and answers of the bots routes."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field

from functions.api.schemas import Answer, DecimalText, Lax, Moment, Request, SignedDecimalText
from nightdesk.bots.bot import (
    DEFAULT_KEY_LABEL,
    MAX_NAME,
    TRADES_MAX,
    BotStatus,
    Origin,
    OwnLimits,
    PauseCode,
    RiskMode,
)
from nightdesk.bots.profiles import CAPITAL_DEFAULT, PROFILES, limits_of
from nightdesk.bots.wanted import Draft, Edit
from nightdesk.core.ids import InstrumentId
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.bots.lifecycle import Record
    from nightdesk.bots.reading import BotView, Use
    from nightdesk.bots.switching import Switched
    from nightdesk.risk.limits import BotLimits

WHOLE = 10**18

Name = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["Alpha"]),
]
Instrument = Annotated[
    str,
    Field(pattern=r"^[A-Z0-9]{1,15}/[A-Z0-9]{1,15}@[a-z]{3,12}$", examples=["BTC/USD@bitstamp"]),
]
Strategy = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}@[1-9][0-9]{0,5}$", examples=["ma_cross@1"])
]
Reason = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Value = (
    Annotated[int, Field(ge=-WHOLE, le=WHOLE)]
    | Annotated[float, Field(ge=-WHOLE, le=WHOLE)]
    | Annotated[str, Field(pattern=r"^(-?\d{1,18}(\.\d{1,18})?|[A-Za-z][A-Za-z0-9_]{0,59})$")]
)
"""A parameter: a number, its text, or a word. No exponents in text: they name numbers too long."""
Parameters = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], Value], Field(max_length=32)
]
Share = Annotated[DecimalText, Field(gt=0, lt=1)]


class LimitsIn(Request):
    """What the owner tightens. Losses are fractions of capital and of the peak."""

    trades_per_day: int | None = Field(default=None, ge=1, le=TRADES_MAX)
    cooldown_minutes: int | None = Field(default=None, ge=5, le=120)
    daily_loss: Share | None = None
    drawdown: Share | None = None

    def to_domain(self) -> OwnLimits:
        """Build the noun."""
        minutes = self.cooldown_minutes
        return OwnLimits(
            trades_per_day=self.trades_per_day,
            cooldown=None if minutes is None else timedelta(minutes=minutes),
            daily_loss=self.daily_loss,
            drawdown=self.drawdown,
        )


class BotIn(Request):
    """A bot to be made. `parameters` leaves out what keeps its default."""

    name: Name
    instrument: Instrument
    timeframe: Literal["5m", "15m", "1h", "4h", "1d"]
    strategy: Strategy
    parameters: Parameters = Field(default_factory=dict)
    risk_mode: Lax[RiskMode] = RiskMode.BALANCED
    limits: LimitsIn = LimitsIn()
    capital: DecimalText = CAPITAL_DEFAULT
    key_label: str = Field(default=DEFAULT_KEY_LABEL, pattern=r"^[a-z0-9-]{1,20}$")

    def to_domain(self) -> Draft:
        """Build the noun."""
        return Draft(
            name=self.name,
            instrument_id=InstrumentId(self.instrument),
            timeframe=Timeframe(self.timeframe),
            strategy=self.strategy,
            parameters=self.parameters,
            risk_mode=self.risk_mode,
            limits=self.limits.to_domain(),
            capital=self.capital,
            key_label=self.key_label,
        )


class BotPatch(Request):
    """What is to change, against the version that was read. What is left out stays."""

    version: int = Field(ge=1)
    name: Name | None = None
    limits: LimitsIn | None = None
    risk_mode: Lax[RiskMode] | None = None
    parameters: Parameters | None = None
    auto_regenerate: bool | None = None
    auto_promote_paper: bool | None = None

    def to_domain(self) -> Edit:
        """Build the noun."""
        return Edit(
            version=self.version,
            name=self.name,
            limits=None if self.limits is None else self.limits.to_domain(),
            risk_mode=self.risk_mode,
            parameters=self.parameters,
            auto_regenerate=self.auto_regenerate,
            auto_promote_paper=self.auto_promote_paper,
        )


class PauseIn(Request):
    """Why, for the record."""

    reason: Reason | None = None


class PauseAllIn(Request):
    """Which bots to pause (none named: all), and why."""

    mode: Literal["paper", "live"] | None = None
    reason: Reason | None = None


class ResumeAllIn(Request):
    """Bots paused for which code."""

    pause_code: Lax[PauseCode] = PauseCode.USER_PAUSED


class ModeIn(Request):
    """The mode wanted."""

    mode: Literal["paper", "live"]
    confirm: Reason | None = None


class LimitsOut(Answer):
    """What holds for a bot: fractions of its equity or capital, and counts."""

    position: DecimalText
    risk_per_trade: DecimalText
    daily_loss: DecimalText
    drawdown: DecimalText
    reward_to_risk: DecimalText
    trades_per_hour: int
    trades_per_day: int
    cooldown_minutes: int

    @classmethod
    def from_domain(cls, limits: "BotLimits") -> Self:
        """Show limits."""
        return cls(
            position=limits.position,
            risk_per_trade=limits.risk_per_trade,
            daily_loss=limits.daily_loss,
            drawdown=limits.drawdown,
            reward_to_risk=limits.reward_to_risk,
            trades_per_hour=limits.entries_per_hour,
            trades_per_day=limits.entries_per_day,
            cooldown_minutes=_minutes(limits.cooldown),
        )


class OwnLimitsOut(Answer):
    """What the owner has tightened; null where the risk mode's figure stands."""

    trades_per_day: int | None
    cooldown_minutes: int | None
    daily_loss: DecimalText | None
    drawdown: DecimalText | None

    @classmethod
    def from_domain(cls, limits: OwnLimits) -> Self:
        """Show own limits."""
        return cls(
            trades_per_day=limits.trades_per_day,
            cooldown_minutes=None if limits.cooldown is None else _minutes(limits.cooldown),
            daily_loss=limits.daily_loss,
            drawdown=limits.drawdown,
        )


class ProfileOut(LimitsOut):
    """One risk mode."""

    risk_mode: RiskMode
    consensus: DecimalText

    @classmethod
    def all(cls) -> list[Self]:
        """Show every risk mode, the safest first."""
        return [
            cls(
                risk_mode=mode,
                consensus=profile.consensus,
                **dict(LimitsOut.from_domain(profile.limits)),
            )
            for mode, profile in PROFILES.items()
        ]


class UseOut(Answer):
    """How much of a limit is used. `scope` is `owner` or a venue."""

    scope: str
    limit: int
    used: int

    @classmethod
    def from_domain(cls, use: "Use") -> Self:
        """Show one limit."""
        return cls(scope=use.scope, limit=use.limit, used=use.used)


class LineageOut(Answer):
    """Where a bot comes from."""

    origin: Origin
    parent: str | None
    root: str
    generation: int


class FiguresOut(Answer):
    """What a bot is worth, in its quote currency; `holding` in base units.

    `as_of` is the moment of the price; `stale` says that the holding stands at what it cost.
    """

    currency: str
    as_of: Moment
    stale: bool
    initial: DecimalText
    net_capital: SignedDecimalText
    cash: DecimalText
    reserved: DecimalText
    holding: DecimalText
    mark: DecimalText | None
    equity: SignedDecimalText
    realised: SignedDecimalText
    unrealised: SignedDecimalText
    fees: SignedDecimalText
    max_drawdown: DecimalText
    trips: int
    wins: int


class BotOut(Answer):
    """A bot: what it is, where it stands, what it is worth."""

    bot_id: str
    name: str
    instrument: str
    timeframe: Timeframe
    key_label: str
    mode: Mode
    status: BotStatus
    pause_code: PauseCode | None
    resume_to: BotStatus | None
    strategy: str
    parameters: dict[str, Any]
    parameter_set: int
    risk_mode: RiskMode
    limits: LimitsOut
    own_limits: OwnLimitsOut
    capital: FiguresOut
    lineage: LineageOut
    auto_regenerate: bool
    auto_promote_paper: bool
    version: int
    created_at: Moment
    updated_at: Moment
    retired_at: Moment | None
    retired_code: str | None

    @classmethod
    def from_domain(cls, view: "BotView") -> Self:
        """Show a bot."""
        bot, same = view.bot, {name: getattr(view.bot, name) for name in _SAME}
        return cls(
            **same,
            instrument=bot.instrument_id,
            parameters=dict(bot.parameters),
            limits=LimitsOut.from_domain(limits_of(bot)),
            own_limits=OwnLimitsOut.from_domain(bot.limits),
            capital=_figures(view),
            lineage=LineageOut(
                origin=bot.lineage.origin,
                parent=bot.lineage.parent,
                root=bot.lineage.root,
                generation=bot.lineage.generation,
            ),
        )


_SAME = (
    "bot_id",
    "name",
    "timeframe",
    "key_label",
    "mode",
    "status",
    "pause_code",
    "resume_to",
    "strategy",
    "parameter_set",
    "risk_mode",
    "auto_regenerate",
    "auto_promote_paper",
    "version",
    "created_at",
    "updated_at",
    "retired_at",
    "retired_code",
)
"""Fields that the answer shows as the noun has them."""


class RecordOut(Answer):
    """One line of a bot's history."""

    number: int
    at: Moment
    before: BotStatus | None = Field(serialization_alias="from")
    after: BotStatus = Field(serialization_alias="to")
    code: str | None
    detail: str | None
    by: str
    changes: dict[str, Any]

    @classmethod
    def from_domain(cls, record: "Record") -> Self:
        """Show one line."""
        return cls(
            number=record.number,
            at=record.at,
            before=record.before,
            after=record.after,
            code=record.code,
            detail=record.detail,
            by=record.by,
            changes=dict(record.changes),
        )


class UnchangedOut(Answer):
    """A bot that stayed as it was, and why."""

    id: str
    code: str


class SwitchedOut(Answer):
    """What became of many bots."""

    changed: list[str]
    unchanged: list[UnchangedOut]

    @classmethod
    def from_domain(cls, switched: "Switched") -> Self:
        """Show what became of them."""
        return cls(
            changed=list(switched.changed),
            unchanged=[UnchangedOut(id=bot_id, code=code) for bot_id, code in switched.unchanged],
        )


def _figures(view: "BotView") -> FiguresOut:
    figures = view.figures
    names = FiguresOut.model_fields.keys() - {"currency", "initial"}
    same = {name: getattr(figures, name) for name in names}
    return FiguresOut(currency=view.bot.currency, initial=view.bot.initial, **same)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
