"""Open positions (trading, page part 7)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends

from functions.api.dependencies import Owner
from functions.api.pages import PagingDep
from functions.api.queries import IdPath, ModeFilter
from functions.api.routers.position_schemas import PositionDetailOut, PositionOut
from functions.api.schemas import PageOut
from nightdesk import bootstrap

if TYPE_CHECKING:
    from nightdesk.trading.holding import ListPositions, ReadPosition

router = APIRouter(prefix="/api/positions", tags=["positions"])

ListPositionsCall = Annotated["ListPositions", Depends(bootstrap.list_positions)]
ReadPositionCall = Annotated["ReadPosition", Depends(bootstrap.read_position)]


@router.get("")
async def positions(
    owner: Owner, call: ListPositionsCall, paging: PagingDep, mode: ModeFilter = None
) -> PageOut[PositionOut]:
    """List what your bots hold now, newest first, at the price of the newest settle."""
    found = call(owner, mode, limit=paging.limit, after=paging.after)
    return paging.out(found, PositionOut.from_domain)


@router.get("/{position_id}")
async def position(position_id: IdPath, owner: Owner, call: ReadPositionCall) -> PositionDetailOut:
    """Show one open position with the orders that built it and those that protect it.

    Once it is closed it is told by the decision that opened it.
    """
    return PositionDetailOut.from_detail(call(owner, position_id))
