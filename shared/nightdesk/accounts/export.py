"""A copy of all that is an owner's, made by a workflow: asked for, collected, packed, fetched.

The workflow carries the place that it has come to; what is collected lies in parts beside the
archive to be, named by the step that wrote them. So a step that is repeated writes the same again,
and nothing is held in memory but one step's rows.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from nightdesk.accounts.anchor import Anchor
from nightdesk.accounts.audit import Break, Json, Origin, Record, Target, entries
from nightdesk.accounts.exported import Export, Place, Row, Scope, Status
from nightdesk.accounts.notice import notified
from nightdesk.accounts.ports import Sealer
from nightdesk.accounts.privacy_ports import ExportFiles, Exports, OwnedItems, Workflows
from nightdesk.core import cells
from nightdesk.core.clock import iso
from nightdesk.core.errors import Missing
from nightdesk.core.events import Event, event
from nightdesk.core.ids import UserId, ulid
from nightdesk.names import EventType

HELD = timedelta(minutes=20)
"""A running export whose step has not ended for so long runs no more; another may start."""
LINK = timedelta(minutes=10)
STEP_ROWS = 4_000
STEP_BYTES = 4 * 2**20
"""What one step collects: rows, or bytes of text, whichever is reached first."""
PAGE_ROWS = 200
WORKFLOW = "export"
AUDIT_FILE = "audit"
CONTENTS = "contents.json"


@dataclass(frozen=True, slots=True)
class RequestExport:
    """Begin an export."""

    exports: Exports
    workflows: Workflows

    def __call__(
        self, owner: UserId, scope: Scope, *, origin: Origin, cause: str, now: datetime
    ) -> Export:
        """Return the export that runs; the same `cause` at the same moment is the same one.

        Raises Conflict `EXPORT_RUNNING`; StoreUnavailable if it could not be started: asked
        again under its cause, it starts then.
        """
        export_id = ulid(now, owner, "export", cause)
        export = self.exports.get(owner, export_id)
        if export is None:
            export = Export(
                export_id=export_id, owner=owner, scope=scope, asked_at=now, held_until=now + HELD
            )
            target = Target(kind="export", id=export_id)
            told = entries(scope.action, origin, now, owner=owner, target=target)
            self.exports.begin(export, entries=told)
        begun = Collected.begun(export)
        self.workflows.start(WORKFLOW, export_id, begun.state)
        return export


@dataclass(frozen=True, slots=True)
class ReadExport:
    """Show how an export stands, with a link while there is something to fetch."""

    exports: Exports
    files: ExportFiles

    def __call__(self, owner: UserId, export_id: str, now: datetime) -> tuple[Export, str | None]:
        """Return the export and a link of 10 minutes, None unless it is ready. Raises Missing."""
        export = self.exports.get(owner, export_id)
        if export is None or now >= export.until:
            raise Missing("no such export")
        if export.standing(now) is not Status.READY:
            return replace(export, status=export.standing(now)), None
        return export, self.files.link(export, int(LINK.total_seconds()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What the workflow carries from step to step."""

    owner: UserId
    export_id: str
    as_of: datetime
    step: int = 0
    place: Place | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    done: bool = False

    @classmethod
    def begun(cls, export: Export) -> Self:
        """Return the state before the first step."""
        return cls(owner=export.owner, export_id=export.export_id, as_of=export.asked_at)

    @property
    def state(self) -> dict[str, Json]:
        """Return it as plain JSON."""
        return {
            "owner": self.owner,
            "export_id": self.export_id,
            "as_of": iso(self.as_of),
            "step": self.step,
            "place": None if self.place is None else asdict(self.place),
            "counts": dict(self.counts),
            "done": self.done,
        }


TRADES = (
    *("fill_id", "at", "mode", "bot_id", "client_order_id", "venue", "instrument", "side", "leg"),
    *("quantity", "price", "fee", "fee_asset", "fee_value", "liquidity"),
)
"""Columns of trades.csv: one line for each fill."""
LEDGER = ("posting_id", "at", "bot_id", "account", "asset", "amount")
"""Columns of ledger.csv: one line for each line of a posting; the lines of one sum to zero."""


@dataclass(frozen=True, slots=True)
class CollectExport:
    """One step of an export: collect some rows into parts, or in the last one pack them."""

    exports: Exports
    items: OwnedItems
    files: ExportFiles
    sealer: Sealer
    broken: Callable[[str, datetime], Break | None]
    anchors: Callable[[str], Sequence[Anchor]]

    def __call__(self, state: Collected, now: datetime) -> Collected:
        """Return what the next step starts from.

        Raises Missing for an export that was never asked for; one that has ended is left alone.
        """
        export = self.exports.get(state.owner, state.export_id)
        if export is None:
            raise Missing("no such export")
        if export.status is not Status.RUNNING:
            return replace(state, done=True)
        if state.step > 0 and state.place is None:
            return self._packed(export, state, now)
        self.exports.save(replace(export, held_until=now + HELD), now=now)
        return self._collected(export, state, now)

    def fail(self, state: Collected, now: datetime) -> None:
        """Give up: the owner may ask for another. Again, or after its end, changes nothing."""
        export = self.exports.get(state.owner, state.export_id)
        if export is not None and export.status is Status.RUNNING:
            ended = replace(export, status=Status.FAILED, finished_at=now)
            self.exports.save(ended, events=(_told(ended, now),), now=now)

    def _collected(self, export: Export, state: Collected, now: datetime) -> Collected:
        place: Place | None = state.place or self.items.start(export.owner, export.scope)
        gathered = Gathered(counts=dict(state.counts))
        while place is not None and not gathered.full:
            if place.table == AUDIT_FILE:
                place = self._records(export, gathered, place, now)
            else:
                found = self.items.after(export.owner, place, limit=PAGE_ROWS)
                for row in found.rows:
                    gathered.add(row)
                place = found.place
        self.files.put(export, state.step, gathered.files)
        return replace(state, step=state.step + 1, place=place, counts=gathered.counts)

    def _records(
        self, export: Export, gathered: "Gathered", place: Place, now: datetime
    ) -> Place | None:
        """Take a page of a chain. Where a chain begins its proof is written down."""
        records, goes_on = self.items.records(export.owner, place, limit=PAGE_ROWS)
        if records and not place.after:
            for anchor in self.anchors(place.partition):
                gathered.anchor(anchor)
            found = self.broken(place.partition, now)
            gathered.proof(
                {
                    "chain": place.partition,
                    "first_seq": records[0].seq,
                    "holds": found is None,
                    "broken_at": found.seq if found else None,
                    "reason": found.reason if found else None,
                    "verified_at": iso(now),
                }
            )
        for record in records:
            words = self.sealer.open(record)
            gathered.record(record, words)
        return goes_on

    def _packed(self, export: Export, state: Collected, now: datetime) -> Collected:
        contents: dict[str, Json] = {
            "export_id": export.export_id,
            "scope": export.scope.value,
            "asked_at": iso(export.asked_at),
            "files": dict(state.counts),
        }
        heads = {f"{AUDIT_FILE}.jsonl": b""}
        if export.scope is Scope.ALL:
            heads |= {
                "trades.csv": cells.line(TRADES).encode(),
                "ledger.csv": cells.line(LEDGER).encode(),
            }
        size = self.files.pack(export, heads, {CONTENTS: _pretty(contents)})
        ready = replace(
            export,
            status=Status.READY,
            finished_at=now,
            size=size,
            counts=dict(state.counts),
        )
        self.exports.save(ready, events=(_told(ready, now),), now=now)
        return replace(state, done=True)


@dataclass(slots=True)
class Gathered:
    """What one step has collected: text by the name of its file, and counts by kind."""

    counts: dict[str, int]
    rows: int = 0
    size: int = 0
    _files: dict[str, list[str]] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether this is enough for one step."""
        return self.rows >= STEP_ROWS or self.size >= STEP_BYTES

    @property
    def files(self) -> dict[str, bytes]:
        """Return what is to be stored."""
        return {name: "".join(lines).encode() for name, lines in self._files.items()}

    def add(self, row: Row) -> None:
        """Take an item: a line of JSON, and what the tables have of it."""
        self._count(row.file)
        self._write(f"{row.file}.jsonl", _json(row.content))
        if row.trade is not None:
            self._write("trades.csv", cells.line(row.trade))
        for posting in row.postings:
            self._write("ledger.csv", cells.line(posting))

    def record(self, record: Record, words: Mapping[str, str] | None) -> None:
        """Take an entry of the audit log as it was hashed, and beside it what was sealed in it."""
        self._count(AUDIT_FILE)
        self._write(f"{AUDIT_FILE}.jsonl", _json({**record.content, "hash": record.hash}))
        if words:
            said: dict[str, Json] = {"chain": record.chain, "seq": record.seq}
            self._write("audit_words.jsonl", _json({**said, "words": dict(words)}))

    def anchor(self, anchor: Anchor) -> None:
        """Take what was written down of a chain elsewhere: an export is verified against it."""
        held: dict[str, Json] = {"chain": anchor.chain, "seq": anchor.seq, "hash": anchor.hash}
        self._write(f"{AUDIT_FILE}.jsonl", _json(held))

    def proof(self, found: Mapping[str, Json]) -> None:
        """Take what the walk along a whole chain has shown."""
        self._write(f"{AUDIT_FILE}_report.jsonl", _json(found))

    def _count(self, name: str) -> None:
        self.rows += 1
        self.counts[name] = self.counts.get(name, 0) + 1

    def _write(self, name: str, text: str) -> None:
        self._files.setdefault(name, []).append(text)
        self.size += len(text)


def _told(export: Export, now: datetime) -> Event:
    if export.status is Status.READY:
        data = {"export_id": export.export_id}
        return event(export.owner, EventType.EXPORT_READY, now, data, cause=export.export_id)
    return notified(
        export.owner,
        "export_failed",
        now,
        title="The export failed",
        text="Your data could not be collected. Ask for another export.",
        cause=export.export_id,
    )


def _json(content: Mapping[str, Json]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=cells.cell) + "\n"


def _pretty(content: Mapping[str, Json]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
