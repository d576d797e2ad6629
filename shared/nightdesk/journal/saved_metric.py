"""Saved metrics: a figure that a trader keeps an eye on, with a window and perhaps a goal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from nightdesk.core.ids import UserId
from nightdesk.journal.place import Place
from nightdesk.journal.wording import said
from nightdesk.performance.figure import Figure
from nightdesk.trading.order import Mode

LIMIT = 100
MAX_NAME = 80
MAX_POSITION = 999
MAX_FILTERS = 10
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

DAY_METRICS = frozenset(
    {
        *("total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar"),
        *("pain_index", "ulcer_index", "ulcer_performance_index", "omega", "gain_to_pain"),
        *("var_95", "cvar_95", "tail_ratio", "skew", "excess_kurtosis", "probabilistic_sharpe"),
        *("best_day", "worst_day", "day_win_rate", "flat_days", "beta", "alpha_annual"),
        *("correlation", "exposure", "turnover", "recovery_factor"),
    }
)
TRADE_METRICS = frozenset(
    {
        *("trade_count", "wins", "losses", "breakevens", "r_count", "net", "net_r", "gross"),
        *("fees", "funding", "costs", "longest_win_streak", "longest_loss_streak", "median_net"),
        *("win_rate", "needed_win_rate", "average_win", "average_loss", "payoff", "largest_win"),
        *("largest_loss", "profit_factor", "expectancy", "expectancy_r", "expectancy_ratio"),
        *("sqn", "kelly", "half_kelly", "win_streak_chance", "loss_streak_chance", "cost_share"),
        *("average_hold_seconds", "median_hold_seconds", "average_hold_win_seconds"),
        *("median_hold_win_seconds", "average_hold_loss_seconds", "median_hold_loss_seconds"),
        *("average_mae_r", "average_mfe_r", "capture", "given_back_r", "trade_max_drawdown"),
        *("trade_max_drawdown_pct", "trade_recovery_factor"),
    }
)
"""The names of `performance.trade_metrics`, which loads numpy."""
METRICS = DAY_METRICS | TRADE_METRICS
OF_CAPITAL = frozenset({"trade_max_drawdown_pct"})
"""Trade metrics that set the trades against the account's capital."""
AMOUNTS = frozenset(
    {
        *("net", "gross", "fees", "funding", "costs", "median_net", "average_win", "average_loss"),
        *("largest_win", "largest_loss", "expectancy", "trade_max_drawdown"),
    }
)
"""Trade metrics that are in a currency where they are shown in money."""
BROKEN_DOWN = TRADE_METRICS - OF_CAPITAL
"""What has a value for each group of trades; the others are of the account, which has no groups."""
MOST_GROUPS = 50
FILTERS = frozenset(
    {
        *("instrument", "side", "status", "outcome", "setup", "tag", "emotion", "origin"),
        *("bot_id", "account", "mode", "source", "regime", "session", "min_r", "max_r", "by"),
    }
)
"""The filters of trade lists; `from` and `to` are the window's."""
DIMENSIONS = frozenset(
    {
        *("instrument", "base", "side", "setup", "rule", "tag", "mistake", "emotion"),
        *("market_condition", "regime", "volatility_bucket", "hour", "weekday", "hour_weekday"),
        *("day", "week", "month", "year", "session", "hold", "nth_of_day", "after", "size"),
        *("venue", "account", "exit_reason", "origin", "bot", "strategy_version"),
    }
)


class Window(StrEnum):
    """Which days count, the present one included; week, month and year are the calendar's."""

    DAYS_7 = "7d"
    DAYS_30 = "30d"
    DAYS_90 = "90d"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ALL = "all"


class Unit(StrEnum):
    """In what it is shown."""

    MONEY = "money"
    R = "r"
    PERCENT = "percent"


class Basis(StrEnum):
    """Whether costs are in it."""

    NET = "net"
    GROSS = "gross"


class Bound(StrEnum):
    """Which side of its value a goal is met on."""

    AT_LEAST = "ge"
    AT_MOST = "le"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What the trader wants the figure to be."""

    bound: Bound
    value: Decimal

    def met(self, figure: Figure) -> bool | None:
        """Return whether it is; None while the figure has no value."""
        if figure.value is None:
            return None
        wanted = float(self.value)
        return figure.value >= wanted if self.bound is Bound.AT_LEAST else figure.value <= wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMetric:
    """One saved metric. Version 0 is a preset that its owner has not touched: it is not stored."""

    owner: UserId
    id: str
    name: str
    metric: str
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    breakdown: str | None = None
    window: Window = Window.DAYS_30
    unit: Unit = Unit.MONEY
    basis: Basis = Basis.NET
    goal: Goal | None = None
    pinned: bool = False
    position: int = 0
    removed: bool = False
    """A preset that its owner does not want: kept, so that it does not come back."""
    created_at: datetime
    version: int = 0

    def __post_init__(self) -> None:
        said(self.name, MAX_NAME)
        if self.metric not in METRICS:
            raise ValueError(f"there is no metric {self.metric!r}")
        if unknown := self.filters.keys() - FILTERS:
            raise ValueError(f"there is no filter {min(unknown)!r}")
        if self.breakdown is not None and self.breakdown not in DIMENSIONS:
            raise ValueError(f"there is no dimension {self.breakdown!r}")
        if not 0 <= self.position <= MAX_POSITION:
            raise ValueError(f"a position is 0 to {MAX_POSITION}, was {self.position}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A saved metric of one group of its breakdown; below `thin_n` trades it is thin."""

    key: str
    name: str
    figure: Figure
    thin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a saved metric is over a span: of all trades, and by group where it is broken down.

    Groups stand as in breakdowns, 50 at most; `hidden` are those beyond. `modes` is what counts,
    also in `previous`, the figure of the span before. `currency` is None where nothing counts.
    """

    figure: Figure
    modes: tuple[Mode, ...]
    currency: str | None
    groups: tuple[Group, ...] = ()
    hidden: int = 0
    previous: Figure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A saved metric with what it shows now, and showed in the window before."""

    metric: SavedMetric
    reading: Reading
    goal_met: bool | None


def presets(owner: UserId) -> Mapping[str, SavedMetric]:
    """Return what everybody begins with, by id; stored once it is changed."""
    sharpe = SavedMetric(
        owner=owner,
        id="preset_sharpe",
        name="Sharpe ratio",
        metric="sharpe",
        window=Window.DAYS_90,
        goal=Goal(bound=Bound.AT_LEAST, value=Decimal("1.5")),
        pinned=True,
        created_at=BEGINNING,
    )
    win_rate = SavedMetric(
        owner=owner,
        id="preset_win_rate",
        name="Win rate",
        metric="win_rate",
        window=Window.DAYS_90,
        goal=Goal(bound=Bound.AT_LEAST, value=Decimal("0.55")),
        pinned=True,
        position=1,
        created_at=BEGINNING,
    )
    return {one.id: one for one in (sharpe, win_rate)}


def with_presets(owner: UserId, stored: Sequence[SavedMetric]) -> list[SavedMetric]:
    """Return what an owner sees: by pinned, position, id."""
    every = {**presets(owner), **{one.id: one for one in stored}}
    shown = [one for one in every.values() if not one.removed]
    return sorted(shown, key=lambda one: (not one.pinned, one.position, one.id))


Span = tuple[datetime | None, datetime]


def spans(window: Window, place: Place, now: datetime) -> tuple[Span, Span | None]:
    """Return from when to when (exclusive, UTC) a window reaches, and the window before it.

    Windows of days end with the present day. The previous week, month or year is a whole one.
    """
    today = place.day(now)
    end = place.midnight(today + timedelta(days=1))
    if window is Window.ALL:
        return (None, end), None
    if window in {Window.DAYS_7, Window.DAYS_30, Window.DAYS_90}:
        days = int(window.value[:-1])
        first = today - timedelta(days=days - 1)
        before = first - timedelta(days=days)
    elif window is Window.WEEK:
        first = place.week(today)
        before = first - timedelta(days=7)
    elif window is Window.MONTH:
        first = today.replace(day=1)
        before = (first - timedelta(days=1)).replace(day=1)
    else:
        first = today.replace(month=1, day=1)
        before = first.replace(year=first.year - 1)
    begins = place.midnight(first)
    return (begins, end), (place.midnight(before), begins)
