"""One row of a known format becomes a fill, a movement, a leg, or the reason why not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nightdesk.journal.importing.cells import Cells, File
from nightdesk.journal.importing.draft import Draft, Leg
from nightdesk.journal.importing.fills import FillRow
from nightdesk.journal.importing.issue import BadRow, Issue, IssueCode, issue
from nightdesk.journal.importing.moves import LegRow, MovementRow
from nightdesk.journal.preset import Column, RowKind

FILLS = frozenset({RowKind.FILL, RowKind.BUY, RowKind.SELL})
LEGS = frozenset({RowKind.LEG, RowKind.LEG_FEE})

Told = Draft | Leg | Issue


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one file."""

    file: File

    def read(self, row: int, cells: Sequence[str]) -> Iterator[Told]:
        """Yield what a row tells: nothing for one that is told elsewhere. Never raises BadRow."""
        width = len(self.file.layout.header)
        longer = len(cells) > width and not self.file.preset.longer_rows
        if longer and any(cell.strip() for cell in cells[width:]):
            yield issue(row, IssueCode.MISSING_COLUMN, value=f"{len(cells)} cells")
            return
        try:
            yield from self._told(row, cells)
        except BadRow as bad:
            yield bad.issue(row)

    def _told(self, row: int, cells: Sequence[str]) -> Iterator[Told]:
        said, preset = self.file.said(cells), self.file.preset
        one = Cells(self.file, row, said)
        if preset.without_id_skipped and not one.text(Column.FILL_ID):
            return
        word = one.text(Column.KIND)
        kind = preset.kind(word, one.text(Column.SUBKIND))
        if kind is None:
            raise BadRow(IssueCode.BAD_SIDE, one.name(Column.KIND), word)
        warnings = one.warnings
        if kind in LEGS:
            yield LegRow(self.file, row, said, warnings).leg(kind, word)
        elif kind in FILLS:
            yield FillRow(self.file, row, said, warnings).fill(kind)
        elif kind is RowKind.CONVERT:
            yield FillRow(self.file, row, said, warnings).converted()
        else:
            yield from MovementRow(self.file, row, said, warnings).movement(kind)
        yield from warnings
