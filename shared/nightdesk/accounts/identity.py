"""A user: the profile that the trader sees, the security record that every request reads."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from nightdesk.core.errors import Invalid
from nightdesk.core.ids import UserId

USERNAME = re.compile(r"[a-z0-9][a-z0-9_.-]{2,31}")
EMAIL = re.compile(r"[^\s@\"<>()\[\],;:\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?")


class Role(StrEnum):
    """What a user may see beside their own things."""

    TRADER = "trader"
    ADMIN = "admin"


class AccountStatus(StrEnum):
    """Where an account stands. Only `active` may do anything."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    DELETING = "deleting"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who a user is. `email` is as `email_address` returns it; `verified_at` None: never.

    `new_email` counts for nothing until its owner has confirmed it; then it takes its place.
    """

    owner: UserId
    username: str
    email: str
    created_at: datetime
    verified_at: datetime | None = None
    display_name: str = ""
    locale: str = "en"
    time_zone: str = "UTC"
    currency: str = "USD"
    new_email: str | None = None
    last_seen_at: datetime | None = None
    """When somebody signed in last asked for something, some minutes exact."""
    version: int = 0

    def __post_init__(self) -> None:
        username(self.username)
        for address in (self.email, self.new_email):
            if address is not None and email_address(address) != address:
                raise ValueError("a stored address is trimmed, NFC, its domain in lower case")

    def __repr__(self) -> str:
        """Show no name: a record may end in a log line."""
        return f"Profile({self.owner}, version={self.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Why an account may not sign in: who said so, when, and in which words."""

    at: datetime
    by: UserId
    reason: str

    def __repr__(self) -> str:
        """Show no word that was typed."""
        return f"Block(at={self.at}, by={self.by})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoFactor:
    """The second factor. `sealed` is the secret under its key; `recovery` are digests in hex.

    It counts once it is confirmed. `last_step` is the newest 30 s step whose code was accepted:
    neither it nor an older one is accepted again.
    """

    sealed: str
    confirmed_at: datetime | None = None
    last_step: int = 0
    recovery: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show no secret."""
        return f"TwoFactor(confirmed_at={self.confirmed_at}, recovery={len(self.recovery)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What decides whether a request may go on. Tokens of another `epoch` are dead.

    `version` counts the writes of this record; 0 means that it is not stored yet. Whoever
    registered without leave is not `confirmed`, and cannot sign in, until the address is.
    `limits`: requests per window that an admin has set for this user, by class.
    """

    owner: UserId
    role: Role
    password_hash: str
    status: AccountStatus = AccountStatus.ACTIVE
    epoch: int = 1
    must_change_password: bool = False
    confirmed: bool = True
    two_factor: TwoFactor | None = None
    block: Block | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    version: int = 0

    def __post_init__(self) -> None:
        if self.epoch < 1:
            raise ValueError(f"epochs are counted from 1, was {self.epoch}")
        if self.block is not None and self.status is AccountStatus.ACTIVE:
            raise ValueError("an active account has no block")

    def __repr__(self) -> str:
        """Show all but the hash: a record may end in a log line."""
        return f"Security({self.owner}, {self.role}, {self.status}, epoch={self.epoch})"

    @property
    def active(self) -> bool:
        """Whether this account may sign in and act."""
        return self.status is AccountStatus.ACTIVE

    @property
    def leaving(self) -> bool:
        """Whether this account waits for its deletion, and its owner may still cancel that."""
        return self.status is AccountStatus.DELETING and self.block is None

    @property
    def enrolled(self) -> bool:
        """Whether signing in takes a second factor."""
        return self.two_factor is not None and self.two_factor.confirmed_at is not None

    def next_epoch(self) -> Self:
        """Return this record with every token issued so far dead."""
        return replace(self, epoch=self.epoch + 1)

    def with_hash(self, password_hash: str) -> Self:
        """Return this record with the same password under newer hash parameters."""
        return replace(self, password_hash=password_hash)

    def with_password(self, password_hash: str, *, must_change: bool = False) -> Self:
        """Return this record with another password: every token issued so far is dead."""
        changed = self.next_epoch().with_hash(password_hash)
        return replace(changed, must_change_password=must_change)


def username(text: str) -> str:
    """Return `text`. Raises Invalid unless it is 3-32 of ``a-z 0-9 _ . -``, led by a-z or 0-9."""
    if not USERNAME.fullmatch(text):
        raise Invalid(
            "BAD_FORMAT",
            "A username is 3 to 32 of a-z, 0-9, _, . and -, and begins with a letter or digit.",
            field="username",
        )
    return text


def email_address(text: str) -> str:
    """Return `text` trimmed, in NFC, its domain in lower case. Raises Invalid."""
    local, _, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    address = f"{local}@{domain.lower()}"
    if not EMAIL.fullmatch(address) or ".." in address or not address.isprintable():
        raise Invalid("BAD_FORMAT", "This is not an e-mail address.", field="email")
    return address
