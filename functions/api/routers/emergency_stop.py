"""The emergency stop: one's own, and for administrators anybody's (accounts, page part 10)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends

from functions.api.dependencies import CauseDep, Now, OriginDep, Owner, access
from functions.api.routers.stop_schemas import (
    ResumeIn,
    ResumeOthersIn,
    StopIn,
    StopOthersIn,
    StopOut,
    owner_of,
)
from nightdesk import bootstrap
from nightdesk.accounts.identity import Role
from nightdesk.bots.bot import PauseCode
from nightdesk.core.ids import SYSTEM

if TYPE_CHECKING:
    from nightdesk.accounts.emergency_stop import Engage, ReadStop, Resume
    from nightdesk.accounts.user import ReadAccount
    from nightdesk.bots.stopping import StoppedBots
    from nightdesk.bots.switching import ResumeAll

router = APIRouter(prefix="/api/system/emergency-stop", tags=["emergency-stop"])
admin = APIRouter(prefix="/api/admin/emergency-stop", tags=["emergency-stop-admin"])

ReadStopCall = Annotated["ReadStop", Depends(bootstrap.read_stop)]
StoppedBotsCall = Annotated["StoppedBots", Depends(bootstrap.stopped_bots)]
EngageCall = Annotated["Engage", Depends(bootstrap.engage_stop)]
ResumeCall = Annotated["Resume", Depends(bootstrap.resume_stop)]
ResumeAllCall = Annotated["ResumeAll", Depends(bootstrap.resume_all)]
ReadAccountCall = Annotated["ReadAccount", Depends(bootstrap.read_account)]


@router.get("")
async def standing(owner: Owner, read: ReadStopCall, paused: StoppedBotsCall) -> StopOut:
    """Show whether trading is stopped, for this account or for all."""
    return StopOut.from_domain(read(owner), paused(owner))


@router.post("", openapi_extra=access(limit="safety"))
async def engage(
    *,
    owner: Owner,
    engage: EngageCall,
    read: ReadStopCall,
    paused: StoppedBotsCall,
    origin: OriginDep,
    now: Now,
    body: StopIn | None = None,
) -> StopOut:
    """Stop trading at once. No entry follows this answer; asked again it is the same stop.

    Bots are paused and resting entries cancelled within seconds; with level `flatten` what is held
    is sold, too. Any API token that may trade may ask for it; to lift it takes a session.
    """
    wanted = body or StopIn()
    engage(owner, level=wanted.level, reason=wanted.reason, admin=False, origin=origin, now=now)
    return StopOut.from_domain(read(owner), paused(owner))


@router.post("/resume", openapi_extra=access(elevated=True))
async def resume(
    *,
    owner: Owner,
    body: ResumeIn,
    call: ResumeCall,
    restart: ResumeAllCall,
    read: ReadStopCall,
    paused: StoppedBotsCall,
    origin: OriginDep,
    cause: CauseDep,
) -> StopOut:
    """Lift one's own stop. Its bots stay paused unless `restart_bots`."""
    call(
        owner,
        reason=body.reason,
        confirm=body.confirm,
        restart=body.restart_bots,
        admin=False,
        origin=origin,
        now=cause.at,
    )
    switched = None
    if body.restart_bots:
        switched = restart(owner, cause.at, code=PauseCode.EMERGENCY_STOP)
    return StopOut.from_domain(read(owner), paused(owner), restarted=switched)


@admin.post("", openapi_extra=access(role=Role.ADMIN, limit="safety"))
async def engage_others(
    *,
    body: StopOthersIn,
    engage: EngageCall,
    read: ReadStopCall,
    paused: StoppedBotsCall,
    account: ReadAccountCall,
    origin: OriginDep,
    now: Now,
) -> StopOut:
    """Stop the trading of one account, or with scope `global` of all."""
    owner = owner_of(body.scope)
    if owner != SYSTEM:
        account(owner)
    engage(owner, level=body.level, reason=body.reason, admin=True, origin=origin, now=now)
    return StopOut.from_domain(read(owner), paused(owner))


@admin.post("/resume", openapi_extra=access(role=Role.ADMIN, elevated=True))
async def resume_others(
    *,
    body: ResumeOthersIn,
    call: ResumeCall,
    restart: ResumeAllCall,
    read: ReadStopCall,
    paused: StoppedBotsCall,
    account: ReadAccountCall,
    origin: OriginDep,
    cause: CauseDep,
) -> StopOut:
    """Lift the stop of one account, or of all: a stop of the desk goes owner by owner."""
    owner = owner_of(body.scope)
    if owner != SYSTEM:
        account(owner)
    call(
        owner,
        reason=body.reason,
        confirm=body.confirm,
        restart=body.restart_bots,
        admin=True,
        origin=origin,
        now=cause.at,
    )
    switched = None
    if body.restart_bots and owner != SYSTEM:
        switched = restart(owner, cause.at, code=PauseCode.EMERGENCY_STOP)
    return StopOut.from_domain(read(owner), paused(owner), restarted=switched)
