"""The audit log: entries at the heads of their chains, in the transaction of what they tell."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from random import uniform
from time import sleep
from typing import Any, Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.anchor import KEPT
from nightdesk.accounts.audit import Entry, Record, Severity, canonical, linked
from nightdesk.accounts.ports import Sealer
from nightdesk.accounts.privacy import kept, nobodys
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import JsonAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.tables import AuditItem
from nightdesk.adapters.dynamo.transactions import Overtaken, Write
from nightdesk.core.clock import Clock, from_iso, iso, utc
from nightdesk.core.errors import StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.names import Metric
from nightdesk.observability import metrics

CHANGED_KEPT = timedelta(days=90)
TRIES = 5
PAUSE = 0.02
"""Seconds that a try waits at most, for each try before it."""

_log = logging.getLogger(__name__)


class EntryItem(AuditItem, discriminator="ENTRY"):
    """One entry in its place; partition and sort key are its chain and its number there."""

    privacy = kept("audit")

    event_id = UnicodeAttribute()
    owner = UnicodeAttribute()
    at = UnicodeAttribute()
    action = UnicodeAttribute()
    severity = UnicodeAttribute()
    actor = JsonAttribute()
    target = JsonAttribute(null=True)
    outcome = UnicodeAttribute()
    code = UnicodeAttribute(null=True)
    source = UnicodeAttribute()
    request_id = UnicodeAttribute()
    session_id = UnicodeAttribute()
    details = JsonAttribute()
    sealed = UnicodeAttribute()
    prev_hash = UnicodeAttribute()
    hash = UnicodeAttribute()
    written_on = UnicodeAttribute()
    """The day of the write, by the clock: `at` may be the past that a replay acts in."""

    @classmethod
    def from_domain(cls, record: Record, *, now: datetime) -> Self:
        """Build the row, and its places in the indexes.

        The entries of a day lapse together: the one before the oldest left is a day's last, and
        so it has an anchor.
        """
        at = from_iso(record.at)
        alarming = record.severity != Severity.INFO
        return cls(
            record.chain,
            keys.audit_entry(record.seq),
            **_stored(record),
            written_on=iso(now)[:10],
            expires_at=datetime.combine(utc(now), time(), UTC) + timedelta(days=1) + KEPT,
            owner_month=keys.audit_month(UserId(record.owner), record.at[:7]),
            severity_day=keys.audit_day(record.severity, record.at[:10]) if alarming else None,
            moment=keys.feed(at, f"{keys.audit_entry(record.seq)}#{record.event_id}"),
        )

    def to_domain(self) -> Record:
        """Build the noun as it was hashed, whatever was done to the row since."""
        names = [one.name for one in fields(Record) if one.name not in {"chain", "seq"}]
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        return Record(chain=self.pk, seq=int(self.sk), **found)


class ChangedItem(AuditItem, discriminator="CHANGED"):
    """Says that a chain was appended to on a day: so the daily anchors need no scan."""

    privacy = nobodys()


@dataclass(frozen=True, slots=True)
class DynamoAudit:
    """The port AuditTrail, and the way by which other adapters write what they change."""

    sealer: Sealer
    clock: Clock

    def record(self, entries: Sequence[Entry]) -> None:
        """Append each entry by itself. A loss is logged and counted, and breaks nothing."""
        for entry in entries:
            try:
                self.commit(Write, [entry])
            except Exception:  # noqa: BLE001 - what is only told may not break what was done
                _log.exception("an audit entry is lost: %r", entry)
                metrics.add_metric(Metric.AUDIT_WRITE_FAILED, unit="Count", value=1)

    @translated()
    def commit(self, build: Callable[[], Write], entries: Sequence[Entry]) -> None:
        """Write what `build` returns and the entries, all or nothing.

        `build` is called for each try, and after the chains were read: if what it has counted
        moved since, with an entry on one of them, the try fails and it counts again.
        Raises what a failed part of `build` means, and StoreUnavailable after the last try;
        then nothing was written.
        """
        if not entries:
            return build().commit()
        sealed = [self.sealer.seal(entry) for entry in entries]
        for tried in range(TRIES):
            heads = {chain: head(chain) for chain in {entry.chain for entry in entries}}
            write = build()
            self._append(write, list(zip(entries, sealed, strict=True)), heads)
            try:
                return write.commit()
            except Overtaken:
                sleep(uniform(0, PAUSE * (tried + 1)))  # noqa: S311 - parts writers # nosec B311
        raise StoreUnavailable(f"others wrote first on a chain of {entries}, {TRIES} times")

    def _append(
        self,
        write: Write,
        entries: Sequence[tuple[Entry, str]],
        heads: dict[str, "EntryItem | None"],
    ) -> None:
        """Put each entry behind the head of its chain, or behind the one just put there."""
        now, new = self.clock.now(), AuditItem.pk.does_not_exist()
        today = iso(now)[:10]
        for entry, sealed in entries:
            chain = entry.chain
            before = heads[chain]
            record = linked(entry, sealed, before.to_domain() if before else None)
            heads[chain] = item = EntryItem.from_domain(record, now=now)
            write.put(item, new, Overtaken(f"{chain} has its entry {record.seq}"))
            if before is None or before.written_on != today:
                mark = ChangedItem(keys.audit_changed(today), chain, expires_at=now + CHANGED_KEPT)
                write.put(mark, None, Overtaken(f"{chain} is written to"))


def head(chain: str) -> EntryItem | None:
    """Return the newest entry of a chain by a consistent read, or None."""
    found = EntryItem.query(
        chain, scan_index_forward=False, limit=1, page_size=1, consistent_read=True
    )
    return next(iter(found), None)


def _stored(record: Record) -> Mapping[str, Any]:
    """Return the fields as they come back: amounts are text, as in the hash."""
    plain: dict[str, Any] = json.loads(canonical(record.content))
    stored = {name: value for name, value in plain.items() if name not in {"chain", "seq"}}
    return {**stored, "hash": record.hash}
