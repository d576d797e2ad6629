"""A figure: what it is, what it rests on, and why it may be missing."""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite


class Reason(StrEnum):
    """Why a figure has no value. A missing figure is never 0, and never infinite."""

    TOO_FEW_DAYS = "TOO_FEW_DAYS"
    TOO_FEW_TRADES = "TOO_FEW_TRADES"
    NO_CAPITAL = "NO_CAPITAL"
    NO_DAYS = "NO_DAYS"
    NO_CANDLES = "NO_CANDLES"
    """What holding brought is known on none of the days that count."""
    NO_TRADES = "NO_TRADES"
    ZERO_VARIANCE = "ZERO_VARIANCE"
    NO_DOWNSIDE = "NO_DOWNSIDE"
    NO_DRAWDOWN = "NO_DRAWDOWN"
    NO_LOSING_DAY = "NO_LOSING_DAY"
    NO_DECIDED_DAY = "NO_DECIDED_DAY"
    ZERO_TAIL = "ZERO_TAIL"
    NO_LOSING_TRADE = "NO_LOSING_TRADE"
    NO_WINNING_TRADE = "NO_WINNING_TRADE"
    NO_DECIDED_TRADE = "NO_DECIDED_TRADE"
    NO_GROSS_PROFIT = "NO_GROSS_PROFIT"
    NO_STOP = "NO_STOP"
    NO_EXCURSION = "NO_EXCURSION"
    """No trade has candles or fills from which one could be measured."""
    FEE_PRICE_MISSING = "FEE_PRICE_MISSING"
    NOT_FINITE = "NOT_FINITE"
    """Beyond what a number can hold: a few huge days over a year, say."""
    OTHER_CURRENCY = "OTHER_CURRENCY"
    """It would hold amounts against amounts in another currency."""
    ZERO_NET = "ZERO_NET"
    """Of a whole that comes to 0 nothing is a share."""


class Caveat(StrEnum):
    """What to keep in mind about a value that is shown."""

    FEW_DAYS = "FEW_DAYS"
    """Fewer than 90 days: the figure may still change its sign."""
    NOT_ADVICE = "NOT_ADVICE"
    SOME_UNVALUED = "SOME_UNVALUED"
    """Trades whose fees have no known value are left out."""
    SOME_UNPRICED = "SOME_UNPRICED"
    """Something that the account held has no price anywhere, and counts as nothing."""
    STALE_PRICES = "STALE_PRICES"
    """Something that the account held stands at an older price, for want of candles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of `n` days or trades: a value, or else the reason why there is none."""

    value: float | None
    n: int
    reason: str | None = None
    caveat: str | None = None
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"a figure has a value or a reason: {self.value!r}, {self.reason!r}")
        if self.value is not None and not isfinite(self.value):
            raise ValueError(f"a figure is finite, was {self.value!r}")
        if self.n < 0:
            raise ValueError(f"a figure rests on no negative number: {self.n}")


def known(
    value: float,
    n: int,
    *,
    caveat: str | None = None,
    interval: tuple[float, float] | None = None,
) -> Figure:
    """Return a figure that has a value."""
    return Figure(value=float(value), n=n, caveat=caveat, interval=interval)


def missing(reason: str, n: int) -> Figure:
    """Return a figure that has none, and why."""
    return Figure(value=None, n=n, reason=reason)
