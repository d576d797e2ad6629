"""Fills without an id that look like stored ones: told again, unless their owner says no."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from nightdesk.core.ids import UserId
from nightdesk.trading.external import ExternalRecord, ExternalRecords, Likeness, RecordKind

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Twins:
    """What others than `source` have stored of a span, by how it looks. Read when first asked.

    `since` None: the file has no fill without an id. `told`: fingerprints of all that it tells.
    """

    records: ExternalRecords
    owner: UserId
    source: str
    since: datetime | None
    until: datetime | None
    told: Callable[[], Set[str]]

    def has(self, record: ExternalRecord) -> bool:
        """Whether a fill without an id looks like a stored one that its file does not tell."""
        if record.kind is not RecordKind.FILL or record.ref:
            return False
        names = self._stored.get(record.likeness, frozenset())
        return bool(names) and record.fingerprint not in names and not names <= self._told

    @cached_property
    def _stored(self) -> Mapping[Likeness, Set[str]]:
        found: dict[Likeness, set[str]] = defaultdict(set)
        if self.since is None or self.until is None:
            return found
        since = self.since.replace(microsecond=0)
        for one in self.records.between(self.owner, since, self.until + SECOND):
            if one.kind is RecordKind.FILL and self.source not in one.sources:
                found[one.likeness].add(one.fingerprint)
        return found

    @cached_property
    def _told(self) -> Set[str]:
        return self.told()
