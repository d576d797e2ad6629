"""Cells of CSV files: what a spreadsheet would run as a formula stays text, numbers stay numbers.

Source: OWASP, CSV Injection. A text that begins like a formula gets an apostrophe before it, and
characters that nobody sees (controls, changes of writing direction) are taken out.
"""

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.clock import iso
from nightdesk.core.money import fixed

Cell = str | int | bool | Decimal | datetime | None

BREAKS = "\t\r\n"
FULL_WIDTH = "\uff1d\uff0b\uff0d\uff20"
"""The four signs as wide as an ideograph: some programs read them as the narrow ones."""
FORMULA = (*"=+-@", *FULL_WIDTH, *BREAKS)
UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs"})
"""Unicode's categories of controls, formats (bidi among them), private use and surrogates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How lines are written: what stands between cells, and before decimals."""

    delimiter: str = ","
    decimal_mark: str = "."


PLAIN = Dialect()
CONTINENTAL = Dialect(delimiter=";", decimal_mark=",")
"""What spreadsheets expect where the comma stands before decimals, as in Austria."""


def visible(text: str) -> str:
    """Return a text on one line, without what nobody sees."""
    if text.isprintable():
        return text
    seen = "".join(" " if one in BREAKS else one for one in text)
    return "".join(one for one in seen if not _unseen(one))


def risky(text: str) -> bool:
    """Tell whether a spreadsheet may take a text for a formula.

    Blanks before it do not count, nor does what nobody sees; a tab or line end does.
    """
    for one in text:
        if one in FORMULA:
            return True
        if not one.isspace() and not _unseen(one):
            return False
    return False


def text_cell(text: str) -> str:
    """Return a text as it may stand in a spreadsheet: one line, harmless, everything visible."""
    return f"'{visible(text)}" if risky(text) else visible(text)


def cell(value: Cell, dialect: Dialect = PLAIN) -> str:
    """Return one cell: amounts in plain digits, moments in ISO 8601, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return fixed(value).replace(".", dialect.decimal_mark)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return iso(value)
    return text_cell(value)


def line(values: Sequence[Cell], dialect: Dialect = PLAIN) -> str:
    """Return one line of a CSV file (RFC 4180), its end included."""
    out = io.StringIO()
    written = csv.writer(out, delimiter=dialect.delimiter)
    written.writerow([cell(value, dialect) for value in values])
    return out.getvalue()


def _unseen(one: str) -> bool:
    return unicodedata.category(one) in UNSEEN
