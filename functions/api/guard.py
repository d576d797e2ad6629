"""The guard: who asks, may they, and was this asked before. Fixed order, one step each.

Before it: request id, size and type (`edge`). Then: authenticate with the one batch read, forced
password change, two-factor duty, user limit, scope, role, step-up, maintenance, Idempotency-Key.
The limit by network stands on public routes alone: whoever has signed in is counted as a user.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from functions.api import limits, maintenance
from functions.api.dependencies import (
    Access,
    Cause,
    ClockDep,
    Network,
    Now,
    access_of,
    origin_of,
)
from functions.api.errors import HttpRefusal
from nightdesk import bootstrap
from nightdesk.accounts.audit import Action, Entry, Outcome, Target, entries
from nightdesk.accounts.idempotency import Begin, Command, Finish
from nightdesk.accounts.identity import Role
from nightdesk.accounts.ports import AuditTrail, RuntimeSettings
from nightdesk.accounts.records import Reply
from nightdesk.accounts.session import Authenticate, Identity, Kind, refused
from nightdesk.accounts.tokens import Scope, TokenScope
from nightdesk.core.clock import Clock
from nightdesk.core.errors import Refused

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="session")),
]
AuthenticateCall = Annotated[Authenticate, Depends(bootstrap.authenticate)]
Duty = Annotated[bool, Depends(bootstrap.two_factor_duty)]
Audit = Annotated[AuditTrail, Depends(bootstrap.audit_trail)]
Settings = Annotated[RuntimeSettings, Depends(bootstrap.runtime_settings)]
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
    network: Network,
    now: Now,
    clock: ClockDep,
    authenticate: AuthenticateCall,
    duty: Duty,
    take: limits.TakeCall,
    audit: Audit,
    settings: Settings,
    begin: BeginCall,
    finish: FinishCall,
) -> None:
    """Let the request through, or raise. Every router behind it is closed by default."""
    wanted = access_of(request)
    who = authenticate(bearer.credentials if bearer else None, now, network)
    request.state.identity = who
    _leaving(who, wanted)
    _password_due(who, wanted)
    _second_factor_due(who, wanted, duty=duty)
    limits.user(request, who, wanted, now, take=take)
    try:
        _scope(who, wanted)
        _role(who, wanted)
        _stepped_up(who, wanted, now)
    except Refused as refusal:
        if wanted.role is Role.ADMIN:
            audit.record(_refused(request, who, network, refusal, now))
        raise
    maintenance.check(request, wanted, settings)
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


def _leaving(who: Identity, wanted: Access) -> None:
    """Let whoever waits for the end of the account cancel that, and nothing else."""
    if who.scope is Scope.DELETION and not wanted.cancels_deletion:
        raise refused()


def _password_due(who: Identity, wanted: Access) -> None:
    """Let a forced change of the password open its one route, and nothing else."""
    if wanted.changes_password:
        return
    if who.scope is Scope.PASSWORD_CHANGE:
        raise refused()
    if who.must_change_password and who.scope is not Scope.DELETION:
        raise Refused("PASSWORD_CHANGE_REQUIRED", "Choose a new password first.")


def _second_factor_due(who: Identity, wanted: Access, *, duty: bool) -> None:
    owes = duty and who.role is Role.ADMIN and not who.two_factor
    if owes and not (wanted.open_early or wanted.changes_password):
        raise Refused("MFA_REQUIRED", "Administrators set up two-factor sign-in first.")


def _scope(who: Identity, wanted: Access) -> None:
    """Each scope of an API token includes those before it."""
    if who.kind is Kind.SESSION:
        return
    if wanted.token is None or wanted.token == "never":
        raise Refused("SCOPE_REQUIRED", "No API token does this; sign in.")
    ladder = list(TokenScope)
    if max(ladder.index(scope) for scope in who.scopes) < ladder.index(TokenScope(wanted.token)):
        raise Refused("SCOPE_REQUIRED", f"This takes an API token with the scope {wanted.token}.")


def _role(who: Identity, wanted: Access) -> None:
    if wanted.role is Role.ADMIN and who.role is not Role.ADMIN:
        raise Refused("FORBIDDEN", "This is for administrators.")


def _stepped_up(who: Identity, wanted: Access, now: datetime) -> None:
    if wanted.elevated and not who.elevated(now):
        raise Refused("STEP_UP_REQUIRED", "Show your password once more: POST /api/auth/step-up.")


def _refused(
    request: Request, who: Identity, network: str, refusal: Refused, now: datetime
) -> Sequence[Entry]:
    """Return what is written down of somebody who tried an admin route in vain."""
    return entries(
        Action.ADMIN_REFUSED,
        origin_of(request, who, network),
        now,
        owner=who.owner,
        target=Target(kind="route", id=f"{request.method} {request.scope['route'].path}"),
        outcome=Outcome.REFUSED,
        code=refusal.code,
    )


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
