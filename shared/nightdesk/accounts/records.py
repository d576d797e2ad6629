"""What the room stores beside profile and security: sessions, invitations, kept replies."""

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from nightdesk.accounts.identity import Role, Security
from nightdesk.accounts.tokens import TokenId, TokenScope, owner_of, token_owner
from nightdesk.core.ids import SessionId, UserId

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in device. Refresh digests are SHA-256 in hex: the present one, the one before.

    `epoch` is the owner's at sign-in: a session that a race left behind after logout
    everywhere is dead all the same.
    """

    session_id: SessionId
    epoch: int
    refresh_digest: str
    rotated_at: datetime
    created_at: datetime
    idle_until: datetime
    absolute_until: datetime
    amr: tuple[str, ...]
    device: str = ""
    network: str = ""
    previous_digest: str | None = None
    elevated_until: datetime | None = None
    seen_at: datetime | None = None
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        owner_of(self.session_id)
        if self.idle_until > self.absolute_until:
            raise ValueError("a session idles no longer than it lives")

    def __repr__(self) -> str:
        """Show no digest."""
        return f"Session({self.session_id}, revoked_at={self.revoked_at})"

    @property
    def owner(self) -> UserId:
        """Whose session this is."""
        return owner_of(self.session_id)

    def alive(self, now: datetime) -> bool:
        """Whether it is neither ended, nor idle, nor too old."""
        return self.revoked_at is None and now < self.idle_until

    def rotated(self, refresh_digest: str, now: datetime) -> Self:
        """Return this session with a new refresh token; idle time begins anew."""
        return replace(
            self,
            refresh_digest=refresh_digest,
            previous_digest=self.refresh_digest,
            rotated_at=now,
            idle_until=min(now + IDLE, self.absolute_until),
        )


def opened(
    session_id: SessionId,
    epoch: int,
    refresh_digest: str,
    now: datetime,
    *,
    amr: tuple[str, ...],
    device: str,
    network: str,
) -> Session:
    """Return a session that begins now: idle for 14 days at most, alive for 90."""
    return Session(
        session_id=session_id,
        epoch=epoch,
        refresh_digest=refresh_digest,
        rotated_at=now,
        created_at=now,
        idle_until=now + IDLE,
        absolute_until=now + ABSOLUTE,
        amr=amr,
        device=device,
        network=network,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What one consistent batch read says of an owner and a session; None: no such record."""

    security: Security | None
    session: Session | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A key for programs. `digest` is SHA-256 of the whole token, in hex.

    `cidrs`: the networks that it may come from, everywhere if there are none. `paper_only`: it
    reaches nothing that moves real money.
    """

    token_id: TokenId
    name: str
    digest: str
    scopes: frozenset[TokenScope]
    created_at: datetime
    expires_at: datetime
    paper_only: bool = True
    cidrs: tuple[str, ...] = ()
    last_used_at: datetime | None = None
    last_network: str = ""

    def __post_init__(self) -> None:
        token_owner(self.token_id)
        if not self.scopes:
            raise ValueError("a token without a scope opens nothing")
        if self.expires_at <= self.created_at:
            raise ValueError("a token expires after it was made")

    def __repr__(self) -> str:
        """Show no digest."""
        return f"ApiToken({self.token_id}, until {self.expires_at})"

    @property
    def owner(self) -> UserId:
        """Whose token this is."""
        return token_owner(self.token_id)

    def admits(self, network: str) -> bool:
        """Whether it may come from this address."""
        if not self.cidrs:
            return True
        try:
            address = ipaddress.ip_address(network)
        except ValueError:
            return False
        return any(address in ipaddress.ip_network(cidr) for cidr in self.cidrs)


@dataclass(frozen=True, slots=True)
class TokenStanding:
    """What one consistent batch read says of an owner and an API token."""

    security: Security | None
    token: ApiToken | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Leave to register once, as `role`; bound to `email` when one is given."""

    invitation_id: str
    digest: str
    role: Role
    invited_by: UserId
    created_at: datetime
    expires_at: datetime
    email: str | None = None

    def __repr__(self) -> str:
        """Show no digest."""
        return f"Invitation({self.invitation_id}, {self.role}, until {self.expires_at})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP command and what it was answered. `status` None: still running, or cut off.

    `started_at` is the moment of the first try and never changes: ids derived from it and from
    `cause` are the same in every later try. `held_until` is how long the present try is left
    alone; it also fences a try that comes back too late. `secret`: the answer showed a secret,
    so only the fact is kept.
    """

    owner: UserId
    route: str
    key: str
    request_digest: str
    started_at: datetime
    held_until: datetime
    expires_at: datetime
    status: int | None = None
    body: bytes = b""
    secret: bool = False

    @property
    def cause(self) -> str:
        """The name of this command: the same in every try."""
        return f"{self.owner}|{self.route}|{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Requests of one bucket in its present window and in the one before.

    `counted`: the present count holds the request that asked; if not, the bucket was full.
    """

    count: int
    previous: int
    counted: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail. The subject is one line of ours: nothing that others wrote can stand in it."""

    subject: str
    text: str

    def __post_init__(self) -> None:
        if not self.subject.isascii() or not self.subject.isprintable():
            raise ValueError("a subject is one line of plain letters")

    def __repr__(self) -> str:
        """Show no token."""
        return f"Letter({self.subject})"
