"""Exports in the desk table, and which one of an owner began last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.exported import Export, Scope, Status
from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import found_at
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.errors import Conflict, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId


class ExportItem(DeskItem, discriminator="EXPORT"):
    """One export, as long as its archive is kept."""

    privacy = destroyed("exports")

    scope = UnicodeAttribute()
    status = UnicodeAttribute()
    asked_at = MomentAttribute()
    held_until = MomentAttribute()
    finished_at = MomentAttribute(null=True)
    size = IntegerAttribute(null=True)
    counts = JsonAttribute()

    @classmethod
    def from_domain(cls, export: Export) -> Self:
        """Build the row."""
        return cls(
            keys.owner(export.owner),
            keys.export(export.export_id),
            scope=export.scope.value,
            status=export.status.value,
            asked_at=export.asked_at,
            held_until=export.held_until,
            finished_at=export.finished_at,
            size=export.size,
            counts=dict(export.counts),
            expires_at=export.until,
        )

    def to_domain(self) -> Export:
        """Build the noun."""
        return Export(
            export_id=self.sk.removeprefix(keys.EXPORTS),
            owner=UserId(self.pk.removeprefix("U#")),
            scope=Scope(self.scope),
            status=Status(self.status),
            asked_at=self.asked_at,
            held_until=self.held_until,
            finished_at=self.finished_at,
            size=self.size,
            counts=self.counts,
        )


class ExportingItem(DeskItem, discriminator="EXPORTING"):
    """Which export of an owner began last."""

    privacy = destroyed()

    export_id = UnicodeAttribute()


@dataclass(frozen=True, slots=True)
class DynamoExports:
    """The port Exports."""

    audit: DynamoAudit

    def get(self, owner: UserId, export_id: str) -> Export | None:
        """Return one, or None."""
        found = found_at(ExportItem, keys.owner(owner), keys.export(export_id))
        return found.to_domain() if found else None

    def begin(self, export: Export, *, entries: Sequence[Entry]) -> None:
        """Store it as the one that runs, unless another one does."""
        partition, running = keys.owner(export.owner), _running()
        last = found_at(ExportingItem, partition, keys.EXPORTING)
        before = self.get(export.owner, last.export_id) if last else None
        if before is not None and before.standing(export.asked_at) is Status.RUNNING:
            raise running
        absent = DeskItem.pk.does_not_exist()
        unmoved = ExportingItem.export_id == last.export_id if last else absent

        def build() -> Write:
            write = Write()
            pointer = ExportingItem(partition, keys.EXPORTING, export_id=export.export_id)
            write.put(pointer, unmoved, running)
            write.put(ExportItem.from_domain(export), absent, running)
            return write

        with translated():
            self.audit.commit(build, entries)

    @translated()
    def save(self, export: Export, *, events: Sequence[Event] = (), now: datetime) -> None:
        """Store it over a running one."""
        write, ended = Write(), StaleWrite("the export has ended")
        running = ExportItem.status == Status.RUNNING.value
        write.put(ExportItem.from_domain(export), running, ended)
        for event in events:
            write.put(EventItem.from_domain(event, now), DeskItem.pk.does_not_exist(), ended)
        write.commit()


def _running() -> Conflict:
    return Conflict("EXPORT_RUNNING", "An export is being made; wait for it to end.")
