"""Playbooks in the desk table: immutable versions, the newest once more for lists, the name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, every
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.errors import Conflict, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.playbook import Playbook


class BookItem(Body, DeskItem, discriminator="JBOOK"):
    """One version of a playbook."""

    privacy = destroyed("journal_playbooks")

    book_id = UnicodeAttribute()
    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, book: Playbook) -> Self:
        """Build the row."""
        return cls._at(book, keys.book_version(book.id, book.version))

    @classmethod
    def _at(cls, book: Playbook, key: str) -> Self:
        item = cls(keys.owner(book.owner), key, book_id=book.id, version=book.version)
        item.hold(book, without=frozenset({"owner", "id", "version"}))
        return item

    def to_domain(self) -> Playbook:
        """Build the noun, checked again."""
        owner = UserId(self.pk.removeprefix("U#"))
        return self.held(Playbook, owner=owner, id=self.book_id, version=self.version)


class BookHeadItem(BookItem, discriminator="JBOOKHEAD"):
    """The newest version once more: lists need not read the older ones."""

    privacy = destroyed()

    @classmethod
    def from_domain(cls, book: Playbook) -> Self:
        """Build the row."""
        return cls._at(book, keys.book(book.id))


class BookNameItem(DeskItem, discriminator="JBOOKNAME"):
    """Which playbook has a name."""

    privacy = destroyed()

    book_id = UnicodeAttribute()


@dataclass(frozen=True, slots=True)
class DynamoPlaybooks:
    """The port Playbooks."""

    @translated()
    def versions(self, owner: UserId, book_id: str) -> Sequence[Playbook]:
        """Return all versions, oldest first, read consistently."""
        low = keys.book_versions(book_id)
        found = every(BookItem, keys.owner(owner), low, low + LAST, consistent=True)
        return [item.to_domain() for item in found]

    @translated()
    def list(self, owner: UserId) -> Sequence[Playbook]:
        """Return the newest version of each, by id."""
        low, high = keys.BOOK_HEADS, keys.BOOK_HEADS + LAST
        found = every(BookHeadItem, keys.owner(owner), low, high, consistent=True)
        return [item.to_domain() for item in found]

    @translated()
    def put(self, book: Playbook, before: Playbook | None) -> None:
        """Store the version after `before` and take its name."""
        write, stale = Write(), StaleWrite("the playbook has moved meanwhile")
        absent = DeskItem.pk.does_not_exist()
        write.put(BookItem.from_domain(book), absent, stale)
        unmoved = BookHeadItem.version == before.version if before else absent
        write.put(BookHeadItem.from_domain(book), unmoved, stale)
        partition = keys.owner(book.owner)
        if before is None or before.key != book.key:
            taken = Conflict(
                "NAME_TAKEN", "Another of your playbooks has this name.", [{"field": "name"}]
            )
            name = BookNameItem(partition, keys.book_name(book.key), book_id=book.id)
            write.put(name, absent, taken)
        if before is not None and before.key != book.key:
            former = BookNameItem(partition, keys.book_name(before.key))
            write.delete(former, BookNameItem.book_id == book.id, stale)
        write.commit()
