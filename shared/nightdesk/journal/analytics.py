"""Figures of an owner's journal: the account by day, trades by close. The two are never mixed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import numpy as np

from nightdesk.core.errors import Invalid
from nightdesk.core.ids import InstrumentId
from nightdesk.journal.account import Account
from nightdesk.journal.benchmark import ReadHolding
from nightdesk.journal.curves import (
    Fall,
    Point,
    cumulative,
    kept_days,
    money_drawdowns,
    moving,
)
from nightdesk.journal.looking import Asked, Look, Seen
from nightdesk.journal.place import Place
from nightdesk.performance import units
from nightdesk.performance.benchmark import NAMES as AGAINST
from nightdesk.performance.benchmark import against
from nightdesk.performance.day_metrics import (
    day_metrics,
    exposure,
    recovery_factor,
    rolling_sharpe,
    turnover,
)
from nightdesk.performance.distribution import Distribution, r_distribution
from nightdesk.performance.drawdown import Drawdown, drawdowns, longest, open_one
from nightdesk.performance.figure import Figure, Reason, missing
from nightdesk.performance.returns import DayReturn, EquityDay, FlowMethod, counted, daily_returns
from nightdesk.performance.scales import sqn_grade
from nightdesk.performance.trade_metrics import trade_metrics
from nightdesk.performance.units import shown_capital

SHARPE_WINDOWS = (30, 90)
OF_PERIOD = frozenset({"exposure", "turnover"})
"""Day metrics that are of trades."""
WINDOW_LEAST, WINDOW_MOST = 5, 500
"""Trades in a window that moves along."""


class Scope(StrEnum):
    """Of what a curve is."""

    ACCOUNT = "account"
    TRADES = "trades"


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """Yearly shares: the risk-free rate and the minimum acceptable return."""

    rf: float = 0.0
    mar: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """All metrics by name; day metrics describe the account, trade metrics closed trades."""

    seen: Seen
    account: Account
    benchmark: InstrumentId | None
    days: Mapping[str, Figure]
    trades: Mapping[str, Figure]
    sqn_grade: str | None
    yearly: Yearly
    counted_days: int
    exact: bool
    """Whether every day's flows were linked exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points of one curve, or of one in money and one in R."""

    seen: Seen
    account: Account | None
    points: tuple[Point, ...]
    r: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdowns:
    """All drawdowns: shares of the account's high by day, or falls of money by trade."""

    seen: Seen
    account: Account | None
    by_day: tuple[Drawdown, ...] = ()
    by_trade: tuple[Fall, ...] = ()
    longest: Drawdown | None = None
    open: Drawdown | None = None


@dataclass(frozen=True, slots=True)
class ReadMetrics:
    """Compute every metric."""

    look: Look
    holding: ReadHolding

    def __call__(
        self,
        asked: Asked,
        *,
        yearly: Yearly = Yearly(),
        benchmark: InstrumentId | None = None,
        wanted: str | None = None,
    ) -> Metrics:
        """Return them, the same names also where there is nothing. Raises Invalid `BAD_RANGE`.

        Where one is `wanted`, others that alone would read candles or more trades are left out.
        """
        beside, of_period = (wanted is None or wanted in names for names in (AGAINST, OF_PERIOD))
        seen = self.look(asked)
        account = self.look.account_of(asked, seen.place)
        behind = self.look.account_behind(asked, seen.whole, seen.place, there=account)
        returns = daily_returns(account.start, account.days)
        days, values = counted(returns)
        held = self.holding(
            benchmark,
            days if beside else (),
            currency=account.currency,
            place=seen.place,
            now=asked.now,
        )
        trades = figures_of(seen, behind.capital_in(seen.whole.currency))
        grade = trades["sqn"].value
        return Metrics(
            seen=seen,
            account=account,
            benchmark=held.instrument,
            days=account.told(
                day_metrics(values, rf=yearly.rf, mar=yearly.mar)
                | (against(values, held.returns, rf=yearly.rf) if beside else {})
                | {"recovery_factor": _recovery(account, returns)},
            )
            | (self._of_period(asked, seen, behind) if of_period else {}),
            trades=trades,
            sqn_grade=None if grade is None else sqn_grade(grade),
            yearly=yearly,
            counted_days=values.size,
            exact=all(one.method is not FlowMethod.BOUNDARY for one in returns),
        )

    def _of_period(self, asked: Asked, seen: Seen, behind: Account) -> dict[str, Figure]:
        """Return what trades are of the time and of the account `behind` them."""
        columns = seen.whole.columns  # neither depends on what amounts are shown in
        since, until = asked.span
        until = min(until, asked.now)
        beyond = self.look.beyond(asked, seen.whole)
        began = [one.opened_at.timestamp() for one in beyond]
        ended = [one.closed_at.timestamp() if one.closed_at else np.nan for one in beyond]
        opened = np.concatenate((columns.opened, began))
        closed = np.concatenate((columns.closed, ended))
        first = float(opened.min()) if opened.size else until.timestamp()
        begin = since.timestamp() if asked.filters.since else first
        alike = behind.capital_in(seen.whole.currency) is not None
        equity = np.array([day.equity_end for day in behind.days if alike])
        return {
            "exposure": exposure(begin, until.timestamp(), opened, closed),
            "turnover": turnover(columns.notional[columns.valued], equity),
        }


@dataclass(frozen=True, slots=True)
class ReadEquity:
    """Draw a curve."""

    look: Look

    def __call__(self, asked: Asked, scope: Scope) -> Curve:
        """Return the account by day with flows, or cumulative results and R by close."""
        seen = self.look(asked)
        if scope is Scope.TRADES:
            columns = seen.counted.columns
            return Curve(
                seen=seen,
                account=None,
                points=cumulative(columns.closed, columns.net),
                r=cumulative(columns.closed, columns.r),
            )
        account = self.look.account_of(asked, seen.place)
        return Curve(seen=seen, account=account, points=_equity(account, seen.place))


@dataclass(frozen=True, slots=True)
class ReadDrawdowns:
    """List drawdowns."""

    look: Look

    def __call__(self, asked: Asked, scope: Scope) -> Drawdowns:
        """Return all of them, oldest first."""
        seen = self.look(asked)
        if scope is Scope.TRADES:
            return Drawdowns(
                seen=seen, account=None, by_trade=money_drawdowns(seen.counted.columns)
            )
        account = self.look.account_of(asked, seen.place)
        days, values = counted(daily_returns(account.start, account.days))
        found = drawdowns(days, values)
        return Drawdowns(
            seen=seen, account=account, by_day=found, longest=longest(found), open=open_one(found)
        )


@dataclass(frozen=True, slots=True)
class ReadDistribution:
    """Tell how R is spread."""

    look: Look

    def __call__(self, asked: Asked) -> tuple[Seen, Distribution]:
        """Return quantiles and the histogram by half R."""
        seen = self.look(asked)
        found = r_distribution(seen.counted.columns.r)
        return seen, replace(found, quantiles=dict(seen.counted.had(found.quantiles)))


@dataclass(frozen=True, slots=True)
class ReadRolling:
    """Draw a figure over a window that moves along."""

    look: Look

    def __call__(
        self, asked: Asked, of: str, window: int, *, rf: float = 0.0
    ) -> tuple[Seen, Account | None, tuple[Point, ...]]:
        """Return `sharpe` by day, or a figure of `ROLLING` by trade.

        Raises Invalid `OUT_OF_RANGE` for a window that the figure is not drawn over.
        """
        if of != "sharpe":
            check_window(window, range(WINDOW_LEAST, WINDOW_MOST + 1))
            seen = self.look(asked)
            return seen, None, moving(seen.counted.columns, of, window)
        check_window(window, SHARPE_WINDOWS)
        seen = self.look(asked)
        account = self.look.account_of(asked, seen.place)
        days, values = counted(daily_returns(account.start, account.days))
        ratios = [float(one) for one in rolling_sharpe(values, window, rf=rf)]
        drawn = [None if np.isnan(one) else one for one in ratios]
        ends = [seen.place.midnight(day + timedelta(days=1)) for day in days]
        points = [Point(at=ends[n], value=drawn[n]) for n in kept_days(drawn)]
        return seen, account, tuple(points)


def figures_of(seen: Seen, capital: float | None) -> Mapping[str, Figure]:
    """Return the trade metrics; `capital`, money, is what falls in percent are of."""
    start = shown_capital(units.Unit(seen.view.unit), capital)
    return seen.counted.had(trade_metrics(seen.counted.columns, start_capital=start))


def _equity(account: Account, place: Place) -> tuple[Point, ...]:
    """Return equity at the ends of days; a point tells all flows since the one before it."""
    points, before = [], 0
    for n in kept_days([day.equity_end for day in account.days]):
        flow = sum(_flow(day) for day in account.days[before : n + 1])
        end = place.midnight(account.days[n].day + timedelta(days=1))
        points.append(Point(at=end, value=account.days[n].equity_end, flow=flow))
        before = n + 1
    return tuple(points)


def _flow(day: EquityDay) -> float:
    return sum(one.amount for one in day.flows)


def _recovery(account: Account, returns: Sequence[DayReturn]) -> Figure:
    """Return what the account gained over its largest fall, flows taken out."""
    if not returns:
        return missing(Reason.NO_DAYS, 0)
    ends = np.array([account.start, *(day.equity_end for day in account.days)])
    flows = np.array([_flow(day) for day in account.days])
    most = np.abs(ends).max() + np.abs(flows).max()
    return recovery_factor(np.diff(ends) - flows, equity=float(most))


def check_window(window: int, allowed: Sequence[int]) -> None:
    """Refuse a window. Raises Invalid `OUT_OF_RANGE`."""
    if window not in allowed:
        text = f"{min(allowed)} to {max(allowed)}" if len(allowed) > 2 else "30 or 90"  # noqa: PLR2004
        raise Invalid("OUT_OF_RANGE", f"A window is {text} here.", field="window")
