"""What routers ask for: the owner, the moment, the command. All of it proven by the guard."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from nightdesk import bootstrap
from nightdesk.accounts.identity import Role
from nightdesk.accounts.session import Identity
from nightdesk.core.clock import Clock
from nightdesk.core.ids import UserId

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a route asks of its caller, beside a session. The guard reads it, the document too.

    `once`: the Idempotency-Key is required (K). `secret`: the answer shows a secret.
    """

    role: Role = Role.TRADER
    once: bool = False
    secret: bool = False


def access(*, role: Role = Role.TRADER, once: bool = False, secret: bool = False) -> dict[str, Any]:
    """Return `openapi_extra` for a route: ``@router.post("", openapi_extra=access(once=True))``.

    A route without it wants a session. Public routes stand on a router of their own.
    """
    return {"x-access": {"role": role.value, "once": once, "secret": secret}}


def access_of(request: Request) -> Access:
    """Return what the route of this request asks for."""
    extra: dict[str, Any] = getattr(request.scope["route"], "openapi_extra", None) or {}
    wanted = extra.get("x-access")
    if wanted is None:
        return Access()
    return Access(role=Role(wanted["role"]), once=wanted["once"], secret=wanted["secret"])


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


Who = Annotated[Identity, Depends(identity)]
Owner = Annotated[UserId, Depends(signed_in)]
CauseDep = Annotated[Cause, Depends(cause)]
