"""Registration: the first admin by the operator's token, others by invitation or an open door."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.accounts.address import AskToConfirm
from nightdesk.accounts.audit import Action, Entry, Origin, Target, entries
from nightdesk.accounts.identity import Profile, Role, Security, email_address, username
from nightdesk.accounts.letters import choose_another_name, has_account, sent
from nightdesk.accounts.password import acceptable
from nightdesk.accounts.ports import (
    Invitations,
    OperatorToken,
    PasswordHasher,
    RuntimeSettings,
    Users,
)
from nightdesk.accounts.records import Invitation
from nightdesk.accounts.setting import MAX_USERS, REGISTRATION
from nightdesk.accounts.throttle import NOBODY
from nightdesk.accounts.tokens import InvitationToken, same
from nightdesk.core.errors import Conflict, Missing, Refused
from nightdesk.core.ids import UserId, ulid

INVITATION_LIFE = timedelta(hours=72)
OPEN_INVITATIONS = 50
UNCONFIRMED_LIFE = timedelta(hours=24)
"""How long an account that nobody gave leave to holds its name and address unconfirmed."""


class Admission(StrEnum):
    """Who may register once the first admin is there."""

    CLOSED = "closed"
    INVITE = "invite"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Who wants to register. The role is no field of this: it comes from the invitation."""

    username: str
    email: str
    password: str
    operator_token: str | None = None
    invitation: str | None = None

    def __repr__(self) -> str:
        """Show nothing that was typed."""
        return "Candidate()"


@dataclass(frozen=True, slots=True)
class Register:
    """Create a user, whole or not at all."""

    users: Users
    invitations: Invitations
    hasher: PasswordHasher
    operator_token: OperatorToken
    settings: RuntimeSettings
    confirm: AskToConfirm

    def __call__(
        self, candidate: Candidate, origin: Origin, now: datetime
    ) -> tuple[Profile, Security] | None:
        """Return the new user; None where mail tells what came of it, whatever that is.

        Raises Refused 403: `REGISTRATION_CLOSED`, `OPERATOR_TOKEN_USED`, `INVITATION_INVALID`,
        `FORBIDDEN`; Conflict `USERNAME_TAKEN`, `EMAIL_TAKEN`; Invalid `WEAK_PASSWORD`.
        Who has no leave learns nothing about names, and costs no hash.
        """
        invitation = self._admitted(candidate, now)
        if candidate.operator_token is None and self.users.full(self._most):
            raise _closed("The desk has as many users as it may have.")
        email = email_address(candidate.email)
        name = username(candidate.username)
        password = acceptable(candidate.password, username=name, email=email)
        if invitation and invitation.email and invitation.email != email:
            raise _invalid_invitation()
        owner = UserId(ulid(now, secrets.token_hex(16)))
        profile = Profile(owner=owner, username=name, email=email, created_at=now)
        security = Security(owner=owner, role=Role.TRADER, password_hash=self.hasher.hash(password))
        if invitation is None and candidate.operator_token is None:
            self._unasked(profile, replace(security, confirmed=False), origin, now)
            return None
        security = replace(security, role=invitation.role if invitation else Role.ADMIN)
        told = _registered(security, profile, origin, now)
        self.users.create(profile, security, invitation=invitation, entries=told)
        if self.confirm.mailer.configured:
            self.confirm(owner, email, now)
        return profile, security

    @property
    def _most(self) -> int:
        found = self.settings.get(MAX_USERS)
        assert isinstance(found, int)  # noqa: S101 - the table of settings says so
        return found

    def _admitted(self, candidate: Candidate, now: datetime) -> Invitation | None:
        """Return the invitation, None for the operator's token or through the open door."""
        if candidate.operator_token is not None:
            if not self.operator_token.matches(candidate.operator_token):
                raise Refused("FORBIDDEN", "This is not the operator token.")
            return None
        admission = Admission(str(self.settings.get(REGISTRATION)))
        if admission is Admission.CLOSED:
            raise _closed()
        if candidate.invitation is None:
            if admission is Admission.OPEN and self.confirm.mailer.configured:
                return None
            raise _closed()
        token = InvitationToken.read(candidate.invitation)
        found = self.invitations.get(token.invitation_id) if token else None
        if token is None or found is None:
            raise _invalid_invitation()
        if not same(token.digest, found.digest) or now >= found.expires_at:
            raise _invalid_invitation()
        return found

    def _unasked(self, profile: Profile, security: Security, origin: Origin, now: datetime) -> None:
        """Make an account that waits for its address; tell the mailbox alone what came of it."""
        told = _registered(security, profile, origin, now)
        until = now + UNCONFIRMED_LIFE
        try:
            self.users.create(profile, security, open_until=until, entries=told)
        except Conflict:
            self._taken(profile.email, now)
            return
        self.confirm(profile.owner, profile.email, now)

    def _taken(self, email: str, now: datetime) -> None:
        owner = self.users.by_email(email)
        security = self.users.security(owner or NOBODY)
        if owner is not None and security is not None and not security.confirmed:
            self.confirm(owner, email, now)
            return
        letter = choose_another_name() if owner is None else has_account()
        sent(self.confirm.mailer, letter, email)


def _registered(
    security: Security, profile: Profile, origin: Origin, now: datetime
) -> Sequence[Entry]:
    admin = security.role is Role.ADMIN
    return entries(
        Action.USER_REGISTERED_ADMIN if admin else Action.USER_REGISTERED,
        replace(origin, actor=str(security.owner)),
        now,
        owner=security.owner,
        target=Target(kind="user", id=security.owner),
        words={"email": profile.email, "username": profile.username},
    )


def _closed(why: str = "Registration is by invitation.") -> Refused:
    return Refused("REGISTRATION_CLOSED", why)


def _invalid_invitation() -> Refused:
    return Refused("INVITATION_INVALID", "The invitation is used up, too old or not for you.")


@dataclass(frozen=True, slots=True)
class Invite:
    """Let one more person register."""

    invitations: Invitations

    def __call__(
        self,
        invited_by: UserId,
        origin: Origin,
        now: datetime,
        *,
        email: str | None = None,
        role: Role = Role.TRADER,
        life: timedelta = INVITATION_LIFE,
    ) -> tuple[Invitation, InvitationToken]:
        """Return the invitation, and its token, which is never seen again.

        Raises Invalid for an unusable address, Conflict `INVITATION_LIMIT` at 50 open ones.
        """
        token = InvitationToken.new(ulid(now, secrets.token_hex(16)))
        invitation = Invitation(
            invitation_id=token.invitation_id,
            digest=token.digest,
            role=role,
            invited_by=invited_by,
            created_at=now,
            expires_at=now + life,
            email=email_address(email) if email else None,
        )
        told = entries(
            Action.USER_INVITED,
            origin,
            now,
            owner=invited_by,
            target=Target(kind="invitation", id=invitation.invitation_id),
            details={"role": role.value},
            words={"email": invitation.email} if invitation.email else None,
        )
        self.invitations.save(invitation, limit=OPEN_INVITATIONS, now=now, entries=told)
        return invitation, token


@dataclass(frozen=True, slots=True)
class ListInvitations:
    """Show who may still register, to administrators."""

    invitations: Invitations

    def __call__(self, now: datetime) -> Sequence[Invitation]:
        """Return the open invitations, oldest first. Their tokens are gone."""
        return self.invitations.open(now)


@dataclass(frozen=True, slots=True)
class WithdrawInvitation:
    """Take an invitation back."""

    invitations: Invitations

    def __call__(
        self, withdrawn_by: UserId, invitation_id: str, origin: Origin, now: datetime
    ) -> None:
        """Remove it. Raises Missing once it is used, withdrawn, or was never there."""
        told = entries(
            Action.INVITATION_WITHDRAWN,
            origin,
            now,
            owner=withdrawn_by,
            target=Target(kind="invitation", id=invitation_id),
        )
        self.invitations.withdraw(invitation_id, entries=told)


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """Show the owner's profile and what protects it."""

    users: Users

    def __call__(self, owner: UserId) -> tuple[Profile, Security]:
        """Return both records. Raises Missing."""
        security = self.users.security(owner)
        profile = self.users.profile(owner)
        if security is None:
            raise Missing("no such account")
        return profile, security
