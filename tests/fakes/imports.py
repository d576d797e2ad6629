"""Imports in memory: the desk's part of them, the bucket's, the queue's. Any write may die."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.imported import Import, Planned, SavedMap, Step, Summary, Upload
from nightdesk.journal.importing.issue import Issue
from nightdesk.trading.external import ExternalRecord, Put

Key = tuple[UserId, str]


class Died(Exception):
    """A worker was ended before, or right after, a write."""


@dataclass
class Fate:
    """Counts writes, and ends the worker at one of them: before it or after it."""

    at: int | None = None
    after: bool = False
    writes: int = 0

    def before(self) -> None:
        self.writes += 1
        if self.writes == self.at and not self.after:
            raise Died

    def done(self) -> None:
        if self.writes == self.at and self.after:
            raise Died


@dataclass
class FakeImports:
    """The port Imports."""

    fate: Fate = field(default_factory=Fate)
    stored: dict[Key, Import] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    kept: dict[Key, SavedMap] = field(default_factory=dict)

    def create(self, one: Import) -> Import:
        return self.stored.setdefault((one.owner, one.import_id), replace(one, version=1))

    def get(self, owner: UserId, import_id: str) -> Import:
        if (owner, import_id) not in self.stored:
            raise Missing("no such import")
        return self.stored[owner, import_id]

    def save(self, one: Import, *, events: Sequence[Event] = (), now: datetime) -> Import:
        if self.get(one.owner, one.import_id).version != one.version:
            raise StaleWrite("the import has moved on")
        self.fate.before()
        saved = replace(one, version=one.version + 1)
        self.stored[one.owner, one.import_id] = saved
        self.events += events
        self.fate.done()
        return saved

    def page(self, owner: UserId, *, limit: int, after: str | None) -> Page[Import]:
        mine = sorted((one for one in self.stored if one[0] == owner), reverse=True)
        left = [one for one in mine if after is None or f"JIMP#{one[1]}" < after]
        more = f"JIMP#{left[limit - 1][1]}" if len(left) > limit else None
        return Page([self.stored[one] for one in left[:limit]], more)

    def keep(self, one: SavedMap) -> None:
        self.kept[one.owner, one.map_id] = one

    def maps(self, owner: UserId) -> Sequence[SavedMap]:
        mine = [one for (of, _), one in self.kept.items() if of == owner]
        return sorted(mine, key=lambda one: (one.created_at, one.map_id))

    def forget(self, owner: UserId, map_id: str) -> None:
        if self.kept.pop((owner, map_id), None) is None:
            raise Missing("no such map")


@dataclass
class FakeImportFiles:
    """The port ImportFiles."""

    fate: Fate = field(default_factory=Fate)
    files: dict[Key, bytes] = field(default_factory=dict)
    parts: dict[tuple[UserId, str, str, int], object] = field(default_factory=dict)

    def upload(self, owner: UserId, import_id: str, *, most: int) -> Upload:
        return Upload(url="https://uploads.example", fields={"key": f"{owner}/{import_id}"})

    def size(self, owner: UserId, import_id: str) -> int | None:
        found = self.files.get((owner, import_id))
        return None if found is None else len(found)

    def content(self, owner: UserId, import_id: str, *, most: int) -> bytes:
        if (owner, import_id) not in self.files:
            raise Missing("no such file")
        return self.files[owner, import_id][:most]

    def put_part(
        self, owner: UserId, import_id: str, part: int, planned: Sequence[Planned]
    ) -> None:
        self._put(owner, import_id, "part", part, tuple(planned))

    def part(self, owner: UserId, import_id: str, part: int) -> Sequence[Planned]:
        found: tuple[Planned, ...] = self._get(owner, import_id, "part", part)
        return found

    def put_issues(self, owner: UserId, import_id: str, part: int, issues: Sequence[Issue]) -> None:
        self._put(owner, import_id, "issues", part, tuple(issues))

    def issues(self, owner: UserId, import_id: str, part: int) -> Sequence[Issue]:
        found: tuple[Issue, ...] = self._get(owner, import_id, "issues", part)
        return found

    def put_summary(self, owner: UserId, import_id: str, summary: Summary) -> None:
        self._put(owner, import_id, "summary", 0, summary)

    def summary(self, owner: UserId, import_id: str) -> Summary:
        found: Summary = self._get(owner, import_id, "summary", 0)
        return found

    def destroy(self, owner: UserId) -> int:
        mine = [one for one in self.files if one[0] == owner]
        parts = [one for one in self.parts if one[0] == owner]
        for key in mine:
            del self.files[key]
        for part in parts:
            del self.parts[part]
        return len(mine) + len(parts)

    def _put(self, owner: UserId, import_id: str, what: str, part: int, content: object) -> None:
        self.fate.before()
        self.parts[owner, import_id, what, part] = content
        self.fate.done()

    def _get(self, owner: UserId, import_id: str, what: str, part: int):  # type: ignore[no-untyped-def]
        if (owner, import_id, what, part) not in self.parts:
            raise Missing("no such part")
        return self.parts[owner, import_id, what, part]


@dataclass
class FakeExternalRecords:
    """The port ExternalRecords. A write is one record: a worker may die between any two."""

    fate: Fate = field(default_factory=Fate)
    stored: dict[Key, ExternalRecord] = field(default_factory=dict)
    legs: dict[Key, str] = field(default_factory=dict)

    def put(
        self,
        owner: UserId,
        records: Sequence[ExternalRecord],
        source: str,
        *,
        unseen: bool = False,
    ) -> Sequence[Put]:
        return [self._put(owner, record, source) for record in records]

    def _put(self, owner: UserId, record: ExternalRecord, source: str) -> Put:
        key = owner, record.fingerprint
        if key in self.stored:
            sources = self.stored[key].sources
            if source not in sources:
                self.fate.before()
                self.stored[key] = replace(self.stored[key], sources=(*sources, source))
                self.fate.done()
                return Put.JOINED
            return Put.ADDED if sources[0] == source else Put.JOINED
        if any(
            self.legs.get((owner, leg), record.fingerprint) != record.fingerprint
            for leg in (record.fingerprint, *record.legs)
        ):
            return Put.TAKEN
        self.fate.before()
        self.stored[key] = replace(record, sources=(source,))
        self.legs |= {(owner, leg): record.fingerprint for leg in record.legs}
        self.fate.done()
        return Put.ADDED

    def drop(self, owner: UserId, records: Sequence[ExternalRecord], source: str) -> Sequence[bool]:
        return [self._drop(owner, record, source) for record in records]

    def _drop(self, owner: UserId, record: ExternalRecord, source: str) -> bool:
        key = owner, record.fingerprint
        if key not in self.stored:
            return True
        left = tuple(one for one in self.stored[key].sources if one != source)
        if left == self.stored[key].sources:
            return False
        self.fate.before()
        if left:
            self.stored[key] = replace(self.stored[key], sources=left)
        else:
            del self.stored[key]
            for leg in record.legs:
                if self.legs.get((owner, leg)) == record.fingerprint:
                    del self.legs[owner, leg]
        self.fate.done()
        return not left

    def claim(self, owner: UserId, record: ExternalRecord, fingerprint: str, source: str) -> bool:
        found = self.stored.get((owner, record.fingerprint))
        if found is None:
            return False
        if fingerprint in self.taken(owner, [fingerprint]):
            return self.legs.get((owner, fingerprint)) == record.fingerprint
        self.fate.before()
        self.legs[owner, fingerprint] = record.fingerprint
        if source not in found.sources:
            joined = replace(found, sources=(*found.sources, source))
            self.stored[owner, record.fingerprint] = joined
        self.fate.done()
        return True

    def taken(self, owner: UserId, fingerprints: Sequence[str]) -> frozenset[str]:
        return frozenset(
            one for one in fingerprints if (owner, one) in self.stored or (owner, one) in self.legs
        )

    def between(self, owner: UserId, since: datetime, until: datetime) -> Iterator[ExternalRecord]:
        found = [one for key, one in self.stored.items() if key[0] == owner]
        yield from sorted(
            (one for one in found if since <= one.at <= until),
            key=lambda one: (one.at, one.fingerprint),
        )

    def fills(
        self, owner: UserId, account: str, instrument: InstrumentId
    ) -> Iterator[ExternalRecord]:
        found = [one for key, one in self.stored.items() if key[0] == owner]
        yield from sorted(
            (one for one in found if (one.account, one.instrument) == (account, instrument)),
            key=lambda one: (one.at, one.seq, one.fingerprint),
        )


@dataclass
class FakeImportQueue:
    """The port ImportQueue."""

    sent: list[tuple[UserId, str, Step]] = field(default_factory=list)

    def send(self, owner: UserId, import_id: str, step: Step, now: datetime) -> None:
        self.sent.append((owner, import_id, step))


@dataclass
class FakeRebuild:
    """The port RebuildTrades: it keeps what the fills were, by account and instrument."""

    records: FakeExternalRecords
    fate: Fate = field(default_factory=Fate)
    built: dict[tuple[UserId, str, InstrumentId], tuple[str, ...]] = field(default_factory=dict)

    def __call__(
        self, owner: UserId, account: str, instrument: InstrumentId, *, now: datetime
    ) -> None:
        self.fate.before()
        fills = self.records.fills(owner, account, instrument)
        self.built[owner, account, instrument] = tuple(one.fingerprint for one in fills)
        self.fate.done()
