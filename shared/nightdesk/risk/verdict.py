"""What risk is asked, and what it answers. A denial is a value with a reason code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

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
    figures: Mapping[str, str] = field(default_factory=dict)
    limit: str | None = None
    reduces: bool = False
    """Failing it makes the size smaller instead of denying the entry."""

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
    """All checks in the order of the table; without a stop the size and its checks are missing."""
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    """What the first size was multiplied by, each by its name and in [0, 1]."""

    @property
    def allowed(self) -> bool:
        """Whether anything may be bought."""
        return self.outcome is not Outcome.DENIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What trading costs here, as fractions of notional."""

    fee: Decimal
    """Taker fee of one leg, on what is paid or received."""
    entry: Decimal
    """Half-spread and impact expected on the way in."""
    stop: Decimal
    """Half-spread, impact and slippage expected at the stop."""
    bound: Decimal
    """Worst slippage on the way in that an order accepts."""

    def __post_init__(self) -> None:
        for name in ("fee", "entry", "stop", "bound"):
            value = getattr(self, name)
            not_negative(name, value)
            if value >= ONE:
                raise ValueError(f"{name} is a fraction below 1, was {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An entry as the strategy wants it, before sizing. Prices in quote currency per base unit."""

    rules: Rules
    entry: Decimal
    stop: Decimal | None
    """The final stop, as `sizing.final_stop` returns it; it is not moved again."""
    target: Decimal | None = None
    strength: Decimal = ONE
    """How sure the strategy is, in [0, 1]; it multiplies the size."""
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
    """The bot's highest equity, shifted by flows."""
    available: Decimal
    """Cash of the bot that is free."""
    open_positions: int
    """Of the owner, over all bots of this mode."""
    user_entries_today: int
    """Entries of the owner in this mode since 00:00 UTC."""
    bot_entries: tuple[datetime, ...] = ()
    """Entries of this bot in the last 24 hours."""
    last_exit_at: datetime | None = None
    holding: bool = False
    entry_pending: bool = False
    unknown_pending: bool = False
    loss_streak: int = 0
    """Losses in a row; from the owner's limit on they count on until three wins."""
    """Losing round trips in a row. Who fills it keeps the count until three wins have followed."""


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
    """The label that shaped the stop; kept with the stop's figures."""
    weekly_gate: str = "unknown"
    """`bearish`, `neutral`, `bullish` or `unknown`."""
    obey_weekly_gate: bool = True
    """False for a strategy that opted out: neither the denial nor the halved size apply."""


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
