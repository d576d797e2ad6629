"""Keeping tags: make, change, remove, merge."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Conflict, Missing
from nightdesk.core.ids import UserId, ulid
from nightdesk.journal.plan import SessionPlan
from nightdesk.journal.playbook import setups_asked
from nightdesk.journal.ports.words import Postings
from nightdesk.journal.ports.writing import Plans, Playbooks, SavedMetrics, Tags
from nightdesk.journal.search import TAGGED
from nightdesk.journal.tag import LIMIT, Category, Tag, TagBook
from nightdesk.journal.versions import expect

BATCH = 1_000
NAMING = ("setup", "tag")
"""The filters of saved metrics that name tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTag:
    """A tag with its other names and how many entries and trades carry it."""

    tag: Tag
    aliases: tuple[str, ...]
    uses: int


@dataclass(frozen=True, slots=True)
class ListTags:
    """Show the tags of an owner, those that were merged left out."""

    tags: Tags
    postings: Postings

    def __call__(self, owner: UserId) -> list[ShownTag]:
        """Return them by category, then name."""
        book = TagBook(owner, self.tags.all(owner))
        uses = self._uses(owner, book)
        found = [
            ShownTag(tag=tag, aliases=book.aliases(tag.id), uses=uses.get(tag.id, 0))
            for tag in book.every.values()
            if tag.merged_into is None
        ]
        return sorted(found, key=lambda one: (one.tag.category, one.tag.key, one.tag.id))

    def one(self, owner: UserId, tag_id: str) -> ShownTag:
        """Return one, by its own id or that of a tag merged into it. Raises Missing."""
        wanted = TagBook(owner, self.tags.all(owner)).of(tag_id)
        for shown in self(owner):
            if shown.tag.id == wanted:
                return shown
        raise Missing("no such tag")

    def _uses(self, owner: UserId, book: TagBook) -> Mapping[str, int]:
        """Count documents by tag; one that has two names of a tag counts once."""
        counts: Counter[str] = Counter()
        below: str | None = None
        while True:
            page = self.postings.newest(owner, TAGGED, low="", below=below, limit=BATCH)
            for one in page:
                counts.update(book.shown(one.terms))
            if len(page) < BATCH:
                return counts
            below = page[-1].place


@dataclass(frozen=True, slots=True)
class CreateTag:
    """Make a tag."""

    tags: Tags

    def __call__(
        self,
        owner: UserId,
        *,
        name: str,
        category: Category,
        colour: str,
        description: str,
        cause: str,
        now: datetime,
    ) -> Tag:
        """Return the stored tag; the same cause gives the same one.

        Raises Conflict `NAME_TAKEN`, also for the name of a merged tag; `TAG_LIMIT`. Two requests
        at once may make one more than the limit.
        """
        tag_id = f"tag_{ulid(now, owner, 'tag', cause).lower()}"
        stored = self.tags.all(owner)
        book = TagBook(owner, stored)
        if tag_id in book.every:
            return book.every[tag_id]
        if len(stored) >= LIMIT:
            raise Conflict("TAG_LIMIT", f"There are {LIMIT} tags.")
        tag = Tag(
            owner=owner,
            id=tag_id,
            name=name,
            category=category,
            colour=colour,
            description=description,
            created_at=now,
        )
        free(book, tag)
        return self.tags.save(tag, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChanges:
    """What is to be another; None stays as it is."""

    name: str | None = None
    category: Category | None = None
    colour: str | None = None
    description: str | None = None
    archived: bool | None = None


@dataclass(frozen=True, slots=True)
class ChangeTag:
    """Change a tag. Where it is used, it shows its new name at once."""

    tags: Tags

    def __call__(self, owner: UserId, tag_id: str, changes: TagChanges, *, version: int) -> Tag:
        """Return it as it now stands. Raises Missing, Conflict `STALE_VERSION`, `NAME_TAKEN`."""
        book = TagBook(owner, self.tags.all(owner))
        before = standing(book, tag_id)
        expect(before.version, version)
        wanted = replace(
            before,
            name=before.name if changes.name is None else changes.name,
            category=changes.category or before.category,
            colour=changes.colour or before.colour,
            description=(
                before.description if changes.description is None else changes.description
            ),
            archived=before.archived if changes.archived is None else changes.archived,
        )
        if wanted == before:
            return before
        free(book, wanted)
        return self.tags.save(wanted, before)


@dataclass(frozen=True, slots=True)
class NamedBeside:
    """Tell whether something names a tag without carrying it: plans, rules, saved metrics."""

    plans: Plans
    playbooks: Playbooks
    metrics: SavedMetrics

    def __call__(self, owner: UserId, tag_id: str) -> bool:
        """Return whether one does; versions of playbooks that trades may keep count, too."""
        return (
            any(
                tag_id in one.filters.get(name, ())
                for one in self.metrics.all(owner)
                for name in NAMING
            )
            or any(tag_id in plan.wish.setups for plan in self._plans(owner))
            or any(tag_id in names for names in self._asked(owner))
        )

    def _plans(self, owner: UserId) -> Iterator[SessionPlan]:
        after: str | None = None
        while True:
            page = self.plans.page(owner, None, None, limit=BATCH, after=after)
            yield from page.items
            after = page.next_key
            if after is None:
                return

    def _asked(self, owner: UserId) -> Iterator[tuple[str, ...]]:
        for newest in self.playbooks.list(owner):
            for book in self.playbooks.versions(owner, newest.id):
                yield from (setups_asked(rule) for rule in book.rules)


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """Remove a tag that nothing names; one in use is archived, so that nothing is lost."""

    tags: Tags
    show: ListTags
    named: NamedBeside

    def __call__(self, owner: UserId, tag_id: str) -> None:
        """Remove or archive it; a first setup is archived. Raises Missing, StaleWrite."""
        book = TagBook(owner, self.tags.all(owner))
        tag = standing(book, tag_id)
        first = tag_id in TagBook(owner, ()).every
        used = first or book.aliases(tag_id) or self.show.one(owner, tag_id).uses
        if tag.version and not used and not self.named(owner, tag_id):
            self.tags.remove(tag)
        elif not tag.archived:
            self.tags.save(replace(tag, archived=True), tag)


@dataclass(frozen=True, slots=True)
class MergeTag:
    """Make one tag another name of a second: from then on all its uses count as that one's.

    One write does it, however many uses there are: what was written keeps the tag that it was
    given, and every reading goes through the merged tag to the one that it went into.
    """

    tags: Tags

    def __call__(self, owner: UserId, tag_id: str, into: str, *, version: int) -> Tag:
        """Return the tag that has the uses; a repeat changes nothing.

        Raises Missing, Conflict `STALE_VERSION`; `SAME_TAG` for a tag and itself; StaleWrite, also
        where the other tag moves meanwhile: two merges at once make no ring.
        """
        book = TagBook(owner, self.tags.all(owner))
        wanted = standing(book, book.of(into) or into)
        tag = book.every.get(tag_id)
        if tag is None:
            raise Missing("no such tag")
        if tag.merged_into is not None and book.of(tag_id) == wanted.id:
            return wanted
        tag = standing(book, tag_id)
        if tag.id == wanted.id:
            raise Conflict("SAME_TAG", "A tag is not merged into itself.", [{"field": "into"}])
        expect(tag.version, version)
        self.tags.save(replace(tag, merged_into=wanted.id), tag, into=wanted)
        return wanted


def standing(book: TagBook, tag_id: str) -> Tag:
    """Return a tag that was not merged. Raises Missing."""
    tag = book.every.get(tag_id)
    if tag is None or tag.merged_into is not None:
        raise Missing("no such tag")
    return tag


def free(book: TagBook, tag: Tag) -> None:
    """Refuse a name that another tag has, first setups among them. Raises Conflict."""
    for other in book.every.values():
        if other.id != tag.id and other.key == tag.key:
            raise Conflict("NAME_TAKEN", "Another of your tags has this name.", [{"field": "name"}])
