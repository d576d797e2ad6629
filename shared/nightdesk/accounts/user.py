"""Registration: the first admin by the operator's token, everyone else by invitation."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.accounts.identity import Profile, Role, Security, email_address, username
from nightdesk.accounts.password import acceptable
from nightdesk.accounts.ports import Invitations, OperatorToken, PasswordHasher, Users
from nightdesk.accounts.records import Invitation
from nightdesk.accounts.tokens import InvitationToken, same
from nightdesk.core.errors import Missing, Refused
from nightdesk.core.ids import UserId, ulid

INVITATION_LIFE = timedelta(hours=72)
OPEN_INVITATIONS = 50


class Admission(StrEnum):
    """Who may register once the first admin is there."""

    CLOSED = "closed"
    INVITE = "invite"


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
    admission: Admission = Admission.INVITE

    def __call__(self, candidate: Candidate, now: datetime) -> tuple[Profile, Security]:
        """Return the new user.

        Raises Refused 403: `REGISTRATION_CLOSED`, `OPERATOR_TOKEN_USED`, `INVITATION_INVALID`,
        `FORBIDDEN`; Conflict `USERNAME_TAKEN`, `EMAIL_TAKEN`; Invalid `WEAK_PASSWORD`.
        Who has no leave learns nothing about names, and costs no hash.
        """
        invitation = self._admitted(candidate, now)
        email = email_address(candidate.email)
        name = username(candidate.username)
        password = acceptable(candidate.password, username=name, email=email)
        if invitation and invitation.email and invitation.email != email:
            raise _invalid_invitation()
        owner = UserId(ulid(now, secrets.token_hex(16)))
        profile = Profile(owner=owner, username=name, email=email, created_at=now)
        role = invitation.role if invitation else Role.ADMIN
        hashed = self.hasher.hash(password)
        security = Security(owner=owner, role=role, password_hash=hashed)
        self.users.create(profile, security, invitation=invitation)
        return profile, security

    def _admitted(self, candidate: Candidate, now: datetime) -> Invitation | None:
        """Return the invitation, or None for the holder of the operator's token."""
        if candidate.operator_token is not None:
            if not self.operator_token.matches(candidate.operator_token):
                raise Refused("FORBIDDEN", "This is not the operator token.")
            return None
        if self.admission is Admission.CLOSED or candidate.invitation is None:
            raise Refused("REGISTRATION_CLOSED", "Registration is by invitation.")
        token = InvitationToken.read(candidate.invitation)
        found = self.invitations.get(token.invitation_id) if token else None
        if token is None or found is None:
            raise _invalid_invitation()
        if not same(token.digest, found.digest) or now >= found.expires_at:
            raise _invalid_invitation()
        return found


def _invalid_invitation() -> Refused:
    return Refused("INVITATION_INVALID", "The invitation is used up, too old or not for you.")


@dataclass(frozen=True, slots=True)
class Invite:
    """Let one more person register."""

    invitations: Invitations

    def __call__(
        self, invited_by: UserId, now: datetime, *, email: str | None = None
    ) -> tuple[Invitation, InvitationToken]:
        """Return the invitation of a trader, and its token, which is never seen again.

        Raises Invalid for an unusable address, Conflict `INVITATION_LIMIT` at 50 open ones.
        """
        token = InvitationToken.new(ulid(now, secrets.token_hex(16)))
        invitation = Invitation(
            invitation_id=token.invitation_id,
            digest=token.digest,
            role=Role.TRADER,
            invited_by=invited_by,
            created_at=now,
            expires_at=now + INVITATION_LIFE,
            email=email_address(email) if email else None,
        )
        self.invitations.save(invitation, limit=OPEN_INVITATIONS, now=now)
        return invitation, token


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
