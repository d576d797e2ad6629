"""One import as it is stored: which file, how it is read, how far it has come, what it brought."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from nightdesk.core.errors import Conflict
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.journal.importing.layout import Overrides
from nightdesk.journal.preset import Column
from nightdesk.trading.external import ExternalRecord

HELD = timedelta(minutes=10)
"""Work that gives no sign of life for so long has died; somebody else may take it up."""
MAX_ACCEPTED = 10_000


class Status(StrEnum):
    """Where an import stands."""

    WAITING = "waiting"
    CHECKING = "checking"
    CHECKED = "checked"
    COMMITTING = "committing"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"


class Step(StrEnum):
    """What a worker is asked to do."""

    CHECK = "check"
    COMMIT = "commit"
    UNDO = "undo"


MAY: Mapping[Step, frozenset[Status]] = MappingProxyType(
    {
        Step.CHECK: frozenset({Status.WAITING, Status.CHECKED, Status.FAILED}),
        Step.COMMIT: frozenset({Status.CHECKED}),
        Step.UNDO: frozenset({Status.WAITING, Status.CHECKED, Status.DONE, Status.FAILED}),
    }
)
"""From which states a person may ask for a step; work that has died may be asked for again."""
_WORK: Mapping[Status, Step] = MappingProxyType(
    {Status.CHECKING: Step.CHECK, Status.COMMITTING: Step.COMMIT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import.

    `counts`: rows, fills, movements, known, possible, issues; added and joined after the commit.
    `cursor`: batches that are done, of `parts`, then instruments whose trades are rebuilt.
    `mapping` and `overrides` are what the owner said; `detected` and `guessed` what was found.
    `held_until`: until then it counts as worked on. `began`: whether anything may be written.
    """

    import_id: str
    owner: UserId
    filename: str
    size: int
    account: str
    created_at: datetime
    updated_at: datetime
    status: Status = Status.WAITING
    preset: str = ""
    mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    overrides: Overrides = field(default_factory=Overrides)
    detected: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    guessed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    header: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    parts: int = 0
    issue_parts: int = 0
    cursor: int = 0
    accepted: tuple[int, ...] = ()
    began: bool = False
    undoing: bool = False
    reason: str = ""
    detail: str = ""
    held_until: datetime | None = None
    version: int = 0

    @property
    def source(self) -> str:
        """Under which name its records stand."""
        return f"import:{self.import_id}"

    @property
    def columns(self) -> dict[Column, str]:
        """The owner's map, by what a column tells."""
        return {Column(column): name for column, name in self.mapping.items()}

    def held(self, now: datetime) -> bool:
        """Whether somebody works on it."""
        return self.held_until is not None and now < self.held_until

    def may(self, step: Step, now: datetime) -> Self:
        """Return it where this step may be asked for now. Raises Conflict `IMPORT_STATE`."""
        working = self.undoing or self.status in {Status.CHECKING, Status.COMMITTING}
        if working:
            asked = Step.UNDO if self.undoing else _WORK[self.status]
            allowed = not self.held(now) and step in {asked, Step.UNDO}
        else:
            allowed = self.status in MAY[step]
        if allowed and not (step is Step.CHECK and self.began):
            return self
        raise Conflict("IMPORT_STATE", f"The import is {self.status.value}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One record of the report, and the lines of the file it was told in."""

    record: ExternalRecord
    rows: tuple[int, ...]

    @property
    def row(self) -> int:
        """The first of its lines: what the owner names it by."""
        return self.rows[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Trades that the import changes: of one account in one instrument."""

    account: str
    instrument: InstrumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A line of the report's preview: what a row became, and whether it is new."""

    row: int
    mark: str
    record: ExternalRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the check found of the whole file; rows by their first line.

    `since` and `until`: when the first and the last of its fills without an id were.
    """

    known: tuple[int, ...] = ()
    possible: tuple[int, ...] = ()
    touched: tuple[Touched, ...] = ()
    preview: tuple[Preview, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMap:
    """A map that its owner keeps for files of the same header (`header`: plain names, sorted)."""

    map_id: str
    owner: UserId
    name: str
    header: tuple[str, ...]
    mapping: Mapping[str, str]
    overrides: Overrides = field(default_factory=Overrides)
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Where a browser posts the file, and the fields that go with it."""

    url: str
    fields: Mapping[str, str]
