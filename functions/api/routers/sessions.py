"""Sessions of the owner, and step-up (accounts, page part 13). No API token opens these routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from functions.api.dependencies import Now, OriginDep, Owner, ThisSession, access
from functions.api.queries import IdPath
from functions.api.routers.session_schemas import ElevatedOut, LogoutAllIn, SessionOut, StepUpIn
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.accounts.session import ListSessions, Logout, LogoutEverywhere
from nightdesk.accounts.step_up import StepUp
from nightdesk.core.ids import SessionId

router = APIRouter(prefix="/api/auth", tags=["accounts"])

LogoutCall = Annotated[Logout, Depends(bootstrap.logout)]
LogoutEverywhereCall = Annotated[LogoutEverywhere, Depends(bootstrap.logout_everywhere)]
ListSessionsCall = Annotated[ListSessions, Depends(bootstrap.list_sessions)]
StepUpCall = Annotated[StepUp, Depends(bootstrap.step_up)]


@router.post(
    "/logout",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(token="never", open_early=True),
)
async def logout(
    owner: Owner, this: ThisSession, call: LogoutCall, origin: OriginDep, now: Now
) -> None:
    """End this session."""
    call(owner, this, origin, now)


@router.post(
    "/logout-all",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(token="never", open_early=True),
)
async def logout_all(
    owner: Owner,
    call: LogoutEverywhereCall,
    origin: OriginDep,
    now: Now,
    body: LogoutAllIn | None = None,
) -> None:
    """End every session, this one too; every access token is dead from now on.

    API tokens go on working unless `include_tokens` is set.
    """
    call(owner, origin, now, include_tokens=body is not None and body.include_tokens)


@router.post("/step-up", openapi_extra=access(token="never", open_early=True))
async def step_up(
    body: StepUpIn, this: ThisSession, call: StepUpCall, origin: OriginDep, now: Now
) -> ElevatedOut:
    """Show the password once more: this session may do what wants step-up for ten minutes."""
    return ElevatedOut(elevated_until=call(this, body.to_domain(), origin, now))


@router.get("/sessions", openapi_extra=access(token="never"))
async def sessions(
    owner: Owner, this: ThisSession, call: ListSessionsCall, now: Now
) -> PageOut[SessionOut]:
    """Show where the account is signed in."""
    found = [SessionOut.from_domain(each, this) for each in call(owner, now)]
    return PageOut[SessionOut](items=found, next_cursor=None)


@router.delete(
    "/sessions/{sid}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(token="never"),
)
async def end_session(
    sid: IdPath, owner: Owner, call: LogoutCall, origin: OriginDep, now: Now
) -> None:
    """End one session of the account."""
    call(owner, SessionId(sid), origin, now)
