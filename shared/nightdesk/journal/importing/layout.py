"""Where in a file the header is, which format it is, and which column tells what."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import tzinfo
from itertools import islice
from types import MappingProxyType
from typing import Self

from nightdesk.core.errors import Invalid
from nightdesk.journal.importing.dialect import (
    DELIMITERS,
    ENCODINGS,
    LONGEST,
    QUOTES,
    Line,
    Unreadable,
    encoding_of,
    quote_of,
    rows,
    split,
    text_lines,
)
from nightdesk.journal.importing.numbers import COMMA, POINT, decimal_mark
from nightdesk.journal.importing.times import written_day_first, zone
from nightdesk.journal.preset import NUMBERS, Column, Preset, plain
from nightdesk.journal.presets import PRESETS, preset

BEFORE_HEADER = 10
"""Lines that may stand before the header."""
LOOKED_AT = 200
"""Rows that are looked at to tell decimal marks and the order of dates."""
FEWEST_CELLS = 3
GENERIC = "generic"
IMPORTED = "imported"
"""The venue of what a file without a preset tells."""

_C = Column
GUESSES: Mapping[Column, tuple[str, ...]] = MappingProxyType(
    {
        _C.TIME: (
            *("time", "date", "datetime", "timestamp", "at", "utctime", "executedat", "createdat"),
            *(
                "filledat",
                "tradetime",
                "transactiontime",
                "tradedate",
                "datum",
                "zeit",
                "zeitpunkt",
            ),
            *("ausführungszeit", "opentime"),
        ),
        _C.INSTRUMENT: (
            *("instrument", "pair", "symbol", "market", "product", "ticker", "contract"),
            *("tradingpair", "currencypair", "handelspaar", "markt"),
        ),
        _C.BASE: ("base", "baseasset", "basecurrency", "coin", "asset", "basiswährung"),
        _C.QUOTE: ("quote", "quoteasset", "quotecurrency", "currency", "währung"),
        _C.SIDE: ("side", "direction", "buysell", "action", "type", "seite", "richtung", "art"),
        _C.QUANTITY: (
            *("quantity", "qty", "size", "amount", "volume", "vol", "executed", "filled"),
            *("executedqty", "filledqty", "baseamount", "menge", "anzahl", "stück", "stueck"),
        ),
        _C.PRICE: (
            *("price", "rate", "avgprice", "averageprice", "filledprice", "execprice"),
            *("executedprice", "dealprice", "preis", "kurs"),
        ),
        _C.TOTAL: ("total", "value", "cost", "turnover", "quoteamount", "betrag", "summe"),
        _C.FEE: ("fee", "fees", "commission", "feepaid", "tradingfee", "gebühr", "gebühren"),
        _C.FEE_ASSET: ("feecurrency", "feecoin", "feeasset", "commissionasset", "gebührwährung"),
        _C.FILL_ID: ("fillid", "tradeid", "execid", "transactionid", "txid", "id"),
        _C.ORDER: ("orderid", "ordernumber", "orderno", "auftragsnummer"),
        _C.ACCOUNT: ("account", "konto"),
        _C.STOP: ("stop", "stoploss", "sl"),
        _C.TARGET: ("target", "takeprofit", "tp"),
        _C.SETUP: ("setup", "strategy"),
        _C.TAGS: ("tags", "tag"),
        _C.NOTE: ("note", "notes", "comment", "notiz", "kommentar"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What a person says of a file in place of what is detected; empty: detect it."""

    delimiter: str = ""
    quote: str = ""
    encoding: str = ""
    decimal: str = ""
    zone: str = ""
    dates: str = ""
    """`day` or `month`: what dates with slashes begin with."""

    def __post_init__(self) -> None:
        for name, choices in (
            ("delimiter", DELIMITERS),
            ("quote", QUOTES),
            ("encoding", ENCODINGS),
            ("decimal", (POINT, COMMA)),
            ("dates", ("day", "month")),
        ):
            if getattr(self, name) not in {"", *choices}:
                raise Invalid("BAD_FORMAT", f"no such {name}", field=name, allowed=list(choices))
        if self.zone:
            zone(self.zone)

    def over(self, other: Self) -> Self:
        """Return what is said here, and of the rest what the other one says."""
        said = {
            one.name: getattr(self, one.name) or getattr(other, one.name) for one in fields(self)
        }
        return replace(self, **said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How to read one file. `preset` None: nobody knows the header, `guessed` names a map."""

    encoding: str
    delimiter: str
    quote: str
    decimal: str
    zone: tzinfo
    zone_name: str
    day_first: bool
    header_line: int
    header: tuple[str, ...]
    preset: Preset | None
    columns: Mapping[Column, int] = field(default_factory=dict)
    guessed: Mapping[Column, str] = field(default_factory=dict)

    @property
    def shown(self) -> dict[str, str]:
        """What was detected, as it is shown."""
        return {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "quote": self.quote,
            "decimal": self.decimal,
            # blanks and ' are marks of thousands beside either
            "thousands": COMMA if self.decimal == POINT else POINT,
            "zone": self.zone_name,
            "dates": "day" if self.day_first else "month",
            "header_line": str(self.header_line),
            "preset": self.preset.id if self.preset else "",
        }

    def rows(self, raw: bytes) -> Iterator[Line]:
        """Yield the rows below the header."""
        return _below(raw, self)


def mapped(columns: Mapping[Column, str]) -> Preset:
    """Return a user's own map as a format. Raises Invalid `MAPPING_INCOMPLETE`."""
    lacking = [
        name
        for name, there in (
            ("at", _C.TIME in columns),
            ("instrument, or base and quote", _C.INSTRUMENT in columns or _pair(columns)),
            ("quantity", _C.QUANTITY in columns),
            ("price", _C.PRICE in columns or _C.TOTAL in columns),
        )
        if not there
    ]
    if lacking:
        message = f"The map lacks {', '.join(lacking)}."
        raise Invalid("MAPPING_INCOMPLETE", message, field="mapping", allowed=lacking)
    return Preset(
        id=GENERIC,
        title="Own map",
        venue=IMPORTED,
        header=",".join(dict.fromkeys(plain(name) for name in columns.values())),
        columns={column: (name,) for column, name in columns.items()},
    )


def guess(header: Sequence[str]) -> dict[Column, str]:
    """Return which of these columns probably tells what: the first name of a list that is there."""
    there = {plain(name): name for name in reversed(header) if plain(name)}
    found: dict[Column, str] = {}
    for column, names in GUESSES.items():
        for name in names:
            if name in there and there[name] not in found.values():
                found[column] = there[name]
                break
    return found


def layout(
    raw: bytes,
    overrides: Overrides,
    *,
    chosen: str | None = None,
    columns: Mapping[Column, str] | None = None,
) -> Layout:
    """Find out how to read a file.

    `chosen`: the preset that it must be; `columns`: the user's map. Raises Unreadable for what is
    no table, or not one of the chosen preset; Invalid `UNKNOWN_PRESET`, `MAPPING_INCOMPLETE`.
    """
    encoding = overrides.encoding or encoding_of(raw)
    head = _head(raw, encoding)
    known = [mapped(columns)] if columns else [preset(chosen)] if chosen else PRESETS.values()
    delimiters = [overrides.delimiter] if overrides.delimiter else DELIMITERS
    quotes = [overrides.quote] if overrides.quote else QUOTES
    best: tuple[int, int, str, str, Preset | None] = (0, 0, "", "", None)
    for number, line in enumerate(head, start=1):
        for delimiter in delimiters:
            for quote in quotes:
                header = {plain(cell) for cell in split(line, delimiter, quote)}
                for one in known:
                    if (score := one.matches(header)) > best[0]:
                        best = (score, number, delimiter, quote, one)
    if best[4] is None and (columns or chosen):
        raise Unreadable("its header has not the columns that were asked for")
    if best[4] is None:
        best = _guessed(head, delimiters, quotes)
    return _laid(raw, encoding, head, best, overrides)


def _head(raw: bytes, encoding: str) -> list[str]:
    """Return the lines where a header may be; one that is too long to be one stands empty."""
    first = islice(text_lines(raw, encoding), BEFORE_HEADER + 1)
    return [line if len(line) <= LONGEST else "" for line in first]


def _guessed(
    head: Sequence[str], delimiters: Sequence[str], quotes: Sequence[str]
) -> tuple[int, int, str, str, Preset | None]:
    best: tuple[int, int, str, str, Preset | None] = (0, 0, "", "", None)
    for number, line in enumerate(head, start=1):
        for delimiter in delimiters:
            for quote in quotes:
                cells = split(line, delimiter, quote)
                if len([cell for cell in cells if cell.strip()]) < FEWEST_CELLS:
                    continue
                score = 100 * len(guess(cells)) + len(cells)
                if any(re.fullmatch(r"[\d\s.,:/+-]+", cell.strip()) for cell in cells):
                    score = 1  # a line with numbers is a row, not a header
                if score > best[0]:
                    best = (score, number, delimiter, quote, None)
    if not best[1]:
        raise Unreadable("it has no header with three columns or more in its first eleven lines")
    return best


def _laid(
    raw: bytes,
    encoding: str,
    head: Sequence[str],
    best: tuple[int, int, str, str, Preset | None],
    overrides: Overrides,
) -> Layout:
    _, number, delimiter, quote, form = best
    if not overrides.quote:
        quote = quote_of(
            islice(text_lines(raw, encoding), number - 1, number + LOOKED_AT), delimiter
        )
    header = tuple(cell.strip() for cell in split(head[number - 1], delimiter, quote))
    guessed = {} if form else guess(header)
    wanted = form.columns if form else {column: (name,) for column, name in guessed.items()}
    places = _places(header, wanted)
    name = (
        overrides.zone
        or _told_zone(head[:number], header, places)
        or (form.zone if form else "UTC")
    )
    found = Layout(
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        decimal=POINT,
        zone=zone(name),
        zone_name=name,
        day_first=True,
        header_line=number,
        header=header,
        preset=form,
        columns=places,
        guessed=guessed,
    )
    return _marked(raw, found, overrides)


def _marked(raw: bytes, found: Layout, overrides: Overrides) -> Layout:
    """Return the layout with what only its rows tell: decimal marks, the order of dates."""
    sample = [line.cells for line in islice(_below(raw, found), LOOKED_AT) if line.cells]
    numbers = [
        row[place]
        for column, place in found.columns.items()
        if column in NUMBERS
        for row in sample
        if place < len(row)
    ]
    times = found.columns.get(Column.TIME)
    days = [row[times] for row in sample if times is not None and times < len(row)]
    mark = overrides.decimal or decimal_mark(numbers, semicolon=found.delimiter == ";")
    first = written_day_first(days)
    if overrides.dates:
        first = overrides.dates == "day"
    return replace(found, decimal=mark, day_first=mark == COMMA if first is None else first)


def _below(raw: bytes, found: Layout) -> Iterator[Line]:
    lines = text_lines(raw, found.encoding)
    for line in rows(lines, found.delimiter, found.quote, width=len(found.header)):
        if line.number > found.header_line:
            yield line


def _places(header: Sequence[str], wanted: Mapping[Column, tuple[str, ...]]) -> dict[Column, int]:
    there: dict[str, int] = {}
    for place, name in enumerate(header):
        there.setdefault(plain(name), place)
    found: dict[Column, int] = {}
    for column, names in wanted.items():
        for name in names:
            if plain(name) in there:
                found[column] = there[plain(name)]
                break
    return found


def _told_zone(head: Sequence[str], header: Sequence[str], places: Mapping[Column, int]) -> str:
    """Return the zone that the time's column name, or a line before the header, tells."""
    named = header[places[Column.TIME]] if Column.TIME in places else ""
    for text in (named, *head[:-1]):
        found = re.search(
            r"(?:\(|zone:?\s*)(?:UTC|GMT)\s*([+-]\d{1,2}(?::?\d{2})?)?", text, re.IGNORECASE
        )
        if found:
            return found[1] or "UTC"
    return ""


def _pair(columns: Mapping[Column, str]) -> bool:
    return _C.BASE in columns and _C.QUOTE in columns
