"""Answers of the routes of metrics and curves. Statistics are numbers, none is money to book."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Self

from functions.api.routers.journal_metric_schemas import PlaceOut
from functions.api.routers.journal_schemas import FigureOut
from functions.api.schemas import Answer, Moment
from nightdesk.journal.saved_metric import Basis, Unit
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.journal.account import Account
    from nightdesk.journal.analytics import Curve, Drawdowns, Metrics
    from nightdesk.journal.curves import Fall, Point
    from nightdesk.journal.looking import Seen
    from nightdesk.performance.distribution import Distribution
    from nightdesk.performance.drawdown import Drawdown
    from nightdesk.performance.figure import Figure

Figures = dict[str, FigureOut]


def figures(found: "Mapping[str, Figure]") -> Figures:
    """Show figures by name."""
    return {name: FigureOut.from_domain(one) for name, one in found.items()}


class CountsOut(Answer):
    """What is counted: `n` closed trades of these modes; `others` of another mode are not.

    `unvalued` trades are among them without an amount. `lines` are changes of zone or currency in
    the span. `reason` says why a unit is not to be had.
    """

    n: int
    modes: list[Mode]
    others: int
    unvalued: int
    currency: str | None
    unit: Unit
    basis: Basis
    zone: str
    lines: list[PlaceOut]
    reason: str | None

    @classmethod
    def of(cls, seen: "Seen") -> Self:
        """Show it."""
        counted = seen.counted
        return cls(
            n=counted.columns.count,
            modes=list(counted.modes),
            others=counted.others,
            unvalued=counted.unvalued,
            currency=counted.currency,
            unit=seen.view.unit,
            basis=seen.view.basis,
            zone=seen.place.zone,
            lines=[PlaceOut.from_domain(one) for one in seen.lines],
            reason=counted.reason,
        )


class CountedAccountOut(Answer):
    """Which account is told of: the bots of these modes in one currency; others are left out.

    In a mode without bots it is the `accounts` that are synced, imported or kept by hand. Of those
    that are `untold` it is not known what was paid in. Assets that are `stale` stand at an older
    price, that of a fill say, for want of candles; those `unpriced` at nothing.
    """

    currency: str | None
    modes: list[Mode]
    days: int
    left_out: list[str]
    accounts: list[str]
    untold: list[str]
    stale: list[str]
    unpriced: list[str]

    @classmethod
    def of(cls, account: "Account") -> Self:
        """Show it."""
        return cls(
            currency=account.currency,
            modes=list(account.modes),
            days=len(account.days),
            left_out=list(account.left_out),
            accounts=list(account.kept.accounts),
            untold=list(account.kept.untold),
            stale=list(account.kept.stale),
            unpriced=list(account.kept.unpriced),
        )


class ConventionsOut(Answer):
    """How figures are computed. `flow_method`: how deposits and withdrawals were taken out.

    `benchmark` is what holding is compared with; null where no venue is enabled.
    """

    days_per_year: int = 365
    deviation: str = "sample"
    quantiles: str = "linear"
    day: str
    rf: float
    mar: float
    benchmark: str | None
    flow_method: str
    counted_days: int


class MetricsOut(Answer):
    """All metrics. `account` is what day metrics are of, `counts` what trade metrics are of."""

    counts: CountsOut
    account: CountedAccountOut
    day_metrics: Figures
    trade_metrics: Figures
    sqn_grade: str | None
    conventions: ConventionsOut

    @classmethod
    def of(cls, found: "Metrics") -> Self:
        """Show them."""
        return cls(
            counts=CountsOut.of(found.seen),
            account=CountedAccountOut.of(found.account),
            day_metrics=figures(found.days),
            trade_metrics=figures(found.trades),
            sqn_grade=found.sqn_grade,
            conventions=ConventionsOut(
                day=found.seen.place.zone,
                rf=found.yearly.rf,
                mar=found.yearly.mar,
                benchmark=found.benchmark,
                flow_method="exact" if found.exact else "boundary",
                counted_days=found.counted_days,
            ),
        )


class PointOut(Answer):
    """A point of a curve; `flow` came in (positive) or went out since the point before."""

    at: Moment
    value: float | None
    flow: float

    @classmethod
    def from_domain(cls, point: "Point") -> Self:
        """Show one."""
        return cls(at=point.at, value=point.value, flow=point.flow)


def points(found: "Sequence[Point]") -> list[PointOut]:
    """Show a curve."""
    return [PointOut.from_domain(one) for one in found]


class EquityOut(Answer):
    """A curve: the account at the end of each day, or trades by close with `r` beside."""

    scope: str
    counts: CountsOut
    account: CountedAccountOut | None
    points: list[PointOut]
    r: list[PointOut]

    @classmethod
    def of(cls, scope: str, found: "Curve") -> Self:
        """Show it."""
        return cls(
            scope=scope,
            counts=CountsOut.of(found.seen),
            account=CountedAccountOut.of(found.account) if found.account else None,
            points=points(found.points),
            r=points(found.r),
        )


class DrawdownOut(Answer):
    """A fall of the account from a high; `recovered` is null while it is open."""

    peak: date
    trough: date
    recovered: date | None
    depth: float
    days_to_trough: int
    days_underwater: int

    @classmethod
    def from_domain(cls, one: "Drawdown") -> Self:
        """Show one."""
        return cls(
            peak=one.peak,
            trough=one.trough,
            recovered=one.recovered,
            depth=one.depth,
            days_to_trough=one.days_to_trough,
            days_underwater=one.days_underwater,
        )


class FallOut(Answer):
    """A fall of cumulative results; `peak` is null where the high is the start."""

    peak: Moment | None
    trough: Moment
    recovered: Moment | None
    depth: float
    days_underwater: float

    @classmethod
    def from_domain(cls, one: "Fall") -> Self:
        """Show one."""
        return cls(
            peak=one.peak,
            trough=one.trough,
            recovered=one.recovered,
            depth=one.depth,
            days_underwater=one.days_underwater,
        )


class DrawdownsOut(Answer):
    """All drawdowns, oldest first: of the account by day, or of trades by close."""

    scope: str
    counts: CountsOut
    account: CountedAccountOut | None
    by_day: list[DrawdownOut]
    by_trade: list[FallOut]
    longest: DrawdownOut | None
    open: DrawdownOut | None

    @classmethod
    def of(cls, scope: str, found: "Drawdowns") -> Self:
        """Show them."""
        return cls(
            scope=scope,
            counts=CountsOut.of(found.seen),
            account=CountedAccountOut.of(found.account) if found.account else None,
            by_day=[DrawdownOut.from_domain(one) for one in found.by_day],
            by_trade=[FallOut.from_domain(one) for one in found.by_trade],
            longest=DrawdownOut.from_domain(found.longest) if found.longest else None,
            open=DrawdownOut.from_domain(found.open) if found.open else None,
        )


class BinOut(Answer):
    """How many trades lie from `low` on, below `low` plus the step."""

    low: float
    n: int


class DistributionOut(Answer):
    """Quantiles, and the bins that hold anything."""

    figure: str
    counts: CountsOut
    quantiles: Figures
    step: float
    bins: list[BinOut]

    @classmethod
    def of(cls, of: str, found: "tuple[Seen, Distribution]") -> Self:
        """Show it."""
        seen, spread = found
        return cls(
            figure=of,
            counts=CountsOut.of(seen),
            quantiles=figures(spread.quantiles),
            step=spread.step,
            bins=[BinOut(low=low, n=n) for low, n in spread.bins],
        )


class RollingOut(Answer):
    """A figure over a window that moves along days or trades."""

    figure: str
    window: int
    counts: CountsOut
    account: CountedAccountOut | None
    points: list[PointOut]

    @classmethod
    def of(
        cls, figure: str, window: int, found: "tuple[Seen, Account | None, tuple[Point, ...]]"
    ) -> Self:
        """Show it."""
        seen, account, drawn = found
        return cls(
            figure=figure,
            window=window,
            counts=CountsOut.of(seen),
            account=CountedAccountOut.of(account) if account else None,
            points=points(drawn),
        )
