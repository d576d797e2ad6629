"""Geometry of charts: round axes, nothing outside, never without axis, unit and n."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from nightdesk.adapters.documents.pdf_parts import PLAIN, register_fonts
from nightdesk.journal.charts import (
    LABEL,
    MARGIN_LEFT,
    Anchor,
    Box,
    Chart,
    Dot,
    Path,
    Role,
    Words,
    axis,
    counts,
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
SIZE: dict[str, Any] = {"width": WIDE, "height": HIGH}
VALUES = st.floats(-1e9, 1e9, allow_nan=False).map(lambda one: round(one, 6))
RESULTS = st.lists(st.floats(-50, 50, allow_nan=False), min_size=1, max_size=30)


def written(value: float, digits: int) -> str:
    return f"{value:.{digits}f}"


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


@given(
    low=st.integers(-1_000, 1_000),
    wide=st.integers(1, 2_000),
    power=st.integers(-8, 6),
    count=st.sampled_from([4, 5, 10]),
)
def test_each_label_of_an_axis_is_the_value_it_stands_at(
    low: int, wide: int, power: int, count: int
) -> None:
    ends = scale([low * 10.0**power, (low + wide) * 10.0**power], count=count)
    ticks = axis(ends, written, count=count).ticks
    apart = ticks[1][0] - ticks[0][0]
    assert all(abs(float(text) - value) < apart / 1_000 for value, text in ticks)


def test_one_trade_has_a_bar_between_true_labels_and_no_half_trades() -> None:
    chart = drawn(r_chart([1.48], written, width=WIDE, height=HIGH))
    texts = [mark.text for mark in chart.marks if isinstance(mark, Words)]
    # half an R in ten steps, one trade in one
    across = ["1.00", "1.05", "1.10", "1.15", "1.20", "1.25", "1.30", "1.35", "1.40", "1.45"]
    assert texts[:13] == ["0", "1", *across, "1.50"]


@pytest.mark.parametrize("trades", [1, 2, 3, 7, 12, 99, 12_345])
def test_trades_are_counted_in_whole_ones(trades: int) -> None:
    ticks = counts(trades, written).ticks
    assert 2 <= len(ticks) <= 7
    assert all(value == int(text) for value, text in ticks)
    assert ticks[0][0] == 0
    assert ticks[-2][0] < trades <= ticks[-1][0]


@pytest.mark.parametrize("equity", [0.00012, 1.0, 1e4, 1e9, 1.6e12, 9e17])
def test_no_label_reaches_the_title_of_its_axis(equity: float) -> None:
    days = [
        EquityDay(day=date(2025, 1, 1), equity=equity / 2),
        EquityDay(day=date(2025, 1, 2), equity=equity),
    ]
    chart = drawn(equity_chart(days, "EUR", lambda one, digits: f"{one:,.{digits}f}", **SIZE))
    (title,) = [mark for mark in chart.marks if isinstance(mark, Words) and mark.upright]
    labels = [mark for mark in chart.marks if isinstance(mark, Words) and mark.anchor is Anchor.END]
    assert len({mark.text for mark in labels}) == len(labels) > 1
    register_fonts()
    for mark in labels:
        assert mark.x - stringWidth(mark.text, PLAIN, LABEL) > title.x


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


def test_the_first_day_of_an_account_is_a_dot() -> None:
    first = EquityDay(day=date(2025, 1, 1), equity=1_000.0)
    chart = drawn(equity_chart([first], "EUR", written, **SIZE))
    assert [mark.role for mark in chart.marks if isinstance(mark, Dot)] == [Role.DATA]


def test_names_of_changes_within_weeks_do_not_run_into_each_other() -> None:
    begin = date(2025, 1, 1)
    days = [EquityDay(day=begin + timedelta(days=n), equity=1_000.0 + n) for n in range(365)]
    after = (60, 67, 81, 300, 307, 314)
    changes = [(begin + timedelta(days=n), f"Europe/Vienna {n}, EUR") for n in after]
    chart = drawn(equity_chart(days, "EUR", written, changes=changes, **SIZE))
    register_fonts()
    places = []
    for mark in chart.marks:
        if isinstance(mark, Words) and "Vienna" in mark.text:
            wide = stringWidth(mark.text, PLAIN, LABEL)
            left = mark.x - wide if mark.anchor is Anchor.END else mark.x
            places.append((left, left + wide, mark.y - LABEL, mark.y))
    assert len(places) == len(changes)
    for one, other in combinations(places, 2):
        apart = one[1] <= other[0] or other[1] <= one[0]
        assert apart or one[3] <= other[2] or other[3] <= one[2]


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
