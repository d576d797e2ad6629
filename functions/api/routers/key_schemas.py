"""Bodies and answers of the key routes. No answer holds a field of a key, or its length."""

from typing import Annotated, Self

from pydantic import Field as Limited
from pydantic import SecretStr

from functions.api.schemas import Answer, Lax, Moment, Request
from nightdesk.accounts.credential import Credential, KeyStatus, Permissions, Slot, Withdraw
from nightdesk.accounts.offers import Offer
from nightdesk.accounts.probing import Tested
from nightdesk.accounts.providers import DEFAULT_LABEL, Field, Kind, Provider
from nightdesk.accounts.vault import Saved

MAX_VALUE = 8192
"""Characters of any field: longer than every hard rule of the table."""

LABEL = r"^[a-z0-9-]{1,20}$"
PROVIDER = r"^[a-z_]{1,20}$"

Label = Annotated[str, Limited(pattern=LABEL)]
Name = Annotated[str, Limited(pattern=r"^[a-z_]{1,30}$")]
Value = Annotated[SecretStr, Limited(max_length=MAX_VALUE)]
Fields = Annotated[dict[Name, Value], Limited(max_length=10)]


def clear(fields: dict[str, SecretStr]) -> dict[str, str]:
    """Return the fields for the one call that seals them."""
    return {name: value.get_secret_value() for name, value in fields.items()}


class KeyIn(Request):
    """A key to be kept. `fields` are those of its provider."""

    fields: Fields
    label: Label = DEFAULT_LABEL
    declares_no_withdrawal: bool = False
    expires_at: Lax[Moment] | None = None
    shared: bool = False

    def to_domain(self, provider: str) -> Offer:
        """Return the offer."""
        return Offer(
            provider=provider,
            fields=clear(self.fields),
            label=self.label,
            declares_no_withdrawal=self.declares_no_withdrawal,
            expires_at=self.expires_at,
            shared=self.shared,
        )


class KeyTestIn(Request):
    """Which key is tested: the one that is kept, or these fields, which nobody keeps.

    `code` confirms what was sent through a channel.
    """

    provider: str = Limited(pattern=PROVIDER)
    label: Label = DEFAULT_LABEL
    fields: Fields | None = None
    code: str | None = Limited(default=None, pattern=r"^[0-9]{8}$")
    shared: bool = False

    def to_domain(self) -> Offer:
        """Return the fields as an offer."""
        return Offer(provider=self.provider, fields=clear(self.fields or {}), label=self.label)


class FieldOut(Answer):
    """One field of a provider: the hard rules, and in `hints` what it usually begins with."""

    name: str
    title: str
    required: bool
    secret: bool
    url: bool
    min_length: int
    max_length: int
    rule: str
    hints: list[str]

    @classmethod
    def from_domain(cls, one: Field) -> Self:
        """Show a field."""
        return cls(
            name=one.name,
            title=one.title,
            required=one.required,
            secret=not one.public,
            url=one.url,
            min_length=one.least,
            max_length=one.most,
            rule=one.form,
            hints=list(one.hints),
        )


class ProviderOut(Answer):
    """A provider, and what it hands out."""

    id: str
    kind: Kind
    display_name: str
    fields: list[FieldOut]
    tells_permissions: bool
    declaration_required: bool
    expires_at_required: bool
    trades: bool
    help: str

    @classmethod
    def from_domain(cls, one: Provider) -> Self:
        """Show a provider."""
        return cls(
            id=one.id,
            kind=one.kind,
            display_name=one.name,
            fields=[FieldOut.from_domain(each) for each in one.fields],
            tells_permissions=one.tells,
            declaration_required=one.discloses_nothing,
            expires_at_required=one.expires,
            trades=one.kind is Kind.VENUE and one.trades,
            help=one.help,
        )


class PermissionsOut(Answer):
    """What a key may do, as its provider says; null where it does not."""

    read: bool | None
    trade: bool | None
    withdraw: Withdraw

    @classmethod
    def from_domain(cls, may: Permissions) -> Self:
        """Show permissions."""
        return cls(read=may.read, trade=may.trade, withdraw=may.withdraw)


class VersionOut(Answer):
    """One version of a key. `hint` is the end of its public name, if that is long enough."""

    version: int
    status: KeyStatus
    hint: str | None
    permissions: PermissionsOut | None
    ip_restricted: bool | None
    saved_at: Moment
    expires_at: Moment | None
    last_tested_at: Moment | None
    last_error: str | None

    @classmethod
    def from_domain(cls, one: Credential) -> Self:
        """Show a version."""
        may = one.permissions
        return cls(
            version=one.version,
            status=one.status,
            hint=one.hint,
            permissions=None if may is None else PermissionsOut.from_domain(may),
            ip_restricted=one.ip_restricted,
            saved_at=one.saved_at,
            expires_at=one.expires_at,
            last_tested_at=one.last_tested_at,
            last_error=one.last_error,
        )


class KeyOut(VersionOut):
    """A key: the version that serves, and in `waiting` a newer one that has not passed yet."""

    provider: str
    label: str
    shared: bool
    waiting: VersionOut | None

    @classmethod
    def of(cls, slot: Slot, *, shared: bool = False) -> Self:
        """Show a slot."""
        serving = VersionOut.from_domain(slot.serving)
        waiting = None if slot.waiting is None else VersionOut.from_domain(slot.waiting)
        return cls(
            **dict(serving),
            provider=slot.serving.provider,
            label=slot.serving.label,
            shared=shared,
            waiting=waiting,
        )


class SavedOut(Answer):
    """A key as it stands after saving. `warnings`: what is unusual about it."""

    key: KeyOut
    warnings: list[str]

    @classmethod
    def from_domain(cls, saved: Saved, *, shared: bool) -> Self:
        """Show what was saved."""
        return cls(key=KeyOut.of(saved.slot, shared=shared), warnings=list(saved.warnings))


class TestedOut(Answer):
    """What a test found. `latency_ms` of the provider's answers together."""

    ok: bool
    status: KeyStatus
    permissions: PermissionsOut | None
    ip_restricted: bool | None
    latency_ms: int
    message: str

    @classmethod
    def from_domain(cls, tested: Tested) -> Self:
        """Show a finding."""
        found = tested.finding
        may = found.permissions
        return cls(
            ok=found.passed,
            status=tested.status,
            permissions=None if may is None else PermissionsOut.from_domain(may),
            ip_restricted=found.ip_restricted,
            latency_ms=found.latency_ms,
            message=found.message,
        )
