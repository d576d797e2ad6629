"""What this room needs from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nightdesk.accounts.identity import Profile, Security
from nightdesk.accounts.records import Invitation, Reply, Session, Standing
from nightdesk.accounts.tokens import Claims
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId


class Users(Protocol):
    """Profiles, security records, and the lookups by e-mail and username."""

    def create(
        self,
        profile: Profile,
        security: Security,
        *,
        invitation: Invitation | None = None,
    ) -> None:
        """Store a new user in one transaction: both records and both lookups.

        Without an invitation this is the desk's first admin: the transaction also puts
        `SYSTEM/FIRST_ADMIN`, and once that stands raises Refused `OPERATOR_TOKEN_USED`. With
        one, it is used up. Raises Refused `INVITATION_INVALID` if it is gone, Conflict
        `USERNAME_TAKEN` or `EMAIL_TAKEN`; then nothing is stored.
        """
        ...

    def by_email(self, email: str) -> UserId | None:
        """Return who has this address (as `email_address` returns it), or None."""
        ...

    def profile(self, owner: UserId) -> Profile:
        """Return the profile. Raises Missing."""
        ...

    def security(self, owner: UserId) -> Security | None:
        """Return the security record by a consistent read, or None."""
        ...

    def save_security(self, security: Security) -> None:
        """Store over the version that was read. Raises StaleWrite, Missing."""
        ...


class Sessions(Protocol):
    """Signed-in devices."""

    def standing(self, session_id: SessionId) -> Standing:
        """Return the owner's security record and the session, by one consistent batch read."""
        ...

    def open(self, session: Session, *, ended: Sequence[SessionId] = (), now: datetime) -> None:
        """Store a new session and end others, in one transaction."""
        ...

    def of(self, owner: UserId) -> Sequence[Session]:
        """Return the owner's sessions that are not revoked, oldest first."""
        ...

    def rotate(self, session: Session) -> None:
        """Store a rotated session on condition that its previous digest is still the present one.

        Raises StaleWrite if another rotation, or an end of the session, came first.
        """
        ...

    def end(self, session_id: SessionId, now: datetime, *, event: Event | None = None) -> None:
        """Revoke a session, its event in the same transaction. Ended, it stays as it is.

        Raises Missing if there is no such session.
        """
        ...

    def end_all(self, security: Security, session_ids: Sequence[SessionId], now: datetime) -> None:
        """Store the raised epoch and revoke these sessions, in one transaction.

        Raises StaleWrite if the security record was written since it was read.
        """
        ...


class Invitations(Protocol):
    """Leave to register."""

    def save(self, invitation: Invitation, *, limit: int, now: datetime) -> None:
        """Store it. Raises Conflict `INVITATION_LIMIT` if `limit` others are open at `now`."""
        ...

    def get(self, invitation_id: str) -> Invitation | None:
        """Return it by a consistent read, or None."""
        ...


class PasswordHasher(Protocol):
    """Slow, salted hashes that carry their parameters."""

    def hash(self, password: str) -> str:
        """Return the encoded hash under a fresh salt."""
        ...

    def verify(self, encoded: str | None, password: str) -> bool:
        """Whether `password` has this hash. None takes as long as any hash, and is False."""
        ...

    def outdated(self, encoded: str) -> bool:
        """Whether the hash was made under other parameters than today's."""
        ...


class TokenSigner(Protocol):
    """Signs access tokens with the current key and verifies them with any published one."""

    def sign(self, claims: Claims, now: datetime) -> str:
        """Return the compact JWT. Raises Misconfigured, StoreUnavailable."""
        ...

    def verify(self, token: str, now: datetime) -> Claims:
        """Return what a genuine token says; its times are left to the caller.

        The algorithm is that of the key found by `kid`. Raises Refused 401 `UNAUTHENTICATED`
        for anything else: another type or audience, an unknown key, a missing claim.
        """
        ...

    def public_keys(self, now: datetime) -> Sequence[dict[str, str]]:
        """Return the published keys as JWKs."""
        ...


class Digests(Protocol):
    """HMAC-SHA-256 under the desk pepper."""

    def digest(self, kind: str, text: str) -> bytes:
        """Return the 32 bytes of `text` as a thing of this `kind`."""
        ...


class OperatorToken(Protocol):
    """The token that makes the first admin."""

    def matches(self, token: str) -> bool:
        """Whether this is it, compared in constant time."""
        ...


class Replies(Protocol):
    """Kept replies to HTTP commands; one item per (owner, route, key)."""

    def claim(self, reply: Reply) -> Reply | None:
        """Store a running reply if there is none (or only one past its `expires_at`).

        Return None if it was stored, else the one that stands there.
        """
        ...

    def retake(self, reply: Reply, seen: Reply) -> bool:
        """Put `reply` in place of `seen`, which runs no more; False if somebody was faster."""
        ...

    def finish(self, reply: Reply) -> bool:
        """Store what the try with this `held_until` was answered; False if it was fenced off."""
        ...
