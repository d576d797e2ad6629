"""Numbers as files write them: decimal comma or point, thousands marks, units, currency signs."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from nightdesk.core.money import EXACT, ZERO
from nightdesk.journal.importing.issue import BadRow, IssueCode

POINT, COMMA = ".", ","
ABSENT = frozenset({"", "-", "--", "n/a", "na", "null", "none"})
"""What a cell says that has no value."""
LARGEST = Decimal(10) ** 18
PLACES = 18
"""What is stored has at most so many places; trailing zeros do not count."""
SMALLEST = Decimal(1).scaleb(-PLACES)

_PLAIN = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?", re.ASCII)
_MARKS = {
    POINT: re.compile(
        # in India thousands are grouped by two digits: 12,34,567.89
        r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d\d)+,\d{3}|\d{1,3}(?:'\d{3})+)?"
        r"(?:\.\d*)?(?:[eE][+-]?\d{1,2})?",
        re.ASCII,
    ),
    COMMA: re.compile(
        r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:'\d{3})+)?(?:,\d*)?(?:[eE][+-]?\d{1,2})?",
        re.ASCII,
    ),
}
_SIGNS = str.maketrans(
    {"\u2212": "-", "\u2019": "'", **dict.fromkeys("€$£¥₺₹₽₩₿", None)}
    | dict.fromkeys(" \u00a0\u202f\u2009\t", None)
)
_DOLLARS = re.compile(r"\A([+\-\u2212]?)\s*[A-Z]{1,2}(?=\$)")
"""What tells one dollar from another: `US$`, `A$`."""
_SIGNED = re.compile(r".\s*(?:[A-Z]{0,2}[€$£¥₺₹₽₩₿]\s*)?[.,]?[0-9]")
_ONLY_COMMA = re.compile(r"\d{1,3}(\.\d{3})*,\d+|\d+,\d+|\d{1,3}(\.\d{3}){2,}", re.ASCII)
_ONLY_POINT = re.compile(
    r"(\d+|\d{1,3}(,\d{3})+)\.\d+|\d{1,3}(,\d{3}){2,}|\d{1,2}(,\d\d)+,\d{3}(\.\d+)?", re.ASCII
)


def absent(text: str) -> bool:
    """Whether a cell says that there is nothing."""
    return text.strip().lower() in ABSENT


def formula(text: str) -> bool:
    """Whether a spreadsheet would run this cell; a signed number, of a currency too, is none."""
    first = text.lstrip()[:1]
    if first in {"=", "@", "\uff1d", "\uff20"}:
        return True
    if text[:1] in {"\t", "\r"}:
        return True
    return first in {"+", "-", "\uff0b", "\uff0d"} and not _SIGNED.match(text.lstrip())


def number(text: str, column: str, mark: str) -> Decimal:
    """Return the amount. Raises BadRow BAD_NUMBER, FORMULA_CELL."""
    text = text.strip()
    if mark != POINT or not _PLAIN.fullmatch(text):
        return _marked(text, column, mark)
    return _bounded(Decimal(text), text, column)


def with_unit(text: str, column: str, mark: str, unit: str | None) -> tuple[Decimal, str]:
    """Return amount and unit of a cell like `0.5BTC`. `unit`: what it must end with, if known.

    Without it letters after the last digit are the unit, so `0.5 1INCH` needs to be told.
    """
    text = text.strip()
    if unit is not None:
        if not text.upper().endswith(unit):
            raise BadRow(IssueCode.BAD_NUMBER, column, text, f"The unit {unit} is missing.")
        return number(text[: -len(unit)], column, mark), unit
    found = re.fullmatch(r"(.*?)\s*([A-Za-z][A-Za-z0-9]*)?", text, re.ASCII)
    if found is None:
        raise BadRow(IssueCode.BAD_NUMBER, column, text)
    return number(found[1], column, mark), (found[2] or "").upper()


def quotient(above: Decimal, below: Decimal) -> Decimal:
    """Return a price from two amounts, with what a stored amount can hold."""
    with localcontext(EXACT):
        found = above / below
        places = min(PLACES, max(0, 37 - max(found.adjusted(), 0) - 1))
        return found.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def decimal_mark(cells: Iterable[str], *, semicolon: bool) -> str:
    """Return which mark the numbers among these cells use before their decimals.

    One that can be read both ways, like `1,234`, decides nothing; where all can, a file with
    semicolons has commas.
    """
    votes = {POINT: 0, COMMA: 0}
    doubtful = False
    for cell in cells:
        text = _bare(cell.strip()).lstrip("+-").replace("'", "")
        if _thousands(text, COMMA):
            doubtful = True
        elif _ONLY_COMMA.fullmatch(text):
            votes[COMMA] += 1
        elif _ONLY_POINT.fullmatch(text) and not _thousands(text, POINT):
            votes[POINT] += 1
    if votes[COMMA] == votes[POINT]:
        return COMMA if semicolon and doubtful else POINT
    return COMMA if votes[COMMA] > votes[POINT] else POINT


def _thousands(text: str, mark: str) -> bool:
    """Whether the only mark of a number could as well group its thousands."""
    return re.fullmatch(rf"[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}", text) is not None


def _bare(text: str) -> str:
    """Return a number without its currency and its blanks."""
    return _DOLLARS.sub(r"\1", text).translate(_SIGNS)


def _marked(text: str, column: str, mark: str) -> Decimal:
    if formula(text):
        raise BadRow(IssueCode.FORMULA_CELL, column, text)
    plain = _bare(text)
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    if not re.search(r"\d", plain, re.ASCII) or not _MARKS[mark].fullmatch(plain):
        raise BadRow(IssueCode.BAD_NUMBER, column, text)
    plain = plain.replace("'", "").replace(COMMA if mark == POINT else POINT, "")
    return _bounded(Decimal(plain.replace(COMMA, POINT)), text, column)


def _bounded(value: Decimal, text: str, column: str) -> Decimal:
    if abs(value) >= LARGEST:
        raise BadRow(IssueCode.BAD_NUMBER, column, text, "The number is too large.")
    if len(text) <= PLACES and "e" not in text and "E" not in text:
        return value  # there is no room for more decimals than are stored
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101 - it has digits
    if exponent < -PLACES:
        value = value.normalize() if value else ZERO
        if int(value.as_tuple().exponent) < -PLACES:
            raise BadRow(IssueCode.BAD_NUMBER, column, text, "It has more than 18 decimals.")
    return value
