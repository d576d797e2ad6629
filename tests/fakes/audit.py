"""The audit log in memory, and words that are hidden but not locked away."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nightdesk.accounts.audit import Action, Entry, Record, canonical
from nightdesk.core.ids import UserId


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
