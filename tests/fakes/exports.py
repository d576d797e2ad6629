"""Exports in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from nightdesk.accounts.audit import Json
from nightdesk.core.errors import Conflict, Missing, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
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

    def save(self, job: ExportJob, told: Event | None, now: datetime) -> ExportJob:
        if self.get(job.owner, job.id).version != job.version:
            raise StaleWrite("the export moved on")
        self.told += [told] if told else []
        return self._stored(job)

    def page(self, owner: UserId, *, limit: int, after: str | None) -> Page[ExportJob]:
        names = sorted((name for of, name in self.kept if of == owner), reverse=True)
        left = [one for one in names if after is None or one < after]
        shown = [self.kept[owner, one] for one in left[:limit]]
        return Page(shown, shown[-1].id if len(left) > limit else None)

    def _stored(self, job: ExportJob) -> ExportJob:
        stored = replace(job, version=job.version + 1)
        self.kept[job.owner, job.id] = stored
        return stored


@dataclass
class MemoryExportObjects:
    """The port ExportObjects."""

    kept: dict[str, bytes] = field(default_factory=dict)
    links: int = 0

    def put(self, job: ExportJob, pieces: Iterable[bytes]) -> None:
        self.kept[job.id] = b"".join(pieces)

    def link(self, job: ExportJob, *, lasts: timedelta) -> str:
        self.links += 1
        return f"https://store/{job.id}?lasts={lasts.total_seconds():.0f}&n={self.links}"

    def drop(self, job: ExportJob) -> None:
        self.kept.pop(job.id, None)


@dataclass
class MemoryWorkflows:
    """The port Workflows: it keeps what it was asked to start."""

    started: list[tuple[str, str, Mapping[str, Json]]] = field(default_factory=list)

    def start(self, workflow: str, name: str, state: Mapping[str, Json]) -> None:
        self.started.append((workflow, name, state))
