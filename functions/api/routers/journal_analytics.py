"""The journal's figures: metrics, curves, breakdowns (journal, page parts 4 and 5)."""

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query

from functions.api.dependencies import Now, Owner
from functions.api.errors import HttpRefusal
from functions.api.filter_prefixes import AsideDep, BsideDep
from functions.api.queries import Instrument
from functions.api.routers.journal_analytics_schemas import (
    DistributionOut,
    DrawdownsOut,
    EquityOut,
    MetricsOut,
    RollingOut,
)
from functions.api.routers.journal_grouping_schemas import (
    BreakdownOut,
    CalendarOut,
    ComparisonOut,
    ExitAnalysisOut,
    HeatmapOut,
)
from functions.api.trade_filters import Filtered
from nightdesk import bootstrap
from nightdesk.core.errors import Invalid
from nightdesk.journal.saved_metric import DIMENSIONS, Basis, Unit

if TYPE_CHECKING:
    from nightdesk.journal.analytics import (
        ReadDistribution,
        ReadDrawdowns,
        ReadEquity,
        ReadMetrics,
        ReadRolling,
    )
    from nightdesk.journal.grouping import Compare, ReadBreakdown, ReadCalendar, ReadExitAnalysis
    from nightdesk.journal.looking import Asked

router = APIRouter(prefix="/api/journal/analytics", tags=["journal"])

ReadMetricsCall = Annotated["ReadMetrics", Depends(bootstrap.read_metrics)]
ReadEquityCall = Annotated["ReadEquity", Depends(bootstrap.read_equity_curve)]
ReadDrawdownsCall = Annotated["ReadDrawdowns", Depends(bootstrap.read_drawdowns)]
ReadCalendarCall = Annotated["ReadCalendar", Depends(bootstrap.read_calendar)]
ReadBreakdownCall = Annotated["ReadBreakdown", Depends(bootstrap.read_breakdown)]
ReadDistributionCall = Annotated["ReadDistribution", Depends(bootstrap.read_distribution)]
ReadRollingCall = Annotated["ReadRolling", Depends(bootstrap.read_rolling)]
CompareCall = Annotated["Compare", Depends(bootstrap.compare_trades)]
ReadExitAnalysisCall = Annotated["ReadExitAnalysis", Depends(bootstrap.read_exit_analysis)]

YearlyShare = Annotated[float, Query(ge=-0.5, le=2, allow_inf_nan=False)]
Scoped = Annotated[Literal["account", "trades"], Query(description="Two curves, never mixed.")]
Units = Annotated[Unit, Query(description="In what amounts of trades are shown.")]
Bases = Annotated[Basis, Query(description="Whether fees and funding are in amounts and R.")]
SEVERAL = frozenset({"rule", "tag", "mistake", "emotion"})
"""Dimensions in which a trade may have several groups: they make no map."""
MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)


async def asked_of(
    *,
    owner: Owner,
    now: Now,
    filters: Filtered,
    unit: Units = Unit.MONEY,
    basis: Bases = Basis.NET,
) -> "Asked":
    """Return what is asked."""
    from nightdesk.journal.looking import Asked, View  # noqa: PLC0415 - loads numpy

    return Asked(owner=owner, filters=filters, view=View(unit=unit, basis=basis), now=now)


AskedDep = Annotated["Asked", Depends(asked_of)]


@router.get("/metrics")
async def metrics(
    *,
    asked: AskedDep,
    call: ReadMetricsCall,
    rf: Annotated[YearlyShare, Query(description="Risk-free rate per year, a share.")] = 0.0,
    mar: Annotated[YearlyShare, Query(description="Minimum acceptable return per year.")] = 0.0,
    benchmark: Instrument | None = None,
) -> MetricsOut:
    """Show all metrics: those of the account by day, and those of closed trades.

    Every figure is a value or the reason why there is none.
    """
    from nightdesk.core.ids import InstrumentId  # noqa: PLC0415
    from nightdesk.journal.analytics import Yearly  # noqa: PLC0415

    held = None if benchmark is None else InstrumentId(benchmark)
    return MetricsOut.of(call(asked, yearly=Yearly(rf=rf, mar=mar), benchmark=held))


@router.get("/equity")
async def equity(asked: AskedDep, call: ReadEquityCall, scope: Scoped = "account") -> EquityOut:
    """Draw the account by day with its flows, or cumulative results of trades by close.

    At most 2,000 points; the highest and lowest ones always stay.
    """
    from nightdesk.journal.analytics import Scope  # noqa: PLC0415

    return EquityOut.of(scope, call(asked, Scope(scope)))


@router.get("/drawdowns")
async def drawdowns(
    asked: AskedDep, call: ReadDrawdownsCall, scope: Scoped = "account"
) -> DrawdownsOut:
    """List drawdowns: of the account as shares of its high, of trades in what they are shown in."""
    from nightdesk.journal.analytics import Scope  # noqa: PLC0415

    return DrawdownsOut.of(scope, call(asked, Scope(scope)))


@router.get("/calendar")
async def calendar(
    asked: AskedDep,
    call: ReadCalendarCall,
    month: Annotated[
        str | None, Query(description="Like `2025-03`; by default the present one.")
    ] = None,
) -> CalendarOut:
    """Show each day of a month with what was closed on it; `from`, `to`, `by` do not count."""
    if month is None:
        return CalendarOut.of(call(asked, None))
    found = MONTH.fullmatch(month)
    if found is None:
        raise Invalid("OUT_OF_RANGE", "A month is like 2025-03.", field="month")
    return CalendarOut.of(call(asked, date(int(found[1]), int(found[2]), 1)))


@router.get("/heatmap")
async def heatmap(
    *,
    asked: AskedDep,
    call: ReadBreakdownCall,
    rows: Annotated[str, Query(max_length=40, description="A dimension.")] = "weekday",
    columns: Annotated[str, Query(alias="cols", max_length=40, description="Another.")] = "hour",
) -> HeatmapOut:
    """Show where two dimensions meet, with n in each cell; by default hour by weekday.

    `UNKNOWN_DIMENSION` also for one in which a trade may have several groups, `OUT_OF_RANGE` for
    more than 2,000 cells.
    """
    for name, value in (("rows", rows), ("cols", columns)):
        if value not in DIMENSIONS - SEVERAL:
            raise Invalid(
                "UNKNOWN_DIMENSION",
                "A map has dimensions in which a trade has one place.",
                field=name,
                allowed=sorted(DIMENSIONS - SEVERAL),
            )
    return HeatmapOut.of(rows, columns, call.map(asked, rows, columns))


@router.get("/distribution")
async def distribution(
    asked: AskedDep,
    call: ReadDistributionCall,
    of: Annotated[Literal["r"], Query(description="Of what.")] = "r",
) -> DistributionOut:
    """Show how R is spread: quantiles, and a histogram by half R."""
    return DistributionOut.of(of, call(asked))


@router.get("/rolling")
async def rolling(
    *,
    asked: AskedDep,
    call: ReadRollingCall,
    of: Annotated[
        Literal["sharpe", "win_rate", "expectancy", "expectancy_r", "profit_factor"],
        Query(description="`sharpe` moves along days, the others along trades."),
    ] = "sharpe",
    window: Annotated[int, Query(description="30 or 90 days; 5 to 500 trades.")] = 30,
    rf: Annotated[YearlyShare, Query(description="Risk-free rate per year, for `sharpe`.")] = 0.0,
) -> RollingOut:
    """Draw a figure over a window that moves along; null where it has no value.

    `OUT_OF_RANGE` for a window that it is not drawn over.
    """
    return RollingOut.of(of, window, call(asked, of, window, rf=rf))


@router.get("/breakdown/{dimension}")
async def breakdown(
    dimension: Annotated[str, Path(max_length=40)],
    asked: AskedDep,
    call: ReadBreakdownCall,
    min_n: Annotated[int, Query(ge=1, le=1000, description="Smaller groups are hidden.")] = 1,
) -> BreakdownOut:
    """Break trades down: times by entry on your clock, results by close, best net R first.

    A row is better or worse only where its difference from all other trades is proven. A
    dimension that there is not is 404 `UNKNOWN_DIMENSION`.
    """
    if dimension not in DIMENSIONS:
        raise HttpRefusal(404, "UNKNOWN_DIMENSION", "There is no such dimension.")
    return BreakdownOut.of(call(asked, dimension, min_n=min_n))


@router.get("/compare")
async def compare(
    *,
    owner: Owner,
    now: Now,
    a: AsideDep,
    b: BsideDep,
    call: CompareCall,
    unit: Units = Unit.MONEY,
    basis: Bases = Basis.NET,
) -> ComparisonOut:
    """Put two selections side by side: filters `a.…` and `b.…`, and `a` less `b` with intervals."""
    from nightdesk.journal.looking import Asked, View  # noqa: PLC0415

    view = View(unit=unit, basis=basis)
    one, two = (Asked(owner=owner, filters=side, view=view, now=now) for side in (a, b))
    return ComparisonOut.of(call(one, two))


@router.get("/exit-analysis")
async def exit_analysis(asked: AskedDep, call: ReadExitAnalysisCall) -> ExitAnalysisOut:
    """Show what excursions say of stops, targets and exits, and what holding longer brought."""
    return ExitAnalysisOut.of(call(asked))
