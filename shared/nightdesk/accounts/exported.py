"""An export as it is stored, and what a walk over an owner's items finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.accounts.audit import Action, Json
from nightdesk.core.cells import Cell
from nightdesk.core.ids import UserId

KEPT = timedelta(days=7)
"""How long an archive can be fetched."""


class Scope(StrEnum):
    """What is asked for."""

    ALL = "all"
    AUDIT = "audit"
    """The audit chains alone."""

    @property
    def action(self) -> Action:
        """What the audit log says of it."""
        return Action.AUDIT_EXPORTED if self is Scope.AUDIT else Action.EXPORT_ASKED


class Status(StrEnum):
    """Where an export stands."""

    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export. `held_until`: until then it counts as running without another sign of life."""

    export_id: str
    owner: UserId
    scope: Scope
    asked_at: datetime
    held_until: datetime
    status: Status = Status.RUNNING
    finished_at: datetime | None = None
    size: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    def standing(self, now: datetime) -> Status:
        """Return its status; one that gives no sign of life any more has failed."""
        lost = self.status is Status.RUNNING and now >= self.held_until
        return Status.FAILED if lost else self.status

    @property
    def until(self) -> datetime:
        """How long it is kept."""
        return (self.finished_at or self.asked_at) + KEPT


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a walk has come: behind `after` in a partition of a table."""

    table: str
    partition: str
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One item as its owner may see it: the file it belongs to, and its content as plain JSON."""

    file: str
    content: Mapping[str, Json]
    trade: Sequence[Cell] | None = None
    postings: Sequence[Sequence[Cell]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Some rows of an owner in order, and where the walk goes on; None: there is no more."""

    rows: Sequence[Row]
    place: Place | None
