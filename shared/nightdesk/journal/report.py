"""A report over a period as plain data: what is printed, in the order it is printed in.

Figures come as `performance` makes them: a value with its n and interval, or the reason why there
is none. Money is account currency, shares are 0.1 for 10 %. Whoever prints it computes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from types import MappingProxyType

from nightdesk.journal.export_options import Numbers
from nightdesk.journal.saved_metric import Unit
from nightdesk.performance.drawdown import Drawdown
from nightdesk.performance.figure import Figure

MOST_TRADES = 500
"""More are not listed: the CSV is named instead."""
MOST_FALLS = 5
MOST_SPOTS = 2_000
"""Trades that one scatter shows; of more, as many evenly over time."""
WEEKDAYS, HOURS = 7, 24


class Quantity(StrEnum):
    """What a number is, and so how it is written."""

    MONEY = "money"
    R = "r"
    SHARE = "share"
    COUNT = "count"
    RATIO = "ratio"
    DAYS = "days"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A figure by its name."""

    name: str
    figure: Figure
    quantity: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One figure in money, in R and in percent; None where it makes no sense in that unit."""

    name: str
    money: Figure | None = None
    r: Figure | None = None
    percent: Figure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityDay:
    """The account at the end of a day. `flow` came in (positive) or went out during it.

    `drawdown` is 0 or negative, a share of the highest point before, flows removed.
    """

    day: date
    equity: float
    flow: float = 0.0
    drawdown: float = 0.0

    def __post_init__(self) -> None:
        if not all(isfinite(one) for one in (self.equity, self.flow, self.drawdown)):
            raise ValueError("a day of an account is finite")
        if self.drawdown > 0:
            raise ValueError(f"a drawdown is 0 or negative, was {self.drawdown}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Trades closed in one month, and what the account returned in it."""

    label: str
    n: int
    win_rate: Figure
    net: Figure
    r: Figure
    account_return: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Excursed:
    """How far one trade went against and for the trader, in R."""

    mae_r: float
    mfe_r: float
    won: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HourCell:
    """Trades entered in one hour of one weekday (Monday is 0), on the owner's clock."""

    weekday: int
    hour: int
    n: int
    net: float

    def __post_init__(self) -> None:
        if not (0 <= self.weekday < WEEKDAYS and 0 <= self.hour < HOURS and self.n > 0):
            raise ValueError("a cell has a weekday, an hour and at least one trade")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One row of a breakdown."""

    name: str
    n: int
    net: Figure
    net_r: Figure
    win_rate: Figure
    expectancy_r: Figure
    profit_factor: Figure
    thin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """Trades by one thing they differ in. `proven` says whether a difference is, in a sentence."""

    title: str
    rows: tuple[GroupRow, ...]
    proven: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """A claim about behaviour: `x` of `n` against the base rate."""

    name: str
    severity: str
    text: str
    x: int | None = None
    n: int | None = None
    base: float | None = None
    p: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDay:
    """A day that was planned, and how the plan was kept: `trades` broke it."""

    day: date
    trades: int
    state: str
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTrade:
    """One trade in the list; moments are on the owner's clock."""

    opened_at: datetime
    closed_at: datetime | None
    instrument: str
    side: str
    quantity: Decimal
    avg_entry: Decimal
    avg_exit: Decimal | None
    net: Decimal | None
    r: Decimal | None
    setup: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a report says, section by section. `scope` names what it counts, and what not.

    `trades` are the first of `trades_in_all`. `reasons` are sentences of reasons for null, by
    code. Raises ValueError.
    """

    title: str
    since: date
    until: date
    """The last day in it."""
    zone: str
    currency: str
    account_currency: str = ""
    """Of the account, where it is not that of the trades."""
    unit: Unit = Unit.MONEY
    """In what results stand: account currency, R or percent of the start capital."""
    numbers: Numbers = Numbers.PLAIN
    scope: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()
    changes: tuple[tuple[date, str], ...] = ()
    """Where zone or currency changed: a line in each chart by day."""
    summary: tuple[SummaryRow, ...] = ()
    metrics: tuple[Line, ...] = ()
    """Of trades."""
    account: tuple[Line, ...] = ()
    """Of the account by day: never in one table with those of trades."""
    equity: tuple[EquityDay, ...] = ()
    falls: tuple[Drawdown, ...] = ()
    months: tuple[Month, ...] = ()
    r_values: tuple[float, ...] = ()
    excursions: tuple[Excursed, ...] = ()
    hours: tuple[HourCell, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    habits: tuple[Habit, ...] = ()
    discipline: tuple[Line, ...] = ()
    plans: tuple[PlanDay, ...] = ()
    costs: tuple[Line, ...] = ()
    trades: tuple[ListedTrade, ...] = ()
    trades_in_all: int = 0
    csv_name: str = "trades.csv"
    reasons: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def shown_in(self) -> str:
        """Return what results stand in."""
        return {Unit.MONEY: self.currency, Unit.R: "R", Unit.PERCENT: "%"}[self.unit]

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise ValueError("a report begins before it ends")
        if len(self.trades) > min(MOST_TRADES, self.trades_in_all):
            raise ValueError(f"at most {MOST_TRADES} trades are listed, and no more than there are")
        if len(self.falls) > MOST_FALLS:
            raise ValueError(f"the {MOST_FALLS} deepest falls are told")
        if not all(isfinite(one) for one in self.r_values):
            raise ValueError("R is finite")
        days = [one.day for one in self.equity]
        if days != sorted(set(days)):
            raise ValueError("days of the account come oldest first, each once")
