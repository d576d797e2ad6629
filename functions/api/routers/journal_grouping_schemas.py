"""Answers of the routes that group trades: breakdowns, calendar, map, comparison, exits."""

from datetime import date
from typing import TYPE_CHECKING, Self

from functions.api.routers.journal_analytics_schemas import CountsOut, Figures, figures
from functions.api.routers.journal_schemas import FigureOut
from functions.api.schemas import Answer

if TYPE_CHECKING:
    from nightdesk.journal.breakdown import Breakdown, Cell, Heatmap, Row
    from nightdesk.journal.exit_analysis import HeldLonger, Reading
    from nightdesk.journal.grouping import Calendar, Comparison
    from nightdesk.journal.looking import Seen


class CalendarDayOut(Answer):
    """What was closed on one day."""

    day: date
    figures: Figures


class CalendarOut(Answer):
    """A month by day, and all of it."""

    counts: CountsOut
    month: str
    days: list[CalendarDayOut]
    total: Figures

    @classmethod
    def of(cls, found: "Calendar") -> Self:
        """Show it."""
        days = [CalendarDayOut(day=one.day, figures=figures(one.figures)) for one in found.days]
        return cls(
            counts=CountsOut.of(found.seen),
            month=found.month,
            days=days,
            total=figures(found.total),
        )


class AxisGroupOut(Answer):
    """A group by its key, and what it is called."""

    key: str
    name: str


class CellOut(Answer):
    """Where a row and a column meet; cells without trades are not listed."""

    row: str
    column: str
    thin: bool
    figures: Figures

    @classmethod
    def from_domain(cls, cell: "Cell") -> Self:
        """Show one."""
        return cls(row=cell.row, column=cell.column, thin=cell.thin, figures=figures(cell.figures))


class HeatmapOut(Answer):
    """A map of two dimensions."""

    counts: CountsOut
    dimensions: tuple[str, str]
    rows: list[AxisGroupOut]
    columns: list[AxisGroupOut]
    cells: list[CellOut]

    @classmethod
    def of(cls, rows: str, columns: str, found: "tuple[Seen, Heatmap]") -> Self:
        """Show it."""
        seen, one = found
        return cls(
            counts=CountsOut.of(seen),
            dimensions=(rows, columns),
            rows=[AxisGroupOut(key=key, name=name) for key, name in one.rows],
            columns=[AxisGroupOut(key=key, name=name) for key, name in one.columns],
            cells=[CellOut.from_domain(cell) for cell in one.cells],
        )


class RowOut(Answer):
    """A group. `verdict` is `better`, `worse` or `no difference proven`."""

    key: str
    name: str
    thin: bool
    verdict: str
    figures: Figures

    @classmethod
    def from_domain(cls, row: "Row") -> Self:
        """Show one."""
        return cls(
            key=row.key,
            name=row.name,
            thin=row.thin,
            verdict=row.verdict,
            figures=figures(row.figures),
        )


class TotalOut(Answer):
    """All trades. `without`: how many stand in no row; `hidden`: how many rows are too small."""

    text: str
    without: int
    hidden: int
    figures: Figures


class BreakdownOut(Answer):
    """The groups of a dimension, best net R first, thin ones last."""

    counts: CountsOut
    dimension: str
    rows: list[RowOut]
    total: TotalOut

    @classmethod
    def of(cls, found: "tuple[Seen, Breakdown]") -> Self:
        """Show it."""
        seen, one = found
        return cls(
            counts=CountsOut.of(seen),
            dimension=one.dimension,
            rows=[RowOut.from_domain(row) for row in one.rows],
            total=TotalOut(
                text=one.text,
                without=one.without,
                hidden=one.hidden,
                figures=figures(one.total),
            ),
        )


class SideOut(Answer):
    """One of two selections."""

    counts: CountsOut
    trade_metrics: Figures


class ComparisonOut(Answer):
    """Two selections, and `a` less `b`. `shared` trades stand in both."""

    a: SideOut
    b: SideOut
    differences: Figures
    shared: int

    @classmethod
    def of(cls, found: "Comparison") -> Self:
        """Show it."""
        return cls(
            a=SideOut(counts=CountsOut.of(found.a), trade_metrics=figures(found.metrics_a)),
            b=SideOut(counts=CountsOut.of(found.b), trade_metrics=figures(found.metrics_b)),
            differences=figures(found.differences),
            shared=found.shared,
        )


class TradePointOut(Answer):
    """One trade on a chart."""

    trade_id: str
    x: float
    y: float


class ReadingOut(Answer):
    """One reading of excursions; `x` and `y` name the axes."""

    id: str
    n: int
    x: str
    y: str
    figures: Figures
    points: list[TradePointOut]
    text: str

    @classmethod
    def from_domain(cls, one: "Reading") -> Self:
        """Show one."""
        return cls(
            id=one.id,
            n=one.n,
            x=one.x,
            y=one.y,
            figures=figures(one.figures),
            points=[
                TradePointOut(trade_id=point.trade_id, x=point.x, y=point.y) for point in one.points
            ],
            text=one.text,
        )


class HeldLongerOut(Answer):
    """What holding so many minutes longer would have added, in R."""

    minutes: int
    mean_r: FigureOut
    better: FigureOut

    @classmethod
    def from_domain(cls, one: "HeldLonger") -> Self:
        """Show one."""
        return cls(
            minutes=one.minutes,
            mean_r=FigureOut.from_domain(one.mean_r),
            better=FigureOut.from_domain(one.better),
        )


class ExitAnalysisOut(Answer):
    """What excursions say of stops, targets and exits."""

    counts: CountsOut
    readings: list[ReadingOut]
    held_longer: list[HeldLongerOut]

    @classmethod
    def of(cls, found: "tuple[Seen, tuple[Reading, ...], tuple[HeldLonger, ...]]") -> Self:
        """Show it."""
        seen, readings, longer = found
        return cls(
            counts=CountsOut.of(seen),
            readings=[ReadingOut.from_domain(one) for one in readings],
            held_longer=[HeldLongerOut.from_domain(one) for one in longer],
        )
