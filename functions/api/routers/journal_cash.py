"""Cash of accounts, and the journal's balances beside the venue's (journal, page part 2)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, status

from functions.api.dependencies import CauseDep, Now, Owner
from functions.api.pages import PagingDep
from functions.api.queries import IdPath
from functions.api.routers.journal_cash_schemas import (
    CashIn,
    CashOut,
    ReconciledOut,
    ReconciliationOut,
    UnplacedOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap

if TYPE_CHECKING:
    from nightdesk.journal.cash import ListCash, ReconcileCash, RemoveCash, WriteCash
    from nightdesk.journal.unplaced_reading import ReadUnplaced

router = APIRouter(prefix="/api/journal", tags=["journal"])

ListCashCall = Annotated["ListCash", Depends(bootstrap.list_cash)]
WriteCashCall = Annotated["WriteCash", Depends(bootstrap.write_cash)]
RemoveCashCall = Annotated["RemoveCash", Depends(bootstrap.remove_cash)]
ReconcileCashCall = Annotated["ReconcileCash", Depends(bootstrap.reconcile_cash)]
ReadUnplacedCall = Annotated["ReadUnplaced", Depends(bootstrap.read_unplaced)]

NAME = r"^[^\x00-\x1f\x7f]+$"


@router.get("/cash")
async def cash(
    owner: Owner,
    call: ListCashCall,
    paging: PagingDep,
    account: Annotated[
        str | None, Query(max_length=120, pattern=NAME, description="Of this account alone.")
    ] = None,
) -> PageOut[CashOut]:
    """List deposits, withdrawals and corrections that you wrote, newest first."""
    found = call.page(owner, account, limit=paging.limit, after=paging.after)
    return paging.out(found, CashOut.from_domain)


@router.post("/cash", status_code=status.HTTP_201_CREATED)
async def write_cash(body: CashIn, owner: Owner, call: WriteCashCall, cause: CauseDep) -> CashOut:
    """Note a deposit, a withdrawal or a correction; the same one twice is one.

    A mistake is taken back and written anew.
    """
    row = call(
        owner,
        account=body.account,
        at=body.at,
        asset=body.asset,
        amount=body.amount,
        kind=body.kind,
        equity_before=body.equity_before,
        note=body.note,
        now=cause.at,
    )
    return CashOut.from_domain(row)


@router.delete("/cash/{cash_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_cash(cash_id: IdPath, owner: Owner, call: RemoveCashCall) -> None:
    """Take a row back."""
    call(owner, cash_id)


@router.get("/reconciliation")
async def reconciliation(
    account: Annotated[str, Query(min_length=1, max_length=120, pattern=NAME)],
    owner: Owner,
    call: ReconcileCashCall,
    left: ReadUnplacedCall,
    now: Now,
) -> ReconciliationOut:
    """Hold what the journal adds up to against what the venue says, asset by asset.

    An account that nobody wrote of has no assets. `unplaced` is what no trade holds.
    """
    assets = [ReconciledOut.from_domain(one) for one in call(owner, account, now=now)]
    unplaced = [UnplacedOut.from_domain(one) for one in left(owner, account)]
    return ReconciliationOut(account=account, assets=assets, unplaced=unplaced)
