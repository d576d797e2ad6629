"""Another password: chosen by its owner, by whoever reads the mailbox, or by an admin."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nightdesk.accounts.audit import Action, Json, Origin, Target, entries
from nightdesk.accounts.identity import Profile, Security, email_address
from nightdesk.accounts.letters import password_changed, reset_password, sent
from nightdesk.accounts.login import wrong
from nightdesk.accounts.mailed import LIFE, MailedToken, Purpose, epoch_mark, used_up
from nightdesk.accounts.notice import notified
from nightdesk.accounts.password import acceptable, normalised
from nightdesk.accounts.ports import (
    AuditTrail,
    Digests,
    LoginThrottle,
    MailedTokens,
    Mailer,
    PasswordHasher,
    Passwords,
    Sessions,
    Users,
)
from nightdesk.accounts.proof import secured
from nightdesk.accounts.session import blocked
from nightdesk.accounts.tally import network_of
from nightdesk.accounts.throttle import NOBODY, QUIET, Throttle
from nightdesk.core.errors import Conflict, Invalid, Missing
from nightdesk.core.events import Event
from nightdesk.core.ids import SYSTEM, SessionId, UserId

MAIL_PAUSE = timedelta(minutes=1)
"""An address is sent one reset in this time, however often it is asked for."""
ONE_TIME_LENGTH = 20
# pragma: allowlist nextline secret
ONE_TIME_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for one another: 116 bits in 20 of them."""


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Let the owner choose another password, with the present one at hand."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    hasher: PasswordHasher
    throttle: Throttle
    mailer: Mailer

    def __call__(
        self,
        owner: UserId,
        keep: SessionId | None,
        current: str,
        new: str,
        *,
        origin: Origin,
        now: datetime,
    ) -> None:
        """Store the new password; every token dies, session `keep` alone may be refreshed.

        Without `keep`, after a forced change, no session is left. Raises Refused 401
        `INVALID_CREDENTIALS`, TooMany, Invalid `WEAK_PASSWORD`, StaleWrite.
        """
        security, profile = secured(self.users, owner), self.users.profile(owner)
        trial = self.throttle.enter(profile.email, origin.network, owner, now)
        if not self.hasher.verify(security.password_hash, normalised(current)):
            self.throttle.failed(trial, origin, now)
            raise wrong()
        self.throttle.undone(trial)
        password = _chosen(new, profile)
        if password == normalised(current):
            raise Invalid("WEAK_PASSWORD", "The new password is the present one.", field="new")
        changed = security.with_password(self.hasher.hash(password))
        ended = [each.session_id for each in self.sessions.of(owner) if each.alive(now)]
        self.passwords.change(
            changed,
            now,
            keep=keep,
            ended=[each for each in ended if each != keep],
            entries=entries(Action.PASSWORD_CHANGED, origin, now, owner=owner),
            events=[_told(changed, now)],
        )
        sent(self.mailer, password_changed(), _mailbox(profile))


@dataclass(frozen=True, slots=True)
class ForgotPassword:
    """Send a reset token to a confirmed address. For any other the same work is done."""

    users: Users
    tokens: MailedTokens
    marks: LoginThrottle
    digests: Digests
    mailer: Mailer
    audit: AuditTrail

    def __call__(self, email: str, origin: Origin, now: datetime) -> None:
        """Do it, and say nothing of what came of it."""
        try:
            address = email_address(email)
        except Invalid:
            address = email.strip()
        profile, security = self._claimed(self.users.by_email(address) or NOBODY)
        mark = self.digests.digest("forgot", address).hex()
        fresh = self.marks.first(mark, now, now + MAIL_PAUSE)
        entitled = profile is not None and security is not None and _may_reset(profile, security)
        token = MailedToken.new(Purpose.RESET, epoch_mark(security.epoch if security else 1))
        owner = security.owner if entitled and security else NOBODY
        until = now + LIFE[Purpose.RESET]
        self.tokens.put(Purpose.RESET, token.digest(self.digests), owner, until)
        self._noted(owner, origin, now)
        reaches = profile.email if profile and entitled and fresh else None
        sent(self.mailer, reset_password(token), reaches)

    def _claimed(self, owner: UserId) -> tuple[Profile | None, Security | None]:
        security = self.users.security(owner)
        try:
            return self.users.profile(owner), security
        except Missing:
            return None, None

    def _noted(self, owner: UserId, origin: Origin, now: datetime) -> None:
        """One entry for each owner, or network, and five minutes: anybody may ask."""
        subject = network_of(origin.network) if owner == NOBODY else owner
        mark = self.digests.digest("forgot-told", subject).hex()
        if self.marks.first(mark, now, now + QUIET):
            whose = SYSTEM if owner == NOBODY else owner
            self.audit.record(entries(Action.PASSWORD_RESET_ASKED, origin, now, owner=whose))


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Take a mailed token for a new password. A second factor stays on."""

    users: Users
    sessions: Sessions
    tokens: MailedTokens
    passwords: Passwords
    hasher: PasswordHasher
    throttle: Throttle
    digests: Digests
    mailer: Mailer

    def __call__(self, text: str, new: str, *, origin: Origin, now: datetime) -> None:
        """Store the new password and end every session.

        Raises Refused 410 `TOKEN_USED` (used, too old, never ours), 403 `ACCOUNT_BLOCKED`;
        Invalid `WEAK_PASSWORD`, which leaves the token as it is; StaleWrite.
        """
        token = MailedToken.read(Purpose.RESET, text)
        if token is None:
            raise used_up()
        hashed = token.digest(self.digests)
        owner = self.tokens.owner(Purpose.RESET, hashed, now)
        security = self.users.security(owner) if owner else None
        if owner is None or security is None or token.mark != epoch_mark(security.epoch):
            raise used_up()
        if not security.active:
            raise blocked()
        profile = self.users.profile(owner)
        changed = security.with_password(self.hasher.hash(_chosen(new, profile)))
        origin = replace(origin, actor=str(owner))
        self.passwords.change(
            changed,
            now,
            keep=None,
            ended=[each.session_id for each in self.sessions.of(owner) if each.alive(now)],
            token=hashed,
            entries=entries(Action.PASSWORD_RESET, origin, now, owner=owner),
            events=[_told(changed, now)],
        )
        self.throttle.trust(owner, profile.email, origin.network, now)
        sent(self.mailer, password_changed(), _mailbox(profile))


@dataclass(frozen=True, slots=True)
class ResetPasswordByAdmin:
    """Give somebody a password that serves to choose another; also the operator's way in."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    hasher: PasswordHasher
    mailer: Mailer

    def __call__(self, owner: UserId, origin: Origin, now: datetime) -> str:
        """Return the one-time password, this once. Every session of the owner ends.

        Raises Missing, Conflict `SELF` when an admin resets their own, StaleWrite.
        """
        if origin.actor == owner:
            raise Conflict("SELF", "Change your own password with the present one.")
        security, profile = secured(self.users, owner), self.users.profile(owner)
        password = "".join(secrets.choice(ONE_TIME_LETTERS) for _ in range(ONE_TIME_LENGTH))
        changed = security.with_password(self.hasher.hash(password), must_change=True)
        ended = [each.session_id for each in self.sessions.of(owner) if each.alive(now)]
        details: dict[str, Json] = {"sessions_ended": len(ended)}
        self.passwords.change(
            changed,
            now,
            keep=None,
            ended=ended,
            entries=entries(
                Action.PASSWORD_RESET_BY_ADMIN,
                origin,
                now,
                owner=owner,
                target=Target(kind="user", id=owner),
                details=details,
            ),
            events=[_told(changed, now)],
        )
        sent(self.mailer, password_changed(), _mailbox(profile))
        return password


def _chosen(new: str, profile: Profile) -> str:
    return acceptable(new, username=profile.username, email=profile.email, field="new")


def _may_reset(profile: Profile, security: Security) -> bool:
    return profile.verified_at is not None and security.active and security.confirmed


def _mailbox(profile: Profile) -> str | None:
    """Return the address if it is confirmed: to any other nothing is written."""
    return profile.email if profile.verified_at else None


def _told(security: Security, now: datetime) -> Event:
    return notified(
        security.owner,
        "password_changed",
        now,
        title="Your password was changed",
        text="All other sessions have ended. If it was not you, reset the password.",
        cause=f"epoch {security.epoch}",
    )
