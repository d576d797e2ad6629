"""An export that is being made, or was: where it stands and how long it can be fetched."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.core.errors import IllegalTransition
from nightdesk.core.ids import UserId, ulid
from nightdesk.journal.export_options import ExportOptions

KEPT = timedelta(days=7)
"""How long what was made can be fetched."""
HELD = timedelta(minutes=20)
"""Without another sign of life an export has failed after this."""
WHOLE = 100


class ExportKind(StrEnum):
    """What is made."""

    TRADES = "trades"
    FILLS = "fills"
    CASH = "cash"
    FINDINGS = "findings"
    REPORT = "report_pdf"
    WORKBOOK = "report_xlsx"
    TEXT = "journal_text"
    ALL = "all"

    @property
    def file(self) -> "File":
        """Return what it is called once it is fetched."""
        return FILES[self]


@dataclass(frozen=True, slots=True)
class File:
    """The name of a made file, and its media type."""

    name: str
    media: str


CSV = "text/csv; charset=utf-8"
FILES = {
    ExportKind.TRADES: File("trades.csv", CSV),
    ExportKind.FILLS: File("fills.csv", CSV),
    ExportKind.CASH: File("cash.csv", CSV),
    ExportKind.FINDINGS: File("findings.csv", CSV),
    ExportKind.REPORT: File("report.pdf", "application/pdf"),
    ExportKind.WORKBOOK: File(
        "journal.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    ExportKind.TEXT: File("journal.md", "text/markdown; charset=utf-8"),
    ExportKind.ALL: File("journal.zip", "application/zip"),
}


class JobStatus(StrEnum):
    """Where an export stands."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"

    @property
    def under_way(self) -> bool:
        """Whether it has not ended."""
        return self in {JobStatus.QUEUED, JobStatus.RUNNING}


NEXT = {
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.FAILED}),
    JobStatus.RUNNING: frozenset({JobStatus.RUNNING, JobStatus.READY, JobStatus.FAILED}),
    JobStatus.READY: frozenset({JobStatus.EXPIRED}),
    JobStatus.FAILED: frozenset({JobStatus.EXPIRED}),
    JobStatus.EXPIRED: frozenset[JobStatus](),
}
"""Legal steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """One export. `progress` is percent; `size` bytes and `sha256` are those of a ready one.

    `held_until`: until then it counts as under way without another sign of life.
    """

    owner: UserId
    id: str
    kind: ExportKind
    options: ExportOptions
    status: JobStatus = JobStatus.QUEUED
    progress: int = 0
    asked_at: datetime
    held_until: datetime
    finished_at: datetime | None = None
    size: int | None = None
    sha256: str | None = None
    version: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.progress <= WHOLE:
            raise ValueError(f"progress is 0 to {WHOLE} percent, was {self.progress}")
        if (self.status is JobStatus.READY) and (self.size is None or self.sha256 is None):
            raise ValueError("a ready export has a size and a digest")
        if self.status.under_way == (self.finished_at is not None):
            raise ValueError("an export has ended when it is no longer under way")

    @classmethod
    def asked(
        cls, owner: UserId, kind: ExportKind, options: ExportOptions, *, cause: str, now: datetime
    ) -> "ExportJob":
        """Return a new one; asked for again for the same cause at the same time, the same."""
        return cls(
            owner=owner,
            id=ulid(now, owner, kind.value, options.key, cause),
            kind=kind,
            options=options,
            asked_at=now,
            held_until=now + HELD,
        )

    @property
    def until(self) -> datetime:
        """Return how long it is kept."""
        return (self.finished_at or self.asked_at) + KEPT

    def standing(self, now: datetime) -> JobStatus:
        """Return its status: one without a sign of life has failed, an old one is gone."""
        if self.status.under_way and now >= self.held_until:
            return JobStatus.FAILED
        if not self.status.under_way and now >= self.until:
            return JobStatus.EXPIRED
        return self.status

    def working(self, progress: int, now: datetime) -> "ExportJob":
        """Return it with so much done, never less than before. Raises IllegalTransition."""
        self._may(JobStatus.RUNNING)
        done = min(max(progress, self.progress), WHOLE - 1)
        return replace(self, status=JobStatus.RUNNING, progress=done, held_until=now + HELD)

    def ready(self, size: int, sha256: str, now: datetime) -> "ExportJob":
        """Return it made. Raises IllegalTransition."""
        self._may(JobStatus.READY)
        return replace(
            self,
            status=JobStatus.READY,
            progress=WHOLE,
            size=size,
            sha256=sha256,
            finished_at=now,
        )

    def failed(self, now: datetime) -> "ExportJob":
        """Return it given up. Raises IllegalTransition."""
        self._may(JobStatus.FAILED)
        return replace(self, status=JobStatus.FAILED, finished_at=now)

    def expired(self) -> "ExportJob":
        """Return it with nothing left to fetch. Raises IllegalTransition."""
        self._may(JobStatus.EXPIRED)
        return replace(self, status=JobStatus.EXPIRED)

    def _may(self, status: JobStatus) -> None:
        if status not in NEXT[self.status]:
            raise IllegalTransition(f"{self.id}: {self.status} -> {status}")
