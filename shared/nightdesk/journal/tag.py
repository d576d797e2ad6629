"""Tags: names of an owner's own. A merged one stays as another name of the one it went into."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

from nightdesk.core.ids import UserId
from nightdesk.journal.trade import FIRST_SETUPS
from nightdesk.journal.wording import folded, line, prose, said

MAX_NAME = 50
MAX_DESCRIPTION = 200
LIMIT = 500
"""Of one owner."""
COLOUR = re.compile(r"#[0-9a-f]{6}")
GREY = "#808080"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Category(StrEnum):
    """What a tag speaks of."""

    SETUP = "setup"
    MISTAKE = "mistake"
    MARKET = "market"
    EMOTION = "emotion"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One tag. `merged_into` names the tag that has its uses; its name leads there, too.

    Version 0 is a first setup that its owner has not touched: it is not stored.
    """

    owner: UserId
    id: str
    name: str
    category: Category = Category.CUSTOM
    colour: str = GREY
    description: str = ""
    archived: bool = False
    merged_into: str | None = None
    created_at: datetime
    version: int = 0

    def __post_init__(self) -> None:
        if tag_name(self.name) != self.name:
            raise ValueError("a stored name is trimmed and in NFKC")
        if not COLOUR.fullmatch(self.colour):
            raise ValueError(f"a colour is #rrggbb in lower case, was {self.colour!r}")
        if self.description:
            said(self.description, MAX_DESCRIPTION)
        if self.merged_into == self.id:
            raise ValueError("a tag is not merged into itself")

    @property
    def key(self) -> str:
        """Return what no two tags of an owner have the same: the name without case."""
        return folded(self.name)


def tag_name(text: str) -> str:
    """Return a name in NFKC, trimmed, 1 to 50 characters. Raises ValueError."""
    return line(unicodedata.normalize("NFKC", prose(text, 4 * MAX_NAME)), MAX_NAME)


def first_setups(owner: UserId) -> Mapping[str, Tag]:
    """Return the setups that everybody begins with, by id; stored once they are changed."""
    return {
        name: Tag(owner=owner, id=name, name=name, category=Category.SETUP, created_at=BEGINNING)
        for name in FIRST_SETUPS
    }


@dataclass(frozen=True)
class TagBook:
    """All tags of one owner, first setups among them, and what their names lead to."""

    owner: UserId
    stored: Sequence[Tag]

    @cached_property
    def every(self) -> Mapping[str, Tag]:
        """Return all by id, merged and archived ones too."""
        return {**first_setups(self.owner), **{tag.id: tag for tag in self.stored}}

    @cached_property
    def merged(self) -> bool:
        """Return whether any tag was merged into another."""
        return any(tag.merged_into is not None for tag in self.stored)

    def of(self, tag_id: str) -> str | None:
        """Return the id that counts for this one: itself, or what it was merged into."""
        seen: set[str] = set()
        while (tag := self.every.get(tag_id)) is not None and tag_id not in seen:
            seen.add(tag_id)
            if tag.merged_into is None:
                return tag_id
            tag_id = tag.merged_into
        return None

    def shown(self, tag_ids: Iterable[str]) -> tuple[str, ...]:
        """Return the ids that count for these, each once, in their order."""
        return tuple(dict.fromkeys(one for tag_id in tag_ids if (one := self.of(tag_id))))

    def family(self, tag_id: str) -> frozenset[str]:
        """Return all ids that count as what this one counts as."""
        wanted = self.of(tag_id)
        return frozenset(one for one in self.every if wanted and self.of(one) == wanted)

    def named(self, name: str) -> Tag | None:
        """Return whose name this is, without case: a merged one's leads to where it went."""
        for tag in self.every.values():
            if tag.key == folded(name):
                return self.every[self.of(tag.id) or tag.id]
        return None

    def aliases(self, tag_id: str) -> tuple[str, ...]:
        """Return the other names of a tag, by name."""
        others = self.family(tag_id) - {tag_id}
        return tuple(sorted(self.every[one].name for one in others))
