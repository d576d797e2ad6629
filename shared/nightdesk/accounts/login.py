"""Login: a password for a session, and nothing for whoever guesses."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.identity import Security, email_address
from nightdesk.accounts.password import normalised
from nightdesk.accounts.ports import Digests, PasswordHasher, Sessions, TokenSigner, Users
from nightdesk.accounts.records import Session, opened
from nightdesk.accounts.session import Pair, blocked, new_refresh_token
from nightdesk.accounts.tokens import access_claims, new_session_id
from nightdesk.core.errors import Invalid, Refused, StaleWrite
from nightdesk.core.ids import SessionId

logger = logging.getLogger(__name__)

MAX_SESSIONS = 10
PASSWORD_ALONE = ("pwd",)
"""Authentication methods as RFC 8176 names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A try to sign in. `network` is the caller's address as the gateway saw it."""

    email: str
    password: str
    device: str = ""
    network: str = ""

    def __repr__(self) -> str:
        """Show nothing that was typed."""
        return "Attempt()"


@dataclass(frozen=True, slots=True)
class Login:
    """Open a session. Known and unknown accounts cost the same: one read, one hash."""

    users: Users
    sessions: Sessions
    hasher: PasswordHasher
    signer: TokenSigner
    digests: Digests

    def __call__(self, attempt: Attempt, now: datetime) -> Pair:
        """Return both tokens. Raises Refused: 401 `INVALID_CREDENTIALS`, 403 `ACCOUNT_BLOCKED`.

        That an account is blocked is told to its password alone.
        """
        security = self._claimed(attempt.email)
        password = normalised(attempt.password)
        encoded = security.password_hash if security else None
        good = self.hasher.verify(encoded, password)
        if security is None or not good:
            raise Refused("INVALID_CREDENTIALS", "E-mail, password or code is wrong.", status=401)
        if not security.active:
            raise blocked()
        self._renew_hash(security, password)
        return self._open(security, attempt, now)

    def _claimed(self, email: str) -> Security | None:
        try:
            owner = self.users.by_email(email_address(email))
        except Invalid:
            return None
        return self.users.security(owner) if owner else None

    def _renew_hash(self, security: Security, password: str) -> None:
        if not self.hasher.outdated(security.password_hash):
            return
        try:
            self.users.save_security(security.with_hash(self.hasher.hash(password)))
        except StaleWrite:
            logger.info("another login renews the hash")

    def _open(self, security: Security, attempt: Attempt, now: datetime) -> Pair:
        session_id = new_session_id(security.owner, now)
        refresh = new_refresh_token(session_id, self.digests)
        session = opened(
            session_id,
            security.epoch,
            refresh.digest,
            now,
            amr=PASSWORD_ALONE,
            device=attempt.device,
            network=attempt.network,
        )
        claims = access_claims(session_id, security.epoch, session.amr, now, now)
        access = self.signer.sign(claims, now)
        ended = surplus(self.sessions.of(security.owner), now)
        self.sessions.open(session, ended=ended, now=now)
        return Pair(access_token=access, refresh_token=str(refresh), security=security)


def surplus(sessions: Sequence[Session], now: datetime) -> list[SessionId]:
    """Return the oldest of `sessions` that must end, so that one more makes ten."""
    alive = sorted(
        (session for session in sessions if session.alive(now)), key=lambda each: each.created_at
    )
    over = max(0, len(alive) - (MAX_SESSIONS - 1))
    return [session.session_id for session in alive[:over]]
