"""Orders and fills: every state named, every step from one table."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Self

from nightdesk.core.errors import IllegalTransition
from nightdesk.core.ids import (
    BotId,
    ClientOrderId,
    DecisionId,
    FillId,
    InstrumentId,
    UserId,
    VenueOrderId,
)
from nightdesk.core.money import EXACT, ZERO, not_negative, positive
from nightdesk.trading.position import EntryPlan


class Mode(StrEnum):
    """Whose money: none, the simulated, the real."""

    BACKTEST = "backtest"
    PAPER = "paper"
    LIVE = "live"


class Side(StrEnum):
    """Buy or sell the base asset."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """How an order becomes a trade."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    TAKE_PROFIT = "take_profit"


class TimeInForce(StrEnum):
    """How long an order stands."""

    GTC = "GTC"
    IOC = "IOC"


class Leg(StrEnum):
    """What an order is for."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    EXIT = "exit"


class HeldBy(StrEnum):
    """Who watches a resting order: the venue, or the desk where the venue cannot."""

    VENUE = "venue"
    DESK = "desk"


class Liquidity(StrEnum):
    """Whether a fill gave liquidity or took it."""

    MAKER = "MAKER"
    TAKER = "TAKER"


class OrderStatus(StrEnum):
    """Where an order stands. DENIED is our word, REJECTED the venue's."""

    INITIALIZED = "INITIALIZED"
    DENIED = "DENIED"
    SUBMITTED = "SUBMITTED"
    SUBMIT_UNKNOWN = "SUBMIT_UNKNOWN"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    PENDING_CANCEL = "PENDING_CANCEL"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"

    @property
    def open(self) -> bool:
        """Whether something may still happen to the order."""
        return self in OPEN


_S = OrderStatus
OPEN = frozenset(
    {
        _S.INITIALIZED,
        _S.SUBMITTED,
        _S.SUBMIT_UNKNOWN,
        _S.ACCEPTED,
        _S.PARTIALLY_FILLED,
        _S.PENDING_CANCEL,
    }
)
_ANSWERS = frozenset(
    {_S.ACCEPTED, _S.REJECTED, _S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELED, _S.EXPIRED}
)
_LATE_FILL = frozenset({_S.PARTIALLY_FILLED, _S.FILLED})
_RESTING = frozenset({_S.PARTIALLY_FILLED, _S.FILLED, _S.PENDING_CANCEL, _S.CANCELED, _S.EXPIRED})
NEXT: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.INITIALIZED: _ANSWERS | {_S.SUBMITTED, _S.SUBMIT_UNKNOWN, _S.DENIED},
    _S.SUBMITTED: _ANSWERS | {_S.SUBMIT_UNKNOWN},
    _S.SUBMIT_UNKNOWN: _ANSWERS | {_S.SUBMITTED},
    _S.ACCEPTED: _RESTING,
    _S.PARTIALLY_FILLED: _RESTING,
    _S.PENDING_CANCEL: _RESTING | {_S.ACCEPTED},
    _S.CANCELED: _LATE_FILL,
    _S.EXPIRED: _LATE_FILL,
    _S.REJECTED: _LATE_FILL,
    _S.DENIED: frozenset(),
    _S.FILLED: frozenset(),
}
"""The legal steps (trading §5). PENDING_CANCEL stays pending while the venue is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One leg of a decision. Quantity in base units, prices in quote currency per base unit."""

    owner: UserId
    bot_id: BotId
    client_order_id: ClientOrderId
    decision_id: DecisionId
    leg: Leg
    n: int = 0
    instrument_id: InstrumentId
    mode: Mode
    side: Side
    type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    trigger: Decimal | None = None
    reference: Decimal
    """The price the decision was made at: slippage is counted from it."""
    reserved: Decimal = ZERO
    """Quote currency set aside for an open buy, costs included."""
    time_in_force: TimeInForce = TimeInForce.IOC
    held_by: HeldBy = HeldBy.VENUE
    rules_version: str
    plan: EntryPlan | None = None
    """What an entry opens: its protection and planned risk."""
    status: OrderStatus = OrderStatus.INITIALIZED
    filled: Decimal = ZERO
    notional: Decimal = ZERO
    """What was traded so far, in quote currency, without fees."""
    reason: str | None = None
    venue_order_id: VenueOrderId | None = None
    created_at: datetime
    sent_at: datetime | None = None
    """When the call to the venue may have been made; a desk-held order was not sent yet."""
    updated_at: datetime
    look_ups: int = 0
    """Look-ups by client id that found nothing, while it was unknown."""
    version: int = 0
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        positive("quantity", self.quantity)
        positive("reference", self.reference)
        not_negative("filled", self.filled)
        if (self.side is Side.BUY) != (self.plan is not None):
            raise ValueError("a buy, and only a buy, has an entry plan")
        if self.filled > self.quantity:
            raise ValueError(f"filled {self.filled} of {self.quantity}")
        if (self.status is OrderStatus.FILLED) != (self.filled == self.quantity):
            raise ValueError(f"{self.status} with {self.filled} of {self.quantity}")
        if self.status is OrderStatus.PARTIALLY_FILLED and not self.filled:
            raise ValueError("partially filled with nothing")
        if (self.type is OrderType.LIMIT) != (self.price is not None):
            raise ValueError("BAD_COMBINATION: a limit order, and only one, has a price")
        if (self.type in {OrderType.STOP, OrderType.TAKE_PROFIT}) != (self.trigger is not None):
            raise ValueError("BAD_COMBINATION: a stop or take-profit, and only one, has a trigger")
        for name in ("price", "trigger"):
            if (value := getattr(self, name)) is not None:
                positive(name, value)

    @property
    def remaining(self) -> Decimal:
        """Base units not traded yet."""
        return self.quantity - self.filled

    @property
    def average_price(self) -> Decimal | None:
        """Mean price of what was traded; None while nothing was."""
        return self.notional / self.filled if self.filled else None

    def to(self, status: OrderStatus, at: datetime, *, reason: str | None = None) -> Self:
        """Return this order in `status`. Raises IllegalTransition."""
        if status not in NEXT[self.status]:
            raise IllegalTransition(f"{self.client_order_id}: {self.status} -> {status}")
        return replace(self, status=status, updated_at=at, reason=reason or self.reason)

    def sent(self, at: datetime) -> Self:
        """Return this order as one that the venue may know from now on."""
        return replace(self, sent_at=at, updated_at=at)

    def with_fill(self, fill: "Fill", at: datetime) -> Self:
        """Return this order after one more fill; a cancel that was asked for stays asked for.

        Raises IllegalTransition; ValueError for more than was ordered or another order's fill.
        """
        if fill.client_order_id != self.client_order_id:
            raise ValueError(f"{fill.fill_id} is no fill of {self.client_order_id}")
        with localcontext(EXACT):
            filled = self.filled + fill.quantity
            notional = self.notional + fill.notional
        status = OrderStatus.FILLED if filled == self.quantity else OrderStatus.PARTIALLY_FILLED
        if status not in NEXT[self.status]:
            raise IllegalTransition(f"{self.client_order_id}: {self.status} -> {status}")
        if self.status is OrderStatus.PENDING_CANCEL and status is not OrderStatus.FILLED:
            status = self.status
        late = () if self.status.open else ("LATE_FILL",)
        return replace(
            self,
            status=status,
            filled=filled,
            notional=notional,
            updated_at=at,
            tags=self.tags + late,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One trade of an order. `fee` is in `fee_asset`; `fee_value` is the same in quote currency."""

    fill_id: FillId
    client_order_id: ClientOrderId
    owner: UserId
    bot_id: BotId
    instrument_id: InstrumentId
    mode: Mode
    side: Side
    leg: Leg
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    fee_value: Decimal
    liquidity: Liquidity
    at: datetime

    def __post_init__(self) -> None:
        positive("quantity", self.quantity)
        positive("price", self.price)
        not_negative("fee", self.fee)
        not_negative("fee_value", self.fee_value)

    @property
    def notional(self) -> Decimal:
        """Quote currency traded, without the fee."""
        with localcontext(EXACT):
            return self.price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the venue says of one order. Fills are all of the order so far, oldest first."""

    status: OrderStatus
    fills: tuple[Fill, ...] = ()
    venue_order_id: VenueOrderId | None = None
    reason: str | None = None
    details: dict[str, str] = field(default_factory=dict)
