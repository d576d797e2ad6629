"""A report on paper, read back by another library."""

import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from nightdesk.adapters.documents.pdf import ReportLabPrinter
from nightdesk.journal.export_options import Numbers
from nightdesk.journal.report import Report
from nightdesk.performance.figure import known
from tests.builders.reports import a_report

SECTIONS = [
    *("Summary", "Equity curve", "Drawdown", "Months", "Results in R", "Excursions"),
    *("Hours and weekdays", "By instrument", "By setup", "By session", "By bot and human"),
    *("Behaviour", "Discipline and plans", "Costs", "Trades", "Conventions"),
]


def read(report: Report) -> PdfReader:
    return PdfReader(io.BytesIO(ReportLabPrinter()(report)))


def text(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


@pytest.fixture(scope="module")
def year() -> PdfReader:
    return read(a_report())


def test_every_section_has_a_bookmark_on_its_page(year: PdfReader) -> None:
    marks: list[Any] = year.outline
    assert [mark["/Title"] for mark in marks] == SECTIONS
    for mark in marks:
        number = year.get_destination_page_number(mark)
        assert number is not None
        assert mark["/Title"] in year.pages[number].extract_text()


def test_pages_are_a4_and_numbered(year: PdfReader) -> None:
    total = len(year.pages)
    for number, page in enumerate(year.pages, start=1):
        assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
        assert f"page {number} of {total}" in " ".join(page.extract_text().split())


def test_all_fonts_are_embedded_and_nothing_is_a_picture(year: PdfReader) -> None:
    fonts = {}
    for resources in all_resources(year):
        for font in (resources.get("/Font") or {}).values():
            found = font.get_object()
            fonts[found["/BaseFont"]] = "/FontFile2" in (found.get("/FontDescriptor") or {})
        for drawing in (resources.get("/XObject") or {}).values():
            assert drawing.get_object()["/Subtype"] == "/Form"
    assert len(fonts) == 2
    assert all(fonts.values())


def all_resources(reader: PdfReader) -> Iterator[Any]:
    for page in reader.pages:
        resources: Any = page["/Resources"]
        yield resources
        for drawing in (resources.get("/XObject") or {}).values():
            yield drawing.get_object().get("/Resources") or {}


def test_figures_stand_with_n_interval_and_reason(year: PdfReader) -> None:
    said = text(year)
    assert "52.0 % (47.2 to 56.7) 420" in said
    assert "6 of 41 4.0 %" in said
    assert "a TOO_FEW_DAYS There are too few days for this figure." in said
    assert "FEW_DAYS" in said


def test_every_chart_stands_with_its_unit_and_n(year: PdfReader) -> None:
    said = text(year)
    for caption in ("(EUR, days, n = 365)", "(%, days, n = 365)", "(R, trades, n = 420)"):
        assert caption in said


def test_what_a_trader_wrote_is_no_markup(year: PdfReader) -> None:
    assert "Škoda <gap> & fade" in text(year)


def test_what_no_font_here_can_draw_is_a_box_and_the_rest_of_a_name_is_read() -> None:
    report = a_report()
    first = report.breakdowns[0]
    row = replace(first.rows[0], name="\u7a81\u7834 Прорыв λ \U0001f680 Ausbruch")
    named = replace(report, breakdowns=(replace(first, rows=(row,)), *report.breakdowns[1:]))
    assert "□□ Прорыв λ □ Ausbruch" in text(read(named))


def test_equal_reports_are_equal_bytes() -> None:
    assert ReportLabPrinter()(a_report(days=40, trades=30)) == ReportLabPrinter()(
        a_report(days=40, trades=30)
    )


def test_a_report_of_nothing_says_so() -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        (
            *("summary", "metrics", "equity", "falls", "months", "r_values", "excursions"),
            *("hours", "breakdowns", "habits", "discipline", "plans", "costs", "trades"),
        ),
        (),
    )
    said = text(read(replace(a_report(), **nothing, trades_in_all=0)))
    assert said.count("There is nothing of it in this period.") == 11


def test_a_long_list_names_the_file_that_has_the_rest() -> None:
    report = a_report(trades=700)
    assert "500 of 700 trades; the others are in trades.csv." in text(read(report))


def test_numbers_of_austria_have_a_comma() -> None:
    said = text(read(a_report(days=30, trades=20, numbers=Numbers.DE_AT)))
    assert "4.218,40" in said
    assert "52,0 % (47,2 to 56,7)" in said


def test_a_number_is_never_cut_however_long_it_is() -> None:
    report = a_report(trades=20)
    first, traded = report.breakdowns[0], report.trades[0]
    row = replace(first.rows[0], net=known(174_936_462_031_234.25, 20))
    coin = replace(
        traded,
        instrument="1000PEPE/USDT:USDT@binance",
        quantity=Decimal(98_765_432_100),
        avg_entry=Decimal("0.00001012345"),
        net=Decimal("-174936462031234.25"),
    )
    long = replace(
        report,
        breakdowns=(replace(first, rows=(row,)), *report.breakdowns[1:]),
        trades=(coin, *report.trades[1:]),
    )
    said = text(read(long))
    for number in ("174,936,462,031,234.25", "98,765,432,100", "0.00001012345"):
        assert f" {number} " in said
    assert " −174,936,462,031,234.25 " in said  # noqa: RUF001
    assert " 1000PEPE/USDT:USDT@binance " in said


def test_a_report_in_bitcoin_shows_what_was_won() -> None:
    report = a_report(trades=5)
    first = report.months[0]
    won = replace(first, net=known(0.02468, 5))
    traded = [replace(one, net=Decimal("0.01234")) for one in report.trades]
    small = replace(report, currency="BTC", months=(won,), trades=tuple(traded))
    said = text(read(small))
    assert " 0.02468 " in said
    assert said.count(" 0.01234 ") == 5


def test_the_summary_tells_how_many_trades_have_an_r() -> None:
    report = a_report()
    row = replace(report.summary[0], name="result", r=known(85.19, 1_396))
    said = text(read(replace(report, summary=(row,))))
    assert "% n n of R result 4,218.40 85.19 10.5 420 1,396 " in said


def test_a_name_is_cut_where_it_could_not_be_read_any_more() -> None:
    report = a_report(trades=20)
    named = replace(report.trades[0], setup="Breakout of the range of yesterday" * 2)
    said = text(read(replace(report, trades=(named, *report.trades[1:]))))
    assert " Breakout of the" in said
    assert "yesterdayBreakout" not in said


def test_a_report_that_lists_too_many_trades_is_refused() -> None:
    with pytest.raises(ValueError, match="500 trades"):
        a_report(trades=20, trades_in_all=19)
