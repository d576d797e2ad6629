"""Cells of CSV files: what a spreadsheet would run as a formula stays text, numbers stay numbers.

Source: OWASP, CSV Injection. A text that begins like a formula gets an apostrophe before it, and
characters that nobody sees (controls, changes of writing direction) are taken out.
"""

import csv
import io
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from nightdesk.core.clock import iso
from nightdesk.core.money import fixed

Cell = str | int | bool | Decimal | datetime | None

FORMULA = ("=", "+", "-", "@", "\t", "\r")
UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs"})
"""Unicode's categories of controls, formats (bidi among them), private use and surrogates."""


def text_cell(text: str) -> str:
    """Return a text as it may stand in a spreadsheet: one line, harmless, everything visible."""
    seen = "".join(" " if one in "\t\r\n" else one for one in text)
    seen = "".join(one for one in seen if unicodedata.category(one) not in UNSEEN)
    # looked at before and after: what hides behind an unseen character counts, too
    risky = text.startswith(FORMULA) or seen.lstrip().startswith(FORMULA)
    return f"'{seen}" if risky else seen


def cell(value: Cell) -> str:
    """Return one cell: amounts in plain digits, moments in ISO 8601, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return fixed(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return iso(value)
    return text_cell(value)


def line(values: Sequence[Cell]) -> str:
    """Return one line of a CSV file (RFC 4180), its end included."""
    out = io.StringIO()
    csv.writer(out).writerow([cell(value) for value in values])
    return out.getvalue()
