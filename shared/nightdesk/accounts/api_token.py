"""API tokens: keys for programs, with less than their owner may do (accounts, part 5)."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.accounts.audit import Action, Origin, Target, entries
from nightdesk.accounts.identity import Role
from nightdesk.accounts.ports import ApiTokens
from nightdesk.accounts.records import ApiToken
from nightdesk.accounts.tokens import ApiTokenText, TokenId, TokenScope, new_token_id, token_owner
from nightdesk.core.clock import iso
from nightdesk.core.errors import Invalid, Missing, Refused
from nightdesk.core.ids import UserId

MAX_TOKENS = 20
MAX_CIDRS = 10
MAX_NAME = 50
DEFAULT_LIFE = timedelta(days=90)
LONGEST = timedelta(days=365)
LONGEST_ADMIN = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedToken:
    """What a new token shall be. `expires_at` None: after 90 days, with `admin` after 30."""

    name: str
    scopes: frozenset[TokenScope]
    expires_at: datetime | None = None
    paper_only: bool = True
    cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Make an API token. It is shown once; what is stored is its SHA-256."""

    tokens: ApiTokens
    stage: str

    def __call__(
        self, owner: UserId, role: Role, wanted: WantedToken, *, origin: Origin, now: datetime
    ) -> tuple[ApiToken, ApiTokenText]:
        """Return the record and the token.

        Raises Refused `SCOPE_NOT_ALLOWED`, Invalid for name, expiry and networks, Conflict
        `TOKEN_LIMIT`.
        """
        if TokenScope.ADMIN in wanted.scopes and role is not Role.ADMIN:
            raise Refused("SCOPE_NOT_ALLOWED", "Only administrators issue this scope.")
        text = ApiTokenText.new(self.stage, new_token_id(owner, now))
        token = ApiToken(
            token_id=text.token_id,
            name=_named(wanted.name),
            digest=text.digest,
            scopes=_scopes(wanted.scopes),
            created_at=now,
            expires_at=expiry(wanted, now),
            paper_only=wanted.paper_only,
            cidrs=networks(wanted.cidrs),
        )
        told = entries(
            Action.API_TOKEN_CREATED,
            origin,
            now,
            owner=owner,
            target=Target(kind="api_token", id=token.token_id),
            details={
                "scopes": [str(scope) for scope in sorted(token.scopes)],
                "paper_only": token.paper_only,
                "expires_at": iso(token.expires_at),
            },
            words={"name": token.name},
        )
        self.tokens.create(token, limit=MAX_TOKENS, now=now, entries=told)
        return token, text


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Take an API token away, from the next request on."""

    tokens: ApiTokens

    def __call__(self, owner: UserId, token_id: str, origin: Origin, now: datetime) -> None:
        """Remove it. Raises Missing for another owner's, and for one that is gone."""
        try:
            theirs = token_owner(TokenId(token_id)) == owner
        except ValueError:
            theirs = False
        if not theirs:
            raise Missing("no such token")
        target = Target(kind="api_token", id=token_id)
        told = entries(Action.API_TOKEN_REVOKED, origin, now, owner=owner, target=target)
        self.tokens.remove(TokenId(token_id), entries=told)


@dataclass(frozen=True, slots=True)
class ListTokens:
    """Show the owner's API tokens, never what they say."""

    tokens: ApiTokens

    def __call__(self, owner: UserId) -> Sequence[ApiToken]:
        """Return them oldest first, expired ones too while they are stored."""
        return self.tokens.of(owner)


def expiry(wanted: WantedToken, now: datetime) -> datetime:
    """Return when the token ends. Raises Invalid for a past or a too distant moment."""
    admin = TokenScope.ADMIN in wanted.scopes
    longest = LONGEST_ADMIN if admin else LONGEST
    ends = wanted.expires_at or now + min(DEFAULT_LIFE, longest)
    if not now < ends <= now + longest:
        raise Invalid(
            "VALIDATION_FAILED",
            f"A token with these scopes lives for {longest.days} days at most.",
            field="expires_at",
        )
    return ends


def networks(cidrs: Sequence[str]) -> tuple[str, ...]:
    """Return the networks as they are written by everyone. Raises Invalid."""
    if len(cidrs) > MAX_CIDRS:
        raise Invalid(
            "VALIDATION_FAILED", f"A token names {MAX_CIDRS} networks at most.", field="cidrs"
        )
    try:
        return tuple(dict.fromkeys(str(ipaddress.ip_network(cidr)) for cidr in cidrs))
    except ValueError as error:
        raise Invalid(
            "VALIDATION_FAILED",
            "A network is written as 192.0.2.0/24 or 2001:db8::/48, its host part zero.",
            field="cidrs",
        ) from error


def _scopes(scopes: frozenset[TokenScope]) -> frozenset[TokenScope]:
    if not scopes:
        raise Invalid("VALIDATION_FAILED", "A token needs a scope.", field="scopes")
    return scopes


def _named(name: str) -> str:
    plain = name.strip()
    if not plain or len(plain) > MAX_NAME or not plain.isprintable():
        raise Invalid(
            "VALIDATION_FAILED",
            f"A name has 1 to {MAX_NAME} printable characters.",
            field="name",
        )
    return plain
