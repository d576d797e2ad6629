"""What comes into `probe_key` and what goes out: neither holds anything of a key in clear."""

from typing import Literal

from pydantic import Base64Bytes, Field

from nightdesk.accounts.credential import Finding, SealContext, Sealed
from nightdesk.core.ids import UserId
from nightdesk.core.wire import Message, Moment


class Input(Message):
    """One key as it is sealed, and where it belongs: it opens nowhere else."""

    as_of: Moment
    owner: UserId = Field(min_length=1, max_length=26)
    provider: str = Field(pattern=r"^[a-z_]{1,20}$")
    kind: Literal["venue", "llm", "feed", "notify"]
    label: str = Field(pattern=r"^[a-z0-9-]{1,20}$")
    version: int = Field(ge=1)
    ciphertext: Base64Bytes = Field(max_length=16_384)
    wrapped_key: Base64Bytes = Field(max_length=2_048)
    private_hosts: tuple[str, ...] = Field(default=(), max_length=20)
    code: str | None = Field(default=None, pattern=r"^\d{8}$")

    @property
    def context(self) -> SealContext:
        """Where the key belongs."""
        return SealContext(
            owner=self.owner,
            provider=self.provider,
            kind=self.kind,
            label=self.label,
            version=self.version,
        )

    @property
    def sealed(self) -> Sealed:
        """The key, sealed."""
        return Sealed(ciphertext=self.ciphertext, wrapped=self.wrapped_key)


class Allowed(Message):
    """What the key may do, as its provider says."""

    read: bool | None
    trade: bool | None
    withdraw: Literal["yes", "no", "undisclosed"]


class Output(Message):
    """What the provider said."""

    answer: str
    latency_ms: int
    message: str = Field(max_length=200)
    permissions: Allowed | None
    ip_restricted: bool | None
    expires_at: Moment | None

    @classmethod
    def from_domain(cls, finding: Finding) -> "Output":
        """Build the answer."""
        may = finding.permissions
        return cls(
            answer=finding.answer.value,
            latency_ms=finding.latency_ms,
            message=finding.message,
            permissions=may
            and Allowed(read=may.read, trade=may.trade, withdraw=may.withdraw.value),
            ip_restricted=finding.ip_restricted,
            expires_at=finding.expires_at,
        )
