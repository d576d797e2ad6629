"""Asking for exports, making them one at a time, and handing out links to them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.core.errors import Missing
from nightdesk.core.events import event
from nightdesk.core.ids import UserId
from nightdesk.journal.export_job import ExportJob, ExportKind, JobStatus
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.ports.exports import ExportJobs, ExportObjects
from nightdesk.names import EventType

LINK_LASTS = timedelta(minutes=10)

Told = Callable[[int], None]
"""Takes how many percent are done."""
Make = Callable[[ExportJob, Told], bytes]
"""Makes what a job asks for: equal jobs over equal data make equal bytes."""


@dataclass(frozen=True, slots=True)
class AskExport:
    """Queue an export; one of a kind is under way at a time."""

    jobs: ExportJobs

    def __call__(
        self, owner: UserId, kind: ExportKind, options: ExportOptions, *, cause: str, now: datetime
    ) -> ExportJob:
        """Return the job. Raises Conflict `EXPORT_RUNNING`."""
        return self.jobs.begin(ExportJob.asked(owner, kind, options, cause=cause, now=now), now)


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
        job = self.jobs.save(job.working(0, clock()), None)

        def told(progress: int) -> None:
            nonlocal job
            if progress > job.progress:
                job = self.jobs.save(job.working(progress, clock()), None)

        content = self.make(job, told)
        self.objects.put(job, content)
        now = clock()
        done = job.ready(len(content), hashlib.sha256(content).hexdigest(), now)
        data = {"export_id": done.id, "kind": done.kind.value}
        return self.jobs.save(
            done, event(owner, EventType.EXPORT_READY, now, data, cause=f"{done.id}|ready")
        )


@dataclass(frozen=True, slots=True)
class FailExport:
    """Give up: another can be asked for at once."""

    jobs: ExportJobs

    def __call__(self, owner: UserId, job_id: str, now: datetime) -> ExportJob:
        """Return it failed; one that has ended is left as it is. Raises Missing."""
        job = self.jobs.get(owner, job_id)
        return self.jobs.save(job.failed(now), None) if job.status.under_way else job


@dataclass(frozen=True, slots=True)
class LinkExport:
    """Hand out a link to what was made, a new one each time."""

    jobs: ExportJobs
    objects: ExportObjects

    def __call__(self, owner: UserId, job_id: str, now: datetime) -> str:
        """Return it. Raises Missing unless the export is ready and still kept."""
        job = self.jobs.get(owner, job_id)
        if job.standing(now) is not JobStatus.READY:
            raise Missing("there is nothing to fetch")
        return self.objects.link(job, lasts=LINK_LASTS)
