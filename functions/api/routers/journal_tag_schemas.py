"""Bodies and answers of the tags routes."""

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field

from functions.api.routers.journal_schemas import Ident, Version, optional_line
from functions.api.schemas import Answer, Lax, Moment, Request
from nightdesk.journal.tag import GREY, MAX_DESCRIPTION, MAX_NAME, Category, tag_name
from nightdesk.journal.tagging import TagChanges

if TYPE_CHECKING:
    from nightdesk.journal.tagging import ShownTag

TagName = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(tag_name)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Description = Annotated[str, Field(max_length=MAX_DESCRIPTION), optional_line(MAX_DESCRIPTION)]


class TagIn(Request):
    """A tag to be made. Names that differ in case alone are the same."""

    name: TagName
    category: Lax[Category] = Category.CUSTOM
    colour: Colour = GREY
    description: Description = ""


class TagPatch(Request):
    """What is to change, against the version that was read. What is left out stays."""

    version: Version
    name: TagName | None = None
    category: Lax[Category] | None = None
    colour: Colour | None = None
    description: Description | None = None
    archived: bool | None = None

    def to_domain(self) -> TagChanges:
        """Build the noun."""
        return TagChanges(
            name=self.name,
            category=self.category,
            colour=self.colour,
            description=self.description,
            archived=self.archived,
        )


class MergeIn(Request):
    """Which tag gets the uses; `version` is that of the tag that is merged."""

    into: Ident
    version: Version


class TagOut(Answer):
    """A tag; `aliases` are the names of tags merged into it, `uses` entries and trades."""

    id: str
    name: str
    category: Category
    colour: str
    description: str
    archived: bool
    aliases: list[str]
    uses: int
    created_at: Moment
    version: int

    @classmethod
    def from_domain(cls, shown: "ShownTag") -> Self:
        """Show one."""
        tag = shown.tag
        return cls(
            id=tag.id,
            name=tag.name,
            category=tag.category,
            colour=tag.colour,
            description=tag.description,
            archived=tag.archived,
            aliases=list(shown.aliases),
            uses=shown.uses,
            created_at=tag.created_at,
            version=tag.version,
        )
