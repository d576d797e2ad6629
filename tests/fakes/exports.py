"""Exports in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from nightdesk.core.errors import Conflict, Missing, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.journal.export_job import ExportJob


@dataclass
class MemoryExportJobs:
    """The port ExportJobs."""

    kept: dict[tuple[UserId, str], ExportJob] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)

    def get(self, owner: UserId, job_id: str) -> ExportJob:
        found = self.kept.get((owner, job_id))
        if found is None:
            raise Missing("no such export")
        return found

    def begin(self, job: ExportJob, now: datetime) -> ExportJob:
        if (job.owner, job.id) in self.kept:
            return self.kept[job.owner, job.id]
        for other in self.kept.values():
            same = (other.owner, other.kind) == (job.owner, job.kind)
            if same and other.standing(now).under_way:
                raise Conflict("EXPORT_RUNNING", "An export of this kind is being made.")
        return self._stored(job)

    def save(self, job: ExportJob, told: Event | None) -> ExportJob:
        if self.get(job.owner, job.id).version != job.version:
            raise StaleWrite("the export moved on")
        self.told += [told] if told else []
        return self._stored(job)

    def _stored(self, job: ExportJob) -> ExportJob:
        stored = replace(job, version=job.version + 1)
        self.kept[job.owner, job.id] = stored
        return stored


@dataclass
class MemoryExportObjects:
    """The port ExportObjects."""

    kept: dict[str, bytes] = field(default_factory=dict)
    links: int = 0

    def put(self, job: ExportJob, content: bytes) -> None:
        self.kept[job.id] = content

    def link(self, job: ExportJob, *, lasts: timedelta) -> str:
        self.links += 1
        return f"https://store/{job.id}?lasts={lasts.total_seconds():.0f}&n={self.links}"
