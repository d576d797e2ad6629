"""What risk is asked, and what it answers. A denial is a value with a reason code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from nightdesk.core.money import ONE, ZERO, not_negative, positive
from nightdesk.market.instruments import Rules


class Outcome(StrEnum):
    """What risk says of an entry."""

    APPROVED = "approved"
    REDUCED = "reduced"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the table: its figures beside its limit, kept whether it passed or not."""

    number: int
    code: str
    passed: bool
    figures: Mapping[str, str] = MappingProxyType({})
    limit: str | None = None

    @property
    def text(self) -> str:
        """`CODE: key=value limit=value`, as it is stored and shown."""
        parts = [f"{key}={value}" for key, value in self.figures.items()]
        if self.limit is not None:
            parts.append(f"limit={self.limit}")
        return f"{self.code}: {' '.join(parts)}" if parts else self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer: how much may be bought, and every check's figure."""

    outcome: Outcome
    quantity: Decimal
    """Base units; zero when denied."""
    first_quantity: Decimal
    """Base units before the caps."""
    price_bound: Decimal
    """Highest price per base unit that the reservation covers."""
    reserve: Decimal
    """Quote currency to set aside: quantity at the bound, with the fee."""
    planned_risk: Decimal
    """1 R in quote currency, both legs' costs included; zero when denied."""
    reason: str | None
    """The first failed check, or the tightest cap; None when approved as asked."""
    checks: tuple[Check, ...]
    factors: Mapping[str, Decimal] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What trading costs here, as fractions of notional."""

    fee: Decimal
    """Taker fee of one leg."""
    entry: Decimal
    """Half-spread and impact expected on the way in."""
    stop: Decimal
    """Half-spread, impact and slippage expected at the stop."""
    bound: Decimal
    """Worst slippage on the way in that an order accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An entry as the strategy wants it, prices rounded to tick, before sizing."""

    rules: Rules
    entry: Decimal
    stop: Decimal | None
    target: Decimal | None = None
    strength: Decimal = ONE
    atr: Decimal | None = None
    """ATR14 in quote currency per base unit."""
    costs: Costs

    def __post_init__(self) -> None:
        positive("entry", self.entry)
        not_negative("strength", self.strength)
        if self.strength > ONE:
            raise ValueError(f"strength is at most 1, was {self.strength}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Where the owner (in this mode) and the bot stand, marked to market; quote currency."""

    user_equity: Decimal
    user_day_start: Decimal
    """Equity at 00:00 UTC, shifted by later flows."""
    bot_equity: Decimal
    bot_day_start: Decimal
    bot_capital: Decimal
    """What the owner put into the bot, net."""
    bot_peak: Decimal
    available: Decimal
    """Cash of the bot that is free."""
    open_positions: int
    user_entries_today: int
    bot_entries: tuple[datetime, ...] = ()
    """Entries of this bot in the last 24 hours."""
    last_exit_at: datetime | None = None
    holding: bool = False
    entry_pending: bool = False
    unknown_pending: bool = False
    loss_streak: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What else decides whether entries are allowed at all. Codes are those of trading §4."""

    gate: str | None = None
    """`EMERGENCY_STOP`, `USER_BLOCKED` or `MAINTENANCE` while one holds."""
    bot: str | None = None
    """`BOT_NOT_ACTIVE`, `STATE_REDUCING` or `STATE_HALTED` while one holds."""
    findings: tuple[str, ...] = ()
    """Codes of data quality at the newest candle."""
    regime: str = "unknown"
    weekly_gate: str = "unknown"
    obey_weekly_gate: bool = True


NOTHING = Verdict(
    outcome=Outcome.DENIED,
    quantity=ZERO,
    first_quantity=ZERO,
    price_bound=ZERO,
    reserve=ZERO,
    planned_risk=ZERO,
    reason=None,
    checks=(),
)
"""The base that a denial starts from."""
