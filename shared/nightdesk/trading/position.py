"""What a bot holds, what it cost, and what protects it."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Self

from nightdesk.core.ids import ClientOrderId, InstrumentId
from nightdesk.core.money import ZERO, not_negative, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A stop that follows closes upwards, once the price has reached `activate_at`.

    The distance below the close is `atr_mult` times the present ATR, or `fraction` of the close.
    """

    activate_at: Decimal
    atr_mult: Decimal | None = None
    atr_period: int = 14
    fraction: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.atr_mult is None) == (self.fraction is None):
            raise ValueError("a trail has exactly one distance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """The exits planned for a position. Each change is a new version: its orders get new ids."""

    version: int = 1
    stop: Decimal
    trailed: bool = False
    """Whether the stop has been raised since the entry."""
    target: Decimal | None = None
    trail: Trail | None = None
    breakeven_at: Decimal | None = None
    """Price from which the stop stands at cost, and above it by a fraction `breakeven_offset`."""
    breakeven_offset: Decimal = ZERO
    expires_at: datetime | None = None
    """Time stop: the position is sold at the first close from then on."""
    leaving: str | None = None
    """Why the position is to be sold as soon as the venue takes it: an exit failed."""

    def __post_init__(self) -> None:
        positive("stop", self.stop)
        if self.target is not None and self.target <= self.stop:
            raise ValueError(f"target {self.target} is not above stop {self.stop}")

    def raised(self, stop: Decimal) -> Self:
        """Return the next version with a higher stop. Raises ValueError for a lower one."""
        if stop <= self.stop:
            raise ValueError(f"a stop only rises: {self.stop} -> {stop}")
        target = self.target if self.target is None or self.target > stop else None
        return replace(self, version=self.version + 1, stop=stop, target=target, trailed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPlan:
    """What an entry order is to open. `planned_risk` (1 R) is for its whole quantity."""

    protection: Protection
    planned_risk: Decimal
    strategy: str

    def __post_init__(self) -> None:
        positive("planned_risk", self.planned_risk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One open holding at average cost.

    `quantity` in base units net of fees taken in coins. `cost` is the quote currency paid for it
    without fees, `entry_fees` the value of all entry fees that sales have not used up yet.
    """

    position_id: str
    instrument_id: InstrumentId
    quantity: Decimal
    cost: Decimal
    entry_fees: Decimal
    opened_at: datetime
    entry_order: ClientOrderId
    protection: Protection
    planned_risk: Decimal
    """1 R: quote currency lost if the first stop fills, both legs' costs included."""
    strategy: str
    """Version (`id@version`) that opened it and will exit it."""
    bought: Decimal = ZERO
    """Base units bought in this round trip, gross."""
    sold_net: Decimal = ZERO
    """Net result of the sales so far, in quote currency."""
    used_fees: Decimal = ZERO
    """Fees that the sales so far have used up, their share of the entry's included."""
    slippage: Decimal = ZERO
    """Quote currency lost against the prices decided at; negative is a gain."""
    orders: tuple[ClientOrderId, ...] = ()
    """Every order that filled in this round trip, oldest first."""
    first_fill: str = ""
    """The fill that opened it; empty where it was opened before this was noted."""
    carried: Decimal = ZERO
    """Dust of former round trips that it took over: base units, and what they had cost."""
    carried_cost: Decimal = ZERO
    checked_to: datetime
    """The present protection holds for candles that open at or after this moment."""

    def __post_init__(self) -> None:
        positive("quantity", self.quantity)
        not_negative("cost", self.cost)
        not_negative("entry_fees", self.entry_fees)

    @property
    def avg_price(self) -> Decimal:
        """Mean entry price without fees."""
        return self.cost / self.quantity

    @property
    def avg_cost(self) -> Decimal:
        """Mean entry price with fees."""
        return (self.cost + self.entry_fees) / self.quantity

    def unrealised(self, mark: Decimal) -> Decimal:
        """Gross result if it were worth `mark` per unit."""
        return self.quantity * mark - self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """A holding from first buy to last sale, as the journal gets it. Amounts in quote currency."""

    position_id: str
    instrument_id: InstrumentId
    opened_at: datetime
    closed_at: datetime
    quantity: Decimal
    gross: Decimal
    fees: Decimal
    net: Decimal
    slippage: Decimal
    orders: tuple[ClientOrderId, ...]
    planned_risk: Decimal
    exit_reason: str
    strategy: str
    first_fill: str = ""
    carried: Decimal = ZERO
    carried_cost: Decimal = ZERO

    @property
    def r(self) -> Decimal:
        """Net result in units of the planned risk."""
        return self.net / self.planned_risk
