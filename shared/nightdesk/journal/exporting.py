"""Asking for exports, making them one at a time, and handing out links to them."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nightdesk.accounts.privacy_ports import Workflows
from nightdesk.core.clock import iso
from nightdesk.core.errors import Conflict
from nightdesk.core.events import event
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.export_job import ExportJob, ExportKind, JobStatus
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.ports.exports import ExportJobs, ExportObjects
from nightdesk.names import EventType

if TYPE_CHECKING:
    from hashlib import _Hash

LINK_LASTS = timedelta(minutes=10)
WORKFLOW = "export"
STEP = 5
"""Percent between two signs of life: each is a write."""

Told = Callable[[int], None]
"""Takes how many percent are done."""
Make = Callable[[ExportJob, Told], Iterable[bytes]]
"""Makes what a job asks for, piece by piece: equal jobs over equal data make equal bytes."""


@dataclass(frozen=True, slots=True)
class AskExport:
    """Queue an export; one of a kind is under way at a time."""

    jobs: ExportJobs
    workflows: Workflows

    def __call__(
        self, owner: UserId, kind: ExportKind, options: ExportOptions, *, cause: str, now: datetime
    ) -> ExportJob:
        """Return the job; the same `cause` at the same moment is the same one.

        Raises Conflict `EXPORT_RUNNING`; StoreUnavailable if it could not be started: asked
        again under its cause, it starts then.
        """
        job = self.jobs.begin(ExportJob.asked(owner, kind, options, cause=cause, now=now), now)
        self.workflows.start(
            WORKFLOW,
            job.id,
            {"as_of": iso(job.asked_at), "owner": owner, "export_id": job.id, "journal": True},
        )
        return job


@dataclass(frozen=True, slots=True)
class MakeExport:
    """Make a queued export, or one that was cut off: from its begin, with the same bytes."""

    jobs: ExportJobs
    objects: ExportObjects
    make: Make

    def __call__(self, owner: UserId, job_id: str, clock: Callable[[], datetime]) -> ExportJob:
        """Return it ready; one that has ended is left as it is. Raises Missing, StaleWrite."""
        job = self.jobs.get(owner, job_id)
        if not job.status.under_way:
            return job
        job = self.jobs.save(job.working(0, clock()), None, clock())

        def told(progress: int) -> None:
            nonlocal job
            if progress >= job.progress + STEP:
                now = clock()
                job = self.jobs.save(job.working(progress, now), None, now)

        content = _Measured(self.make(job, told))
        self.objects.put(job, content)
        now = clock()
        done = job.ready(content.size, content.digest.hexdigest(), now)
        data = {"export_id": done.id, "kind": done.kind.value}
        told_of = event(owner, EventType.EXPORT_READY, now, data, cause=f"{done.id}|ready")
        return self.jobs.save(done, told_of, now)


@dataclass(slots=True)
class _Measured:
    """Pieces on their way, counted and hashed."""

    pieces: Iterable[bytes]
    size: int = 0
    digest: "_Hash" = field(default_factory=hashlib.sha256)

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.size += len(piece)
            self.digest.update(piece)
            yield piece


@dataclass(frozen=True, slots=True)
class FailExport:
    """Give up: another can be asked for at once."""

    jobs: ExportJobs

    def __call__(self, owner: UserId, job_id: str, now: datetime) -> ExportJob:
        """Return it failed; one that has ended is left as it is. Raises Missing."""
        job = self.jobs.get(owner, job_id)
        return self.jobs.save(job.failed(now), None, now) if job.status.under_way else job


@dataclass(frozen=True, slots=True)
class ReadExports:
    """Show how exports stand, with a new link to what one has made each time."""

    jobs: ExportJobs
    objects: ExportObjects

    def __call__(self, owner: UserId, job_id: str, now: datetime) -> tuple[ExportJob, str | None]:
        """Return one and its link, None unless it is ready and still kept. Raises Missing."""
        job = standing(self.jobs.get(owner, job_id), now)
        if job.status is not JobStatus.READY:
            return job, None
        return job, self.objects.link(job, lasts=LINK_LASTS)

    def page(
        self, owner: UserId, *, limit: int, after: str | None, now: datetime
    ) -> Page[ExportJob]:
        """Return exports, newest first; those that were gone for a while are not listed."""
        found = self.jobs.page(owner, limit=limit, after=after)
        return Page([standing(one, now) for one in found.items], found.next_key)


@dataclass(frozen=True, slots=True)
class RemoveExport:
    """Take back what was made before its time is over."""

    jobs: ExportJobs
    objects: ExportObjects

    def __call__(self, owner: UserId, job_id: str, now: datetime) -> None:
        """Remove the file; once more, it is gone. Raises Missing, Conflict `EXPORT_RUNNING`.

        The job says so first: a link is never handed out to a file that is being removed.
        """
        job = self.jobs.get(owner, job_id)
        if job.status.under_way and job.standing(now).under_way:
            raise Conflict("EXPORT_RUNNING", "This export is being made; wait for it to end.")
        if job.status.under_way:
            job = self.jobs.save(job.failed(now), None, now)
        if job.status is not JobStatus.EXPIRED:
            self.jobs.save(job.expired(), None, now)
        self.objects.drop(job)


def standing(job: ExportJob, now: datetime) -> ExportJob:
    """Return a job with the status that it has by now."""
    status = job.standing(now)
    if status is job.status:
        return job
    return replace(job, status=status, finished_at=job.finished_at or job.held_until)
