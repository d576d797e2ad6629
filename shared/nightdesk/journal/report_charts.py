"""The charts of a report, drawn once for every medium. One without data is None."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from math import floor

from nightdesk.journal.charts import (
    LABEL,
    LETTER,
    MARGIN_TOP,
    Anchor,
    Axis,
    Box,
    Chart,
    Dot,
    Mark,
    Path,
    Plane,
    Role,
    Words,
    Written,
    axis,
    counts,
    frame,
    named,
    scale,
)
from nightdesk.journal.report import HOURS, EquityDay, Excursed, HourCell

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DATES = 6
"""Labels on an axis of days."""
NAME_ROW = LABEL + 2
"""From the name of a change to the one below it."""
STEP_R = 0.5
SPOT = 1.5
"""Radius of a trade in points."""
WIDEST_R = 8.0
"""R beyond it is counted in the last bar, which says so."""


Changes = Sequence[tuple[date, str]]
"""Days on which zone or currency changed, and to what."""


def equity_chart(
    days: Sequence[EquityDay],
    unit: str,
    written: Written,
    *,
    width: float,
    height: float,
    changes: Changes = (),
) -> Chart | None:
    """Return the account by day; a triangle marks money that came in or went out."""
    if not days:
        return None
    plane = Plane(
        width=width,
        height=height,
        x=of_days(days),
        y=axis(scale([one.equity for one in days]), written),
    )
    curve = tuple(plane.at(n, one.equity) for n, one in enumerate(days))
    marks = [*frame(plane, x_title="day", y_title=unit), *_changed(days, changes, plane)]
    marks.append(Path(points=curve, role=Role.DATA))
    if len(curve) == 1:  # a line through one point is none
        marks.append(Dot(x=curve[0][0], y=curve[0][1], radius=SPOT, role=Role.DATA))
    for (x, y), one in zip(curve, days, strict=True):
        if one.flow:
            marks.append(_flow(x, y, came=one.flow > 0))
    return Chart(
        title="Account by day; triangles: money in (up) and out (down)",
        x_title="day",
        y_title=unit,
        unit=f"{unit}, days",
        n=len(days),
        width=width,
        height=height,
        marks=tuple(marks),
    )


def drawdown_chart(
    days: Sequence[EquityDay],
    written: Written,
    *,
    width: float,
    height: float,
    changes: Changes = (),
) -> Chart | None:
    """Return how far the account stood below its highest point, flows removed."""
    if not days:
        return None
    ends = scale([one.drawdown for one in days], zero=True, count=4)
    low = min(ends[0], -0.01)
    plane = Plane(width=width, height=height, x=of_days(days), y=axis((low, 0.0), written, count=4))
    curve = tuple(plane.at(n, one.drawdown) for n, one in enumerate(days))
    top = plane.down(0.0)
    area = ((curve[0][0], top), *curve, (curve[-1][0], top))
    return Chart(
        title="Below the highest point, flows removed",
        x_title="day",
        y_title="drawdown",
        unit="%, days",
        n=len(days),
        width=width,
        height=height,
        marks=(
            Path(points=area, role=Role.FILL, closed=True),
            *frame(plane, x_title="day", y_title="drawdown, %"),
            *_changed(days, changes, plane),
            Path(points=curve, role=Role.LOSS),
        ),
    )


def r_chart(
    values: Sequence[float], written: Written, *, width: float, height: float
) -> Chart | None:
    """Return how many trades ended where, in bars of half an R; the outer ones hold the rest."""
    if not values:
        return None
    most = floor(WIDEST_R / STEP_R)
    bars = Counter(max(-most, min(most - 1, floor(one / STEP_R))) for one in values)
    low, high = min(bars), max(bars) + 1
    plane = Plane(
        width=width,
        height=height,
        x=axis((low * STEP_R, high * STEP_R), written, count=10),
        y=counts(max(bars.values()), written),
    )
    marks: list[Mark] = list(frame(plane, x_title="result, R", y_title="trades"))
    for place, count in sorted(bars.items()):
        left, top = plane.at(place * STEP_R, count)
        wide = plane.across((place + 1) * STEP_R) - left
        role = Role.LOSS if place < 0 else Role.GAIN
        marks.append(Box(x=left + 0.5, y=top, width=wide - 1, height=plane.bottom - top, role=role))
    return Chart(
        title=f"Results; beyond ±{WIDEST_R:g} R in the outer bars",
        x_title="result, R",
        y_title="trades",
        unit="R, trades",
        n=len(values),
        width=width,
        height=height,
        marks=tuple(marks),
    )


def excursion_chart(
    trades: Sequence[Excursed], written: Written, *, width: float, height: float
) -> Chart | None:
    """Return each trade by how far it went against (across) and for the trader (up)."""
    if not trades:
        return None
    plane = Plane(
        width=width,
        height=height,
        x=axis(scale([one.mae_r for one in trades], zero=True), written),
        y=axis(scale([one.mfe_r for one in trades], zero=True), written),
    )
    marks = [one for trade in trades for one in _spot(trade, plane)]
    against, gone = "went against, R (MAE)", "went for, R (MFE)"
    return Chart(
        title="Excursions; dots: won, crosses: not",
        unit="R, trades",
        n=len(trades),
        width=width,
        height=height,
        marks=(*frame(plane, x_title=against, y_title=gone), *marks),
        x_title=against,
        y_title=gone,
    )


def hour_chart(
    cells: Sequence[HourCell], unit: str, *, width: float, height: float
) -> Chart | None:
    """Return results by weekday and hour of entry: colour is sign, darkness size, text n."""
    if not cells:
        return None
    hours = named([f"{hour:02d}" for hour in range(HOURS)], every=2)
    week = named(WEEK)
    upside_down = Axis(low=week.high, high=week.low, ticks=week.ticks)
    plane = Plane(width=width, height=height, x=hours, y=upside_down)
    most = max(abs(one.net) for one in cells) or 1.0
    marks: list[Mark] = []
    for one in cells:
        left, top = plane.at(one.hour - 0.5, one.weekday - 0.5)
        right, bottom = plane.at(one.hour + 0.5, one.weekday + 0.5)
        role = Role.LOSS if one.net < 0 else Role.GAIN
        strength = 0.15 + 0.55 * abs(one.net) / most
        marks.append(
            Box(
                x=left + 0.4,
                y=top + 0.4,
                width=right - left - 0.8,
                height=bottom - top - 0.8,
                role=role,
                strength=strength,
            )
        )
        marks.append(_count(one, plane))
    hour, weekday = "hour of entry", "weekday"
    return Chart(
        title="Result by weekday and hour; the darker the more, text: n",
        unit=unit,
        n=sum(one.n for one in cells),
        width=width,
        height=height,
        marks=(*frame(plane, grid=False, x_title=hour, y_title=weekday), *marks),
        x_title=hour,
        y_title=weekday,
    )


def of_days(days: Sequence[EquityDay]) -> Axis:
    """Return an axis of days by their place, with a few dates."""
    last = max(len(days) - 1, 1)
    count = min(DATES, len(days))
    places = sorted({round(n * (len(days) - 1) / max(count - 1, 1)) for n in range(count)})
    return Axis(low=0, high=last, ticks=tuple((n, days[n].day.isoformat()) for n in places))


def _changed(days: Sequence[EquityDay], changes: Changes, plane: Plane) -> list[Mark]:
    """Return an upright line for each change, named at its head, or below the name before."""
    marks: list[Mark] = []
    taken: list[tuple[int, float, float]] = []  # row, begin and end of each name
    for day, text in changes:
        place = next((n for n, one in enumerate(days) if one.day >= day), None)
        if place is not None:
            x, wide = plane.across(place), len(text) * LETTER
            marks.append(Path(points=((x, MARGIN_TOP), (x, plane.bottom)), role=Role.ZERO))
            anchor = Anchor.END if x > plane.width / 2 else Anchor.START
            begin = x - wide if anchor is Anchor.END else x
            met = {row for row, left, right in taken if left < begin + wide and begin < right}
            row = next(row for row in range(len(met) + 1) if row not in met)
            taken.append((row, begin, begin + wide))
            y = MARGIN_TOP - 3 + row * NAME_ROW
            if y < plane.bottom:
                marks.append(Words(x=x, y=y, text=text, anchor=anchor))
    return marks


def _spot(trade: Excursed, plane: Plane) -> tuple[Mark, ...]:
    """Return a dot or a cross: on paper without colours they still differ."""
    x, y = plane.at(trade.mae_r, trade.mfe_r)
    if trade.won:
        return (Dot(x=x, y=y, radius=SPOT, role=Role.GAIN),)
    falling = Path(points=((x - SPOT, y - SPOT), (x + SPOT, y + SPOT)), role=Role.LOSS)
    rising = Path(points=((x - SPOT, y + SPOT), (x + SPOT, y - SPOT)), role=Role.LOSS)
    return falling, rising


def _flow(x: float, y: float, *, came: bool) -> Path:
    tip, base = (y + 3, y + 9) if came else (y - 3, y - 9)
    role = Role.INFLOW if came else Role.OUTFLOW
    return Path(points=((x, tip), (x - 3, base), (x + 3, base)), role=role, closed=True)


def _count(cell: HourCell, plane: Plane) -> Words:
    x, y = plane.at(cell.hour, cell.weekday)
    return Words(x=x, y=y + LABEL / 3, text=str(cell.n), anchor=Anchor.MIDDLE)
