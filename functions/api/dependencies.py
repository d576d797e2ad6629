"""What routers ask for: the owner, the moment, the command. All of it proven by the guard."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from functions.api.access import ADMIN_PATHS, Access, access, of_route
from nightdesk import bootstrap
from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.identity import Role
from nightdesk.accounts.session import Identity, Kind
from nightdesk.core.clock import Clock
from nightdesk.core.errors import Refused
from nightdesk.core.ids import SessionId, UserId

__all__ = [
    "Access",
    "CauseDep",
    "ClockDep",
    "Network",
    "Now",
    "OriginDep",
    "Owner",
    "ThisSession",
    "Who",
    "access",
    "access_of",
    "live_allowed",
]

MAX_AGENT = 200

ClockDep = Annotated[Clock, Depends(bootstrap.clock)]


async def moment(clock: ClockDep) -> datetime:
    """Return the one moment of this request."""
    return clock.now()


Now = Annotated[datetime, Depends(moment)]


async def source_network(request: Request) -> str:
    """Return the caller's address as the gateway saw it; forwarding headers are never read."""
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    address = context.get("http", {}).get("sourceIp")
    return str(address or (request.client.host if request.client else ""))


Network = Annotated[str, Depends(source_network)]


def access_of(request: Request) -> Access:
    """Return what the route of this request asks for."""
    route = request.scope["route"]
    return of_route(getattr(route, "openapi_extra", None), request.method, route.path)


async def identity(request: Request) -> Identity:
    """Return who asks, as the guard found. A route outside the guard has nobody: a mistake."""
    found: Identity = request.state.identity
    return found


async def signed_in(who: Annotated[Identity, Depends(identity)]) -> UserId:
    """Return the owner: from the verified session, never from path, query or body."""
    return who.owner


@dataclass(frozen=True, slots=True)
class Cause:
    """What makes this request one command, in every repetition: ids are derived from it.

    `name` and `at` are those of the first try where there is an Idempotency-Key.
    """

    name: str
    at: datetime


async def cause(request: Request) -> Cause:
    """Return the cause that the guard settled."""
    found: Cause = request.state.cause
    return found


async def this_session(who: Annotated[Identity, Depends(identity)]) -> SessionId:
    """Return the session that asks, on a route that no token opens."""
    assert who.session_id is not None  # noqa: S101 - the guard let no token in
    return who.session_id


def live_allowed(who: Identity, now: datetime) -> None:
    """Let through who may move real money: a session that has stepped up, two-factor on.

    Raises Refused 403: `PAPER_ONLY_TOKEN`, `SCOPE_REQUIRED`, `STEP_UP_REQUIRED`, `MFA_REQUIRED`.
    """
    if who.kind is Kind.TOKEN and who.paper_only:
        raise Refused("PAPER_ONLY_TOKEN", "This API token reaches nothing that is live.")
    if who.kind is Kind.TOKEN:
        raise Refused("SCOPE_REQUIRED", "No API token does this; sign in.")
    if not who.elevated(now):
        raise Refused("STEP_UP_REQUIRED", "Show your password once more: POST /api/auth/step-up.")
    if not who.two_factor:
        raise Refused("MFA_REQUIRED", "Set up two-factor sign-in first.")


def origin_of(request: Request, who: Identity | None, network: str) -> Origin:
    """Return who asks from where, for the audit; nobody yet on a public route."""
    kind, actor = ActorKind.USER, ""
    if who is not None:
        actor = str(who.owner)
        if request.url.path.startswith(ADMIN_PATHS) and who.role is Role.ADMIN:
            kind = ActorKind.ADMIN
        elif who.kind is Kind.TOKEN:
            kind, actor = ActorKind.TOKEN, who.token_id or ""
    return Origin(
        kind=kind,
        actor=actor,
        source=Source.API,
        request_id=request.state.request_id,
        session_id=str(who.session_id or "") if who is not None else "",
        network=network,
        agent=request.headers.get("user-agent", "")[:MAX_AGENT],
    )


async def origin(request: Request, network: Network) -> Origin:
    """Return the origin of this request, also on public routes."""
    return origin_of(request, getattr(request.state, "identity", None), network)


Who = Annotated[Identity, Depends(identity)]
Owner = Annotated[UserId, Depends(signed_in)]
ThisSession = Annotated[SessionId, Depends(this_session)]
CauseDep = Annotated[Cause, Depends(cause)]
OriginDep = Annotated[Origin, Depends(origin)]
