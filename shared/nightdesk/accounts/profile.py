"""What an owner may change of the profile: names, place, currency, address."""

import re
import unicodedata
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache

from nightdesk.accounts.address import AskToConfirm
from nightdesk.accounts.audit import Action, Json, Origin, entries
from nightdesk.accounts.identity import Profile, Security, email_address
from nightdesk.accounts.ports import AuditTrail, Users
from nightdesk.accounts.proof import secured
from nightdesk.core.errors import Conflict, Invalid, Refused, StaleWrite
from nightdesk.core.ids import UserId

LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
CURRENCIES = (
    "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP",
    "JPY", "NOK", "NZD", "PLN", "SEK", "TRY", "USD", "ZAR",
)  # fmt: skip
"""What accounts are kept in: ISO 4217."""
MAX_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be another; None stays as it is. Times of `version` are counted by the desk."""

    version: int
    display_name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    email: str | None = None

    def __repr__(self) -> str:
        """Show nothing that was typed."""
        return f"Changes(version={self.version})"


@dataclass(frozen=True, slots=True)
class UpdateAccount:
    """Change the owner's profile. A new address counts once a token was sent back from it."""

    users: Users
    confirm: AskToConfirm
    audit: AuditTrail

    def __call__(
        self, owner: UserId, changes: Changes, *, elevated: bool, origin: Origin, now: datetime
    ) -> tuple[Profile, Security]:
        """Return profile and security as they now stand.

        Raises Invalid `BAD_FORMAT`; StaleWrite unless `version` is the present one; for an
        address Refused 403 `STEP_UP_REQUIRED` unless `elevated`, Conflict `EMAIL_TAKEN`,
        `MAIL_NOT_CONFIGURED`.
        """
        security, profile = secured(self.users, owner), self.users.profile(owner)
        if changes.version != profile.version:
            raise StaleWrite("the profile has moved meanwhile")
        wanted = replace(
            profile,
            display_name=_or(profile.display_name, changes.display_name, display_name),
            locale=_or(profile.locale, changes.locale, locale),
            time_zone=_or(profile.time_zone, changes.time_zone, time_zone),
            currency=_or(profile.currency, changes.currency, currency),
        )
        address = None
        if changes.email is not None:
            address = self._address(profile, changes.email, elevated=elevated)
            wanted = replace(wanted, new_email=None if address == profile.email else address)
        if wanted != profile:
            changed: list[Json] = [
                one.name
                for one in fields(Profile)
                if getattr(wanted, one.name) != getattr(profile, one.name)
            ]
            wanted = self.users.save_profile(wanted)
            told = entries(
                Action.PROFILE_CHANGED, origin, now, owner=owner, details={"fields": changed}
            )
            self.audit.record(told)
        if address is not None and (address != profile.email or not profile.verified_at):
            self.confirm(owner, address, now)
        return wanted, security

    def _address(self, profile: Profile, text: str, *, elevated: bool) -> str:
        if not elevated:
            raise Refused("STEP_UP_REQUIRED", "Confirm your password first.")
        address = email_address(text)
        if not self.confirm.mailer.configured:
            raise Conflict("MAIL_NOT_CONFIGURED", "This desk sends no mail to confirm it with.")
        if self.users.by_email(address) not in {None, profile.owner}:
            raise Conflict("EMAIL_TAKEN", "This e-mail address is taken.")
        return address


def display_name(text: str) -> str:
    """Return it trimmed, in NFC. Raises Invalid for control and direction characters."""
    name = unicodedata.normalize("NFC", text.strip())
    hidden = any(unicodedata.category(each)[0] == "C" for each in name)
    if hidden or "\u2028" in name or "\u2029" in name or len(name) > MAX_NAME:
        raise _bad("display_name", "A name is up to 64 visible characters.")
    return name


def locale(text: str) -> str:
    """Return it. Raises Invalid unless it is language, script and region as BCP 47 spells them."""
    if not LOCALE.fullmatch(text):
        raise _bad("locale", "A locale is a language, and a region if need be: en, en-ZA.")
    return text


def time_zone(text: str) -> str:
    """Return it. Raises Invalid unless the time zone database knows it."""
    if text not in _zones():
        raise _bad("time_zone", "A time zone is one of the IANA database: Africa/Johannesburg.")
    return text


def currency(text: str) -> str:
    """Return it. Raises Invalid for what no account is kept in."""
    if text not in CURRENCIES:
        raise _bad("currency", "An accounting currency is one of the list.", CURRENCIES)
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) | {"UTC"}


def _or(present: str, wanted: str | None, rule: Callable[[str], str]) -> str:
    return present if wanted is None else rule(wanted)


def _bad(field: str, message: str, allowed: object | None = None) -> Invalid:
    return Invalid("BAD_FORMAT", message, field=field, allowed=allowed)
