"""How a file is written: encoding, lines, delimiter, quote. Detected, shown, and overridable."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nightdesk.core.errors import Invalid

DELIMITERS = (",", ";", "\t", "|")
QUOTES = ('"', "'")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16", "cp1252")
SAMPLE = 65_536
MOST_LINES = 20
"""Of one row: a note may have line breaks, but a quote that never closes costs no more."""
LONGEST = 65_536
"""Characters of a line that is read; no export has longer ones."""
BINARY = 0.01
"""Share of control characters from which a file is no text."""

_MAGIC = {
    b"PK\x03\x04": "a zip or a spreadsheet: save it as CSV",
    b"PK\x05\x06": "an empty zip",
    b"\x1f\x8b": "compressed: unpack it",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"BM": "an image",
    b"RIFF": "an image or a sound",
    b"%PDF": "a PDF: ask the venue for CSV",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet: save it as CSV",
    b"7z\xbc\xaf": "compressed: unpack it",
    b"Rar!": "compressed: unpack it",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"SQLite format 3": "a database",
}
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROLS = frozenset(chr(one) for one in range(32)) - frozenset("\t\r\n")


class Unreadable(Invalid):
    """A file that is no table. The message says what it looks like, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__("UNREADABLE_FILE", f"The file cannot be read: {message}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of cells; `number` is its first line in the file. None: no cells can be read."""

    number: int
    cells: list[str] | None
    text: str = ""


def encoding_of(raw: bytes) -> str:
    """Return how the bytes are text. Raises Unreadable."""
    if not raw.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise Unreadable("it is empty")
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return encoding
    for magic, what in _MAGIC.items():
        if raw.startswith(magic) and (len(magic) > 2 or b"\x00" in raw[:SAMPLE]):  # noqa: PLR2004 - two letters begin texts, too
            raise Unreadable(f"it is {what}")
    head = raw[:SAMPLE]
    if wide := _wide(head):
        return wide
    try:
        # a character that the sample cuts in two is no fault of the file
        raw.decode("utf-8")
    except UnicodeDecodeError:
        encoding = "cp1252"
    else:
        encoding = "utf-8"
    text = head.decode(encoding, errors="ignore")
    if sum(one in _CONTROLS for one in text) > BINARY * len(text):
        raise Unreadable("it is no text")
    return encoding


def _wide(head: bytes) -> str | None:
    """Return which UTF-16 without a mark this is: most texts have every other byte zero."""
    if len(head) < 4:  # noqa: PLR2004 - two characters
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.1:
        return "utf-16-be"
    return None


def text_lines(raw: bytes, encoding: str) -> Iterator[str]:
    """Yield the lines, however they end, without their ends. Raises Unreadable.

    What cannot be decoded becomes a mark that no number and no name has.
    """
    stream = io.TextIOWrapper(io.BytesIO(raw), encoding=encoding, errors="replace", newline=None)
    try:
        for line in stream:
            yield line.rstrip("\n").lstrip("\ufeff")
    except (UnicodeError, LookupError) as error:
        raise Unreadable("its encoding is unknown") from error


def quote_of(lines: Iterable[str], delimiter: str) -> str:
    """Return what cells are wrapped in: double quotes, unless single ones are and they never."""
    mark = re.escape(delimiter)
    double, single = (
        re.compile(rf"(?:^|{mark}){one}(?:[^{one}]|{one}{one})*{one}") for one in QUOTES
    )
    ended = re.compile(rf"{mark}|$")
    found = False
    for line in lines:
        if len(line) > LONGEST:
            continue
        if double.search(line):
            return QUOTES[0]
        found = found or any(ended.match(line, one.end()) for one in single.finditer(line))
    return QUOTES[1] if found else QUOTES[0]


def split(line: str, delimiter: str, quote: str) -> list[str]:
    """Return the cells of one row."""
    if quote not in line:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter, quotechar=quote), [])


def rows(lines: Iterator[str], delimiter: str, quote: str, *, width: int = 0) -> Iterator[Line]:
    """Yield the rows that have anything in them.

    A row whose quotes stay open goes on in the next lines, if that makes `width` cells; else it
    is broken, and the lines after it are read by themselves.
    """
    ahead: list[tuple[int, str]] = []
    numbered = enumerate(lines, start=1)
    while True:
        number, line = ahead.pop(0) if ahead else next(numbered, (0, ""))
        if not number:
            return
        if not line.strip(f"{delimiter}{quote} \t\x00"):
            continue
        if len(line) > LONGEST or "\x00" in line:
            yield Line(number=number, cells=None, text=line[:100])
        elif line.count(quote) % 2 == 0:
            yield Line(number=number, cells=split(line, delimiter, quote), text=line[:100])
        else:
            yield _joined(number, line, ahead, numbered, delimiter, quote, width)


def _joined(  # noqa: PLR0917 - the state of `rows`
    number: int,
    line: str,
    ahead: list[tuple[int, str]],
    numbered: "enumerate[str]",
    delimiter: str,
    quote: str,
    width: int,
) -> Line:
    whole = line
    cells = _row(whole, delimiter, quote)
    for more in range(MOST_LINES):
        if cells is not None:
            break
        if len(ahead) <= more:
            following = next(numbered, None)
            if following is None:
                break
            ahead.append(following)
        whole += "\n" + ahead[more][1]
        if len(whole) > LONGEST:
            break
        if whole.count(quote) % 2 == 0:
            cells = _row(whole, delimiter, quote)
            if cells is None or (width and len(cells) != width):
                cells = None
                break
            del ahead[: more + 1]
    return Line(number=number, cells=cells, text=(whole if cells else line)[:100])


def _row(text: str, delimiter: str, quote: str) -> list[str] | None:
    """Return the cells of what is one row and no more, None where a quote is open or torn.

    A quote inside a cell that has not begun with one is a sign like any other.
    """
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)
    try:
        cells = next(reader, None)
        return cells if next(reader, None) is None else None
    except csv.Error:
        return None
