"""The ledger and its proof (trading, page part 7)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query

from functions.api.dependencies import Owner
from functions.api.pages import PagingDep
from functions.api.queries import ID, BotFilter
from functions.api.routers.ledger_schemas import PostingOut, ProofOut
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.core.ids import BotId

if TYPE_CHECKING:
    from nightdesk.trading.proving import VerifyLedger
    from nightdesk.trading.reading import ListPostings

router = APIRouter(prefix="/api/ledger", tags=["ledger"])

ListPostingsCall = Annotated["ListPostings", Depends(bootstrap.list_postings)]
VerifyLedgerCall = Annotated["VerifyLedger", Depends(bootstrap.verify_ledger)]


@router.get("")
async def postings(
    owner: Owner, call: ListPostingsCall, paging: PagingDep, bot_id: BotFilter = None
) -> PageOut[PostingOut]:
    """List the postings of one bot, or of all bots one after the other, sorted by cause."""
    return paging.out(
        call(owner, bot_id, limit=paging.limit, after=paging.after), PostingOut.from_domain
    )


@router.get("/verify")
async def verify(
    owner: Owner,
    call: VerifyLedgerCall,
    bot_id: Annotated[str, Query(pattern=ID, description="The bot to check.")],
) -> ProofOut:
    """Rebuild a bot's ledger from all its postings and fills and compare it with what is stored.

    Nothing is repaired: a broken ledger halts the bot, and a person looks.
    """
    return ProofOut.from_domain(call(owner, BotId(bot_id)))
