"""Exports of the journal in the desk table, and which one of each kind began last."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import found_at
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.queries import LAST, page
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Overtaken, Write
from nightdesk.core.errors import Conflict, Missing
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.export_job import ExportJob

REMEMBERED = timedelta(days=30)
"""How long after its end an export is still known to have been."""


class JournalExportItem(Body, DeskItem, discriminator="JEXP"):
    """One export."""

    privacy = destroyed("journal_exports")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, job: ExportJob) -> Self:
        """Build the row that follows the version in `job`."""
        item = cls(
            keys.owner(job.owner),
            keys.journal_export(job.id),
            version=job.version + 1,
            expires_at=job.until + REMEMBERED,
        )
        item.hold(job, without=frozenset({"owner", "id", "version"}))
        return item

    def to_domain(self) -> ExportJob:
        """Build the noun, checked again."""
        return self.held(
            ExportJob,
            owner=UserId(self.pk.removeprefix("U#")),
            id=self.sk.removeprefix(keys.JOURNAL_EXPORTS),
            version=self.version,
        )


class JournalExportingItem(DeskItem, discriminator="JEXPING"):
    """Which export of a kind began last."""

    privacy = destroyed()

    export_id = UnicodeAttribute()


@dataclass(frozen=True, slots=True)
class DynamoExportJobs:
    """The port ExportJobs."""

    def get(self, owner: UserId, job_id: str) -> ExportJob:
        """Return one, read consistently. Raises Missing."""
        found = self._found(owner, job_id)
        if found is None:
            raise Missing("no such export")
        return found

    @translated()
    def begin(self, job: ExportJob, now: datetime) -> ExportJob:
        """Store a new one as that of its kind which runs, or return what has its id."""
        known = self._found(job.owner, job.id)
        if known is not None:
            return known
        running = Conflict("EXPORT_RUNNING", "An export of this kind is being made.")
        partition, place = keys.owner(job.owner), keys.journal_exporting(job.kind.value)
        last = found_at(JournalExportingItem, partition, place)
        before = self._found(job.owner, last.export_id) if last else None
        if before is not None and before.standing(now).under_way:
            raise running
        absent = DeskItem.pk.does_not_exist()
        unmoved = JournalExportingItem.export_id == last.export_id if last else absent
        write = Write()
        write.put(JournalExportingItem(partition, place, export_id=job.id), unmoved, running)
        write.put(JournalExportItem.from_domain(job), absent, running)
        write.commit()
        return replace(job, version=job.version + 1)

    @translated()
    def save(self, job: ExportJob, told: Event | None, now: datetime) -> ExportJob:
        """Store it over its version, with what is told. Raises StaleWrite."""
        stale = Overtaken(f"the export {job.id} has moved on")
        write = Write()
        unmoved = JournalExportItem.version == job.version
        write.put(JournalExportItem.from_domain(job), unmoved, stale)
        if told is not None:
            write.put(EventItem.from_domain(told, now), DeskItem.pk.does_not_exist(), stale)
        write.commit()
        return replace(job, version=job.version + 1)

    @translated()
    def page(self, owner: UserId, *, limit: int, after: str | None) -> Page[ExportJob]:
        """Return exports, newest first."""
        low, high = keys.JOURNAL_EXPORTS, keys.JOURNAL_EXPORTS + LAST
        items, more = page(
            JournalExportItem,
            keys.owner(owner),
            low,
            high,
            limit=limit,
            after=after,
            newest_first=True,
        )
        return Page([item.to_domain() for item in items], more)

    def _found(self, owner: UserId, job_id: str) -> ExportJob | None:
        item = found_at(JournalExportItem, keys.owner(owner), keys.journal_export(job_id))
        return None if item is None else item.to_domain()
