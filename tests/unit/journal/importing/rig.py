"""An import from its upload to its end, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from nightdesk.core.ids import UserId
from nightdesk.journal.import_checking import CheckImport
from nightdesk.journal.import_committing import CommitImport, UndoImport
from nightdesk.journal.imported import Import, Summary
from nightdesk.journal.importing.issue import Issue
from nightdesk.journal.importing.layout import Overrides, layout
from nightdesk.journal.importing.reading import Reading, Row
from nightdesk.journal.trade_import import (
    ReadImport,
    RequestCheck,
    RequestCommit,
    RequestUndo,
    StartImport,
)
from nightdesk.trading.external import ExternalRecord, RecordKind
from tests.fakes.imports import (
    FakeExternalRecords,
    FakeImportFiles,
    FakeImportQueue,
    FakeImports,
    FakeRebuild,
    Fate,
)
from tests.fakes.journal_trades import FakeTrades

OWNER = UserId("usr_1")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
D = Decimal


def read(
    content: str | bytes,
    *,
    account: str = "mine",
    overrides: Overrides | None = None,
    chosen: str | None = None,
    taken: frozenset[str] = frozenset(),
) -> tuple[list[ExternalRecord], list[Issue]]:
    """Read a file that is known by its header."""
    raw = content.encode() if isinstance(content, str) else content
    form = layout(raw, overrides or Overrides(), chosen=chosen)
    assert form.preset is not None, form.header
    reading = Reading(
        owner=OWNER, account=account, source="import:1", now=NOW, taken=lambda legs: taken
    )
    found = list(reading(raw, form, form.preset))
    return (
        [one.record for one in found if isinstance(one, Row)],
        [one for one in found if isinstance(one, Issue)],
    )


def fills(records: list[ExternalRecord]) -> list[tuple[object, ...]]:
    """What matters of fills: time, instrument, side, quantity, price, fee and what it is in."""
    return [
        (
            one.at.strftime("%Y-%m-%d %H:%M:%S"),
            str(one.instrument),
            one.side.value if one.side else None,
            one.quantity,
            one.price,
            one.fee,
            one.fee_asset if one.fee else "",
        )
        for one in records
        if one.kind is RecordKind.FILL
    ]


def movements(records: list[ExternalRecord]) -> list[tuple[object, ...]]:
    """What matters of movements."""
    return [
        (one.kind.value, one.asset, one.quantity, one.fee)
        for one in records
        if one.kind is not RecordKind.FILL
    ]


@dataclass
class Rig:
    """The use cases over fakes. `fate` may end a worker at any write."""

    fate: Fate = field(default_factory=Fate)
    count: int = 0

    def __post_init__(self) -> None:
        self.imports = FakeImports(self.fate)
        self.files = FakeImportFiles(self.fate)
        self.records = FakeExternalRecords(self.fate)
        self.rebuild = FakeRebuild(self.records, self.fate)
        self.queue = FakeImportQueue()
        self.trades = FakeTrades()
        self.start = StartImport(self.imports, self.files)
        self.request_check = RequestCheck(self.imports, self.files, self.queue)
        self.request_commit = RequestCommit(self.imports, self.queue)
        self.request_undo = RequestUndo(self.imports, self.queue)
        self.read = ReadImport(self.imports, self.files)
        self.check = CheckImport(self.imports, self.files, self.records, self.trades)
        parts = (self.imports, self.files, self.records, self.rebuild, self.queue)
        self.commit, self.undo = CommitImport(*parts), UndoImport(*parts)

    def uploaded(
        self,
        content: str | bytes,
        *,
        account: str = "mine",
        mapping: Mapping[str, str] | None = None,
        zone: str = "",
        chosen: str = "",
    ) -> str:
        """Start an import and post its file; return its id."""
        raw = content.encode() if isinstance(content, str) else content
        self.count += 1
        begun, _ = self.start(
            OWNER,
            filename="file.csv",
            size=len(raw) or 1,
            account=account,
            mapping=mapping,
            zone=zone,
            chosen=chosen,
            cause=str(self.count),
            now=NOW,
        )
        self.files.files[OWNER, begun.import_id] = raw
        return begun.import_id

    def checked(self, content: str | bytes, **told: object) -> tuple[Import, Summary]:
        """Upload and check."""
        import_id = self.uploaded(content, **told)  # type: ignore[arg-type]
        self.request_check(OWNER, import_id, now=NOW)
        self.check(OWNER, import_id, NOW)
        return self.read(OWNER, import_id)

    def brought(
        self, content: str | bytes, *, accept: tuple[int, ...] = (), **told: object
    ) -> Import:
        """Upload, check and commit."""
        checked, _ = self.checked(content, **told)
        self.request_commit(OWNER, checked.import_id, accept_possible=accept, now=NOW)
        return self.commit(OWNER, checked.import_id, NOW, never)

    def undone(self, import_id: str) -> Import:
        self.request_undo(OWNER, import_id, now=NOW)
        return self.undo(OWNER, import_id, NOW, never)

    def issues(self, import_id: str) -> list[Issue]:
        """All issues, page by page."""
        found: list[Issue] = []
        after: str | None = None
        while True:
            page = self.read.issues(OWNER, import_id, after=after)
            found += page.items
            after = page.next_key
            if after is None:
                return found

    @property
    def state(self) -> dict[str, tuple[object, ...]]:
        """What is stored, whoever brought it."""
        return {
            one.fingerprint: (one.kind, one.at, one.instrument, one.quantity, one.price)
            for one in self.records.stored.values()
        }


def never() -> bool:
    return False
