"""The audit log in memory, and words that are hidden but not locked away."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from nightdesk.accounts.anchor import Anchor
from nightdesk.accounts.audit import Action, Entry, Record, Severity, canonical, linked
from nightdesk.accounts.sought import Sought
from nightdesk.core.clock import from_iso
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from tests.builders.audit import AT

TODAY = AT.date()


@dataclass
class FakeAudit:
    """The port AuditTrail: it keeps what it is told."""

    entries: list[Entry] = field(default_factory=list)

    def record(self, entries: Sequence[Entry]) -> None:
        self.entries.extend(entries)

    @property
    def actions(self) -> list[Action]:
        return [entry.action for entry in self.entries]


@dataclass
class OpenSealer:
    """The port Sealer without a key: base64 alone. What `lost` owners sealed opens no more."""

    lost: set[UserId] = field(default_factory=set)

    def seal(self, entry: Entry) -> str:
        words = entry.private
        return base64.b64encode(canonical(dict(words))).decode() if words else ""

    def open(self, record: Record) -> Mapping[str, str] | None:
        if not record.sealed:
            return {}
        if record.owner in self.lost:
            return None
        return dict(json.loads(base64.b64decode(record.sealed)))


@dataclass
class MemoryAudit:
    """The ports AuditTrail and AuditRecords over chains in memory; it writes on the day AT."""

    sealer: OpenSealer = field(default_factory=OpenSealer)
    chains: dict[str, list[Record]] = field(default_factory=dict)
    day: date = TODAY
    grown: dict[date, list[str]] = field(default_factory=dict)

    def record(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            chain = self.chains.setdefault(entry.chain, [])
            chain.append(linked(entry, self.sealer.seal(entry), chain[-1] if chain else None))
            marked = self.grown.setdefault(self.day, [])
            if entry.chain not in marked:
                marked.append(entry.chain)

    def of_owner(
        self, owner: UserId, sought: Sought, *, limit: int, after: str | None
    ) -> Page[Record]:
        return self._page(lambda one: one.owner == owner, sought, limit, after)

    def alarming(self, sought: Sought, *, limit: int, after: str | None) -> Page[Record]:
        return self._page(lambda one: one.severity != Severity.INFO, sought, limit, after)

    def chain(self, name: str) -> Iterator[Record]:
        return iter(list(self.chains.get(name, ())))

    def head(self, name: str) -> Record | None:
        return next(reversed(self.chains.get(name, [])), None)

    def changed(self, day: date) -> Sequence[str]:
        return self.grown.get(day, [])

    def _page(
        self, wanted: Callable[[Record], bool], sought: Sought, limit: int, after: str | None
    ) -> Page[Record]:
        found = {
            f"{one.at}#{one.seq:012d}#{one.chain}": one
            for chain in self.chains.values()
            for one in chain
            if wanted(one) and sought.fits(one) and sought.since <= from_iso(one.at) < sought.until
        }
        keys = [key for key in sorted(found, reverse=True) if after is None or key < after]
        more = keys[limit - 1] if len(keys) > limit else None
        return Page([found[key] for key in keys[:limit]], more)


@dataclass
class MemoryAnchors:
    """The port Anchors."""

    kept: list[Anchor] = field(default_factory=list)

    def put(self, anchor: Anchor) -> None:
        self.kept.append(anchor)

    def of(self, name: str) -> Sequence[Anchor]:
        return [one for one in self.kept if one.chain == name]

    def all(self) -> Iterator[Anchor]:
        return iter(sorted(self.kept, key=lambda one: (one.chain, one.seq)))
