"""Bots: make, read, change, start, halt, retire (bots, page part 10)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Query, status

from functions.api.dependencies import CauseDep, Now, OriginDep, Owner, Who, access, live_allowed
from functions.api.pages import PagingDep
from functions.api.routers.bot_schemas import (
    BotIn,
    BotOut,
    BotPatch,
    ModeIn,
    PauseAllIn,
    PauseIn,
    ProfileOut,
    RecordOut,
    ResumeAllIn,
    SwitchedOut,
    UseOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.bots.bot import BOT_ID, BotStatus
from nightdesk.bots.lifecycle import Trigger
from nightdesk.bots.wanted import Wanted
from nightdesk.core.ids import BotId, InstrumentId
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.bots.creation import CreateBot
    from nightdesk.bots.editing import ChangeMode, UpdateBot
    from nightdesk.bots.reading import BotHistory, BotLimitsUsed, ListBots, ReadBot
    from nightdesk.bots.retiring import RetireBot
    from nightdesk.bots.switching import PauseAll, PauseBot, ResumeAll, StartBot

router = APIRouter(prefix="/api/bots", tags=["bots"])

CreateBotCall = Annotated["CreateBot", Depends(bootstrap.create_bot)]
ReadBotCall = Annotated["ReadBot", Depends(bootstrap.read_bot)]
ListBotsCall = Annotated["ListBots", Depends(bootstrap.list_bots)]
BotHistoryCall = Annotated["BotHistory", Depends(bootstrap.bot_history)]
BotLimitsUsedCall = Annotated["BotLimitsUsed", Depends(bootstrap.bot_limits_used)]
UpdateBotCall = Annotated["UpdateBot", Depends(bootstrap.update_bot)]
ChangeModeCall = Annotated["ChangeMode", Depends(bootstrap.change_mode)]
StartBotCall = Annotated["StartBot", Depends(bootstrap.start_bot)]
PauseBotCall = Annotated["PauseBot", Depends(bootstrap.pause_bot)]
PauseAllCall = Annotated["PauseAll", Depends(bootstrap.pause_all)]
ResumeAllCall = Annotated["ResumeAll", Depends(bootstrap.resume_all)]
RetireBotCall = Annotated["RetireBot", Depends(bootstrap.retire_bot)]

BotPath = Annotated[str, Path(pattern=f"^{BOT_ID.pattern}$")]
VenueFilter = Annotated[str | None, Query(pattern=r"^[a-z]{3,12}$")]
InstrumentFilter = Annotated[
    str | None, Query(pattern=r"^[A-Z0-9]{1,15}/[A-Z0-9]{1,15}@[a-z]{3,12}$")
]
StatusFilter = Annotated[
    BotStatus | None, Query(alias="status", description="Left out: all that are not retired.")
]


@router.get("")
async def bots(
    owner: Owner,
    call: ListBotsCall,
    paging: PagingDep,
    *,
    state: StatusFilter = None,
    mode: Mode | None = None,
    venue: VenueFilter = None,
    instrument: InstrumentFilter = None,
) -> PageOut[BotOut]:
    """Show the bots of the signed-in trader, oldest first."""
    wanted = Wanted(
        status=state,
        mode=mode,
        venue=venue,
        instrument_id=None if instrument is None else InstrumentId(instrument),
    )
    return paging.out(
        call(owner, wanted, limit=paging.limit, after=paging.after), BotOut.from_domain
    )


@router.post(
    "", status_code=status.HTTP_201_CREATED, openapi_extra=access(once=True, limit="trade")
)
async def create(
    body: BotIn,
    *,
    owner: Owner,
    call: CreateBotCall,
    read: ReadBotCall,
    cause: CauseDep,
    origin: OriginDep,
) -> BotOut:
    """Make a paper bot, a draft with its money in it."""
    bot = call(owner, body.to_domain(), cause=cause.name, at=cause.at, origin=origin)
    return BotOut.from_domain(read.show(bot))


@router.get("/profiles")
async def profiles() -> PageOut[ProfileOut]:
    """Show the risk modes."""
    return PageOut[ProfileOut](items=ProfileOut.all(), next_cursor=None)


@router.get("/limits")
async def limits(owner: Owner, call: BotLimitsUsedCall) -> PageOut[UseOut]:
    """Show how many bots the trader may have, and has; drafts and retired ones do not count."""
    found = [UseOut.from_domain(use) for use in call(owner)]
    return PageOut[UseOut](items=found, next_cursor=None)


@router.post("/pause-all", openapi_extra=access(limit="safety"))
async def pause_all(
    owner: Owner, call: PauseAllCall, cause: CauseDep, body: PauseAllIn | None = None
) -> SwitchedOut:
    """Halt trading: no bot opens anything; what they hold is managed to its exit."""
    asked = body or PauseAllIn()
    mode = None if asked.mode is None else Mode(asked.mode)
    return SwitchedOut.from_domain(call(owner, cause.at, mode=mode, reason=asked.reason))


@router.post("/resume-all", openapi_extra=access(limit="trade"))
async def resume_all(
    owner: Owner, call: ResumeAllCall, cause: CauseDep, body: ResumeAllIn | None = None
) -> SwitchedOut:
    """Resume all bots paused for one code."""
    code = (body or ResumeAllIn()).pause_code
    return SwitchedOut.from_domain(call(owner, cause.at, code=code))


@router.get("/{bot_id}")
async def bot(bot_id: BotPath, owner: Owner, call: ReadBotCall) -> BotOut:
    """Show one bot; another trader's bot does not exist here."""
    return BotOut.from_domain(call(owner, BotId(bot_id)))


@router.get("/{bot_id}/history")
async def history(
    bot_id: BotPath, owner: Owner, call: BotHistoryCall, paging: PagingDep
) -> PageOut[RecordOut]:
    """Show what happened to a bot, newest first."""
    found = call(owner, BotId(bot_id), limit=paging.limit, after=paging.after)
    return paging.out(found, RecordOut.from_domain)


@router.patch("/{bot_id}")
async def update(
    bot_id: BotPath,
    body: BotPatch,
    *,
    owner: Owner,
    call: UpdateBotCall,
    read: ReadBotCall,
    cause: CauseDep,
) -> BotOut:
    """Change a bot, against the version that was read."""
    changed = call(owner, BotId(bot_id), body.to_domain(), cause.at)
    return BotOut.from_domain(read.show(changed))


@router.post("/{bot_id}/start", openapi_extra=access(limit="trade"))
async def start(
    bot_id: BotPath, owner: Owner, call: StartBotCall, read: ReadBotCall, cause: CauseDep
) -> BotOut:
    """Let a bot trade."""
    return BotOut.from_domain(read.show(call(owner, BotId(bot_id), cause.at, Trigger.START)))


@router.post("/{bot_id}/resume", openapi_extra=access(limit="trade"))
async def resume(
    bot_id: BotPath, owner: Owner, call: StartBotCall, read: ReadBotCall, cause: CauseDep
) -> BotOut:
    """Let a paused bot go on where it was."""
    return BotOut.from_domain(read.show(call(owner, BotId(bot_id), cause.at, Trigger.RESUME)))


@router.post("/{bot_id}/pause", openapi_extra=access(limit="safety"))
async def pause(
    bot_id: BotPath,
    *,
    owner: Owner,
    call: PauseBotCall,
    read: ReadBotCall,
    cause: CauseDep,
    body: PauseIn | None = None,
) -> BotOut:
    """Keep a bot from opening anything."""
    reason = (body or PauseIn()).reason
    return BotOut.from_domain(read.show(call(owner, BotId(bot_id), cause.at, reason=reason)))


@router.post("/{bot_id}/mode", openapi_extra=access(limit="trade"))
async def mode(
    bot_id: BotPath,
    body: ModeIn,
    *,
    who: Who,
    call: ChangeModeCall,
    read: ReadBotCall,
    now: Now,
) -> BotOut:
    """Ask for a trading mode. Paper is always granted; live is not there yet.

    Live is for the owner's own session, stepped up, with two-factor sign-in on.
    """
    wanted = Mode(body.mode)
    if wanted is Mode.LIVE:
        live_allowed(who, now)
    return BotOut.from_domain(read.show(call(who.owner, BotId(bot_id), wanted)))


@router.delete(
    "/{bot_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(once=True, limit="trade"),
)
async def retire(
    bot_id: BotPath, owner: Owner, call: RetireBotCall, cause: CauseDep, origin: OriginDep
) -> None:
    """Retire a bot that holds nothing: its money goes back to the pool, its history stays."""
    call(owner, BotId(bot_id), cause.at, origin)
