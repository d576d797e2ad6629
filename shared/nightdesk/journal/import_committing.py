"""The commit and the undo: batch by batch, each noted when it is done, each safe to repeat.

A worker may die between any two writes. Batches are those of the report, so a second worker does
what the first would have done; what the first wrote is met under its fingerprint.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from nightdesk.core.collecting import uncollected
from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.imported import HELD, Import, Status, Step, Summary
from nightdesk.journal.importing.issue import IssueCode, Severity, issue
from nightdesk.journal.importing.twins import Twins
from nightdesk.journal.ports.imports import ImportFiles, ImportQueue, Imports, RebuildTrades
from nightdesk.journal.trade_import import told
from nightdesk.trading.external import ExternalRecords, Put

Enough = Callable[[], bool]
"""Whether a worker's time is over: it stops after the batch and asks for another one."""


@dataclass(frozen=True, slots=True)
class CommitImport:
    """Write what a check found, each record once, then build the trades anew."""

    imports: Imports
    files: ImportFiles
    records: ExternalRecords
    rebuild: RebuildTrades
    queue: ImportQueue

    def __call__(self, owner: UserId, import_id: str, now: datetime, enough: Enough) -> Import:
        """Return the import as far as it has come: done, or going on in another worker.

        One that is not being committed, or is worked on by another, is left alone. Raises Missing.
        """
        found = self.imports.get(owner, import_id)
        if found.status is not Status.COMMITTING or found.undoing:
            return found
        summary = self.files.summary(owner, import_id)
        marks = _Marks.of(found, summary, self._twins(found, summary))
        end = found.parts + len(summary.touched)
        while found.cursor < end:
            with uncollected():
                if found.cursor < found.parts:
                    found = self._batch(found, marks)
                else:
                    self._rebuilt(found, summary, now)
            stored = _moved(self.imports, found, now)
            if stored is None:
                return self.imports.get(owner, import_id)
            found = stored
            if found.cursor < end and enough():
                self.queue.send(owner, import_id, Step.COMMIT, now)
                return found
        done = replace(found, status=Status.DONE, held_until=None, updated_at=now)
        return _ended(self.imports, done, now)

    def _batch(self, found: Import, marks: "_Marks") -> Import:
        """Write one; a row that looks like what was stored since the check is left out and told."""
        planned = self.files.part(found.owner, found.import_id, found.cursor)
        late = {
            one.row
            for one in planned
            if one.row not in marks.settled and marks.twins.has(one.record)
        }
        if late:
            code = IssueCode.POSSIBLE_DUPLICATE
            issues = [issue(row, code, severity=Severity.NOTE) for row in sorted(late)]
            self.files.put_issues(found.owner, found.import_id, found.issue_parts, issues)
        told = [one for one in planned if one.row not in marks.skipped and one.row not in late]
        new = [one.record for one in told if one.row not in marks.known]
        old = [one.record for one in told if one.row in marks.known]
        put = [
            *self.records.put(found.owner, new, found.source, unseen=True),
            *self.records.put(found.owner, old, found.source),
        ]
        counts = {
            **found.counts,
            "possible": found.counts.get("possible", 0) + len(late),
            "added": found.counts.get("added", 0) + put.count(Put.ADDED),
            "joined": found.counts.get("joined", 0) + put.count(Put.JOINED),
        }
        return replace(found, counts=counts, issue_parts=found.issue_parts + bool(late))

    def _twins(self, found: Import, summary: Summary) -> Twins:
        """Return what was stored since the check: a sync or another import may have told of it.

        It is looked for once a worker. What is stored while it writes is left to who stores it.
        """
        owner, import_id = found.owner, found.import_id

        def told() -> frozenset[str]:
            parts = (self.files.part(owner, import_id, place) for place in range(found.parts))
            return frozenset(one.record.fingerprint for part in parts for one in part)

        return Twins(
            records=self.records,
            owner=owner,
            source=found.source,
            since=summary.since,
            until=summary.until,
            told=told,
        )

    def _rebuilt(self, found: Import, summary: Summary, now: datetime) -> None:
        touched = summary.touched[found.cursor - found.parts]
        self.rebuild(found.owner, touched.account, touched.instrument, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """Which rows are left out, and which were known; about the `settled` nobody asks again."""

    skipped: frozenset[int]
    known: frozenset[int]
    settled: frozenset[int]
    twins: Twins

    @classmethod
    def of(cls, found: Import, summary: Summary, twins: Twins) -> Self:
        possible, accepted = frozenset(summary.possible), frozenset(found.accepted)
        known = frozenset(summary.known)
        return cls(
            skipped=possible - accepted,
            known=known,
            settled=possible | accepted | known,
            twins=twins,
        )


@dataclass(frozen=True, slots=True)
class UndoImport:
    """Take back what this import alone brought; what another source tells stays."""

    imports: Imports
    files: ImportFiles
    records: ExternalRecords
    rebuild: RebuildTrades
    queue: ImportQueue

    def __call__(self, owner: UserId, import_id: str, now: datetime, enough: Enough) -> Import:
        """Return the import as far as it has come: undone, or going on in another worker.

        What a person wrote about its trades is not touched. Raises Missing.
        """
        found = self.imports.get(owner, import_id)
        if not found.undoing or found.status is Status.UNDONE:
            return found
        touched = self.files.summary(owner, import_id).touched
        end = found.parts + len(touched)
        while found.cursor < end:
            if found.cursor < found.parts:
                planned = self.files.part(owner, import_id, found.cursor)
                self.records.drop(owner, [one.record for one in planned], found.source)
            else:
                one = touched[found.cursor - found.parts]
                self.rebuild(owner, one.account, one.instrument, now=now)
            stored = _moved(self.imports, found, now)
            if stored is None:
                return self.imports.get(owner, import_id)
            found = stored
            if found.cursor < end and enough():
                self.queue.send(owner, import_id, Step.UNDO, now)
                return found
        undone = replace(
            found, status=Status.UNDONE, undoing=False, held_until=None, updated_at=now
        )
        return _ended(self.imports, undone, now)


@dataclass(frozen=True, slots=True)
class FailImport:
    """Give up an import whose work cannot go on; what it wrote may be undone."""

    imports: Imports

    def __call__(self, owner: UserId, import_id: str, reason: str, now: datetime) -> Import:
        """Return it as failed; one that has ended is left alone. Raises Missing."""
        found = self.imports.get(owner, import_id)
        if found.status not in {Status.CHECKING, Status.COMMITTING} and not found.undoing:
            return found
        failed = replace(
            found,
            status=Status.FAILED,
            undoing=False,
            reason=reason,
            held_until=None,
            updated_at=now,
        )
        return _ended(self.imports, failed, now)


def _moved(imports: Imports, found: Import, now: datetime) -> Import | None:
    """Note that a batch is done; None if another worker was faster, and goes on."""
    further = replace(found, cursor=found.cursor + 1, held_until=now + HELD, updated_at=now)
    try:
        return imports.save(further, now=now)
    except StaleWrite:
        return None


def _ended(imports: Imports, one: Import, now: datetime) -> Import:
    try:
        return imports.save(one, events=[told(one, now)], now=now)
    except StaleWrite:
        return imports.get(one.owner, one.import_id)
