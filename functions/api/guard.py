"""The guard: who asks, may they, and was this asked before. Fixed order, one step each.

Before it: request id, size and type (`edge`). Steps of the page that later scopes bring stand
between these: network limit, two-factor duty, user limit, scope, step-up.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from functions.api.dependencies import Access, Cause, ClockDep, Now, access_of
from functions.api.errors import HttpRefusal
from nightdesk import bootstrap
from nightdesk.accounts.idempotency import Begin, Command, Finish
from nightdesk.accounts.identity import Role
from nightdesk.accounts.records import Reply
from nightdesk.accounts.session import Authenticate, Identity
from nightdesk.core.clock import Clock
from nightdesk.core.errors import Refused

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="session")),
]
AuthenticateCall = Annotated[Authenticate, Depends(bootstrap.authenticate)]
BeginCall = Annotated[Begin, Depends(bootstrap.begin_reply)]
FinishCall = Annotated[Finish, Depends(bootstrap.finish_reply)]


class Replayed(Exception):
    """A command that was answered before, with the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("answered before")
        self.reply = reply


async def guard(
    *,
    request: Request,
    bearer: Bearer,
    now: Now,
    clock: ClockDep,
    authenticate: AuthenticateCall,
    begin: BeginCall,
    finish: FinishCall,
) -> None:
    """Let the request through, or raise. Every router behind it is closed by default."""
    wanted = access_of(request)
    who = authenticate(bearer.credentials if bearer else None, now)
    request.state.identity = who
    _role(who, wanted)
    request.state.cause = Cause(name=f"{who.owner}|{request.state.request_id}", at=now)
    if request.method == "POST" or wanted.once:
        await _once(
            request=request,
            who=who,
            wanted=wanted,
            begin=begin,
            finish=finish,
            now=now,
            clock=clock,
        )


def _role(who: Identity, wanted: Access) -> None:
    if wanted.role is Role.ADMIN and who.role is not Role.ADMIN:
        raise Refused("FORBIDDEN", "This is for administrators.")


async def _once(
    *,
    request: Request,
    who: Identity,
    wanted: Access,
    begin: Begin,
    finish: Finish,
    now: Now,
    clock: Clock,
) -> None:
    """Take up the command under its key, or raise Replayed with the first answer."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        if wanted.once:
            raise HttpRefusal(
                400, "IDEMPOTENCY_KEY_REQUIRED", "This request needs an Idempotency-Key."
            )
        return
    command = Command(
        owner=who.owner,
        route=f"{request.method} {request.url.path}",
        key=key,
        body=request.url.query.encode() + b"\n" + await request.body(),
    )
    reply = begin(command, now)
    if reply.status is not None:
        raise Replayed(reply)
    request.state.cause = Cause(name=reply.cause, at=reply.started_at)

    def keep(status: int, body: bytes) -> None:
        finish(reply, status, body, clock.now(), secret=wanted.secret)

    request.state.on_answer = keep


async def on_replayed(_request: Request, replayed: Exception) -> Response:
    """Give the first answer again, marked."""
    assert isinstance(replayed, Replayed)  # noqa: S101 - registered for this class alone
    reply = replayed.reply
    assert reply.status is not None  # noqa: S101 - only answered replies are raised
    headers = {REPLAYED_HEADER: "true"}
    media = "application/json" if reply.body else None
    return Response(reply.body, status_code=reply.status, headers=headers, media_type=media)
