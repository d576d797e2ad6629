"""What a printed report is made of: fonts, headings, tables, charts and numbered pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path as File
from typing import Any

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, LongTable, Paragraph

from nightdesk.core.cells import visible
from nightdesk.journal.charts import LABEL, Anchor, Box, Chart, Dot, Mark, Path, Role, Words

FONTS = File(__file__).parent / "fonts"
PLAIN, BOLD = "Desk", "DeskBold"
PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 18 * mm
WIDTH = PAGE_WIDTH - 2 * MARGIN
INK, PALE, RULE = HexColor("#1c2430"), HexColor("#5b6675"), HexColor("#d5dae1")
SHADE = HexColor("#f1f3f6")
COLOURS = {
    Role.FRAME: PALE,
    Role.GRID: HexColor("#e4e7ec"),
    Role.ZERO: HexColor("#9aa3af"),
    Role.DATA: HexColor("#1f4e8c"),
    Role.FILL: HexColor("#f3d9d2"),
    Role.GAIN: HexColor("#2b7a5b"),
    Role.LOSS: HexColor("#b4452f"),
    Role.INFLOW: HexColor("#2b7a5b"),
    Role.OUTFLOW: HexColor("#b4452f"),
    Role.LABEL: INK,
}
WEIGHTS = {Role.DATA: 1.2, Role.LOSS: 0.9, Role.FRAME: 0.7}
HAIR = 0.4
SMALL, BODY, CELL = 7.0, 9.0, 7.2
LEAST = 5.0
"""Size of the smallest letters that names are set in."""
PAD, GAP = 3.0, 8.0
SHORT = 14
"""Rows of a table that is not cut."""
CHART_HEADING = 14.0
BOX = "\u25a1"
TOTAL = "pages"
"""Name of the drawing that says how many pages there are."""


LOOK: tuple[tuple[Any, ...], ...] = (
    ("FONT", (0, 0), (-1, 0), BOLD, CELL, CELL * 1.25),
    ("FONT", (0, 1), (-1, -1), PLAIN, CELL, CELL * 1.25),
    ("TEXTCOLOR", (0, 0), (-1, -1), INK),
    ("BACKGROUND", (0, 0), (-1, 0), SHADE),
    ("LINEBELOW", (0, 0), (-1, -1), HAIR, RULE),
    ("RIGHTPADDING", (0, 0), (-1, -1), PAD),
    ("TOPPADDING", (0, 0), (-1, -1), 2.2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.6),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
)
"""Of every table."""


@cache
def register_fonts() -> None:
    """Make both fonts known, once in a process."""
    pdfmetrics.registerFont(TTFont(PLAIN, FONTS / "DejaVuSansCondensed.ttf"))
    pdfmetrics.registerFont(TTFont(BOLD, FONTS / "DejaVuSansCondensed-Bold.ttf"))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


@cache
def drawn() -> frozenset[int]:
    """Return the characters that the fonts have: Latin, Greek, Cyrillic, signs."""
    register_fonts()
    font: Any = pdfmetrics.getFont(PLAIN)
    return frozenset(font.face.charToGlyph)


def drawable(text: str) -> str:
    """Return a text on one line; what no font here can draw is a box, so that nobody misses it."""
    known = drawn()
    return "".join(one if ord(one) in known else BOX for one in visible(text))


def style(size: float, *, bold: bool = False, **more: Any) -> ParagraphStyle:
    """Return how a text is set."""
    wanted: dict[str, Any] = {"textColor": INK, "leading": size * 1.4, "spaceAfter": size * 0.4}
    return ParagraphStyle("text", fontName=BOLD if bold else PLAIN, fontSize=size, **wanted | more)


def prose(text: str, size: float = BODY, **more: Any) -> Paragraph:
    """Return a text as it is: nothing in it is markup."""
    return Paragraph(escape(drawable(text), quote=False), style(size, **more))


def fitted(text: str, width: float, font: str = PLAIN, size: float = CELL) -> str:
    """Return as much of a text as fits into a width, and an ellipsis for the rest."""
    text = drawable(text)
    if pdfmetrics.stringWidth(text, font, size) <= width:
        return text
    while text and pdfmetrics.stringWidth(f"{text}…", font, size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


class Heading(Flowable):
    """The title of a section, and its bookmark."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: ARG002, N803
        """Return its size."""
        return aW, 30.0

    def draw(self) -> None:
        """Draw it with a rule below."""
        canvas: Canvas = self.canv
        canvas.bookmarkHorizontal(self.text, 0, 30)
        canvas.addOutlineEntry(self.text, self.text, level=0, closed=False)
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, 13)
        canvas.drawString(0, 10, self.text)
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(HAIR)
        canvas.line(0, 4, WIDTH, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its head, share of the width, and whether it holds numbers."""

    head: str
    share: float
    number: bool = True


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    pale: Sequence[int] = (),
    size: float = CELL,
) -> Flowable:
    """Return a table over the whole width; its head stands on each page. `pale` rows are grey.

    A short one stays on one page.
    """
    whole = sum(one.share for one in columns)
    widths = [WIDTH * one.share / whole for one in columns]
    pads = [PAD + (GAP if after_number(columns, place) else 0) for place in range(len(columns))]
    spaces = [wide - pad - PAD for wide, pad in zip(widths, pads, strict=True)]
    commands = [*LOOK, ("FONTSIZE", (0, 0), (-1, -1), size)]
    cells: list[list[str]] = []
    for line, row in enumerate([[one.head for one in columns], *rows]):
        cells.append([])
        for place, (text, column, wide) in enumerate(zip(row, columns, spaces, strict=True)):
            font = PLAIN if line else BOLD
            shown, small = placed(text, wide, font, size, number=column.number and line > 0)
            if small < size:
                cell = (place, line)
                commands.append(("FONTSIZE", cell, cell, small))
                commands.append(("LEADING", cell, cell, small * 1.25))
            cells[-1].append(shown)
    for place, column in enumerate(columns):
        commands.append(("ALIGN", (place, 0), (place, -1), "RIGHT" if column.number else "LEFT"))
        commands.append(("LEFTPADDING", (place, 0), (place, -1), pads[place]))
    commands.extend(("TEXTCOLOR", (0, row + 1), (-1, row + 1), PALE) for row in pale)
    made = LongTable(
        cells,
        colWidths=widths,
        repeatRows=1,
        style=commands,
        hAlign="LEFT",
        spaceBefore=4,
        spaceAfter=10,
    )
    return KeepTogether([made]) if len(rows) <= SHORT else made


def placed(
    text: str, width: float, font: str, size: float, *, number: bool = False
) -> tuple[str, float]:
    """Return a text as it fits into a width, and the size of its letters there.

    What is too long is set smaller: a number as far as it takes, for a part of one is another
    number; a name as long as it can be read, then it is cut.
    """
    text = drawable(text)
    wide = pdfmetrics.stringWidth(text, font, size)
    if wide <= width:
        return text, size
    small = size * width / wide
    if number or small >= LEAST:
        return text, small
    return fitted(text, width, font, LEAST), LEAST


def after_number(columns: Sequence[Column], place: int) -> bool:
    """Tell whether a column of text stands right of one of numbers: it needs a gap."""
    return place > 0 and columns[place - 1].number and not columns[place].number


class Picture(Flowable):
    """A chart, drawn with lines and letters."""

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self.chart = chart

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: ARG002, N803
        """Return its size."""
        return self.chart.width, self.chart.height + CHART_HEADING

    def draw(self) -> None:
        """Draw its caption above it, then each mark."""
        self.canv.setFont(BOLD, 8)
        self.canv.setFillColor(INK)
        self.canv.drawString(0, self.chart.height + 3, self.chart.caption)
        for mark in self.chart.marks:
            self.drawn(mark)

    def drawn(self, mark: Mark) -> None:
        """Draw one mark; geometry counts down from the top, paper up from the bottom."""
        canvas: Canvas = self.canv
        colour = COLOURS[mark.role]
        high = self.chart.height
        canvas.setFillColor(colour)
        match mark:
            case Path():
                canvas.setStrokeColor(colour)
                canvas.setLineWidth(WEIGHTS.get(mark.role, HAIR))
                path = canvas.beginPath()
                (x, y), *others = mark.points
                path.moveTo(x, high - y)
                for x, y in others:
                    path.lineTo(x, high - y)
                canvas.drawPath(path, stroke=int(not mark.closed), fill=int(mark.closed))
            case Box():
                canvas.setFillColor(lighter(colour, mark.strength))
                canvas.rect(
                    mark.x, high - mark.y - mark.height, mark.width, mark.height, stroke=0, fill=1
                )
            case Dot():
                canvas.circle(mark.x, high - mark.y, mark.radius, stroke=0, fill=1)
            case Words():
                write(canvas, mark, high)


def write(canvas: Canvas, words: Words, high: float) -> None:
    """Write a label where the geometry says."""
    canvas.saveState()
    canvas.setFont(PLAIN, LABEL)
    canvas.translate(words.x, high - words.y)
    if words.upright:
        canvas.rotate(90)
    text = drawable(words.text)
    match words.anchor:
        case Anchor.START:
            canvas.drawString(0, 0, text)
        case Anchor.MIDDLE:
            canvas.drawCentredString(0, 0, text)
        case Anchor.END:
            canvas.drawRightString(0, 0, text)
    canvas.restoreState()


def lighter(colour: Color, strength: float) -> Color:
    """Return a colour mixed with white: no transparency, which some printers draw badly."""
    parts = zip(colour.rgb(), white.rgb(), strict=True)
    return Color(*(a * strength + b * (1 - strength) for a, b in parts))


class NumberedCanvas(Canvas):
    """A canvas that says `page n of m` on each page: m is written once, when it is known."""

    foot = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"initialFontName": PLAIN})

    def showPage(self) -> None:  # noqa: N802
        """End a page with its foot."""
        self.saveState()
        self.setFont(PLAIN, SMALL)
        self.setFillColor(PALE)
        self.drawString(MARGIN, MARGIN / 2, self.foot)
        place = PAGE_WIDTH - MARGIN - pdfmetrics.stringWidth("000", PLAIN, SMALL)
        self.drawRightString(place, MARGIN / 2, f"page {self.getPageNumber()} of ")
        self.translate(place, MARGIN / 2)
        self.doForm(TOTAL)
        self.restoreState()
        super().showPage()

    def save(self) -> None:
        """Write how many pages there are, and the file."""
        self.beginForm(TOTAL, 0, -2, MARGIN, SMALL)
        self.setFont(PLAIN, SMALL)
        self.setFillColor(PALE)
        self.drawString(0, 0, str(self.getPageNumber() - 1))
        self.endForm()
        super().save()
