"""Strategies: built-in and a trader's own (trading, page part 7)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, status

from functions.api.dependencies import CauseDep, Now, Owner, access
from functions.api.pages import PagingDep
from functions.api.queries import IdPath
from functions.api.routers.strategy_schemas import (
    CheckedOut,
    SignalsIn,
    SignalsOut,
    StoredOut,
    StrategyDetailOut,
    StrategyEditIn,
    StrategyIn,
    StrategyOut,
    StrategySignalOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.core.ids import InstrumentId, StrategyId

if TYPE_CHECKING:
    from nightdesk.strategies.showing import ReadSignals
    from nightdesk.strategies.versions import (
        ArchiveStrategy,
        CreateStrategy,
        EditStrategy,
        ListStrategies,
        ReadStrategy,
        ValidateStrategy,
    )

router = APIRouter(prefix="/api/strategies", tags=["strategies"])

ListStrategiesCall = Annotated["ListStrategies", Depends(bootstrap.list_strategies)]
ReadStrategyCall = Annotated["ReadStrategy", Depends(bootstrap.read_strategy)]
CreateStrategyCall = Annotated["CreateStrategy", Depends(bootstrap.create_strategy)]
EditStrategyCall = Annotated["EditStrategy", Depends(bootstrap.edit_strategy)]
ArchiveStrategyCall = Annotated["ArchiveStrategy", Depends(bootstrap.archive_strategy)]
ValidateStrategyCall = Annotated["ValidateStrategy", Depends(bootstrap.validate_strategy)]
ReadSignalsCall = Annotated["ReadSignals", Depends(bootstrap.read_signals)]
Grammar = Annotated[Callable[[], dict[str, Any]], Depends(bootstrap.strategy_grammar)]

Version = Annotated[int, Path(ge=1, le=999_999)]


@router.get("")
async def strategies(
    owner: Owner, call: ListStrategiesCall, paging: PagingDep
) -> PageOut[StrategyOut]:
    """List the built-in strategies and your own, each at its newest version."""
    found = call(owner, limit=paging.limit, after=paging.after)
    return paging.out(found, StrategyOut.from_domain)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create(
    body: StrategyIn, owner: Owner, call: CreateStrategyCall, cause: CauseDep
) -> StoredOut:
    """Store a strategy of your own at version 1. Every error is named at once."""
    return StoredOut.from_domain(call(owner, body.definition, as_of=cause.at))


@router.get("/grammar")
async def grammar(call: Grammar) -> dict[str, Any]:
    """Show the grammar of definitions as a JSON Schema, with the functions that rules may use."""
    return call()


@router.post("/validate", openapi_extra=access(token="read"))
async def validate(body: StrategyIn, call: ValidateStrategyCall) -> CheckedOut:
    """Check a definition without storing it: all errors and warnings, each with its place."""
    return CheckedOut.from_domain(call(body.definition))


@router.get("/{strategy_id}")
async def strategy(strategy_id: IdPath, owner: Owner, call: ReadStrategyCall) -> StrategyDetailOut:
    """Show the newest version of a strategy with its definition."""
    return StrategyDetailOut.from_domain(call(owner, StrategyId(strategy_id)))


@router.put("/{strategy_id}")
async def edit(
    strategy_id: IdPath,
    body: StrategyEditIn,
    owner: Owner,
    call: EditStrategyCall,
    now: Now,
) -> StoredOut:
    """Store the next version; bots that pin an older one keep it.

    Refused with `STALE_VERSION` when somebody stored a version since `base_version`.
    """
    stored = call(
        owner,
        StrategyId(strategy_id),
        body.definition,
        base_version=body.base_version,
        as_of=now,
    )
    return StoredOut.from_domain(stored)


@router.delete("/{strategy_id}", status_code=status.HTTP_204_NO_CONTENT)
async def archive(strategy_id: IdPath, owner: Owner, call: ArchiveStrategyCall, now: Now) -> None:
    """Take a strategy out of the list; its versions stay readable for what they traded.

    Refused with `IN_USE` while a bot that is not retired holds any version of it.
    """
    call(owner, StrategyId(strategy_id), as_of=now)


@router.get("/{strategy_id}/versions/{version}")
async def version(
    strategy_id: IdPath, version: Version, owner: Owner, call: ReadStrategyCall
) -> StrategyDetailOut:
    """Show one version of a strategy, archived or not."""
    return StrategyDetailOut.from_domain(call(owner, StrategyId(strategy_id), version))


@router.post("/{strategy_id}/signals", openapi_extra=access(token="read"))
async def signals(
    strategy_id: IdPath, body: SignalsIn, owner: Owner, call: ReadSignalsCall, now: Now
) -> SignalsOut:
    """Show where a strategy would have entered and left over the last closes of a market.

    By its rules alone: stops, targets and fills are not simulated.
    """
    found = call(
        owner,
        StrategyId(strategy_id),
        InstrumentId(body.instrument),
        as_of=now,
        timeframe=body.timeframe,
        parameters=body.parameters,
        last=body.last,
    )
    return SignalsOut(
        strategy=strategy_id,
        instrument=body.instrument,
        signals=[StrategySignalOut.from_domain(one) for one in found],
    )
