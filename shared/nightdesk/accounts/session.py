"""What a request proves, how a refresh token rotates, how sessions end."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.accounts.identity import AccountStatus, Role, Security
from nightdesk.accounts.ports import Digests, Sessions, TokenSigner, Users
from nightdesk.accounts.records import Session, Standing
from nightdesk.accounts.tokens import (
    ACCESS_LIFE,
    Claims,
    RefreshToken,
    Scope,
    TokenScope,
    access_claims,
    owner_of,
    same,
)
from nightdesk.core.errors import Conflict, Missing, Refused, StaleWrite
from nightdesk.core.events import event
from nightdesk.core.ids import SessionId, UserId
from nightdesk.names import EventType

RACE = timedelta(seconds=10)


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
    """Find out who sends a request. Costs one batch read of two items, and no cache exists."""

    sessions: Sessions
    signer: TokenSigner

    def __call__(self, token: str | None, now: datetime) -> Identity:
        """Return who asks. Raises Refused: 401, or 403 `ACCOUNT_BLOCKED`."""
        if not token:
            raise refused()
        claims = self.signer.verify(token, now)
        if claims.premature(now):
            raise refused()
        if claims.expired(now):
            raise refused("TOKEN_EXPIRED")
        security = _holding(self.sessions.standing(claims.session_id), claims, now)
        return Identity(
            owner=security.owner,
            role=security.role,
            scope=claims.scope,
            session_id=claims.session_id,
            limits=security.limits,
        )


def _holding(standing: Standing, claims: Claims, now: datetime) -> Security:
    security, session = standing.security, standing.session
    if security is None or security.owner != claims.owner:
        raise refused()
    if security.status is AccountStatus.BLOCKED:
        raise blocked()
    if not security.active or session is None or not session.alive(now):
        raise refused("TOKEN_REVOKED")
    if not security.epoch == claims.epoch == session.epoch:
        raise refused("TOKEN_REVOKED")
    return security


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

    def __call__(self, text: str, now: datetime) -> Pair:
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
            self._replayed(token, session, now)
        security = _entitled(standing, session)
        return self._rotated(session, security, now)

    def _replayed(self, token: RefreshToken, session: Session, now: datetime) -> None:
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
        self.sessions.end(session.session_id, now, event=stolen)
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


def _entitled(standing: Standing, session: Session) -> Security:
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

    def __call__(self, owner: UserId, session_id: SessionId, now: datetime) -> None:
        """Revoke it; twice is as good as once. Raises Missing for another owner's id."""
        try:
            theirs = owner_of(session_id) == owner
        except ValueError:
            theirs = False
        if not theirs:
            raise Missing("no such session")
        self.sessions.end(session_id, now)


@dataclass(frozen=True, slots=True)
class LogoutEverywhere:
    """End every session and every access token of the owner, from the next request on."""

    users: Users
    sessions: Sessions

    def __call__(self, owner: UserId, now: datetime) -> int:
        """Raise the epoch, revoke the sessions; return how many. Raises Missing, StaleWrite."""
        security = self.users.security(owner)
        if security is None:
            raise Missing("no such account")
        found = [session.session_id for session in self.sessions.of(owner)]
        self.sessions.end_all(security.next_epoch(), found, now)
        return len(found)


@dataclass(frozen=True, slots=True)
class ListSessions:
    """Show where the owner is signed in."""

    sessions: Sessions

    def __call__(self, owner: UserId, now: datetime) -> Sequence[Session]:
        """Return the sessions that still work, oldest first."""
        return [session for session in self.sessions.of(owner) if session.alive(now)]
