"""What traders offer the vault, and what is looked at before anything is sealed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.accounts import urls
from nightdesk.accounts.credential import Fields
from nightdesk.accounts.ports import Resolver
from nightdesk.accounts.providers import (
    DEFAULT_LABEL,
    SHARED_KINDS,
    Provider,
    UnknownProvider,
    provider,
)
from nightdesk.core.errors import Invalid, Refused
from nightdesk.core.ids import SYSTEM, UserId

LONGEST_LIFE = timedelta(days=365)
OWN_HOSTS = frozenset({"ollama"})
"""Providers that an owner may run inside, where the operator admits the host."""


def every_provider(provider_id: str) -> bool:  # noqa: ARG001 - the form of the question
    """Let keys of any provider be kept and tried."""
    return True


def no_hosts() -> Sequence[str]:
    """Return no private host: nothing inside may be called."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A key that somebody wants to have kept, or tried."""

    provider: str
    fields: Fields
    label: str = DEFAULT_LABEL
    declares_no_withdrawal: bool = False
    expires_at: datetime | None = None
    shared: bool = False
    """For all owners, by an admin: stored under SYSTEM."""

    def __repr__(self) -> str:
        """Show no field."""
        return f"Offer({self.provider}, {self.label})"


def holder(owner: UserId, of: Provider, *, shared: bool, admin: bool) -> UserId:
    """Return under whom a key lies. Raises Refused `FORBIDDEN`, Invalid `BAD_FORMAT`."""
    if not shared:
        return owner
    if not admin:
        raise Refused("FORBIDDEN", "Only an administrator shares a key.")
    if of.kind not in SHARED_KINDS:
        raise Invalid("BAD_FORMAT", "Keys of this kind are never shared.", field="shared")
    return SYSTEM


@dataclass(frozen=True, slots=True)
class CheckUrls:
    """Look at the addresses among the fields: their text, and where they lead now."""

    resolve: Resolver
    local: bool = False
    private_hosts: Callable[[], Sequence[str]] = no_hosts

    def __call__(self, of: Provider, fields: Fields) -> Sequence[str]:
        """Return the private hosts that this provider may have. Raises Invalid `URL_NOT_ALLOWED`.

        A name that leads nowhere now is let through: each call looks again.
        """
        found = of.urls(fields)
        hosts = tuple(self.private_hosts()) if found and of.id in OWN_HOSTS else ()
        rules = urls.Rules(local=self.local, private_hosts=hosts)
        for name, (text, endings) in found.items():
            place = f"fields.{name}"
            link = urls.link(text, rules, hosts=endings, field=place)
            if link.literal is None:
                try:
                    addresses = self.resolve(link.host, link.port)
                except OSError:
                    continue
                urls.allowed(addresses, link.host, rules, field=place)
        return hosts


def offered(provider_id: str, enabled: Callable[[str], bool]) -> Provider:
    """Return a provider whose new keys are taken. Raises UnknownProvider for any other.

    What is kept of one that was switched off goes on being listed, opened and deleted.
    """
    of = provider(provider_id)
    if not enabled(of.id):
        raise UnknownProvider("keys of this provider are not taken here")
    return of


def lasting(of: Provider, until: datetime | None, now: datetime) -> datetime | None:
    """Return until when a key lives. Raises Invalid `BAD_FORMAT`."""
    if until is None:
        if of.expires:
            raise Invalid("BAD_FORMAT", "Say when this key ends.", field="expires_at")
        return None
    if until <= now or (of.expires and until > now + LONGEST_LIFE):
        raise Invalid(
            "BAD_FORMAT", "A key ends in the future, within what it may last.", field="expires_at"
        )
    return until
