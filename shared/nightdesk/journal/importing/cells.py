"""The cells of one row by what they tell, as the file writes them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from unicodedata import normalize

from nightdesk.core.cells import visible
from nightdesk.journal.fingerprint import Ordinals
from nightdesk.journal.hand_fills import MAX_ACCOUNT
from nightdesk.journal.importing.issue import BadRow, Issue, IssueCode, Severity, issue
from nightdesk.journal.importing.layout import Layout
from nightdesk.journal.importing.numbers import absent, formula, number
from nightdesk.journal.importing.times import moment
from nightdesk.journal.preset import Column, Preset

MAX_ID = 128
SHORT_YEAR = re.compile(r"\d\d-\d\d-\d\d\b", re.ASCII)
Said = Mapping[Column, str]
"""The cells of a row that say something, as they are."""


@dataclass(slots=True, kw_only=True)
class File:
    """What all rows of a file share. `now` bounds what can have happened."""

    layout: Layout
    preset: Preset
    account: str
    now: datetime
    legs: Ordinals = field(default_factory=Ordinals)
    _seen: set[str] = field(default_factory=set)

    def said(self, cells: Sequence[str]) -> Said:
        """Return what a row says. Each cell is asked for often, so it is looked at once."""
        return {
            column: cells[place]
            for column, place in self.layout.columns.items()
            if place < len(cells) and not absent(cells[place])
        }

    def repeated(self, fingerprint: str) -> bool:
        """Whether a leg with an id was in the file before."""
        if fingerprint in self._seen:
            return True
        self._seen.add(fingerprint)
        return False


@dataclass(slots=True)
class Cells:
    """One row. Its methods may raise BadRow; `warnings` are of cells that were read anyway."""

    file: File
    row: int
    said: Said
    warnings: list[Issue] = field(default_factory=list)

    def raw(self, column: Column) -> str:
        """Return a cell as it is; empty where the file has no such column or says nothing."""
        return self.said.get(column, "")

    def name(self, column: Column) -> str:
        """Return what the file calls a column."""
        place = self.file.layout.columns.get(column)
        return column.value if place is None else self.file.layout.header[place]

    def text(self, column: Column) -> str:
        """Return a name, an id, a word. Raises BadRow FORMULA_CELL."""
        cell = self.raw(column)
        if not cell:
            return ""
        if cell.lstrip()[0] in "=@+-\uff1d\uff20\uff0b\uff0d" and formula(cell):
            raise BadRow(IssueCode.FORMULA_CELL, self.name(column), cell)
        return cell.strip()[:MAX_ID]

    def label(self, column: Column, most: int) -> str:
        """Return words of the trader's own; what a spreadsheet would run is left out, and said."""
        cell = self.raw(column).strip()
        if cell and formula(cell):
            self.warnings.append(
                issue(
                    self.row,
                    IssueCode.FORMULA_CELL,
                    column=self.name(column),
                    value=cell,
                    hint="The words were left out; the fill was taken.",
                    severity=Severity.WARNING,
                )
            )
            return ""
        return cell[:most]

    def needed(self, column: Column) -> str:
        """Return a text that must be there. Raises BadRow MISSING_COLUMN."""
        if not (text := self.text(column)):
            raise BadRow(IssueCode.MISSING_COLUMN, self.name(column))
        return text

    def amount(self, column: Column) -> Decimal | None:
        """Return a number, None where there is none. Raises BadRow BAD_NUMBER."""
        cell = self.raw(column)
        return number(cell, self.name(column), self.file.layout.decimal) if cell else None

    def level(self, column: Column) -> Decimal | None:
        """Return a price level that may be missing. Raises BadRow unless it is above zero."""
        value = self.amount(column)
        if value is not None and value <= 0:
            raise BadRow(IssueCode.BAD_NUMBER, self.name(column), self.raw(column))
        return value

    def when(self) -> tuple[datetime, str]:
        """Return the moment, and the time as it is written, with its whole year.

        Raises BadRow BAD_TIME, FUTURE_TIME.
        """
        layout = self.file.layout
        cell = self.raw(Column.TIME).strip()
        if not cell:
            raise BadRow(IssueCode.MISSING_COLUMN, self.name(Column.TIME))
        name = self.name(Column.TIME)
        year_first = self.file.preset.year_first and SHORT_YEAR.match(cell) is not None
        whole = f"20{cell}" if year_first else cell
        told = moment(whole, name, layout.zone, self.file.now, day_first=layout.day_first)
        if told.ambiguous:
            self.warnings.append(
                issue(
                    self.row,
                    IssueCode.BAD_TIME,
                    column=name,
                    value=cell,
                    hint="The clocks showed this time twice; the earlier one was taken.",
                    severity=Severity.WARNING,
                )
            )
        return told.at, whole

    def venue_id(self) -> str:
        """Return the venue's id of the row, empty if it gave none."""
        ids = self.file.preset.ids
        if not self.text(Column.FILL_ID):
            return ""
        return ":".join(self.text(column) for column in ids)

    def where(self) -> str:
        """Return the account: the one in the row, or that of the import."""
        return _account(self.text(Column.ACCOUNT)) or self.file.account

    def tax(self) -> Decimal | None:
        """Return the tax that was withheld, None if none was."""
        value = self.amount(Column.TAX)
        return abs(value) if value else None


@lru_cache(maxsize=1_000)
def _account(told: str) -> str:
    """Return the name of an account as a person could have typed it: as seen, and as long."""
    return normalize("NFC", visible(told))[:MAX_ACCOUNT].strip()
