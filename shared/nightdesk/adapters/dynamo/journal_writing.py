"""Journal entries in the desk table: text, postings and former text in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, Key, batch, every, page
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.entry import FormerText, JournalEntry
from nightdesk.journal.ports.words import Posting
from nightdesk.journal.search import of_entry

OUTSIDE = frozenset({"owner", "id", "version"})
"""Fields of nouns that stand in keys and attributes."""


class EntryItem(Body, DeskItem, discriminator="JENTRY"):
    """One entry."""

    privacy = destroyed("journal_entries")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, entry: JournalEntry) -> Self:
        """Build the row that follows the version in `entry`."""
        item = cls(keys.owner(entry.owner), keys.entry(entry.id), version=entry.version + 1)
        item.hold(entry, without=OUTSIDE)
        return item

    def to_domain(self) -> JournalEntry:
        """Build the noun, checked again."""
        return self.held(
            JournalEntry,
            owner=UserId(self.pk.removeprefix("U#")),
            id=self.sk.removeprefix(keys.ENTRIES),
            version=self.version,
        )


class FormerTextItem(Body, DeskItem, discriminator="JFORMER"):
    """What an entry said before a save, until its TTL takes it."""

    privacy = destroyed("journal_former_texts")

    @classmethod
    def from_domain(cls, text: FormerText) -> Self:
        """Build the row."""
        key = keys.former_text(text.entry_id, text.version)
        item = cls(keys.owner(text.owner), key, expires_at=text.until)
        item.hold(text, without=frozenset({"owner"}))
        return item

    def to_domain(self) -> FormerText:
        """Build the noun."""
        return self.held(FormerText, owner=UserId(self.pk.removeprefix("U#")))


class WordItem(DeskItem, discriminator="JWORDS"):
    """The words of one document that begin with one letter."""

    privacy = destroyed()

    about = UnicodeAttribute()
    mood = IntegerAttribute(null=True)
    terms = JsonAttribute()

    @classmethod
    def from_domain(cls, owner: UserId, bucket: str, posting: Posting) -> Self:
        """Build the row."""
        return cls(
            keys.owner(owner),
            keys.posting_of(bucket, posting.place),
            about=posting.kind,
            mood=posting.mood,
            terms=list(posting.terms),
        )

    def to_domain(self, bucket: str) -> Posting:
        """Build the noun."""
        return Posting(
            place=self.sk.removeprefix(keys.postings(bucket)),
            kind=self.about,
            mood=self.mood,
            terms=tuple(self.terms),
            bucket=bucket,
        )


Postings = Mapping[str, Posting]


def put_words(write: Write, owner: UserId, before: Postings, after: Postings) -> None:
    """Add to a transaction what changes of a document's postings: at most 70 parts."""
    stale = StaleWrite("the words of this document have moved meanwhile")
    for item in _changed(owner, before, after):
        write.put(item, None, stale)
    for item in _gone(owner, before, after):
        write.delete(item, None, stale)


def _changed(owner: UserId, before: Postings, after: Postings) -> Iterator[WordItem]:
    for bucket, posting in after.items():
        if posting != before.get(bucket):
            yield WordItem.from_domain(owner, bucket, posting)


def _gone(owner: UserId, before: Postings, after: Postings) -> Iterator[WordItem]:
    for bucket, posting in before.items():
        if bucket not in after or after[bucket].place != posting.place:
            yield WordItem(keys.owner(owner), keys.posting_of(bucket, posting.place))


@dataclass(frozen=True, slots=True)
class DynamoPostings:
    """The port Postings."""

    @translated()
    def newest(
        self, owner: UserId, bucket: str, *, low: str, below: str | None, limit: int
    ) -> Sequence[Posting]:
        """Return up to `limit` postings with ``low <= place < below``, newest first."""
        first = keys.posting_of(bucket, low)
        items, _ = page(
            WordItem,
            keys.owner(owner),
            first,
            keys.posting_of(bucket, LAST),
            limit=limit,
            after=None if below is None else keys.posting_of(bucket, below),
            newest_first=True,
        )
        return [item.to_domain(bucket) for item in items]

    @translated()
    def at(self, owner: UserId, bucket: str, places: Sequence[str]) -> Sequence[Posting]:
        """Return those of these places that the bucket has, in no order."""
        wanted = [(keys.owner(owner), keys.posting_of(bucket, one)) for one in places]
        return [item.to_domain(bucket) for item in batch(WordItem, wanted)]

    @translated()
    def put(self, owner: UserId, before: Postings, after: Postings) -> None:
        """Write what is new of a document that is not stored with its postings."""
        write = Write()
        put_words(write, owner, before, after)
        if write.parts:
            write.commit()


@dataclass(frozen=True, slots=True)
class DynamoEntries:
    """The port Entries."""

    def all(self, owner: UserId) -> Iterator[JournalEntry]:
        """Yield every entry of an owner, by id."""
        with translated():
            for item in every(EntryItem, keys.owner(owner), keys.ENTRIES, keys.ENTRIES + LAST):
                yield item.to_domain()

    @translated()
    def get(self, owner: UserId, entry_id: str) -> JournalEntry:
        """Return one, read consistently. Raises Missing."""
        key = keys.entry(entry_id)
        return EntryItem.get(keys.owner(owner), key, consistent_read=True).to_domain()

    @translated()
    def some(self, owner: UserId, entry_ids: Sequence[str]) -> Sequence[JournalEntry]:
        """Return those that are there, in the order asked for."""
        wanted: list[Key] = [(keys.owner(owner), keys.entry(one)) for one in entry_ids]
        there = [item.to_domain() for item in batch(EntryItem, wanted, consistent=True)]
        found = {entry.id: entry for entry in there}
        return [found[one] for one in dict.fromkeys(entry_ids) if one in found]

    @translated()
    def save(self, entry: JournalEntry, before: JournalEntry | None, now: datetime) -> JournalEntry:
        """Store it over `before` and return it with its new version. Raises StaleWrite."""
        write, stale = Write(), _moved()
        if before is None:
            write.put(EntryItem.from_domain(entry), DeskItem.pk.does_not_exist(), stale)
        else:
            unmoved = EntryItem.version == before.version
            write.put(EntryItem.from_domain(entry), unmoved, stale)
            if (entry.title, entry.body) != (before.title, before.body):
                former = FormerTextItem.from_domain(FormerText.of(before, now))
                write.put(former, None, stale)
        was = {} if before is None else of_entry(before).postings
        put_words(write, entry.owner, was, of_entry(entry).postings)
        write.commit()
        return replace(entry, version=entry.version + 1)

    @translated()
    def remove(self, entry: JournalEntry, now: datetime) -> None:
        """Remove it and its postings; its text is kept for a while. Raises StaleWrite."""
        write, stale = Write(), _moved()
        place = EntryItem(keys.owner(entry.owner), keys.entry(entry.id))
        write.delete(place, EntryItem.version == entry.version, stale)
        write.put(FormerTextItem.from_domain(FormerText.of(entry, now)), None, stale)
        put_words(write, entry.owner, of_entry(entry).postings, {})
        write.commit()

    @translated()
    def former(self, owner: UserId, entry_id: str) -> Sequence[FormerText]:
        """Return the texts that an entry had and that are still kept, newest first."""
        low = keys.former_texts(entry_id)
        found = every(FormerTextItem, keys.owner(owner), low, low + LAST, consistent=True)
        return [item.to_domain() for item in found][::-1]


def _moved() -> StaleWrite:
    return StaleWrite("the entry has moved meanwhile")
