"""Bodies and answers of the routes of sessions."""

from typing import Annotated, Self

from pydantic import Field, SecretStr

from functions.api.schemas import Answer, Moment, Request
from nightdesk.accounts.proof import Proof
from nightdesk.accounts.records import Session
from nightdesk.core.ids import SessionId

Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Otp = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
RecoveryCode = Annotated[str, Field(min_length=16, max_length=32)]


class SessionOut(Answer):
    """One signed-in device."""

    id: str
    device: str
    network: str
    created_at: Moment
    last_used_at: Moment
    current: bool

    @classmethod
    def from_domain(cls, session: Session, current: SessionId) -> Self:
        """Show a session; `current` is the one that asks."""
        return cls(
            id=session.session_id,
            device=session.device,
            network=session.network,
            created_at=session.created_at,
            last_used_at=session.rotated_at,
            current=session.session_id == current,
        )


class LogoutAllIn(Request):
    """Whether API tokens end, too."""

    include_tokens: bool = False


class StepUpIn(Request):
    """The password, and a code or a recovery code where two-factor sign-in is on."""

    password: Password
    otp: Otp | None = None
    recovery_code: RecoveryCode | None = None

    def to_domain(self) -> Proof:
        """Return what was typed."""
        return Proof(
            password=self.password.get_secret_value(),
            otp=self.otp,
            recovery_code=self.recovery_code,
        )


class ElevatedOut(Answer):
    """Until when this session may do more."""

    elevated_until: Moment
