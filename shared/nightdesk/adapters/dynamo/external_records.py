"""External records in the desk table: one item by fingerprint, with the sources that tell it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self, TypeVar

import orjson
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import UpdateError

from nightdesk.accounts.privacy import kept, replaced
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import JsonAttribute
from nightdesk.adapters.dynamo.bodies import Body, unpacked
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import (
    FIRST,
    LAST,
    Row,
    batch,
    delete_all,
    patiently,
    rows,
)
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Overtaken, Write
from nightdesk.core.errors import StoreUnavailable
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.trading.external import ExternalRecord, Put, book_mark

MOST = 100
"""Items of one transaction: DynamoDB takes no more."""
AT_ONCE = 4
"""Transactions under way: more only wait for each other in Python."""
TRIES = 5

_ELSEWHERE = frozenset({"owner", "fingerprint", "sources", "setup", "tags", "note"})
_FAILED = "ConditionalCheckFailedException"

T = TypeVar("T")
R = TypeVar("R")


class ExternalItem(Body, DeskItem, discriminator="EXTERNAL"):
    """One fill or movement. `book`: its account and instrument; `labels`: a person's words."""

    privacy = replaced("external_records", {"labels": None})

    book = UnicodeAttribute()
    sources = JsonAttribute()
    labels = JsonAttribute(null=True)

    @classmethod
    def from_domain(cls, record: ExternalRecord) -> Self:
        """Build the row. Raises ValueError for a fingerprint by which its book is not found."""
        if not record.fingerprint.startswith(_mark(record.account, record.instrument)):
            raise ValueError(f"{record.fingerprint} is of another book")
        item = cls(
            keys.owner(record.owner),
            keys.external(record.fingerprint),
            feed=keys.external_feed(record.owner),
            feed_sk=keys.feed(record.at, record.fingerprint),
            book=_book(record.account, record.instrument),
            sources=list(record.sources),
        )
        words = {"setup": record.setup, "tags": list(record.tags), "note": record.note}
        if any(words.values()):
            item.labels = words
        item.hold(record, without=_ELSEWHERE)
        return item


def record_in(row: Row) -> ExternalRecord:
    """Build the noun from a row as DynamoDB has it: they are read by thousands."""
    words = orjson.loads(row["labels"]["S"]) if "labels" in row else {}
    return unpacked(
        ExternalRecord,
        row["body"]["S"] if "body" in row else row["deflated"]["B"],
        owner=UserId(row["pk"]["S"].removeprefix("U#")),
        fingerprint=row["sk"]["S"].removeprefix(keys.EXTERNAL),
        sources=tuple(orjson.loads(row["sources"]["S"])),
        setup=words.get("setup", ""),
        tags=tuple(words.get("tags", ())),
        note=words.get("note", ""),
    )


class ExternalLegItem(DeskItem, discriminator="EXTERNAL_LEG"):
    """A row of a file that became part of a fill: it becomes part of no other."""

    privacy = kept(None)

    record = UnicodeAttribute()


@dataclass(frozen=True, slots=True)
class DynamoExternalRecords:
    """The port ExternalRecords."""

    @translated()
    def put(
        self,
        owner: UserId,
        records: Sequence[ExternalRecord],
        source: str,
        *,
        unseen: bool = False,
    ) -> Sequence[Put]:
        """Store what is not there, join what is.

        Each look at a record that is not there costs a read unit: what is `unseen` is written at
        once, and only what a refused transaction held is looked at.
        """
        done, left = self._added(records) if unseen else ({}, records)
        stored = self._stored(owner, _marks(left))
        new: list[ExternalRecord] = []
        there: list[ExternalRecord] = []
        for record in left:
            found = stored.get(record.fingerprint)
            if isinstance(found, ExternalItem) and source in found.sources:
                done[record.fingerprint] = _told(found.sources, source)
            elif found is not None or any(leg in stored for leg in record.legs):
                there.append(record)
            else:
                new.append(record)
        added, met = self._added(new)
        done |= added
        there += met
        for record, what in _patiently(lambda one: self._joined(owner, one, source), there):
            done[record.fingerprint] = what
        return [done[record.fingerprint] for record in records]

    @translated()
    def drop(self, owner: UserId, records: Sequence[ExternalRecord], source: str) -> Sequence[bool]:
        """Take the source away, and what nobody tells any more with it."""
        stored = self._stored(owner, (record.fingerprint for record in records))
        there = {mark: one for mark, one in stored.items() if isinstance(one, ExternalItem)}
        absent = [one for one in records if one.fingerprint not in there]
        self._unclaimed(owner, absent)
        gone = dict.fromkeys((one.fingerprint for one in absent), True)
        alone = [
            one
            for one in records
            if one.fingerprint in there and there[one.fingerprint].sources == [source]
        ]

        def dropped(some: Sequence[ExternalRecord]) -> bool:
            if not _deleted([there[one.fingerprint] for one in some]):
                return False
            self._unclaimed(owner, some)
            return True

        chunks = [alone[n : n + MOST] for n in range(0, len(alone), MOST)]
        for some, done in _patiently(dropped, chunks):
            if done:
                gone |= dict.fromkeys((one.fingerprint for one in some), True)
        rest = [one for one in records if one.fingerprint not in gone]
        for record, done in _patiently(lambda one: self._left(owner, one, source), rest):
            gone[record.fingerprint] = done
        return [gone[record.fingerprint] for record in records]

    @translated()
    def claim(self, owner: UserId, record: ExternalRecord, fingerprint: str, source: str) -> bool:
        """Write the fingerprint beside the record as one of its legs, and join the source."""
        mark, met = record.fingerprint, Overtaken("another source was faster")
        for _ in range(TRIES):
            stored = self._stored(owner, [mark, fingerprint])
            found, claimed = stored.get(mark), stored.get(fingerprint)
            if not isinstance(found, ExternalItem):
                return False
            if claimed is not None:
                return isinstance(claimed, ExternalLegItem) and claimed.record == mark
            write = Write()
            leg = ExternalLegItem(keys.owner(owner), keys.external(fingerprint), record=mark)
            write.put(leg, DeskItem.pk.does_not_exist(), met)
            joined = list(dict.fromkeys((*found.sources, source)))
            unmoved = ExternalItem.sources == found.sources
            write.update(found, [ExternalItem.sources.set(joined)], unmoved, met)
            try:
                write.commit()
            except Overtaken:
                continue
            return True
        raise StoreUnavailable(f"{mark} is being written by others")

    @translated()
    def taken(self, owner: UserId, fingerprints: Sequence[str]) -> frozenset[str]:
        """Return those that are there."""
        return frozenset(self._stored(owner, fingerprints))

    def between(self, owner: UserId, since: datetime, until: datetime) -> Iterator[ExternalRecord]:
        """Yield the records of this span from the index."""
        low, high = keys.feed(since), keys.feed(until) + LAST
        with translated():
            for row in rows(
                ExternalItem,
                keys.external_feed(owner),
                low,
                high,
                index="by_owner",
                sort_key="feed_sk",
            ):
                yield record_in(row)

    def fills(
        self, owner: UserId, account: str, instrument: InstrumentId
    ) -> Iterator[ExternalRecord]:
        """Yield what one account tells of one instrument, from the table itself.

        Its fingerprints begin alike, so that nothing else is read.
        """
        low, book = keys.external(_mark(account, instrument)), _book(account, instrument)
        with translated():
            found = [
                record_in(row)
                for row in rows(
                    ExternalItem, keys.owner(owner), low + FIRST, low + LAST, consistent=True
                )
                if row.get("book", {}).get("S") == book
            ]
        yield from sorted(found, key=lambda one: (one.at, one.seq, one.fingerprint))

    def _stored(self, owner: UserId, marks: Iterable[str]) -> Mapping[str, DeskItem]:
        """Return records and legs by fingerprint, read consistently."""
        wanted = [(keys.owner(owner), keys.external(mark)) for mark in marks]
        found = batch(DeskItem, wanted, consistent=True)
        return {item.sk.removeprefix(keys.EXTERNAL): item for item in found}

    def _added(
        self, records: Sequence[ExternalRecord]
    ) -> tuple[dict[str, Put], list[ExternalRecord]]:
        """Write new records; return what was added, and what stands beside something stored."""
        added: dict[str, Put] = {}
        met: list[ExternalRecord] = []
        for chunk, written in _patiently(self._written, list(_chunks(records))):
            if written:
                added |= dict.fromkeys((one.fingerprint for one in chunk), Put.ADDED)
            else:
                met += chunk
        return added, met

    def _written(self, records: Sequence[ExternalRecord]) -> bool:
        """Write new records and claim their legs; False if another one has come meanwhile.

        A record with more legs than a transaction holds is written last: until then its legs name
        it, so that writing it again goes on, and nothing else can take them.
        """
        write, met = Write(), Overtaken("another source was faster")
        absent = DeskItem.pk.does_not_exist()
        size = 0
        try:
            for record in records:
                for leg in record.legs:
                    if size >= MOST - 1:
                        write.commit()
                        write, size = Write(), 0
                    item = ExternalLegItem(
                        keys.owner(record.owner), keys.external(leg), record=record.fingerprint
                    )
                    free = absent | (ExternalLegItem.record == record.fingerprint)
                    write.put(item, free, met)
                    size += 1
                write.put(ExternalItem.from_domain(record), absent, met)
                size += 1
            write.commit()
        except Overtaken:
            return False
        return True

    def _left(self, owner: UserId, record: ExternalRecord, source: str) -> bool:
        """Take the source from one record; return whether the record is gone."""
        mark = record.fingerprint
        for _ in range(TRIES):
            found = self._stored(owner, [mark]).get(mark)
            if not isinstance(found, ExternalItem):
                self._unclaimed(owner, [record])
                return True
            if source not in found.sources:
                return False
            if others := [one for one in found.sources if one != source]:
                if _set(found, others):
                    return False
            elif _deleted([found]):
                self._unclaimed(owner, [record])
                return True
        raise StoreUnavailable(f"{mark} is being written by others")

    def _unclaimed(self, owner: UserId, records: Sequence[ExternalRecord]) -> None:
        """Free the legs that these records have, or were about to have."""
        whose = {leg: record.fingerprint for record in records for leg in record.legs}
        mine = [
            (item.pk, item.sk)
            for leg, item in self._stored(owner, whose).items()
            if isinstance(item, ExternalLegItem) and item.record == whose[leg]
        ]
        delete_all(DeskItem, mine)

    def _joined(self, owner: UserId, record: ExternalRecord, source: str) -> Put:
        for _ in range(TRIES):
            stored = self._stored(owner, [record.fingerprint, *record.legs])
            found = stored.get(record.fingerprint)
            if isinstance(found, ExternalItem):
                if source in found.sources:
                    return _told(found.sources, source)
                if _set(found, [*found.sources, source]):
                    return Put.JOINED
            elif any(_of_another(item, record) for item in stored.values()):
                return Put.TAKEN
            elif self._written([record]):
                return Put.ADDED
        raise StoreUnavailable(f"{record.fingerprint} is being written by others")


def _of_another(item: DeskItem, record: ExternalRecord) -> bool:
    return not isinstance(item, ExternalLegItem) or item.record != record.fingerprint


def _told(sources: Sequence[str], source: str) -> Put:
    return Put.ADDED if sources[0] == source else Put.JOINED


def _deleted(found: Sequence[ExternalItem]) -> bool:
    """Delete records; False, and nothing is, where another writer was faster with one of them."""
    write, met = Write(), Overtaken("another source came")
    for item in found:
        write.delete(item, ExternalItem.sources == item.sources, met)
    try:
        write.commit()
    except Overtaken:
        return False
    return True


def _set(found: ExternalItem, sources: list[str]) -> bool:
    unmoved = ExternalItem.sources == found.sources
    try:
        found.update([ExternalItem.sources.set(sources)], condition=unmoved)
    except UpdateError as error:
        if error.cause_response_code != _FAILED:
            raise
        return False
    return True


def _mark(account: str, instrument: InstrumentId | None) -> str:
    """Return what a fingerprint of this book begins with; without an instrument it is of none."""
    return book_mark(account, instrument) if instrument else ""


def _book(account: str, instrument: InstrumentId | None) -> str:
    return f"{account}#{instrument or ''}"


def _marks(records: Sequence[ExternalRecord]) -> Iterator[str]:
    for record in records:
        yield record.fingerprint
        yield from record.legs


def _chunks(records: Sequence[ExternalRecord]) -> Iterator[list[ExternalRecord]]:
    """Yield records together as one transaction can hold them with their legs."""
    chunk: list[ExternalRecord] = []
    size = 0
    for record in records:
        items = 1 + len(record.legs)
        if chunk and size + items > MOST:
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += items
    if chunk:
        yield chunk


def _patiently(work: Callable[[T], R], things: Sequence[T]) -> list[tuple[T, R]]:
    """Do `work`, which may be repeated, with some things at a time; the pairs are in order."""
    if len(things) <= 1:
        return [(one, patiently(partial(work, one))) for one in things]
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        done = pool.map(lambda one: patiently(partial(work, one)), things)
        return list(zip(things, done, strict=True))
