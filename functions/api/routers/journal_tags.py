"""The journal's tags (journal, page part 3)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, status

from functions.api.dependencies import CauseDep, Owner
from functions.api.queries import IdPath
from functions.api.routers.journal_tag_schemas import MergeIn, TagIn, TagOut, TagPatch
from functions.api.schemas import PageOut
from nightdesk import bootstrap

if TYPE_CHECKING:
    from nightdesk.journal.tagging import ChangeTag, CreateTag, ListTags, MergeTag, RemoveTag

router = APIRouter(prefix="/api/journal/tags", tags=["journal"])

ListTagsCall = Annotated["ListTags", Depends(bootstrap.list_tags)]
CreateTagCall = Annotated["CreateTag", Depends(bootstrap.create_tag)]
ChangeTagCall = Annotated["ChangeTag", Depends(bootstrap.change_tag)]
RemoveTagCall = Annotated["RemoveTag", Depends(bootstrap.remove_tag)]
MergeTagCall = Annotated["MergeTag", Depends(bootstrap.merge_tag)]


@router.get("")
async def tags(owner: Owner, call: ListTagsCall) -> PageOut[TagOut]:
    """List your tags and the first setups, by category and name."""
    return PageOut[TagOut](items=[TagOut.from_domain(one) for one in call(owner)], next_cursor=None)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_tag(
    body: TagIn, owner: Owner, call: CreateTagCall, show: ListTagsCall, cause: CauseDep
) -> TagOut:
    """Make a tag. `NAME_TAKEN`, also for the name of a merged one; `TAG_LIMIT` beyond 500."""
    tag = call(
        owner,
        name=body.name,
        category=body.category,
        colour=body.colour,
        description=body.description,
        cause=cause.name,
        now=cause.at,
    )
    return TagOut.from_domain(show.one(owner, tag.id))


@router.patch("/{tag_id}")
async def change_tag(
    tag_id: IdPath, body: TagPatch, owner: Owner, call: ChangeTagCall, show: ListTagsCall
) -> TagOut:
    """Change a tag; wherever it is used, it shows the change at once. Else `NAME_TAKEN`."""
    tag = call(owner, tag_id, body.to_domain(), version=body.version)
    return TagOut.from_domain(show.one(owner, tag.id))


@router.delete("/{tag_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_tag(tag_id: IdPath, owner: Owner, call: RemoveTagCall) -> None:
    """Remove a tag that nothing carries; one in use, and a first setup, is archived."""
    call(owner, tag_id)


@router.post("/{tag_id}/merge")
async def merge_tag(
    tag_id: IdPath, body: MergeIn, owner: Owner, call: MergeTagCall, show: ListTagsCall
) -> TagOut:
    """Make a tag another name of a second one, which gets all its uses. Else `SAME_TAG`."""
    tag = call(owner, tag_id, body.into, version=body.version)
    return TagOut.from_domain(show.one(owner, tag.id))
