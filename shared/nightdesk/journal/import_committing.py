"""The commit and the undo: batch by batch, each noted when it is done, each safe to repeat.

A worker may die between any two writes. Batches are those of the report, so a second worker does
what the first would have done; what the first wrote is met under its fingerprint.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.collecting import uncollected
from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.imported import HELD, Import, Planned, Status, Step, Summary
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
        skipped = frozenset(summary.possible) - frozenset(found.accepted)
        known = frozenset(summary.known)
        end = found.parts + len(summary.touched)
        while found.cursor < end:
            with uncollected():
                if found.cursor < found.parts:
                    counts = self._batch(found, skipped, known)
                else:
                    self._rebuilt(found, summary, now)
                    counts = dict(found.counts)
            stored = _moved(self.imports, found, counts, now)
            if stored is None:
                return self.imports.get(owner, import_id)
            found = stored
            if found.cursor < end and enough():
                self.queue.send(owner, import_id, Step.COMMIT, now)
                return found
        done = replace(found, status=Status.DONE, held_until=None, updated_at=now)
        return _ended(self.imports, done, now)

    def _batch(
        self, found: Import, skipped: frozenset[int], known: frozenset[int]
    ) -> dict[str, int]:
        planned: Sequence[Planned] = self.files.part(found.owner, found.import_id, found.cursor)
        new = [one.record for one in planned if one.row not in skipped and one.row not in known]
        old = [one.record for one in planned if one.row not in skipped and one.row in known]
        put = [
            *self.records.put(found.owner, new, found.source, unseen=True),
            *self.records.put(found.owner, old, found.source),
        ]
        return {
            **found.counts,
            "added": found.counts.get("added", 0) + put.count(Put.ADDED),
            "joined": found.counts.get("joined", 0) + put.count(Put.JOINED),
        }

    def _rebuilt(self, found: Import, summary: Summary, now: datetime) -> None:
        touched = summary.touched[found.cursor - found.parts]
        self.rebuild(found.owner, touched.account, touched.instrument, now=now)


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
            stored = _moved(self.imports, found, dict(found.counts), now)
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


def _moved(imports: Imports, found: Import, counts: dict[str, int], now: datetime) -> Import | None:
    """Note that a batch is done; None if another worker was faster, and goes on."""
    further = replace(
        found, cursor=found.cursor + 1, counts=counts, held_until=now + HELD, updated_at=now
    )
    try:
        return imports.save(further, now=now)
    except StaleWrite:
        return None


def _ended(imports: Imports, one: Import, now: datetime) -> Import:
    try:
        return imports.save(one, events=[told(one, now)], now=now)
    except StaleWrite:
        return imports.get(one.owner, one.import_id)
