"""Workbooks by XlsxWriter: heads frozen, filters on, no formula. Equal sheets are equal bytes."""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from xlsxwriter import Workbook

from nightdesk.core.cells import visible
from nightdesk.journal.sheets import Sheet, SheetCell

CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""What every workbook says of its making: the same sheets make the same file."""
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "remove_timezone": False,
}
FIRST_WIDTH, WIDTH, WIDEST = 14, 12, 40
LONGEST = 32_767
"""Characters that a cell can hold."""


class XlsxWorkbooks:
    """The port Workbooks."""

    def __call__(self, sheets: Sequence[Sheet]) -> bytes:
        """Return a workbook of these sheets. Raises TypeError for a number that is not finite."""
        out = io.BytesIO()
        with Workbook(out, OPTIONS) as book:
            book.set_properties({"title": "Journal", "author": "Nightdesk", "created": CREATED})
            formats = {
                "head": book.add_format({"bold": True, "bg_color": "#f1f3f6", "bottom": 1}),
                "day": book.add_format({"num_format": "yyyy-mm-dd"}),
                "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            }
            for sheet in sheets:
                fill(book.add_worksheet(sheet.name), sheet, formats)
        return out.getvalue()


def fill(page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    """Write a sheet row by row: what is written is not kept in memory."""
    page.freeze_panes(1, 0)
    last = len(sheet.heads) - 1
    for column, head in enumerate(sheet.heads):
        wide = max(FIRST_WIDTH if column == 0 else WIDTH, len(head) + 4)
        page.set_column(column, column, min(wide, WIDEST))
        page.write_string(0, column, head, formats["head"])
    count = 0
    for count, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            put(page, count, column, value, formats)
    page.autofilter(0, 0, count, last)


def put(page: Any, row: int, column: int, value: SheetCell, formats: dict[str, Any]) -> None:
    """Write one cell as what it is."""
    match value:
        case None:
            return
        case bool():
            page.write_boolean(row, column, value)
        case int() | float() | Decimal():
            page.write_number(row, column, float(value))
        case datetime():
            page.write_datetime(row, column, value, formats["moment"])
        case date():
            page.write_datetime(row, column, value, formats["day"])
        case str():
            page.write_string(row, column, plain(value))


def plain(text: str) -> str:
    """Return a text with its lines, without what nobody sees, as long as a cell can be."""
    return "\n".join(visible(one) for one in str(text).split("\n"))[:LONGEST]
