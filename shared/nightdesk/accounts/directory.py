"""Users as administrators see them: a line each, and what is known beside the account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Self

from nightdesk.accounts.credential import KeyStatus
from nightdesk.accounts.identity import AccountStatus, Profile, Role, Security
from nightdesk.core.ids import UserId

Account = tuple[Profile, Security]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of the list of users: enough to find them, and no address."""

    owner: UserId
    username: str
    role: Role
    status: AccountStatus
    created_at: datetime

    @classmethod
    def of(cls, profile: Profile, security: Security) -> Self:
        """Return the line of this account."""
        return cls(
            owner=profile.owner,
            username=profile.username,
            role=security.role,
            status=security.status,
            created_at=profile.created_at,
        )

    def __repr__(self) -> str:
        """Show no name: a record may end in a log line."""
        return f"Listed({self.owner}, {self.role}, {self.status})"

    @property
    def rules(self) -> bool:
        """Whether this is an administrator who may act."""
        return self.role is Role.ADMIN and self.status is AccountStatus.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Which users to list: those whose name begins with `query`, and of one status; None is any."""

    query: str | None = None
    status: AccountStatus | None = None

    def fits(self, user: Listed) -> bool:
        """Tell whether `user` is wanted."""
        named = self.query is None or user.username.startswith(self.query.lower())
        return named and self.status in {None, user.status}


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCounts:
    """How many bots somebody has, retired ones left out."""

    total: int = 0
    by_venue: Mapping[str, int] = field(default_factory=dict)
    by_mode: Mapping[str, int] = field(default_factory=dict)
    by_status: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFigures:
    """What somebody makes of the desk. None: no room that is here knows.

    `trades`: positions that were opened, ever; `trades_24h`: entries sent in the last day.
    """

    bots: BotCounts | None = None
    trades: int | None = None
    trades_24h: int | None = None
    requests_24h: int | None = None
    llm_usd_30d: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSize:
    """How much a table holds, as DynamoDB says it some hours late."""

    items: int
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """One user as administrators see them. `credentials`: how keys stand, by provider."""

    profile: Profile
    security: Security
    credentials: Mapping[str, KeyStatus]
    figures: UserFigures
