"""Bodies and answers of what administrators see and do of users."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from functions.api.schemas import Answer, DecimalText, Lax, Moment, Request
from nightdesk.accounts.credential import KeyStatus
from nightdesk.accounts.identity import AccountStatus, Role
from nightdesk.accounts.limits import MAX_QUOTA

if TYPE_CHECKING:
    from nightdesk.accounts.directory import Account, BotCounts, UserFigures, UserView
    from nightdesk.accounts.identity import Block

Reason = Annotated[
    str,
    Field(
        min_length=5,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        examples=["asked for by the owner"],
    ),
]
UserClass = Literal["read", "write", "trade", "ai", "probe", "ticket", "heavy", "admin", "safety"]
"""The buckets that are counted by user."""


class ReasonIn(Request):
    """Why, for the log."""

    reason: Reason


class ForcedLogoutIn(Request):
    """Whether API tokens go, too."""

    include_tokens: bool = False


class RoleIn(Request):
    """The role to have."""

    role: Lax[Role]


class LimitIn(Request):
    """A rate limit for one user: requests in the class's window; null is the desk's own again.

    The window is a minute, of class `heavy` an hour.
    """

    class_: UserClass = Field(alias="class")
    per_minute: int | None = Field(ge=1, le=MAX_QUOTA)


class RemovalIn(Request):
    """Whose account goes (`confirm` is the username), and why.

    `flatten` closes open live positions instead of refusing; `immediate` leaves out the seven
    days in which the owner may still cancel.
    """

    confirm: Annotated[str, Field(min_length=1, max_length=32)]
    reason: Reason
    flatten: bool = False
    immediate: bool = False


class BlockOut(Answer):
    """Why an account is blocked."""

    at: Moment
    by: str
    reason: str

    @classmethod
    def from_domain(cls, block: "Block") -> Self:
        """Show a block."""
        return cls(at=block.at, by=block.by, reason=block.reason)


class ManagedOut(Answer):
    """An account as administrators see it. `limits`: rate limits of its own, by class."""

    id: str
    username: str
    email: str
    email_verified: bool
    role: Role
    status: AccountStatus
    two_factor: bool
    must_change_password: bool
    block: BlockOut | None
    limits: dict[str, int]
    created_at: Moment

    @classmethod
    def from_domain(cls, account: "Account") -> Self:
        """Show both records, no hash."""
        profile, security = account
        return cls(
            id=profile.owner,
            username=profile.username,
            email=profile.email,
            email_verified=profile.verified_at is not None,
            role=security.role,
            status=security.status,
            two_factor=security.enrolled,
            must_change_password=security.must_change_password,
            block=BlockOut.from_domain(security.block) if security.block else None,
            limits=dict(security.limits),
            created_at=profile.created_at,
        )


class BotCountsOut(Answer):
    """How many bots there are, retired ones left out."""

    total: int
    by_venue: dict[str, int]
    by_mode: dict[str, int]
    by_status: dict[str, int]

    @classmethod
    def from_domain(cls, counts: "BotCounts") -> Self:
        """Show counts."""
        return cls(
            total=counts.total,
            by_venue=dict(counts.by_venue),
            by_mode=dict(counts.by_mode),
            by_status=dict(counts.by_status),
        )


class UsageOut(Answer):
    """What a user makes of the desk; null is not counted yet.

    `trades`: positions ever opened; `trades_24h`: entries sent in the last day.
    """

    trades: int | None
    trades_24h: int | None
    requests_24h: int | None
    llm_usd_30d: DecimalText | None

    @classmethod
    def from_domain(cls, figures: "UserFigures") -> Self:
        """Show figures."""
        return cls(
            trades=figures.trades,
            trades_24h=figures.trades_24h,
            requests_24h=figures.requests_24h,
            llm_usd_30d=figures.llm_usd_30d,
        )


class UserViewOut(Answer):
    """A user, and what is known beside the account. `credentials`: how keys stand, by provider.

    Of several keys at a provider the one that wants looking after is shown.
    """

    user: ManagedOut
    last_seen: Moment | None
    credentials: dict[str, KeyStatus]
    bots: BotCountsOut | None
    usage: UsageOut

    @classmethod
    def from_domain(cls, view: "UserView") -> Self:
        """Show a view."""
        counts = view.figures.bots
        return cls(
            user=ManagedOut.from_domain((view.profile, view.security)),
            last_seen=view.profile.last_seen_at,
            credentials=dict(view.credentials),
            bots=BotCountsOut.from_domain(counts) if counts else None,
            usage=UsageOut.from_domain(view.figures),
        )


class BlockedOut(Answer):
    """What a block came to."""

    bots_paused: int


class TemporaryOut(Answer):
    """A password for one login, shown once."""

    temporary_password: str


class EndedOut(Answer):
    """What a forced logout came to."""

    sessions_ended: int


class UserLimitsOut(Answer):
    """Rate limits of one user, by class."""

    limits: dict[str, int]
