"""What was traded (trading, page part 7)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends

from functions.api.dependencies import Owner
from functions.api.pages import PagingDep
from functions.api.queries import BotFilter, ModeFilter, Since, Until
from functions.api.routers.fill_schemas import FillOut
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.trading.wanted import Wanted

if TYPE_CHECKING:
    from nightdesk.trading.reading import ListFills

router = APIRouter(prefix="/api/fills", tags=["fills"])

ListFillsCall = Annotated["ListFills", Depends(bootstrap.list_fills)]


@router.get("")
async def fills(
    *,
    owner: Owner,
    call: ListFillsCall,
    paging: PagingDep,
    bot_id: BotFilter = None,
    mode: ModeFilter = None,
    since: Since = None,
    until: Until = None,
) -> PageOut[FillOut]:
    """List what your bots traded, newest first.

    With filters a page may be short while there are more: go on until `next_cursor` is null.
    """
    wanted = Wanted(bot_id=bot_id, mode=mode, since=since, until=until)
    found = call(owner, wanted, limit=paging.limit, after=paging.after)
    return paging.out(found, FillOut.from_domain)
