"""What tokens say and how they are spelled. Only their digests are ever stored."""

import hashlib
import hmac
import re
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Self

from nightdesk.core.clock import utc
from nightdesk.core.ids import SessionId, UserId, ulid

ACCESS_LIFE = timedelta(minutes=15)
LEEWAY = timedelta(seconds=30)

OWNER = r"[0-9A-HJKMNP-TV-Z]{26}"
SESSION = re.compile(rf"({OWNER})-{OWNER}")
REFRESH = re.compile(rf"ndr_({OWNER}-{OWNER})_([A-Za-z0-9_-]{{43}})")
API = re.compile(rf"nd_([a-z]{{3,8}})_({OWNER}-{OWNER})_([A-Za-z0-9_-]{{43}})_([0-9a-f]{{8}})")
API_PREFIX = "nd_"
INVITATION = re.compile(rf"ndi_({OWNER})_([A-Za-z0-9_-]{{43}})")


TokenId = NewType("TokenId", str)
"""``<owner>-<ULID>``, as session ids: a token leads to its owner without a lookup item."""


class Scope(StrEnum):
    """What a token opens. A forced password change brings another one, and so does leaving."""

    SESSION = "session"
    PASSWORD_CHANGE = "password_change"  # noqa: S105 - the name of a scope
    DELETION = "deletion"
    """Cancels the deletion of the account, and nothing else."""


class TokenScope(StrEnum):
    """What an API token opens: each includes those before it."""

    READ = "read"
    TRADE = "trade"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an access token says. It names no role: roles are read with every request."""

    owner: UserId
    session_id: SessionId
    epoch: int
    scope: Scope
    amr: tuple[str, ...]
    auth_time: datetime
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    token_id: str

    def expired(self, now: datetime) -> bool:
        """Whether its time is over, with 30 s for clocks that differ."""
        return now >= self.expires_at + LEEWAY

    def premature(self, now: datetime) -> bool:
        """Whether it comes from a future that no clock error explains."""
        return now < max(self.not_before, self.issued_at) - LEEWAY


def access_claims(
    session_id: SessionId, epoch: int, amr: tuple[str, ...], auth_time: datetime, now: datetime
) -> Claims:
    """Return the claims of a fresh access token. Times are whole seconds, as a JWT counts."""
    issued = utc(now).replace(microsecond=0)
    return Claims(
        owner=owner_of(session_id),
        session_id=session_id,
        epoch=epoch,
        scope=Scope.SESSION,
        amr=amr,
        auth_time=utc(auth_time).replace(microsecond=0),
        issued_at=issued,
        not_before=issued,
        expires_at=issued + ACCESS_LIFE,
        token_id=secrets.token_urlsafe(16),
    )


def new_session_id(owner: UserId, now: datetime) -> SessionId:
    """Return ``<owner>-<ULID>``: so a refresh token leads to its owner without a lookup item."""
    return SessionId(f"{owner}-{ulid(now, secrets.token_hex(16))}")


def owner_of(session_id: SessionId) -> UserId:
    """Return the owner inside a session id. Raises ValueError for any other text."""
    match = SESSION.fullmatch(session_id)
    if match is None:
        raise ValueError("a session id is <owner>-<ULID>")
    return UserId(match[1])


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """``ndr_<sid>_<43 chars>``. The 43 characters are 16 random bytes and their seal.

    The seal is the first half of HMAC-SHA-256 under the pepper over session and random bytes.
    It tells a token that was once ours from a guess: only the former, when used again, ends
    the session, so nobody ends another's session by knowing its id.
    """

    session_id: SessionId
    secret: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the token that `text` spells, or None."""
        match = REFRESH.fullmatch(text)
        return cls(SessionId(match[1]), match[2]) if match else None

    def __str__(self) -> str:
        return f"ndr_{self.session_id}_{self.secret}"

    def __repr__(self) -> str:
        """Show the session alone."""
        return f"RefreshToken({self.session_id})"

    @property
    def digest(self) -> str:
        """SHA-256 of the whole token, in hex: what is stored."""
        return hashlib.sha256(str(self).encode()).hexdigest()


def new_token_id(owner: UserId, now: datetime) -> TokenId:
    """Return a fresh id of an API token."""
    return TokenId(f"{owner}-{ulid(now, secrets.token_hex(16))}")


def token_owner(token_id: TokenId) -> UserId:
    """Return the owner inside a token id. Raises ValueError for any other text."""
    return owner_of(SessionId(token_id))


@dataclass(frozen=True, slots=True)
class ApiTokenText:
    """``nd_<stage>_<id>_<43 chars>_<crc32>``, 32 random bytes, shown once.

    The checksum is of all before it, in eight hex digits: scanners of leaked secrets know a
    token of ours from a likeness, and we refuse a mistyped one without a read.
    """

    stage: str
    token_id: TokenId
    secret: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the token that `text` spells, or None."""
        match = API.fullmatch(text)
        if match is None or match[4] != checksum(text[: match.start(4) - 1]):
            return None
        return cls(match[1], TokenId(match[2]), match[3])

    @classmethod
    def new(cls, stage: str, token_id: TokenId) -> Self:
        """Return a fresh one."""
        return cls(stage, token_id, secrets.token_urlsafe(32))

    def __str__(self) -> str:
        body = f"{API_PREFIX}{self.stage}_{self.token_id}_{self.secret}"
        return f"{body}_{checksum(body)}"

    def __repr__(self) -> str:
        """Show the id alone."""
        return f"ApiTokenText({self.token_id})"

    @property
    def digest(self) -> str:
        """SHA-256 of the whole token, in hex: what is stored."""
        return hashlib.sha256(str(self).encode()).hexdigest()


def checksum(text: str) -> str:
    """Return CRC-32 (ISO 3309, as zlib has it) in eight hex digits."""
    return f"{zlib.crc32(text.encode()):08x}"


@dataclass(frozen=True, slots=True)
class InvitationToken:
    """``ndi_<invitation id>_<43 chars>``, 32 random bytes, shown once."""

    invitation_id: str
    secret: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the token that `text` spells, or None."""
        match = INVITATION.fullmatch(text)
        return cls(match[1], match[2]) if match else None

    @classmethod
    def new(cls, invitation_id: str) -> Self:
        """Return a fresh one."""
        return cls(invitation_id, secrets.token_urlsafe(32))

    def __str__(self) -> str:
        return f"ndi_{self.invitation_id}_{self.secret}"

    def __repr__(self) -> str:
        """Show the invitation alone."""
        return f"InvitationToken({self.invitation_id})"

    @property
    def digest(self) -> str:
        """SHA-256 of the whole token, in hex: what is stored."""
        return hashlib.sha256(str(self).encode()).hexdigest()


def same(one: str, other: str | None) -> bool:
    """Compare two digests in constant time; None equals nothing."""
    return other is not None and hmac.compare_digest(one.encode(), other.encode())
