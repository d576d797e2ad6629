"""Orders, to be read (trading, page part 7)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query

from functions.api.dependencies import Owner
from functions.api.pages import PagingDep
from functions.api.queries import BotFilter, IdPath, ModeFilter, Since, Until
from functions.api.routers.order_schemas import OrderDetailOut, OrderOut
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.core.ids import ClientOrderId
from nightdesk.trading.order import OrderStatus
from nightdesk.trading.wanted import Wanted

if TYPE_CHECKING:
    from nightdesk.trading.reading import ListOrders, ReadOrder

router = APIRouter(prefix="/api/orders", tags=["orders"])

ListOrdersCall = Annotated["ListOrders", Depends(bootstrap.list_orders)]
ReadOrderCall = Annotated["ReadOrder", Depends(bootstrap.read_order)]

Status = Annotated[OrderStatus | None, Query(description="In this state alone.")]


@router.get("")
async def orders(
    *,
    owner: Owner,
    call: ListOrdersCall,
    paging: PagingDep,
    bot_id: BotFilter = None,
    status: Status = None,
    mode: ModeFilter = None,
    since: Since = None,
    until: Until = None,
) -> PageOut[OrderOut]:
    """List the orders of all your bots, newest first.

    Stops and targets that the desk watches stand with their position until they are sent. With
    filters a page may be short while there are more: go on until `next_cursor` is null.
    """
    wanted = Wanted(bot_id=bot_id, status=status, mode=mode, since=since, until=until)
    found = call(owner, wanted, limit=paging.limit, after=paging.after)
    return paging.out(found, OrderOut.from_domain)


@router.get("/{order_id}")
async def order(order_id: IdPath, owner: Owner, call: ReadOrderCall) -> OrderDetailOut:
    """Show one order with its fills, and the decision that asked for it."""
    return OrderDetailOut.from_domain(call(owner, ClientOrderId(order_id)))
