"""What a request proves, how a refresh token rotates, how sessions end."""

import base64
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.accounts.audit import Action, ActorKind, Origin, Outcome, Target, entries
from nightdesk.accounts.identity import AccountStatus, Role, Security
from nightdesk.accounts.ports import (
    ApiTokens,
    AuditTrail,
    Digests,
    Sessions,
    TokenSigner,
    Users,
)
from nightdesk.accounts.records import ApiToken, Session, Standing
from nightdesk.accounts.tokens import (
    ACCESS_LIFE,
    API_PREFIX,
    ApiTokenText,
    Claims,
    RefreshToken,
    Scope,
    TokenScope,
    access_claims,
    owner_of,
    same,
)
from nightdesk.core.errors import Conflict, Fault, Missing, Refused, StaleWrite
from nightdesk.core.events import event
from nightdesk.core.ids import SessionId, UserId
from nightdesk.names import EventType

logger = logging.getLogger(__name__)

RACE = timedelta(seconds=10)
NOTED_EVERY = timedelta(minutes=5)
"""How often it is written down at most that a session or an API token was used."""


class Kind(StrEnum):
    """What a request carries."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a kind of caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is asking, as far as this one request has proven it.

    A session may do all that its role may: `scopes` matter for API tokens alone, which have a
    `token_id` and no `session_id`. `two_factor`: enrolled.
    """

    owner: UserId
    role: Role
    kind: Kind = Kind.SESSION
    scope: Scope = Scope.SESSION
    session_id: SessionId | None = None
    elevated_until: datetime | None = None
    token_id: str | None = None
    scopes: frozenset[TokenScope] = frozenset()
    paper_only: bool = False
    must_change_password: bool = False
    two_factor: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)

    def elevated(self, now: datetime) -> bool:
        """Whether this session has stepped up and that still holds."""
        return self.elevated_until is not None and now < self.elevated_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both tokens of a session, in clear: shown once, never stored. `expires_in` in seconds."""

    access_token: str
    refresh_token: str
    security: Security
    expires_in: int = int(ACCESS_LIFE.total_seconds())

    def __repr__(self) -> str:
        """Show no token."""
        return f"Pair({self.security.owner})"


def refused(code: str = "UNAUTHENTICATED") -> Refused:
    """Return the 401 of this code."""
    text = {
        "UNAUTHENTICATED": "Sign in first.",
        "TOKEN_EXPIRED": "The access token has expired; refresh it.",
        "TOKEN_REVOKED": "This session has ended; sign in again.",
    }
    return Refused(code, text[code], status=401)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Find out who sends a request. Costs one batch read of two items, and no cache exists.

    `stage` is part of every API token, so that one of another desk costs no read.
    """

    sessions: Sessions
    signer: TokenSigner
    tokens: ApiTokens
    stage: str

    def __call__(self, token: str | None, now: datetime, network: str = "") -> Identity:
        """Return who asks from `network`.

        Raises Refused: 401, 403 `ACCOUNT_BLOCKED`; for an API token that is genuine also 403
        `TOKEN_EXPIRED` (there is nothing to refresh) and `FORBIDDEN` (from this network).
        """
        if not token:
            raise refused()
        if token.startswith(API_PREFIX):
            return self._by_token(token, now, network)
        claims = self.signer.verify(token, now)
        if claims.premature(now):
            raise refused()
        if claims.expired(now):
            raise refused("TOKEN_EXPIRED")
        standing = self.sessions.standing(claims.session_id)
        who = _by_session(standing, claims, now)
        if standing.session is not None:
            self._seen(standing.session, now)
        return who

    def _seen(self, session: Session, now: datetime) -> None:
        if session.seen_at is not None and now - session.seen_at < NOTED_EVERY:
            return
        try:
            self.sessions.seen(session.session_id, now)
        except Fault:
            logger.warning("that an owner was here is not noted", exc_info=True)

    def _by_token(self, text: str, now: datetime, network: str) -> Identity:
        typed = ApiTokenText.read(text)
        if typed is None or typed.stage != self.stage:
            raise refused()
        standing = self.tokens.standing(typed.token_id)
        security, token = standing.security, standing.token
        if security is None or token is None or not same(typed.digest, token.digest):
            raise refused()
        _entitled(security, token, now, network)
        self._note(token, now, network)
        return Identity(
            owner=security.owner,
            role=security.role,
            kind=Kind.TOKEN,
            token_id=token.token_id,
            scopes=token.scopes,
            paper_only=token.paper_only,
            must_change_password=security.must_change_password,
            two_factor=security.enrolled,
            limits=security.limits,
        )

    def _note(self, token: ApiToken, now: datetime, network: str) -> None:
        if token.last_used_at is not None and now - token.last_used_at < NOTED_EVERY:
            return
        try:
            self.tokens.used(token.token_id, now, network)
        except Fault:
            logger.warning("the last use of an API token is not noted", exc_info=True)


def _by_session(standing: Standing, claims: Claims, now: datetime) -> Identity:
    security, session = standing.security, standing.session
    if security is None or security.owner != claims.owner:
        raise refused()
    if security.status is AccountStatus.BLOCKED:
        raise blocked()
    leaving = security.leaving and claims.scope is Scope.DELETION
    if not (security.active or leaving) or security.epoch != claims.epoch:
        raise refused("TOKEN_REVOKED")
    if session is None or not session.alive(now) or session.epoch != claims.epoch:
        raise refused("TOKEN_REVOKED")
    return Identity(
        owner=security.owner,
        role=security.role,
        scope=claims.scope,
        session_id=claims.session_id,
        elevated_until=session.elevated_until,
        must_change_password=security.must_change_password,
        two_factor=security.enrolled,
        limits=security.limits,
    )


def _entitled(security: Security, token: ApiToken, now: datetime, network: str) -> None:
    """Whether this genuine token may be used now, from there, by its owner. Raises Refused."""
    if security.status is AccountStatus.BLOCKED:
        raise blocked()
    lost = TokenScope.ADMIN in token.scopes and security.role is not Role.ADMIN
    if not security.active or lost:
        raise refused("TOKEN_REVOKED")
    if now >= token.expires_at:
        raise Refused("TOKEN_EXPIRED", "This API token has expired; issue another.", status=403)
    if not token.admits(network):
        raise Refused("FORBIDDEN", "This API token may not be used from this network.")


def blocked() -> Refused:
    """Return the answer to a blocked account."""
    return Refused("ACCOUNT_BLOCKED", "This account is blocked.", status=403)


def new_refresh_token(session_id: SessionId, digests: Digests) -> RefreshToken:
    """Return a fresh refresh token of this session, sealed so that we know it again."""
    random = secrets.token_bytes(16)
    return RefreshToken(session_id, _text(random + _seal(session_id, random, digests)))


def genuine(token: RefreshToken, digests: Digests) -> bool:
    """Whether we once issued this token."""
    raw = base64.urlsafe_b64decode(token.secret + "=")
    seal = _seal(token.session_id, raw[:16], digests)
    return same(seal.hex(), raw[16:].hex())


def _seal(session_id: SessionId, random: bytes, digests: Digests) -> bytes:
    return digests.digest("refresh", f"{session_id}|{random.hex()}")[:16]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Refresh:
    """Exchange a refresh token for a new pair. Each works once; an old one ends the session."""

    sessions: Sessions
    signer: TokenSigner
    digests: Digests

    def __call__(self, text: str, origin: Origin, now: datetime) -> Pair:
        """Return the next pair.

        Raises Refused 401 `TOKEN_REVOKED`, 403 `ACCOUNT_BLOCKED`; Conflict `REFRESH_RACED` when
        another tab was faster by less than 10 s: nothing has changed then.
        """
        token = RefreshToken.read(text)
        if token is None or not genuine(token, self.digests):
            raise refused("TOKEN_REVOKED")
        standing = self.sessions.standing(token.session_id)
        session = standing.session
        if session is None or not session.alive(now):
            raise refused("TOKEN_REVOKED")
        if not same(token.digest, session.refresh_digest):
            self._replayed(token, session, origin, now)
        security = _holder(standing, session)
        return self._rotated(session, security, now)

    def _replayed(
        self, token: RefreshToken, session: Session, origin: Origin, now: datetime
    ) -> None:
        """Tell a race from a theft. Always raises."""
        previous = same(token.digest, session.previous_digest)
        if previous and now - session.rotated_at <= RACE:
            raise raced()
        stolen = event(
            session.owner,
            EventType.SESSION_REVOKED,
            now,
            {"session_id": session.session_id, "reason": "refresh_token_reused"},
            cause=session.session_id,
        )
        by = replace(origin, actor=str(session.owner), session_id=str(session.session_id))
        told = entries(
            Action.REFRESH_TOKEN_REUSED,
            by,
            now,
            owner=session.owner,
            target=Target(kind="session", id=session.session_id),
            outcome=Outcome.REFUSED,
            code="TOKEN_REVOKED",
        )
        self.sessions.end(session.session_id, now, event=stolen, entries=told)
        raise refused("TOKEN_REVOKED")

    def _rotated(self, session: Session, security: Security, now: datetime) -> Pair:
        token = new_refresh_token(session.session_id, self.digests)
        claims = access_claims(
            session.session_id, security.epoch, session.amr, session.created_at, now
        )
        access = self.signer.sign(claims, now)  # before the old token dies: this may fail
        try:
            self.sessions.rotate(session.rotated(token.digest, now))
        except StaleWrite as error:
            raise raced() from error
        return Pair(access_token=access, refresh_token=str(token), security=security)


def _holder(standing: Standing, session: Session) -> Security:
    security = standing.security
    if security is not None and security.status is AccountStatus.BLOCKED:
        raise blocked()
    if security is None or not security.active or security.epoch != session.epoch:
        raise refused("TOKEN_REVOKED")
    return security


def raced() -> Conflict:
    """Return the answer to the slower of two tabs."""
    return Conflict("REFRESH_RACED", "Another request has refreshed this session just now.")


@dataclass(frozen=True, slots=True)
class Logout:
    """End one session of the owner: the present one, or another by its id."""

    sessions: Sessions
    audit: AuditTrail

    def __call__(self, owner: UserId, session_id: SessionId, origin: Origin, now: datetime) -> None:
        """Revoke it; twice is as good as once. Raises Missing for another owner's id."""
        try:
            theirs = owner_of(session_id) == owner
        except ValueError:
            theirs = False
        if not theirs:
            raise Missing("no such session")
        self.sessions.end(session_id, now)
        target = Target(kind="session", id=session_id)
        self.audit.record(entries(Action.LOGOUT, origin, now, owner=owner, target=target))


@dataclass(frozen=True, slots=True)
class LogoutEverywhere:
    """End every session and every access token of the owner, from the next request on."""

    users: Users
    sessions: Sessions
    tokens: ApiTokens

    def __call__(
        self, owner: UserId, origin: Origin, now: datetime, *, include_tokens: bool = False
    ) -> int:
        """Raise the epoch, revoke the sessions; return how many. Raises Missing, StaleWrite.

        API tokens go on working unless they are included. By an admin this is a forced logout.
        """
        security = self.users.security(owner)
        if security is None:
            raise Missing("no such account")
        found = [session.session_id for session in self.sessions.of(owner)]
        tokens = [one.token_id for one in self.tokens.of(owner)] if include_tokens else []
        forced = origin.kind is ActorKind.ADMIN and origin.actor != owner
        told = entries(
            Action.FORCED_LOGOUT if forced else Action.LOGOUT_EVERYWHERE,
            origin,
            now,
            owner=owner,
            details={"sessions": len(found), "tokens": len(tokens)},
        )
        self.sessions.end_all(security.next_epoch(), found, now, token_ids=tokens, entries=told)
        return len(found)


@dataclass(frozen=True, slots=True)
class ListSessions:
    """Show where the owner is signed in."""

    sessions: Sessions

    def __call__(self, owner: UserId, now: datetime) -> Sequence[Session]:
        """Return the sessions that still work, oldest first."""
        return [session for session in self.sessions.of(owner) if session.alive(now)]
