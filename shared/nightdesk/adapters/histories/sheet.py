"""Rows of a venue's answers, read as the rows of its files are: the same words, the same ids.

So a trade that comes by a key and in a file has one identity, and what is wrong with a row is said
with the same codes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from nightdesk.core.clock import millis
from nightdesk.journal.importing.cells import File
from nightdesk.journal.importing.draft import Draft, Leg
from nightdesk.journal.importing.issue import Issue, IssueCode, Severity, issue
from nightdesk.journal.importing.joining import Joiner
from nightdesk.journal.importing.layout import Layout
from nightdesk.journal.importing.lines import RowReader
from nightdesk.journal.importing.numbers import POINT
from nightdesk.journal.preset import Column, Preset
from nightdesk.journal.synced import RowError

Row = Mapping[str, Any]
Cells = Callable[[Row], Mapping[Column, object]]

LATE = timedelta(days=14)
"""So long may pass from when a deposit or withdrawal was begun until it has happened."""


@dataclass(frozen=True, slots=True)
class Read:
    """What rows tell, and the errors of those that could not be taken."""

    told: tuple[Draft, ...]
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One kind of answer. `preset` says what its words mean, `cells` where a row tells what."""

    preset: Preset
    cells: Cells

    def read(self, part: str, account: str, rows: Sequence[Any], now: datetime) -> Read:
        """Return what rows tell; legs of one trade are joined. A broken row costs no other."""
        columns = list(self.preset.columns)
        layout = Layout(
            encoding="utf-8",
            delimiter=",",
            quote='"',
            decimal=POINT,
            zone=UTC,
            zone_name="UTC",
            day_first=True,
            header_line=1,
            header=tuple(names[0] for names in self.preset.columns.values()),
            preset=self.preset,
            columns={column: place for place, column in enumerate(columns)},
        )
        reader = RowReader(File(layout=layout, preset=self.preset, account=account, now=now))
        joiner = Joiner(venue=self.preset.venue, named=self.preset.grouped_id)
        found: list[Draft | Issue] = []
        for number, row in enumerate(rows):
            for one in reader.read(number, self._texts(row, columns)):
                if isinstance(one, Leg):
                    joiner.add(one)
                else:
                    found.append(one)
        found += joiner.joined(lambda _: frozenset())
        refs = [self._ref(row) for row in rows]
        return Read(
            told=tuple(_with_id(found)),
            errors=tuple(_errors(part, found, refs)),
        )

    def _texts(self, row: Any, columns: Iterable[Column]) -> list[str]:
        try:
            told = self.cells(row)
        except (LookupError, TypeError, AttributeError, ValueError):
            told = {}  # the reader names the first thing that it lacks
        return [_text(told.get(column)) for column in columns]

    def _ref(self, row: Any) -> str:
        try:
            return _text(self.cells(row).get(Column.FILL_ID))
        except (LookupError, TypeError, AttributeError, ValueError):
            return ""


def listed(found: object) -> list[Row]:
    """Return the rows of an answer. Raises TypeError for what is no list: it says nothing."""
    if not isinstance(found, list):
        raise TypeError("rows are a list")
    return found


def happened_since(rows: Iterable[Any], since: datetime, *names: str) -> list[Row]:
    """Return rows of which one of these moments is not before `since`, or none can be read.

    Venues list what came and went by when it was begun, and some of it ends days later.
    """
    begin = millis(since)
    found = []
    for row in rows:
        told = [row.get(name) for name in names] if isinstance(row, Mapping) else []
        known = [moment for one in told if (moment := _moment(one)) is not None]
        if not known or max(known) >= begin:
            found.append(row)
    return found


def _moment(value: object) -> int | None:
    if isinstance(value, int):
        return value
    try:
        return millis(datetime.fromisoformat(str(value)).replace(tzinfo=UTC))
    except ValueError:
        return None


def seconds(value: object) -> object:
    """Return a time in seconds as milliseconds; what is none stays, and the reader refuses it."""
    try:
        moment = Decimal(str(value))
        return int(moment * 1_000) if moment.is_finite() else value
    except InvalidOperation:
        return value


def _text(value: object) -> str:
    if value is None or isinstance(value, bool | dict | list):
        return ""
    return str(value)


def _with_id(found: Iterable[Draft | Issue]) -> Iterable[Draft]:
    """Yield what has an id of the venue's: without one it could not be told twice as one."""
    return (one for one in found if isinstance(one, Draft) and one.ref)


def _errors(part: str, found: Iterable[Draft | Issue], refs: Sequence[str]) -> Iterable[RowError]:
    for one in found:
        if isinstance(one, Issue):
            wrong = one
        elif not one.ref:
            wrong = issue(one.row, IssueCode.MISSING_COLUMN, column=Column.FILL_ID.value)
        else:
            continue
        if wrong.severity is Severity.ERROR:
            yield RowError(
                part=part,
                ref=refs[wrong.row],
                column=wrong.column,
                value=wrong.value,
                code=wrong.code.value,
                hint=wrong.hint,
            )
