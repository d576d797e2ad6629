"""Tags in the desk table: each with an item that takes its name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from nightdesk.journal.tag import Tag

OUTSIDE = frozenset({"owner", "id", "version"})


class TagItem(Body, DeskItem, discriminator="JTAG"):
    """One tag."""

    privacy = destroyed("journal_tags")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, tag: Tag) -> Self:
        """Build the row that follows the version in `tag`."""
        item = cls(keys.owner(tag.owner), keys.tag(tag.id), version=tag.version + 1)
        item.hold(tag, without=OUTSIDE)
        return item

    def to_domain(self) -> Tag:
        """Build the noun, checked again."""
        return self.held(
            Tag,
            owner=UserId(self.pk.removeprefix("U#")),
            id=self.sk.removeprefix(keys.TAGS),
            version=self.version,
        )


class TagNameItem(DeskItem, discriminator="JTAGNAME"):
    """Which tag has a name; that of a merged one stays taken."""

    privacy = destroyed()

    tag_id = UnicodeAttribute()


@dataclass(frozen=True, slots=True)
class DynamoTags:
    """The port Tags."""

    @translated()
    def all(self, owner: UserId) -> Sequence[Tag]:
        """Return every stored tag, merged and archived ones too, by id."""
        low, high = keys.TAGS, keys.TAGS + LAST
        found = every(TagItem, keys.owner(owner), low, high, consistent=True)
        return [item.to_domain() for item in found]

    @translated()
    def save(self, tag: Tag, before: Tag | None, *, into: Tag | None = None) -> Tag:
        """Store it with its name. Raises Conflict `NAME_TAKEN`, StaleWrite."""
        write, stale = Write(), StaleWrite("the tag has moved meanwhile")
        stored = before is not None and before.version > 0
        absent, partition = DeskItem.pk.does_not_exist(), keys.owner(tag.owner)
        unmoved = TagItem.version == tag.version if stored else absent
        write.put(TagItem.from_domain(tag), unmoved, stale)
        if into is not None:
            standing = TagItem.version == into.version if into.version else absent
            write.check(TagItem(partition, keys.tag(into.id)), standing, stale)
        if before is None or not stored or before.key != tag.key:
            name = TagNameItem(partition, keys.tag_name(tag.key), tag_id=tag.id)
            taken = Conflict(
                "NAME_TAKEN", "Another of your tags has this name.", [{"field": "name"}]
            )
            write.put(name, absent, taken)
        if before is not None and stored and before.key != tag.key:
            former = TagNameItem(partition, keys.tag_name(before.key))
            write.delete(former, TagNameItem.tag_id == tag.id, stale)
        write.commit()
        return replace(tag, version=tag.version + 1)

    @translated()
    def remove(self, tag: Tag) -> None:
        """Remove a tag and its name. Raises StaleWrite."""
        write, stale = Write(), StaleWrite("the tag has moved meanwhile")
        partition = keys.owner(tag.owner)
        place = TagItem(partition, keys.tag(tag.id))
        write.delete(place, TagItem.version == tag.version, stale)
        name = TagNameItem(partition, keys.tag_name(tag.key))
        write.delete(name, TagNameItem.tag_id == tag.id, stale)
        write.commit()
