"""Bots of all owners, for administrators: halt, repair, and never to live (accounts, part 13)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Query

from functions.api.dependencies import CauseDep, Now, OriginDep, access
from functions.api.pages import PagingDep
from functions.api.queries import ID, ModeFilter
from functions.api.routers.admin_bot_schemas import BotHeaderOut, PaperIn, VenueIn
from functions.api.routers.admin_user_schemas import ReasonIn
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.accounts.identity import Role
from nightdesk.bots.bot import BOT_ID, BotStatus
from nightdesk.bots.wanted import Wanted
from nightdesk.core.ids import BotId, UserId
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.bots.bot import Bot
    from nightdesk.bots.overseeing import (
        KeepPaper,
        LiftPause,
        ListAllBots,
        MoveBot,
        PauseByAdmin,
        RestartBot,
        ShowBots,
    )

admin = APIRouter(prefix="/api/admin/bots", tags=["admin"])

ListCall = Annotated["ListAllBots", Depends(bootstrap.list_all_bots)]
PaperCall = Annotated["KeepPaper", Depends(bootstrap.keep_paper)]
PauseCall = Annotated["PauseByAdmin", Depends(bootstrap.pause_by_admin)]
LiftCall = Annotated["LiftPause", Depends(bootstrap.lift_pause)]
RestartCall = Annotated["RestartBot", Depends(bootstrap.restart_bot)]
MoveCall = Annotated["MoveBot", Depends(bootstrap.move_bot)]
Show = Annotated["ShowBots", Depends(bootstrap.show_bots)]

BotPath = Annotated[str, Path(pattern=f"^{BOT_ID.pattern}$")]
UserFilter = Annotated[
    str | None, Query(alias="user_id", pattern=ID, description="Of this user alone.")
]
VenueFilter = Annotated[str | None, Query(pattern=r"^[a-z]{3,12}$")]
StatusFilter = Annotated[
    BotStatus | None, Query(alias="status", description="Left out: all that are not retired.")
]
WRITES = access(role=Role.ADMIN, elevated=True)


@admin.get("", openapi_extra=access(role=Role.ADMIN))
async def bots(
    *,
    call: ListCall,
    paging: PagingDep,
    origin: OriginDep,
    now: Now,
    mode: ModeFilter = None,
    user: UserFilter = None,
    state: StatusFilter = None,
    venue: VenueFilter = None,
) -> PageOut[BotHeaderOut]:
    """Show bots of all owners, oldest first. One user's: that user finds it in the audit log."""
    found = call(
        Wanted(status=state, mode=mode, venue=venue),
        owner=UserId(user) if user else None,
        origin=origin,
        now=now,
        limit=paging.limit,
        after=paging.after,
    )
    return paging.out(found, BotHeaderOut.from_domain)


@admin.post("/{bot_id}/mode", openapi_extra=WRITES)
async def mode(
    *, bot_id: BotPath, body: PaperIn, call: PaperCall, show: Show, origin: OriginDep, now: Now
) -> BotHeaderOut:
    """Take a bot to paper. To live only its owner takes it."""
    return _shown(show, call(BotId(bot_id), Mode(body.mode), origin, now))


@admin.post("/{bot_id}/pause", openapi_extra=WRITES)
async def pause(
    *,
    bot_id: BotPath,
    body: ReasonIn,
    call: PauseCall,
    show: Show,
    origin: OriginDep,
    cause: CauseDep,
) -> BotHeaderOut:
    """Stop a bot from opening anything until an administrator lifts it."""
    return _shown(show, call(BotId(bot_id), body.reason, origin, cause.at))


@admin.post("/{bot_id}/resume", openapi_extra=WRITES)
async def resume(
    *, bot_id: BotPath, call: LiftCall, show: Show, origin: OriginDep, cause: CauseDep
) -> BotHeaderOut:
    """Lift an administrator's pause. The bot stays paused until its owner resumes it."""
    return _shown(show, call(BotId(bot_id), origin, cause.at))


@admin.post("/{bot_id}/restart", openapi_extra=WRITES)
async def restart(
    *,
    bot_id: BotPath,
    body: ReasonIn,
    call: RestartCall,
    show: Show,
    origin: OriginDep,
    cause: CauseDep,
) -> BotHeaderOut:
    """Free a bot that hangs: a lease left behind, a halt for doubt once its ledger is proven."""
    return _shown(show, call(BotId(bot_id), body.reason, origin, cause.at))


@admin.post("/{bot_id}/exchange", openapi_extra=WRITES)
async def exchange(
    *,
    bot_id: BotPath,
    body: VenueIn,
    call: MoveCall,
    show: Show,
    origin: OriginDep,
    cause: CauseDep,
) -> BotHeaderOut:
    """Let a paper bot that holds nothing trade the same pair at another venue."""
    return _shown(show, call(BotId(bot_id), body.venue, body.key_label, origin, cause.at))


def _shown(show: "ShowBots", bot: "Bot") -> BotHeaderOut:
    return BotHeaderOut.from_domain(show([bot])[0])
