"""What making exports needs from outside."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.journal.export_job import ExportJob
from nightdesk.journal.report import Report
from nightdesk.journal.sheets import Sheet


class ExportJobs(Protocol):
    """Exports of owners."""

    def get(self, owner: UserId, job_id: str) -> ExportJob:
        """Return one, read consistently. Raises Missing."""
        ...

    def begin(self, job: ExportJob, now: datetime) -> ExportJob:
        """Store a new one and return it; one that is there with this id is returned as it stands.

        Raises Conflict `EXPORT_RUNNING` while another of this owner and kind is under way.
        """
        ...

    def save(self, job: ExportJob, told: Event | None) -> ExportJob:
        """Store it over the version that was read, and `told` in the same transaction.

        Return it with its new version. Raises StaleWrite.
        """
        ...


class ExportObjects(Protocol):
    """What was made, under its owner's prefix, as long as a job is kept."""

    def put(self, job: ExportJob, content: bytes) -> None:
        """Store it; again, it is replaced."""
        ...

    def link(self, job: ExportJob, *, lasts: timedelta) -> str:
        """Return a link made for this one request that fetches it for so long."""
        ...


class ReportPrinter(Protocol):
    """Prints reports."""

    def __call__(self, report: Report) -> bytes:
        """Return a PDF; equal reports are equal bytes."""
        ...


class Workbooks(Protocol):
    """Writes workbooks."""

    def __call__(self, sheets: Sequence[Sheet]) -> bytes:
        """Return an XLSX; equal sheets are equal bytes. Raises TypeError for NaN."""
        ...
