"""A journal trade: one holding from its first fill until nothing is left, in its parts.

What is built from fills stands in `JournalTrade`; what a person wrote of it stands in `Labels`,
stored apart, so that a rebuild cannot overwrite it. Prices are quote currency per base unit,
quantities base units, money quote currency unless a name ends in `_account`. A value that does
not exist is None and `JournalTrade.reasons` says why, by the name of the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from nightdesk.core.ids import BotId, DecisionId, InstrumentId, TradeId, UserId
from nightdesk.core.money import ZERO, not_negative, positive
from nightdesk.trading.order import Mode

MAX_NOTE = 5_000
MAX_TAGS = 20


class Kind(StrEnum):
    """What was traded."""

    SPOT = "spot"
    MARGIN = "margin"
    PERP = "perp"
    FUTURE = "future"
    OPTION = "option"


class Source(StrEnum):
    """How the fills came to the journal."""

    DESK = "desk"
    SYNC = "sync"
    IMPORT = "import"
    MANUAL = "manual"


class Origin(StrEnum):
    """Who decided."""

    BOT = "bot"
    HUMAN = "human"


class Side(StrEnum):
    """What a rising price does to it: a gain or a loss."""

    LONG = "long"
    SHORT = "short"

    @property
    def direction(self) -> int:
        """Return 1 or -1, as a rising price pays."""
        return 1 if self is Side.LONG else -1


class Action(StrEnum):
    """What a fill did with the base asset."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """Return 1 or -1, as it moves the position."""
        return 1 if self is Action.BUY else -1


class Status(StrEnum):
    """Where a trade stands; void is hidden."""

    OPEN = "open"
    PARTLY_CLOSED = "partly_closed"
    CLOSED = "closed"
    VOID = "void"


class Outcome(StrEnum):
    """How a closed trade ended."""

    WIN = "win"
    LOSS = "loss"
    BREAKEVEN = "breakeven"


class ExitReason(StrEnum):
    """Why the last of it was sold or bought back."""

    STOP = "stop"
    TARGET = "target"
    TRAILING = "trailing"
    SIGNAL = "signal"
    TIME = "time"
    MANUAL = "manual"
    EMERGENCY = "emergency"
    LIQUIDATION = "liquidation"
    EXPIRY = "expiry"
    UNKNOWN = "unknown"


class Session(StrEnum):
    """Which part of the UTC day a trade was entered in: 00 to 08, 08 to 16, 16 to 24."""

    ASIA = "asia"
    EUROPE = "europe"
    US = "us"


class After(StrEnum):
    """How the last trade ended that was closed before this one was entered."""

    WIN = "win"
    LOSS = "loss"
    NONE = "none"


class VolatilityBucket(StrEnum):
    """Third of the owner's own trades by volatility at entry."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


class Emotion(StrEnum):
    """What a trader may say they felt."""

    CONFIDENT = "confident"
    UNCERTAIN = "uncertain"
    FOMO = "fomo"
    REVENGE = "revenge"
    DISCIPLINED = "disciplined"
    IMPULSIVE = "impulsive"
    CALM = "calm"
    ANXIOUS = "anxious"


class MarketCondition(StrEnum):
    """What a trader may say the market was."""

    TRENDING_UP = "trending_up"
    TRENDING_DOWN = "trending_down"
    RANGING = "ranging"
    VOLATILE = "volatile"
    LOW_VOLUME = "low_volume"
    HIGH_VOLUME = "high_volume"


class Check(StrEnum):
    """What became of one rule of a playbook."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"


FIRST_SETUPS = (
    *("breakout", "pullback", "reversal", "momentum", "range"),
    *("gap", "news", "scalp", "swing", "other"),
)
"""The setups that an owner begins with: names of tags of category `setup`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Account currency per unit of quote currency, as it was then; never looked up again."""

    value: Decimal
    source: str
    at: datetime

    def __post_init__(self) -> None:
        positive("value", self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopMark:
    """A stop, and when it was recorded."""

    at: datetime
    price: Decimal

    def __post_init__(self) -> None:
        positive("price", self.price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A fill, or the part of one that belongs to this trade.

    `quantity` is what it moves the position by: fees taken in coins are counted. `fee` is its
    value in quote currency, None where the price of its asset is not known; `fee_price` is that
    price where the asset is neither currency of the pair. `realised` is the gross result of an
    exit at average cost.
    """

    fill_id: str
    order: str
    at: datetime
    action: Action
    entry: bool
    quantity: Decimal
    price: Decimal
    fee: Decimal | None = ZERO
    fee_asset: str | None = None
    fee_price: Decimal | None = None
    realised: Decimal = ZERO
    stop: Decimal | None = None
    target: Decimal | None = None
    rate: Rate | None = None

    def __post_init__(self) -> None:
        positive("quantity", self.quantity)
        positive("price", self.price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Funding or interest of one moment: positive was received."""

    id: str
    at: datetime
    amount: Decimal
    rate: Rate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """How much, at what mean prices. `size` is the notional of the first entry order."""

    qty_entered: Decimal
    qty_exited: Decimal
    qty_open: Decimal
    qty_carried: Decimal
    cost_carried: Decimal = ZERO
    """What the carried quantity had cost in the trades before."""
    peak_qty: Decimal
    avg_entry: Decimal
    avg_exit: Decimal | None = None
    scale_ins: int = 0
    partial_exits: int = 0
    size: Decimal | None = None
    """In account currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What it brought and cost: ``net = gross - fees + funding``. Open trades: so far."""

    gross: Decimal
    fees: Decimal | None
    funding: Decimal
    net: Decimal | None
    return_on_notional: Decimal | None = None
    net_account: Decimal | None = None
    gross_account: Decimal | None = None
    fees_account: Decimal | None = None
    slippage: Decimal | None = None
    """Lost against the prices decided at; negative is a gain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """What was risked: `initial_risk` is price risk without costs, `r` net in units of it."""

    initial_stop: Decimal | None = None
    target: Decimal | None = None
    stops: tuple[StopMark, ...] = ()
    initial_risk: Decimal | None = None
    r: Decimal | None = None
    planned_rr: Decimal | None = None
    planned_risk: Decimal | None = None
    """What the desk sized with, costs included."""
    stop_recorded_after_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Longer:
    """What holding longer would have added, in quote currency per base unit and in R."""

    minutes: int
    per_unit: Decimal
    r: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excursion:
    """How far it went against and for the trader before it was closed, before fees."""

    mae: Decimal | None = None
    mfe: Decimal | None = None
    mae_r: Decimal | None = None
    mfe_r: Decimal | None = None
    given_back: Decimal | None = None
    capture: Decimal | None = None
    entry_efficiency: Decimal | None = None
    exit_efficiency: Decimal | None = None
    total_efficiency: Decimal | None = None
    excursion_resolution: str | None = None
    """Timeframe of the coarsest candles that were needed, or `fills`."""
    after_exit: tuple[Longer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """In what surroundings it was entered."""

    regime: str | None = None
    session: Session | None = None
    nth_of_day: int | None = None
    after: After | None = None
    volatility_bucket: VolatilityBucket | None = None
    volatility: Decimal | None = None
    """ATR14 over the close at entry: what the buckets are thirds of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalTrade:
    """One trade as its fills tell it. `incomplete` are codes of what is missing to judge it.

    `account` is venue, label and mode of an own account, or the name of an imported one. `version`
    rises with each rebuild that changed something.
    """

    id: TradeId
    owner: UserId
    account: str
    mode: Mode
    instrument: InstrumentId
    base: str
    quote: str
    kind: Kind
    source: Source
    origin: Origin
    bot_id: BotId | None = None
    strategy_version: str | None = None
    decision_ids: tuple[DecisionId, ...] = ()
    import_ids: tuple[str, ...] = ()
    version: int = 0

    side: Side
    status: Status
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    exit_reason: ExitReason | None = None
    incomplete: tuple[str, ...] = ()

    quantity: Quantities
    money: Money
    risk: Risk = Risk()
    excursion: Excursion = Excursion()
    context: Context = Context()
    legs: tuple[Leg, ...]
    charges: tuple[Charge, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not self.legs:
            raise ValueError("a trade has at least one fill")
        if (self.status is Status.CLOSED) and self.closed_at is None:
            raise ValueError("a closed trade was closed at some time")
        if self.closed_at is not None and self.closed_at < self.opened_at:
            raise ValueError(f"closed at {self.closed_at}, opened at {self.opened_at}")
        not_negative("qty_open", self.quantity.qty_open)

    @property
    def fill_ids(self) -> tuple[str, ...]:
        """The fills it was built from, in order; one that crosses zero is in two trades."""
        return tuple(dict.fromkeys(leg.fill_id for leg in self.legs))

    @property
    def hold_seconds(self) -> int | None:
        """Whole seconds from the first fill to the last; None while it is open."""
        if self.closed_at is None:
            return None
        return int((self.closed_at - self.opened_at).total_seconds())

    @property
    def venue(self) -> str | None:
        """Where it was traded; None where the instrument names no venue."""
        return self.instrument.partition("@")[2] or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a person wrote of one trade. It stays whatever becomes of the fills.

    `stops`, `target` and `exit_reason` complete what the fills say; a stop counts for R by the
    moment it was recorded at, like any other. `planned` is whether the trade named a setup, or
    matched the locked plan, before its first fill; None while nobody can say.
    """

    owner: UserId
    trade_id: TradeId
    setup_id: str | None = None
    playbook_id: str | None = None
    playbook_version: int | None = None
    checklist: Mapping[str, Check] = field(default_factory=lambda: MappingProxyType({}))
    planned: bool | None = None
    tags: tuple[str, ...] = ()
    emotions: tuple[Emotion, ...] = ()
    market_condition: MarketCondition | None = None
    note: str = ""
    no_stop_declared: bool = False
    stops: tuple[StopMark, ...] = ()
    target: Decimal | None = None
    exit_reason: ExitReason | None = None
    updated_at: datetime | None = None
    version: int = 0

    def __post_init__(self) -> None:
        if len(self.note) > MAX_NOTE:
            raise ValueError(f"a note has at most {MAX_NOTE} characters")
        if len(self.tags) > MAX_TAGS or len(set(self.tags)) != len(self.tags):
            raise ValueError(f"at most {MAX_TAGS} tags, each once")
        if len(set(self.emotions)) != len(self.emotions):
            raise ValueError("each emotion once")
        if self.target is not None:
            positive("target", self.target)

    @property
    def blank(self) -> bool:
        """Whether nobody wrote anything."""
        return self == Labels(owner=self.owner, trade_id=self.trade_id, version=self.version)
