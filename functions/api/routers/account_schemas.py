"""Bodies and answers of the accounts routes."""

from typing import Annotated, Literal, Self

from pydantic import Field

from functions.api.routers.session_schemas import Otp, Password, RecoveryCode
from functions.api.schemas import Answer, Lax, Moment, Request
from nightdesk.accounts.identity import Profile, Role, Security
from nightdesk.accounts.records import Invitation
from nightdesk.accounts.session import Pair
from nightdesk.accounts.tokens import InvitationToken

Email = Annotated[str, Field(min_length=3, max_length=320)]
Token = Annotated[str, Field(min_length=1, max_length=256)]
Line = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]


class RegisterIn(Request):
    """Who wants to register, and by which leave."""

    username: str = Field(min_length=3, max_length=32, pattern=r"^[a-z0-9][a-z0-9_.-]{2,31}$")
    email: Email
    password: Password
    operator_token: Token | None = None
    invitation: Token | None = None


class UserOut(Answer):
    """A user, as registration and administrators see them."""

    id: str
    username: str
    email: str
    role: Role
    created_at: Moment

    @classmethod
    def from_domain(cls, profile: Profile, security: Security) -> Self:
        """Show both records."""
        return cls(
            id=profile.owner,
            username=profile.username,
            email=profile.email,
            role=security.role,
            created_at=profile.created_at,
        )


class LoginIn(Request):
    """Credentials. `device` is the name under which the session will be listed."""

    email: Email
    password: Password
    otp: Otp | None = None
    recovery_code: RecoveryCode | None = None
    device: Line = ""


class RefreshIn(Request):
    """The refresh token of the last answer."""

    refresh_token: Token


class SignedInOut(Answer):
    """Who has signed in."""

    id: str
    role: Role
    two_factor: bool = False


class TokensOut(Answer):
    """Both tokens of a session, shown once. `expires_in` in seconds, of the access token."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int
    user: SignedInOut

    @classmethod
    def from_domain(cls, pair: Pair) -> Self:
        """Show a fresh pair."""
        return cls(
            access_token=pair.access_token,
            refresh_token=pair.refresh_token,
            expires_in=pair.expires_in,
            user=SignedInOut(
                id=pair.security.owner,
                role=pair.security.role,
                two_factor=pair.security.enrolled,
            ),
        )


class ProtectionOut(Answer):
    """What protects an account."""

    role: Role
    status: str
    two_factor: bool = False
    recovery_codes_left: int = 0


class AccountOut(Answer):
    """The owner's profile."""

    id: str
    username: str
    email: str
    email_verified: bool
    new_email: str | None
    display_name: str
    locale: str
    time_zone: str
    currency: str
    created_at: Moment
    version: int
    security: ProtectionOut

    @classmethod
    def from_domain(cls, profile: Profile, security: Security) -> Self:
        """Show profile and security, no hash."""
        return cls(
            id=profile.owner,
            username=profile.username,
            email=profile.email,
            email_verified=profile.verified_at is not None,
            new_email=profile.new_email,
            display_name=profile.display_name,
            locale=profile.locale,
            time_zone=profile.time_zone,
            currency=profile.currency,
            created_at=profile.created_at,
            version=profile.version,
            security=ProtectionOut(
                role=security.role,
                status=security.status,
                two_factor=security.enrolled,
                recovery_codes_left=(
                    len(security.two_factor.recovery) if security.two_factor else 0
                ),
            ),
        )


class AccountIn(Request):
    """What is to be another; `version` is that of the profile that was read."""

    version: int = Field(ge=1)
    display_name: str | None = Field(default=None, max_length=128)
    locale: str | None = Field(default=None, max_length=16)
    time_zone: str | None = Field(default=None, max_length=64)
    currency: str | None = Field(default=None, max_length=8)
    email: Email | None = None


class AcceptedOut(Answer):
    """The same answer, whatever came of it. `mail`: whether this desk sends any."""

    mail: bool


class InvitationIn(Request):
    """Whom to invite; without an address the token serves whoever has it."""

    email: Email | None = None
    role: Lax[Role] = Role.TRADER
    hours: int = Field(default=72, ge=1, le=168)


class InvitationOut(Answer):
    """An invitation and its token."""

    id: str
    token: str
    email: str | None
    role: Role
    expires_at: Moment

    @classmethod
    def from_domain(cls, invitation: Invitation, token: InvitationToken) -> Self:
        """Show the token, this once."""
        return cls(
            id=invitation.invitation_id,
            token=str(token),
            email=invitation.email,
            role=invitation.role,
            expires_at=invitation.expires_at,
        )


class OpenInvitationOut(Answer):
    """An invitation that nobody has used yet."""

    id: str
    email: str | None
    role: Role
    invited_by: str
    created_at: Moment
    expires_at: Moment

    @classmethod
    def from_domain(cls, invitation: Invitation) -> Self:
        """Show all but the digest."""
        return cls(
            id=invitation.invitation_id,
            email=invitation.email,
            role=invitation.role,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


class SigningKeyOut(Answer):
    """One public key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    alg: Literal["EdDSA"]
    use: Literal["sig"]
    kid: str
    x: str


class KeySetOut(Answer):
    """The public halves of the ring (RFC 7517)."""

    keys: list[SigningKeyOut]
