"""The key vault: save, open and delete the keys that traders bring (accounts, part 8).

Secrets go in and never come out again but to the one call that needs them. This room seals them
and keeps them; it cannot open one in the API, where no role may.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.accounts.audit import Action, Origin, Outcome
from nightdesk.accounts.credential import (
    Answer,
    Credential,
    Finding,
    Opened,
    Shelf,
    Slot,
    context_of,
)
from nightdesk.accounts.offers import CheckUrls, Offer, every_provider, holder, lasting, offered
from nightdesk.accounts.ports import (
    AuditTrail,
    Cipher,
    Credentials,
    Digests,
    KeyProbe,
    KeyUses,
    Opener,
    Slots,
)
from nightdesk.accounts.probing import NotConfigured
from nightdesk.accounts.providers import Kind, Provider, label, provider
from nightdesk.accounts.vault_telling import audited, told
from nightdesk.core.errors import Conflict, Invalid, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.names import EventType

PER_PROVIDER = 5
TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A slot as it stands after saving, and the hint rules that the fields break."""

    slot: Slot
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveKey:
    """Seal a key and keep it; where its provider tells what it may do, ask before."""

    credentials: Credentials
    cipher: Cipher
    probe: KeyProbe
    digests: Digests
    check_urls: CheckUrls
    trail: AuditTrail
    enabled: Callable[[str], bool] = every_provider
    """Whether the operator lets keys of this provider be kept (setting `providers.enabled`)."""

    def __call__(
        self, owner: UserId, offer: Offer, origin: Origin, now: datetime, *, admin: bool = False
    ) -> Saved:
        """Return how the slot stands.

        Raises UnknownProvider; Invalid `BAD_FORMAT`, `URL_NOT_ALLOWED`, `KEY_CAN_WITHDRAW`,
        `DECLARATION_REQUIRED`; Conflict `KEY_DUPLICATE`, `KEY_LIMIT`; Refused `FORBIDDEN`. Then
        nothing is stored.
        """
        of = offered(offer.provider, self.enabled)
        under = holder(owner, of, shared=offer.shared, admin=admin)
        fields = of.checked(offer.fields)
        offer = replace(
            offer,
            fields=fields,
            label=label(offer.label),
            expires_at=lasting(of, offer.expires_at, now),
        )
        hosts = self.check_urls(of, fields)
        if of.discloses_nothing and not offer.declares_no_withdrawal:
            raise _undeclared()
        finding: Finding | None = None
        for _ in range(TRIES):
            shelf = self.credentials.shelf(under, of.id)
            fresh = self._sealed(shelf, of, offer, now)
            if of.tells and finding is None:
                finding = self.probe(fresh.context, fresh.sealed, now=now, private_hosts=hosts)
                self._acceptable(fresh, offer, finding, origin, now)
            if finding is not None:
                fresh = fresh.tested(finding, now)
            try:
                slot = self._placed(shelf, fresh, offer, origin, now)
            except StaleWrite:
                continue
            return Saved(slot=slot, warnings=of.warnings(fields))
        raise StaleWrite(f"others wrote to the keys of {of.id} first, {TRIES} times")

    def _sealed(self, shelf: Shelf, of: Provider, offer: Offer, now: datetime) -> Credential:
        before = shelf.slot(offer.label)
        print_ = self.digests.digest("credential", f"{of.id}|{of.identifier(offer.fields)}").hex()
        others = [slot for slot in shelf.slots if slot is not before]
        if any(one.fingerprint == print_ for slot in others for one in slot.versions):
            raise Conflict("KEY_DUPLICATE", "This key is kept under another label.")
        if before is None and len(shelf.slots) >= PER_PROVIDER:
            raise Conflict("KEY_LIMIT", f"There are {PER_PROVIDER} keys of this provider.")
        version = 1 if before is None else before.newest.version + 1
        context = context_of(shelf.owner, of, offer.label, version)
        return Credential(
            owner=shelf.owner,
            provider=of.id,
            label=offer.label,
            version=version,
            sealed=self.cipher.seal(context, offer.fields),
            fingerprint=print_,
            hint=of.hint(offer.fields),
            saved_at=now,
            expires_at=offer.expires_at,
        )

    def _acceptable(
        self, fresh: Credential, offer: Offer, finding: Finding, origin: Origin, now: datetime
    ) -> None:
        """Raise unless the key may be kept; a key that may withdraw is written down."""
        if finding.withdraws:
            self.trail.record(
                audited(
                    Action.CREDENTIAL_REFUSED,
                    fresh,
                    origin,
                    now,
                    outcome=Outcome.REFUSED,
                    code="KEY_CAN_WITHDRAW",
                )
            )
            raise Invalid(
                "KEY_CAN_WITHDRAW", "This key may withdraw. Make one that may not.", field="fields"
            )
        told = finding.answer is Answer.OK and not finding.undisclosed
        silent = finding.answer is not Answer.OK
        if not (told or silent or offer.declares_no_withdrawal):
            raise _undeclared()

    def _placed(
        self, shelf: Shelf, fresh: Credential, offer: Offer, origin: Origin, now: datetime
    ) -> Slot:
        before = shelf.slot(fresh.label)
        slot = Slot(serving=fresh) if before is None else before.replaced(fresh)
        written = audited(
            Action.CREDENTIAL_SAVED,
            fresh,
            origin,
            now,
            declares_no_withdrawal=offer.declares_no_withdrawal,
        )
        events = [told(EventType.KEY_SAVED, fresh, now, origin.request_id)]
        return self.credentials.place(slot, shelf, entries=written, events=events, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteKey:
    """Destroy a key, every version of it."""

    credentials: Credentials
    uses: KeyUses

    def __call__(
        self,
        owner: UserId,
        provider_id: str,
        of_label: str,
        origin: Origin,
        now: datetime,
        *,
        force: bool = False,
    ) -> None:
        """Take it away; twice is as good as once. Raises UnknownProvider, Conflict `KEY_IN_USE`."""
        of = provider(provider_id)
        name = label(of_label)
        for _ in range(TRIES):
            shelf = self.credentials.shelf(owner, of.id)
            slot = shelf.slot(name)
            if slot is None:
                return
            held = of.kind is Kind.VENUE and self.uses.held(owner, of.id, name)
            if held and not force:
                raise Conflict("KEY_IN_USE", "A live bot has a position open on this key.")
            written = audited(Action.CREDENTIAL_DELETED, slot.newest, origin, now, forced=held)
            events = [told(EventType.KEY_DELETED, slot.newest, now, origin.request_id)]
            try:
                self.credentials.remove(slot, shelf, entries=written, events=events, now=now)
            except StaleWrite:
                continue
            return
        raise StaleWrite(f"others wrote to the keys of {of.id} first, {TRIES} times")


@dataclass(frozen=True, slots=True)
class ListKeys:
    """Show what an owner has, masked."""

    credentials: Credentials

    def __call__(self, owner: UserId) -> Sequence[Slot]:
        """Return every slot."""
        return self.credentials.all(owner)

    def one(self, owner: UserId, provider_id: str, of_label: str) -> Slot:
        """Return one slot. Raises UnknownProvider, NotConfigured."""
        slot = self.credentials.slot(owner, provider(provider_id).id, label(of_label))
        if slot is None:
            raise NotConfigured("no such key")
        return slot


@dataclass(frozen=True, slots=True)
class OpenKey:
    """Open the version that serves, for whoever may: the role decides, KMS enforces it."""

    credentials: Slots
    opener: Opener

    def __call__(self, owner: UserId, provider_id: str, of_label: str, now: datetime) -> Opened:
        """Return the fields. The caller must ask `serves_entries` before it opens a position.

        Raises NotConfigured, SealBroken, StoreUnavailable, Misconfigured.
        """
        slot = self.credentials.slot(owner, provider_id, of_label)
        if slot is None:
            raise NotConfigured("no such key")
        one = slot.serving
        return Opened(
            fields=self.opener.open(one.context, one.sealed),
            version=one.version,
            status=one.status,
            serves_entries=one.serves_entries(now),
        )


def _undeclared() -> Invalid:
    return Invalid(
        "DECLARATION_REQUIRED",
        "This provider does not say what a key may do: declare that it cannot withdraw.",
        field="declares_no_withdrawal",
    )
