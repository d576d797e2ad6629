"""Workbooks, read back as the XML that they are."""

import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from nightdesk.adapters.documents.xlsx import LONGEST, XlsxWorkbooks
from nightdesk.journal.book_stats import Played
from nightdesk.journal.export import TRADES, TradeWords
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.sheets import Sheet, SheetCell, Written, sheets
from nightdesk.journal.tag import TagBook
from tests.builders.behaviour import a_claim, a_finding
from tests.builders.journal_trades import OWNER, a_trade, some_labels
from tests.builders.reports import a_report
from tests.builders.writing import an_entry

SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
OPTIONS = ExportOptions(
    since=datetime(2025, 1, 1, tzinfo=UTC),
    until=datetime(2026, 1, 1, tzinfo=UTC),
    zone="Europe/Vienna",
)


def journal() -> tuple[Sheet, ...]:
    trade = a_trade()
    return sheets(
        Written(
            report=a_report(days=20, trades=12),
            trades=[Played(trade=trade, labels=some_labels(trade, note="=1+1"))],
            findings=[a_finding(), a_claim(shadow=True)],
            entries=[an_entry(body="One.\n\n@two")],
            words=TradeWords(tags=TagBook(OWNER, ())),
        ),
        OPTIONS,
    )


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def page(content: bytes, number: int) -> Xml.Element:
    return Xml.fromstring(parts(content)[f"xl/worksheets/sheet{number}.xml"])


def row(sheet: Xml.Element, number: int) -> list[tuple[str | None, str]]:
    """Return type and text of each written cell."""
    found = sheet.findall("m:sheetData/m:row", SPACE)[number]
    return [(one.get("t"), "".join(one.itertext())) for one in found]


def one_cell(value: SheetCell) -> tuple[str | None, str]:
    book = XlsxWorkbooks()([Sheet(name="One", heads=("head",), rows=[(value,)])])
    (found,) = row(page(book, 1), 1)
    return found


def test_sheets_are_those_of_the_page_in_its_order() -> None:
    book = Xml.fromstring(parts(XlsxWorkbooks()(journal()))["xl/workbook.xml"])
    names = [one.get("name") for one in book.findall("m:sheets/m:sheet", SPACE)]
    assert names == ["Summary", "Trades", "Days", "Breakdowns", "Findings", "Entries"]


def test_heads_are_frozen_and_filters_on() -> None:
    content = XlsxWorkbooks()(journal())
    for number in range(1, 7):
        sheet = page(content, number)
        pane = sheet.find("m:sheetViews/m:sheetView/m:pane", SPACE)
        assert pane is not None
        assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
        assert sheet.find("m:autoFilter", SPACE) is not None


def test_nothing_is_a_formula_or_a_link() -> None:
    content = parts(XlsxWorkbooks()(journal()))
    assert not [name for name in content if name.startswith("xl/worksheets/_rels")]
    for name, xml in content.items():
        if name.startswith("xl/worksheets/"):
            assert not Xml.fromstring(xml).findall(".//m:f", SPACE)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "https://example.org", "12", " a "])
def test_text_is_text_whatever_it_looks_like(text: str) -> None:
    assert one_cell(text) == ("inlineStr", text)


def test_numbers_and_dates_are_numbers() -> None:
    assert one_cell(Decimal("-0.25")) == (None, "-0.25")
    assert one_cell(0) == (None, "0")
    # days since 1899-12-30, as Excel counts
    assert one_cell(datetime(2025, 3, 3, 12)) == (None, "45719.5")  # noqa: DTZ001
    assert one_cell(datetime(2025, 3, 3, tzinfo=UTC).date()) == (None, "45719")


def test_true_is_true() -> None:
    assert one_cell(value=True) == ("b", "1")


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="NAN"):
        one_cell(float("nan"))


def test_text_of_any_length_with_any_character_stays_readable() -> None:
    kind, text = one_cell("a\x00b\u202ec\n" + "x" * 40_000)
    assert kind == "inlineStr"
    assert text.startswith("abc\nxxx")
    assert len(text) == LONGEST


def test_trades_have_real_numbers_and_local_moments() -> None:
    sheet = page(XlsxWorkbooks()(journal()), 2)
    heads = [text for _, text in row(sheet, 0)]
    assert heads[4] == "opened_at (Europe/Vienna)"
    assert [one.removesuffix(" (Europe/Vienna)") for one in heads] == list(TRADES)
    cells = {text: kind for kind, text in row(sheet, 1)}
    assert cells["4.916"] is None
    assert cells["=1+1"] == "inlineStr"
    # 2025-03-03 11:00 in Vienna
    assert any(text.startswith("45719.4583") for text in cells)


def test_the_same_sheets_are_the_same_bytes() -> None:
    content = XlsxWorkbooks()(journal())
    assert content == XlsxWorkbooks()(journal())
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert {one.date_time[0] for one in file.infolist()} == {1980}
    assert b"2000-01-01T00:00:00Z" in parts(content)["docProps/core.xml"]


def test_a_sheet_without_rows_has_its_heads() -> None:
    empty: list[Any] = []
    book = XlsxWorkbooks()([Sheet(name="None", heads=("a", "b"), rows=empty)])
    assert [text for _, text in row(page(book, 1), 0)] == ["a", "b"]
