"""Login: a password, and a code where one is due, for a session; nothing for whoever guesses."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nightdesk.accounts.audit import Action, Origin, entries
from nightdesk.accounts.identity import Security, email_address
from nightdesk.accounts.password import normalised
from nightdesk.accounts.ports import (
    AuditTrail,
    Digests,
    PasswordHasher,
    Sessions,
    TokenSigner,
    Users,
)
from nightdesk.accounts.proof import Check
from nightdesk.accounts.records import Session, opened
from nightdesk.accounts.session import Pair, blocked, new_refresh_token
from nightdesk.accounts.throttle import NOBODY, Throttle, Trial
from nightdesk.accounts.tokens import Scope, access_claims, new_session_id
from nightdesk.core.errors import Invalid, Refused, StaleWrite
from nightdesk.core.ids import SessionId, UserId

logger = logging.getLogger(__name__)

MAX_SESSIONS = 10
CHANGE_LIFE = timedelta(minutes=10)
"""How long a token lives that opens one thing: another password, the account again."""
PASSWORD_ALONE = ("pwd",)
WITH_CODE = ("pwd", "otp", "mfa")
"""Authentication methods as RFC 8176 names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A try to sign in. Where it comes from stands in its origin."""

    email: str
    password: str
    otp: str | None = None
    recovery_code: str | None = None
    device: str = ""

    def __repr__(self) -> str:
        """Show nothing that was typed."""
        return "Attempt()"


class PasswordChangeRequired(Refused):
    """The password must be changed first. `details` hold the token that opens that alone."""

    def __init__(self, access_token: str) -> None:
        super().__init__("PASSWORD_CHANGE_REQUIRED", "Choose a new password first.")
        self.details = [_told(access_token)]


class DeletionPending(Refused):
    """The account waits for its deletion. `details` hold the token that cancels that alone."""

    def __init__(self, access_token: str) -> None:
        super().__init__("ACCOUNT_DELETING", "This account is being deleted; you may cancel that.")
        self.details = [_told(access_token)]


@dataclass(frozen=True, slots=True)
class Login:
    """Open a session. Known and unknown accounts cost the same: the same reads, one hash."""

    users: Users
    sessions: Sessions
    hasher: PasswordHasher
    signer: TokenSigner
    digests: Digests
    throttle: Throttle
    check: Check
    audit: AuditTrail

    def __call__(self, attempt: Attempt, origin: Origin, now: datetime) -> Pair:
        """Return both tokens.

        Raises Refused 401 `INVALID_CREDENTIALS` for a wrong address, password or code, all
        alike; TooMany `TOO_MANY_ATTEMPTS`. The right password alone is told 401 `OTP_REQUIRED`,
        403 `ACCOUNT_BLOCKED`, DeletionPending and PasswordChangeRequired.
        """
        account, owner = self._claimed(attempt.email)
        security = self.users.security(owner or NOBODY)
        owner = security.owner if security else None
        if owner is not None:
            origin = replace(origin, actor=str(owner))
        trial = self.throttle.enter(account, origin.network, owner, now)
        proven = self._tried(trial, security, attempt, origin, now)
        self.throttle.passed(trial, now)
        if proven.leaving:
            raise DeletionPending(self._narrow(Scope.DELETION, proven, attempt, origin, now=now))
        if proven.must_change_password:
            change = Scope.PASSWORD_CHANGE
            raise PasswordChangeRequired(self._narrow(change, proven, attempt, origin, now=now))
        pair = self._open(proven, attempt, origin, now)
        self.audit.record(
            entries(
                Action.LOGIN,
                origin,
                now,
                owner=proven.owner,
                words={"device": attempt.device} if attempt.device else None,
            )
        )
        return pair

    def _claimed(self, email: str) -> tuple[str, UserId | None]:
        """Return the account as it is counted, and whose it is."""
        try:
            address = email_address(email)
        except Invalid:
            address = email.strip()
        return address, self.users.by_email(address)

    def _tried(
        self,
        trial: Trial,
        security: Security | None,
        attempt: Attempt,
        origin: Origin,
        now: datetime,
    ) -> Security:
        """Return the record that was proven; what was not is a failure, and counted as one."""
        try:
            return self._proven(security, attempt, now)
        except Refused as refusal:
            if refusal.code == wrong().code:
                self.throttle.failed(trial, origin, now)
            else:
                self.throttle.undone(trial)
            raise
        except BaseException:
            self.throttle.undone(trial)
            raise

    def _proven(self, security: Security | None, attempt: Attempt, now: datetime) -> Security:
        password = normalised(attempt.password)
        good = self.hasher.verify(security.password_hash if security else None, password)
        if security is None or not good or not security.confirmed:
            raise wrong()
        if not security.active and not security.leaving:
            raise blocked()
        used = self.check(security, attempt.otp, attempt.recovery_code, now)
        return self._stored(security, used, password)

    def _stored(self, before: Security, used: Security, password: str) -> Security:
        """Use the code up; renew the hash if its parameters are of yesterday."""
        wanted = used
        if self.hasher.outdated(used.password_hash):
            wanted = used.with_hash(self.hasher.hash(password))
        if wanted == before:
            return before
        try:
            self.users.save_security(wanted)
        except StaleWrite as error:
            if used != before:  # another request may have used the very code
                raise wrong() from error
            logger.info("another login renews the hash")
            return before
        return replace(wanted, version=wanted.version + 1)

    def _open(self, security: Security, attempt: Attempt, origin: Origin, now: datetime) -> Pair:
        session_id = new_session_id(security.owner, now)
        refresh = new_refresh_token(session_id, self.digests)
        session = opened(
            session_id,
            security.epoch,
            refresh.digest,
            now,
            amr=WITH_CODE if security.enrolled else PASSWORD_ALONE,
            device=attempt.device,
            network=origin.network,
        )
        claims = access_claims(session_id, security.epoch, session.amr, now, now)
        access = self.signer.sign(claims, now)
        ended = surplus(self.sessions.of(security.owner), now)
        self.sessions.open(session, ended=ended, now=now)
        return Pair(access_token=access, refresh_token=str(refresh), security=security)

    def _narrow(
        self,
        scope: Scope,
        security: Security,
        attempt: Attempt,
        origin: Origin,
        *,
        now: datetime,
    ) -> str:
        """Return the token of a session that does one thing; nothing refreshes it.

        The password was just shown, so it has stepped up for that one thing.
        """
        session_id = new_session_id(security.owner, now)
        until = now + CHANGE_LIFE
        session = opened(
            session_id,
            security.epoch,
            new_refresh_token(session_id, self.digests).digest,
            now,
            amr=PASSWORD_ALONE,
            device=attempt.device,
            network=origin.network,
        )
        session = replace(
            session,
            idle_until=until,
            absolute_until=until,
            elevated_until=until if scope is Scope.DELETION else None,
        )
        claims = access_claims(session_id, security.epoch, session.amr, now, now)
        issued = replace(claims, scope=scope, expires_at=claims.issued_at + CHANGE_LIFE)
        access = self.signer.sign(issued, now)
        self.sessions.open(session, now=now)
        return access


def _told(access_token: str) -> dict[str, object]:
    """Return the token of a narrow session as an answer has it."""
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": int(CHANGE_LIFE.total_seconds()),
    }


def wrong() -> Refused:
    """Return the one answer to whatever is wrong with a login."""
    return Refused("INVALID_CREDENTIALS", "E-mail, password or code is wrong.", status=401)


def surplus(sessions: Sequence[Session], now: datetime) -> list[SessionId]:
    """Return the oldest of `sessions` that must end, so that one more makes ten."""
    alive = sorted(
        (session for session in sessions if session.alive(now)), key=lambda each: each.created_at
    )
    over = max(0, len(alive) - (MAX_SESSIONS - 1))
    return [session.session_id for session in alive[:over]]
