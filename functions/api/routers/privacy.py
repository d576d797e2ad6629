"""The owner's copy of everything, and the end of an account (accounts, page part 12)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, status

from functions.api.dependencies import CauseDep, Now, OriginDep, Owner, access
from functions.api.queries import IdPath
from functions.api.routers.privacy_schemas import (
    DeletionIn,
    DeletionOut,
    ExportBegunOut,
    ExportOut,
)
from nightdesk import bootstrap
from nightdesk.accounts.exported import Scope

if TYPE_CHECKING:
    from nightdesk.accounts.deletion import CancelDeletion, RequestDeletion
    from nightdesk.accounts.export import ReadExport, RequestExport

router = APIRouter(prefix="/api", tags=["privacy"])

RequestExportCall = Annotated["RequestExport", Depends(bootstrap.request_export)]
ReadExportCall = Annotated["ReadExport", Depends(bootstrap.read_export)]
RequestDeletionCall = Annotated["RequestDeletion", Depends(bootstrap.request_deletion)]
CancelDeletionCall = Annotated["CancelDeletion", Depends(bootstrap.cancel_deletion)]


@router.post(
    "/account/export",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=access(once=True, token="never", elevated=True, limit="heavy"),
)
async def export(
    owner: Owner, call: RequestExportCall, origin: OriginDep, cause: CauseDep
) -> ExportBegunOut:
    """Make a copy of everything that is stored of the account; event `export_ready` follows."""
    begun = call(owner, Scope.ALL, origin=origin, cause=cause.name, now=cause.at)
    return ExportBegunOut(export_id=begun.export_id)


@router.get("/account/export/{export_id}", openapi_extra=access(token="never"))
async def read_export(export_id: IdPath, owner: Owner, call: ReadExportCall, now: Now) -> ExportOut:
    """Show how an export stands, with a fresh link once it is ready."""
    return ExportOut.from_domain(*call(owner, export_id, now))


@router.post(
    "/audit/export",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=access(once=True, token="never", elevated=True, limit="heavy"),
)
async def export_audit(
    owner: Owner, call: RequestExportCall, origin: OriginDep, cause: CauseDep
) -> ExportBegunOut:
    """Make a copy of the audit chains alone, fetched as any export."""
    begun = call(owner, Scope.AUDIT, origin=origin, cause=cause.name, now=cause.at)
    return ExportBegunOut(export_id=begun.export_id)


@router.post(
    "/account/delete",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=access(once=True, token="never", elevated=True),
)
async def delete(
    body: DeletionIn,
    owner: Owner,
    call: RequestDeletionCall,
    origin: OriginDep,
    cause: CauseDep,
) -> DeletionOut:
    """Stop trading, sign out everywhere, and erase the account in seven days."""
    deletion = call(
        owner,
        confirm=body.confirm,
        flatten=body.flatten,
        origin=origin,
        cause=cause.name,
        now=cause.at,
    )
    return DeletionOut.from_domain(deletion)


@router.post(
    "/account/delete/cancel",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(token="never", elevated=True, open_early=True, cancels_deletion=True),
)
async def cancel(owner: Owner, call: CancelDeletionCall, origin: OriginDep, now: Now) -> None:
    """Keep the account after all. Bots stay paused; the stop is lifted by its own route."""
    call(owner, origin, now)
