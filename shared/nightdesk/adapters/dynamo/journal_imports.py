"""Imports and the maps that their owners keep, in the desk table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Self

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.queries import LAST, every, page, put_if_absent
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Overtaken, Write
from nightdesk.core.errors import Missing
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.imported import Import, SavedMap


class ImportItem(Body, DeskItem, discriminator="JOURNAL_IMPORT"):
    """One import."""

    privacy = destroyed("imports")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, one: Import) -> Self:
        """Build the row."""
        item = cls(keys.owner(one.owner), keys.journal_import(one.import_id), version=one.version)
        item.hold(one, without=frozenset({"owner", "import_id", "version"}))
        return item

    def to_domain(self) -> Import:
        """Build the noun."""
        return self.held(
            Import,
            owner=UserId(self.pk.removeprefix("U#")),
            import_id=self.sk.removeprefix(keys.JOURNAL_IMPORTS),
            version=self.version,
        )


class ImportMapItem(Body, DeskItem, discriminator="JOURNAL_IMPORT_MAP"):
    """One map of columns that its owner keeps."""

    privacy = destroyed("import_maps")

    @classmethod
    def from_domain(cls, one: SavedMap) -> Self:
        """Build the row."""
        item = cls(keys.owner(one.owner), keys.import_map(one.map_id))
        item.hold(one, without=frozenset({"owner", "map_id"}))
        return item

    def to_domain(self) -> SavedMap:
        """Build the noun."""
        map_id = self.sk.removeprefix(keys.IMPORT_MAPS)
        return self.held(SavedMap, owner=UserId(self.pk.removeprefix("U#")), map_id=map_id)


def _kept_at(one: SavedMap) -> tuple[datetime, str]:
    return one.created_at, one.map_id


class DynamoImports:
    """The port Imports."""

    @translated()
    def create(self, one: Import) -> Import:
        """Store a new one, or return what has its id."""
        first = replace(one, version=1)
        row = put_if_absent(ImportItem.from_domain(first))
        return first if row is None else ImportItem.from_raw_data(dict(row)).to_domain()

    @translated()
    def get(self, owner: UserId, import_id: str) -> Import:
        """Return it."""
        item = ImportItem.get(
            keys.owner(owner), keys.journal_import(import_id), consistent_read=True
        )
        return item.to_domain()

    @translated()
    def save(self, one: Import, *, events: Sequence[Event] = (), now: datetime) -> Import:
        """Store over the version that was read, with its events."""
        write, stale = Write(), Overtaken(f"the import {one.import_id} has moved on")
        saved = replace(one, version=one.version + 1)
        write.put(ImportItem.from_domain(saved), ImportItem.version == one.version, stale)
        for event in events:
            write.put(EventItem.from_domain(event, now), DeskItem.pk.does_not_exist(), stale)
        write.commit()
        return saved

    @translated()
    def page(self, owner: UserId, *, limit: int, after: str | None) -> Page[Import]:
        """Return imports, newest first."""
        low, high = keys.JOURNAL_IMPORTS, keys.JOURNAL_IMPORTS + LAST
        items, more = page(
            ImportItem, keys.owner(owner), low, high, limit=limit, after=after, newest_first=True
        )
        return Page([item.to_domain() for item in items], more)

    @translated()
    def keep(self, one: SavedMap) -> None:
        """Store a map."""
        ImportMapItem.from_domain(one).save()

    @translated()
    def maps(self, owner: UserId) -> Sequence[SavedMap]:
        """Return the maps, oldest first."""
        low, high = keys.IMPORT_MAPS, keys.IMPORT_MAPS + LAST
        found = every(ImportMapItem, keys.owner(owner), low, high, consistent=True)
        return sorted((item.to_domain() for item in found), key=_kept_at)

    @translated()
    def forget(self, owner: UserId, map_id: str) -> None:
        """Remove a map."""
        there = {one.map_id for one in self.maps(owner)}
        if map_id not in there:
            raise Missing("no such map")
        ImportMapItem(keys.owner(owner), keys.import_map(map_id)).delete()
