"""What making exports needs from outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from nightdesk.accounts.audit import Json
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.export_job import ExportJob

if TYPE_CHECKING:  # they load numpy, which the API starts without
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

    def save(self, job: ExportJob, told: Event | None, now: datetime) -> ExportJob:
        """Store it over the version that was read, and `told` in the same transaction.

        Return it with its new version. Raises StaleWrite.
        """
        ...

    def page(self, owner: UserId, *, limit: int, after: str | None) -> Page[ExportJob]:
        """Return exports, newest first."""
        ...


class ExportObjects(Protocol):
    """What was made, under its owner's prefix, as long as a job is kept."""

    def put(self, job: ExportJob, pieces: Iterable[bytes]) -> None:
        """Store them as one file, holding few at a time; again, it is replaced.

        What is cut off leaves nothing that could be fetched.
        """
        ...

    def link(self, job: ExportJob, *, lasts: timedelta) -> str:
        """Return a link made for this one request that fetches it for so long."""
        ...

    def drop(self, job: ExportJob) -> None:
        """Remove it; what is not there is as good as removed."""
        ...


class Written(StrEnum):
    """What a trader wrote, by the name of its file."""

    ENTRIES = "entries"
    PLANS = "plans"
    PLAYBOOKS = "playbooks"
    REVIEWS = "reviews"
    TAGS = "tags"
    SCREENSHOTS = "screenshots"


class WrittenItems(Protocol):
    """What an owner wrote, and what was written for them, as plain JSON."""

    def __call__(self, owner: UserId, kind: Written) -> Iterator[Mapping[str, Json]]:
        """Yield all items of a kind, always in the same order, nothing secret in them."""
        ...


class ReportPrinter(Protocol):
    """Prints reports."""

    def __call__(self, report: "Report") -> bytes:
        """Return a PDF; equal reports are equal bytes."""
        ...


class Workbooks(Protocol):
    """Writes workbooks."""

    def __call__(self, sheets: Sequence["Sheet"]) -> bytes:
        """Return an XLSX; equal sheets are equal bytes. Raises TypeError for NaN."""
        ...
