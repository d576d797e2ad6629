"""The journal's playbooks (journal, page part 3)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, status

from functions.api.dependencies import CauseDep, Now, Owner
from functions.api.pages import PagingDep
from functions.api.queries import IdPath
from functions.api.routers.journal_playbook_schemas import (
    PlaybookEditIn,
    PlaybookIn,
    PlaybookOut,
    PlaybookStatsOut,
)
from functions.api.schemas import PageOut
from functions.api.trade_filters import Filtered
from nightdesk import bootstrap

if TYPE_CHECKING:
    from nightdesk.journal.playing import (
        ArchivePlaybook,
        ChangePlaybook,
        CreatePlaybook,
        ReadBookStats,
        ReadPlaybooks,
    )

router = APIRouter(prefix="/api/journal/playbooks", tags=["journal"])

ReadPlaybooksCall = Annotated["ReadPlaybooks", Depends(bootstrap.read_playbooks)]
CreatePlaybookCall = Annotated["CreatePlaybook", Depends(bootstrap.create_playbook)]
ChangePlaybookCall = Annotated["ChangePlaybook", Depends(bootstrap.change_playbook)]
ArchivePlaybookCall = Annotated["ArchivePlaybook", Depends(bootstrap.archive_playbook)]
ReadBookStatsCall = Annotated["ReadBookStats", Depends(bootstrap.read_book_stats)]

VersionQuery = Annotated[int | None, Query(ge=1, le=999_999, description="Left out: the newest.")]


@router.get("")
async def playbooks(
    owner: Owner,
    call: ReadPlaybooksCall,
    paging: PagingDep,
    *,
    archived: Annotated[bool, Query(description="Archived ones, too.")] = False,
) -> PageOut[PlaybookOut]:
    """List playbooks at their newest versions."""
    found = call(owner, limit=paging.limit, after=paging.after, archived=archived)
    return paging.out(found, PlaybookOut.from_domain)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_playbook(
    body: PlaybookIn, owner: Owner, call: CreatePlaybookCall, cause: CauseDep
) -> PlaybookOut:
    """Make a playbook at version 1: `BAD_PREDICATE`, `NAME_TAKEN`, `PLAYBOOK_LIMIT`."""
    return PlaybookOut.from_domain(call(owner, body.to_domain(), cause=cause.name, now=cause.at))


@router.get("/{playbook_id}")
async def playbook(
    playbook_id: IdPath, owner: Owner, call: ReadPlaybooksCall, version: VersionQuery = None
) -> PlaybookOut:
    """Show a version of a playbook, archived or not."""
    return PlaybookOut.from_domain(call.one(owner, playbook_id, version))


@router.put("/{playbook_id}")
async def change_playbook(
    playbook_id: IdPath, body: PlaybookEditIn, owner: Owner, call: ChangePlaybookCall, now: Now
) -> PlaybookOut:
    """Store the next version; trades keep the one that was in force at their entry.

    Refused with `BAD_PREDICATE`, `NAME_TAKEN`.
    """
    text = body.to_domain()
    return PlaybookOut.from_domain(call(owner, playbook_id, text, version=body.version, now=now))


@router.delete("/{playbook_id}", status_code=status.HTTP_204_NO_CONTENT)
async def archive_playbook(
    playbook_id: IdPath, owner: Owner, call: ArchivePlaybookCall, now: Now
) -> None:
    """Take a playbook out of use; its versions stay for the trades that keep them."""
    call(owner, playbook_id, now=now)


@router.get("/{playbook_id}/stats")
async def playbook_stats(
    playbook_id: IdPath, owner: Owner, call: ReadBookStatsCall, filters: Filtered, now: Now
) -> PlaybookStatsOut:
    """Show what keeping each rule was worth over trades of a year, or of `from` to `to`.

    Live trades are counted, paper ones where none is live; `mode` asks for others.
    """
    return PlaybookStatsOut.from_domain(call(owner, playbook_id, filters, now=now))
