"""The dry run: a file is read and compared with what is known; only its report is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from nightdesk.core.collecting import uncollected
from nightdesk.core.errors import Invalid, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.imported import (
    HELD,
    Import,
    Planned,
    Preview,
    Status,
    Summary,
    Touched,
)
from nightdesk.journal.importing.issue import Issue, IssueCode, Severity, issue
from nightdesk.journal.importing.layout import Layout, layout
from nightdesk.journal.importing.reading import MAX_BYTES, Reading, Row
from nightdesk.journal.importing.twins import SECOND
from nightdesk.journal.ports.imports import ImportFiles, Imports
from nightdesk.journal.ports.trades import By, Trades
from nightdesk.journal.preset import plain
from nightdesk.journal.recorded import ACTIONS
from nightdesk.journal.trade import Source
from nightdesk.journal.trade_import import told
from nightdesk.trading.external import ExternalRecord, ExternalRecords, Likeness, RecordKind

BATCH = 500
"""Records of one part: what a commit writes before it notes how far it has come."""
ISSUES = 1_000
PREVIEW = 20
TRADES = 1_000
"""So many are read at a time to find those by hand."""
_SIDES = {action: side for side, action in ACTIONS.items()}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CheckImport:
    """Read a whole file and write its report."""

    imports: Imports
    files: ImportFiles
    records: ExternalRecords
    trades: Trades

    def __call__(self, owner: UserId, import_id: str, now: datetime) -> Import:
        """Return the import as checked or failed; one that is not being checked is left alone.

        A check that was cut off is made again from the front: it writes the same report. Raises
        Missing.
        """
        found = self.imports.get(owner, import_id)
        if found.status is not Status.CHECKING:
            return found
        raw = self.files.content(owner, import_id, most=MAX_BYTES)
        try:
            checked = self._checked(found, raw, now)
        except Invalid as bad:
            checked = replace(found, status=Status.FAILED, reason=bad.code, detail=str(bad))
        checked = replace(checked, held_until=None, updated_at=now)
        try:
            return self.imports.save(checked, events=[told(checked, now)], now=now)
        except StaleWrite:
            return self.imports.get(owner, import_id)  # somebody else checked it, or undid it

    def _checked(self, found: Import, raw: bytes, now: datetime) -> Import:
        form, found = self._layout(found, raw)
        if form.preset is None:
            guessed = {column.value: name for column, name in form.guessed.items()}
            return replace(
                found,
                status=Status.CHECKED,
                detected=form.shown,
                guessed=guessed,
                header=form.header,
                counts={},
                parts=0,
                issue_parts=0,
                reason="MAPPING_INCOMPLETE",
                detail="Nobody knows this header: say which column tells what.",
            )
        report = _Report(owner=found.owner, import_id=found.import_id, files=self.files)
        reading = Reading(
            owner=found.owner,
            account=found.account,
            source=found.source,
            now=now,
            taken=lambda legs: self.records.taken(found.owner, legs),
        )
        with uncollected():
            for one in reading(raw, form, form.preset):
                report.take(one)
        known, alike = self._known(found, report, reading.fingerprints)
        summary = report.finish(known, alike)
        self.files.put_summary(found.owner, found.import_id, summary)
        return replace(
            found,
            status=Status.CHECKED,
            detected=form.shown,
            guessed={},
            header=form.header,
            counts={**report.counts, "rows": reading.rows},
            parts=report.parts.count,
            issue_parts=report.issues.count,
            cursor=0,
            reason="",
            detail="",
            held_until=now + HELD,
        )

    def _layout(self, found: Import, raw: bytes) -> tuple[Layout, Import]:
        """Return how to read the file; a header that nobody knows may have a saved map.

        The newest one counts, for what was not said at this import.
        """
        form = layout(
            raw, found.overrides, chosen=found.preset or None, columns=found.columns or None
        )
        if form.preset is not None:
            return form, found
        header = tuple(sorted({plain(cell) for cell in form.header if plain(cell)}))
        for saved in reversed(self.imports.maps(found.owner)):
            if saved.header == header:
                overrides = found.overrides.over(saved.overrides)
                again = replace(found, mapping=saved.mapping, overrides=overrides)
                return layout(raw, again.overrides, columns=again.columns), again
        return form, found

    def _known(
        self, found: Import, report: "_Report", here: set[bytes]
    ) -> tuple[set[bytes], set[Likeness]]:
        """Return which identities are stored, and what other fills look like."""
        known: set[bytes] = set()
        alike: set[Likeness] = set()
        for record in self._stored(found.owner, report.span):
            fingerprint = bytes.fromhex(record.fingerprint)
            if fingerprint in here:
                known.add(fingerprint)
            elif record.kind is RecordKind.FILL:
                alike.add(record.likeness)
        alike.update(self._by_hand(found.owner, report.doubtful))
        return known, alike

    def _stored(self, owner: UserId, span: "_Span") -> Iterator[ExternalRecord]:
        if span.since is not None and span.until is not None:
            since = span.since.replace(microsecond=0)
            yield from self.records.between(owner, since, span.until + SECOND)

    def _by_hand(self, owner: UserId, span: "_Span") -> Iterator[Likeness]:
        """Yield what fills look like that the owner wrote down in trades which touch this span."""
        if span.since is None or span.until is None:
            return
        since, until, after = span.since.replace(microsecond=0), span.until + SECOND, None
        while True:
            page = self.trades.page(owner, by=By.CLOSED, limit=TRADES, after=after, since=since)
            mine = [
                one.trade.id
                for one in page.items
                if one.trade.source is Source.MANUAL and one.trade.opened_at <= until
            ]
            for stored in self.trades.stored(owner, mine).values() if mine else ():
                for fill in stored.fills:
                    yield (
                        stored.trade.instrument,
                        _SIDES[fill.side],
                        fill.quantity,
                        fill.price,
                        fill.at.replace(microsecond=0),
                    )
            if (after := page.next_key) is None:
                return


@dataclass(slots=True)
class _Span:
    """From the first to the last moment that it was told."""

    since: datetime | None = None
    until: datetime | None = None

    def take(self, at: datetime) -> None:
        self.since = at if self.since is None else min(self.since, at)
        self.until = at if self.until is None else max(self.until, at)


@dataclass(slots=True)
class _Parts(Generic[T]):
    """Things that are handed on in parts of a size."""

    size: int
    count: int = 0
    waiting: list[T] = field(default_factory=list)

    def add(self, one: T) -> Iterator[tuple[int, list[T]]]:
        self.waiting.append(one)
        if len(self.waiting) >= self.size:
            yield from self.rest()

    def rest(self) -> Iterator[tuple[int, list[T]]]:
        if self.waiting:
            yield self.count, self.waiting
            self.count += 1
            self.waiting = []


@dataclass(slots=True, kw_only=True)
class _Report:
    """What a check finds, written away as it comes; what is kept in memory is small per row."""

    owner: UserId
    import_id: str
    files: ImportFiles
    parts: _Parts[Planned] = field(default_factory=lambda: _Parts(BATCH))
    issues: _Parts[Issue] = field(default_factory=lambda: _Parts(ISSUES))
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("rows", "fills", "movements", "known", "possible", "issues"), 0
        )
    )
    span: _Span = field(default_factory=_Span)
    doubtful: _Span = field(default_factory=_Span)
    """Of fills without an id."""
    _rows: list[tuple[int, bytes, Likeness]] = field(default_factory=list)
    _taken: set[int] = field(default_factory=set)
    _preview: list[tuple[int, ExternalRecord]] = field(default_factory=list)
    _touched: dict[Touched, None] = field(default_factory=dict)

    def take(self, one: Row | Issue) -> None:
        """Take what the reading yields."""
        if isinstance(one, Issue):
            self._issue(one)
            return
        record, row = one.record, one.rows[0]
        fill = record.kind is RecordKind.FILL
        self.counts["fills" if fill else "movements"] += 1
        self.span.take(record.at)
        doubtful = fill and not record.ref
        if doubtful:
            self.doubtful.take(record.at)
        self._rows.append(
            (row, bytes.fromhex(record.fingerprint), record.likeness if doubtful else ())
        )
        if one.known:
            self._taken.add(row)
        if len(self._preview) < PREVIEW:
            self._preview.append((row, record))
        if record.instrument is not None and (fill or record.kind is RecordKind.FUNDING):
            self._touched[Touched(account=record.account, instrument=record.instrument)] = None
        for part, planned in self.parts.add(Planned(record=record, rows=one.rows)):
            self.files.put_part(self.owner, self.import_id, part, planned)

    def finish(self, known: set[bytes], alike: set[Likeness]) -> Summary:
        """Write the rest, mark what is known or looks like it, and return the whole."""
        for part, planned in self.parts.rest():
            self.files.put_part(self.owner, self.import_id, part, planned)
        marks: dict[int, IssueCode] = {}
        for row, fingerprint, likeness in self._rows:
            if fingerprint in known or row in self._taken:
                marks[row] = IssueCode.ALREADY_KNOWN
            elif likeness and likeness in alike:
                marks[row] = IssueCode.POSSIBLE_DUPLICATE
        for row, code in marks.items():
            self.counts["known" if code is IssueCode.ALREADY_KNOWN else "possible"] += 1
            self._issue(issue(row, code, severity=Severity.NOTE))
        for part, issues in self.issues.rest():
            self.files.put_issues(self.owner, self.import_id, part, issues)
        return Summary(
            known=tuple(row for row, code in marks.items() if code is IssueCode.ALREADY_KNOWN),
            possible=tuple(
                row for row, code in marks.items() if code is IssueCode.POSSIBLE_DUPLICATE
            ),
            touched=tuple(self._touched),
            preview=tuple(
                Preview(row=row, mark=marks[row].value if row in marks else "NEW", record=record)
                for row, record in self._preview
            ),
            since=self.doubtful.since,
            until=self.doubtful.until,
        )

    def _issue(self, one: Issue) -> None:
        if one.severity is not Severity.NOTE or one.code is IssueCode.DUPLICATE_IN_FILE:
            self.counts["issues"] += 1
        for part, issues in self.issues.add(one):
            self.files.put_issues(self.owner, self.import_id, part, issues)
