"""Geometry of charts: round axes, nothing outside, never without axis, unit and n."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.journal.charts import (
    MARGIN_LEFT,
    Box,
    Chart,
    Dot,
    Path,
    Role,
    Words,
    axis,
    scale,
)
from nightdesk.journal.charts_svg import svg
from nightdesk.journal.report import EquityDay, Excursed, HourCell
from nightdesk.journal.report_charts import (
    drawdown_chart,
    equity_chart,
    excursion_chart,
    hour_chart,
    r_chart,
)

WIDE, HIGH = 480.0, 200.0
VALUES = st.floats(-1e9, 1e9, allow_nan=False).map(lambda one: round(one, 6))
RESULTS = st.lists(st.floats(-50, 50, allow_nan=False), min_size=1, max_size=30)


def written(value: float) -> str:
    return f"{value:g}"


def drawn(chart: Chart | None) -> Chart:
    assert chart is not None
    return chart


def charts(values: list[float]) -> list[Chart]:
    begin, size = date(2025, 1, 1), dict[str, Any](width=WIDE, height=HIGH)
    days = [
        EquityDay(
            day=begin + timedelta(days=n),
            equity=1_000 + one,
            flow=float(n % 3 - 1),
            drawdown=min(0.0, one / 100),
        )
        for n, one in enumerate(values)
    ]
    spots = [Excursed(mae_r=abs(one), mfe_r=abs(one) / 2, won=one > 0) for one in values]
    cells = [HourCell(weekday=n % 7, hour=n % 24, n=2, net=one) for n, one in enumerate(values)]
    made = (
        equity_chart(days, "EUR", written, **size),
        drawdown_chart(days, written, **size),
        r_chart(values, written, **size),
        excursion_chart(spots, written, **size),
        hour_chart(cells, "EUR", **size),
    )
    return [drawn(one) for one in made]


@given(values=st.lists(VALUES, min_size=1, max_size=8), zero=st.booleans())
def test_an_axis_holds_all_values_between_round_ends(values: list[float], *, zero: bool) -> None:
    low, high = scale(values, zero=zero)
    reach = (high - low) * 1e-6
    assert low < high
    assert low - reach <= min(values)
    assert max(values) <= high + reach
    if zero:
        assert low <= 0 <= high
    ticks = axis((low, high), written).ticks
    assert 2 <= len(ticks) <= 12
    assert all(low - reach <= value <= high + reach for value, _ in ticks)


@pytest.mark.parametrize("values", [[0.0], [0.0, 5e-324], [-5e-324], [0.0, 1e-300, -1e-300]])
def test_an_axis_of_nothing_but_zeros_has_room_on_both_sides(values: list[float]) -> None:
    assert scale(values) == scale(values, zero=True) == (-1.0, 1.0)


@pytest.mark.parametrize("values", [[], [float("nan")], [1.0, float("inf")]])
def test_an_axis_of_nothing_or_of_no_number_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        scale(values)


@given(values=RESULTS)
def test_no_mark_lies_outside_its_chart(values: list[float]) -> None:
    for chart in charts(values):
        for x, y in spots(chart):
            assert -0.01 <= x <= chart.width + 0.01
            assert -0.01 <= y <= chart.height + 0.01


def spots(chart: Chart) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for mark in chart.marks:
        match mark:
            case Path():
                found.extend(mark.points)
            case Box():
                found += [(mark.x, mark.y), (mark.x + mark.width, mark.y + mark.height)]
            case Dot() | Words():
                found.append((mark.x, mark.y))
    return found


@given(values=RESULTS)
def test_every_chart_tells_its_axes_its_unit_and_n(values: list[float]) -> None:
    for chart in charts(values):
        texts = [mark.text for mark in chart.marks if isinstance(mark, Words)]
        assert chart.x_title in texts
        assert any(text.startswith(chart.y_title) for text in texts)
        assert f"n = {chart.n}" in chart.caption
        assert chart.unit in chart.caption


@pytest.mark.parametrize(
    "changes", [{"x_title": ""}, {"y_title": ""}, {"unit": ""}, {"title": ""}, {"n": 0}]
)
def test_a_chart_without_axis_unit_or_n_is_refused(changes: dict[str, object]) -> None:
    chart = charts([1.0])[0]
    with pytest.raises(ValueError, match="chart"):
        replace(chart, **changes)  # type: ignore[arg-type]


def test_charts_of_nothing_are_not_drawn() -> None:
    size = dict[str, Any](width=WIDE, height=HIGH)
    made = (
        equity_chart([], "EUR", written, **size),
        drawdown_chart([], written, **size),
        r_chart([], written, **size),
        excursion_chart([], written, **size),
        hour_chart([], "EUR", **size),
    )
    assert made == (None,) * 5


def test_bars_of_r_count_every_trade_once() -> None:
    chart = drawn(r_chart([-20, -1, -0.2, 0, 0.49, 0.5, 30], written, width=WIDE, height=HIGH))
    boxes = [mark for mark in chart.marks if isinstance(mark, Box)]
    least = min(box.height for box in boxes)
    assert sum(round(box.height / least) for box in boxes) == 7
    assert {box.role for box in boxes} == {Role.GAIN, Role.LOSS}


def test_svg_is_well_formed_with_the_same_marks_and_no_text_as_markup() -> None:
    days = [
        EquityDay(day=date(2025, 1, 1), equity=1.0),
        EquityDay(day=date(2025, 1, 2), equity=2.0),
    ]
    chart = drawn(equity_chart(days, "<EUR> & \x00", written, width=WIDE, height=HIGH))
    root = Xml.fromstring(svg(chart))
    assert len(root) == len(chart.marks) + 1
    title = root[0].text
    assert title is not None
    assert "<EUR> &" in title
    line = next(one for one in root if one.get("class") == "data")
    assert (line.get("points") or "").startswith(f"{MARGIN_LEFT:g},")
