"""Decisions and their reasons (trading, page part 7)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends

from functions.api.dependencies import Owner
from functions.api.pages import PagingDep
from functions.api.queries import BotFilter, IdPath
from functions.api.routers.decision_schemas import DecisionOut, ExplanationOut
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.core.ids import DecisionId

if TYPE_CHECKING:
    from nightdesk.trading.explaining import ExplainDecision
    from nightdesk.trading.reading import ListDecisions

router = APIRouter(prefix="/api/decisions", tags=["decisions"])

ListDecisionsCall = Annotated["ListDecisions", Depends(bootstrap.list_decisions)]
ExplainDecisionCall = Annotated["ExplainDecision", Depends(bootstrap.explain_decision)]


@router.get("")
async def decisions(
    owner: Owner, call: ListDecisionsCall, paging: PagingDep, bot_id: BotFilter = None
) -> PageOut[DecisionOut]:
    """List what your bots decided, newest first: entries, exits, refusals, and doing nothing."""
    found = call(owner, bot_id, limit=paging.limit, after=paging.after)
    return paging.out(found, DecisionOut.from_domain)


@router.get("/{decision_id}")
async def decision(decision_id: IdPath, owner: Owner, call: ExplainDecisionCall) -> ExplanationOut:
    """Explain one decision in full.

    What was known of the market, which conditions of the strategy were true, what every check of
    the risk desk said, which orders followed and how they filled, how the position was protected
    and what it made.
    """
    return ExplanationOut.from_domain(call(owner, DecisionId(decision_id)))
