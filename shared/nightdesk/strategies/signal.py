"""What a strategy says at one close.

Prices and distances are float64 in quote currency per base unit, as the indicators gave them:
whoever makes an order of them crosses the border with `core.money.exact`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.core.ids import InstrumentId


class Action(StrEnum):
    """What the strategy wants."""

    ENTER = "ENTER"
    EXIT = "EXIT"
    HOLD = "HOLD"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition that was true, with the values that made it so."""

    term: str
    values: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value:.8g}" for name, value in self.values)
        return f"{self.term} ({shown})" if shown else self.term


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to take profit: at a `price`, at `r` times the risk above the entry, or in parts.

    Multiples of the risk become prices only once the final stop stands: `price_for`.
    """

    price: float | None = None
    r: float | None = None
    ladder: tuple[tuple[float, float], ...] = ()
    """Pairs of (multiple of the risk, share of the position)."""

    def price_for(self, entry: float, stop: float) -> float | None:
        """Return the price for the whole position, None where it leaves in parts."""
        if self.r is not None:
            return entry + self.r * (entry - stop)
        return self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailing:
    """A stop `distance` below the highest close since the entry, once activated.

    The distance is today's: ATR trailing resolves it anew at each close. At most one activation
    is set: `activate_r` in R, `activate_gain` as a share of the entry price; none trails at once.
    """

    distance: float
    activate_r: float | None = None
    activate_gain: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakeven:
    """Raise the stop to ``entry * (1 + offset)`` once `at_r` times the risk is made."""

    at_r: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The open position, as far as rules may ask about it.

    `price` is the mean entry price and `risk` the distance from it to the first stop, both quote
    currency per base unit; `since` is the open time of the candle in which the entry was filled.
    """

    price: float
    risk: float
    since: datetime

    def __post_init__(self) -> None:
        if not self.price > 0:
            raise ValueError(f"price must be positive, was {self.price}")
        if not self.risk >= 0:
            raise ValueError(f"risk must not be negative, was {self.risk}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What strategy `id@version` says of one instrument at the close of `candle` (open time).

    `reason` holds the true conditions of an ENTER or EXIT. `stop` is the strategy's own, before
    regime, limits and tick; None while what it rests on warms up, and then nothing may enter.
    `atr` is ATR14. `knife_edge` says that a comparison was closer than 1e-6 of its values.
    """

    instrument_id: InstrumentId
    candle: datetime
    action: Action
    strength: float = 1.0
    reason: tuple[Leaf, ...] = ()
    stop: float | None = None
    target: Target | None = None
    trailing: Trailing | None = None
    breakeven: Breakeven | None = None
    atr: float | None = None
    close: float
    expires: datetime
    """Close of the next candle: an entry that has not been sent by then is stale."""
    strategy: str
    knife_edge: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise ValueError(f"strength is 0 to 1, was {self.strength}")
        if self.expires - self.candle <= timedelta(0):
            raise ValueError("a signal expires after its candle")

    def reasons(self) -> tuple[str, ...]:
        """Return the true conditions as text."""
        return tuple(str(leaf) for leaf in self.reason)
