"""Syncs of exchange accounts by stored keys (journal, page part 2)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, status

from functions.api.dependencies import CauseDep, Owner, access
from functions.api.pages import PagingDep
from functions.api.queries import IdPath
from functions.api.routers.journal_sync_schemas import (
    SyncDetailOut,
    SyncIn,
    SyncOut,
    SyncsBegunOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap

if TYPE_CHECKING:
    from nightdesk.journal.account_sync import ReadSyncs, RequestSync
    from nightdesk.journal.unplaced_reading import ReadUnplaced

router = APIRouter(prefix="/api/journal/sync", tags=["journal"])

RequestSyncCall = Annotated["RequestSync", Depends(bootstrap.request_sync)]
ReadSyncsCall = Annotated["ReadSyncs", Depends(bootstrap.read_syncs)]
ReadUnplacedCall = Annotated["ReadUnplaced", Depends(bootstrap.read_unplaced)]


@router.post(
    "", status_code=status.HTTP_202_ACCEPTED, openapi_extra=access(once=True, limit="heavy")
)
async def sync(body: SyncIn, owner: Owner, call: RequestSyncCall, cause: CauseDep) -> SyncsBegunOut:
    """Fetch what an account did, or all whose key is ready. `KEY_NOT_READY`, `SYNC_RUNNING`.

    One that has died, without a sign of life for 20 minutes, is gone on with.
    """
    begun = call(owner, account=body.account, days=body.days or 0, cause=cause.name, now=cause.at)
    return SyncsBegunOut(items=[SyncOut.from_domain(one) for one in begun])


@router.get("")
async def syncs(owner: Owner, call: ReadSyncsCall, paging: PagingDep) -> PageOut[SyncOut]:
    """List your syncs of the last 30 days, newest first."""
    return paging.out(call(owner, limit=paging.limit, after=paging.after), SyncOut.from_domain)


@router.get("/{sync_id}")
async def sync_(
    sync_id: IdPath, owner: Owner, call: ReadSyncsCall, left: ReadUnplacedCall
) -> SyncDetailOut:
    """Show how far a sync has come, the rows that it could not take, and what is in no trade."""
    found = call.one(owner, sync_id)
    books = [(found.account, instrument) for instrument in found.touched]
    return SyncDetailOut.of(found, left.touched(owner, books))
