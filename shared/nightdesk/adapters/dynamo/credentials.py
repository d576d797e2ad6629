"""Keys in the desk table: one row per slot, and one per shelf that makes its writers take turns."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.credential import (
    Credential,
    KeyStatus,
    Permissions,
    Sealed,
    Shelf,
    Slot,
    Withdraw,
)
from nightdesk.accounts.privacy import destroyed
from nightdesk.accounts.providers import Kind
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.clock import from_iso, iso
from nightdesk.core.errors import StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId


class CredentialItem(DeskItem, discriminator="CREDENTIAL"):
    """One slot: the version that serves, and the one that waits for its test."""

    privacy = destroyed("keys", secret=("ciphertext", "wrapped_key", "fingerprint", "challenge"))

    owner = UnicodeAttribute()
    provider = UnicodeAttribute()
    label = UnicodeAttribute()
    serving = JsonAttribute()
    waiting = JsonAttribute(null=True)
    revision = IntegerAttribute()

    @classmethod
    def from_domain(cls, slot: Slot) -> Self:
        """Build the row of the next revision."""
        one = slot.serving
        item = cls(
            keys.owner(one.owner),
            keys.credential(one.provider, one.label),
            owner=one.owner,
            provider=one.provider,
            label=one.label,
            serving=_stored(one),
            waiting=None if slot.waiting is None else _stored(slot.waiting),
            revision=slot.revision + 1,
        )
        if one.kind is Kind.VENUE and one.status is KeyStatus.TEST_OK:
            item.market = keys.PROBED
            item.market_sk = f"{one.owner}#{one.provider}#{one.label}"
        return item

    def to_domain(self) -> Slot:
        """Build the noun, checked again. Whose it is says its place, and not its content."""
        place = {
            "owner": UserId(self.pk.removeprefix("U#")),
            "provider": self.sk.removeprefix(keys.CREDENTIALS).partition("#")[0],
            "label": self.sk.rpartition("#")[2],
        }
        return Slot(
            serving=_read(self.serving, place),
            waiting=None if self.waiting is None else _read(self.waiting, place),
            revision=self.revision,
        )


class ShelfItem(DeskItem, discriminator="SHELF"):
    """Counts the changes of an owner's slots at one provider: limit and duplicates rest on it."""

    privacy = destroyed()

    owner = UnicodeAttribute()
    provider = UnicodeAttribute()
    revision = IntegerAttribute()

    @classmethod
    def from_domain(cls, shelf: Shelf) -> Self:
        """Build the row of the next revision."""
        return cls(
            keys.owner(shelf.owner),
            keys.shelf(shelf.provider),
            owner=shelf.owner,
            provider=shelf.provider,
            revision=shelf.revision + 1,
        )


@dataclass(frozen=True, slots=True)
class DynamoCredentials:
    """The port Credentials."""

    audit: DynamoAudit

    @translated()
    def shelf(self, owner: UserId, provider: str) -> Shelf:
        """Return the shelf, by one consistent query."""
        slots, revision = [], 0
        for item in DeskItem.query(
            keys.owner(owner),
            DeskItem.sk.startswith(keys.shelf(provider)),
            consistent_read=True,
        ):
            if isinstance(item, CredentialItem):
                slots.append(item.to_domain())
            elif isinstance(item, ShelfItem):
                revision = item.revision
        return Shelf(owner=owner, provider=provider, slots=tuple(slots), revision=revision)

    @translated()
    def slot(self, owner: UserId, provider: str, label: str) -> Slot | None:
        """Return one slot, or None."""
        found = _found(owner, provider, label)
        return found.to_domain() if found else None

    @translated()
    def all(self, owner: UserId) -> Sequence[Slot]:
        """Return every slot of an owner."""
        found = DeskItem.query(
            keys.owner(owner), DeskItem.sk.startswith(keys.CREDENTIALS), consistent_read=True
        )
        return [item.to_domain() for item in found if isinstance(item, CredentialItem)]

    def place(
        self,
        slot: Slot,
        shelf: Shelf,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> Slot:
        """Store a slot, its shelf, what it says to others and the audit of it."""

        def build() -> Write:
            write = Write()
            stale = StaleWrite("the shelf has changed")
            write.put(ShelfItem.from_domain(shelf), _unchanged_shelf(shelf), stale)
            write.put(CredentialItem.from_domain(slot), _unchanged(slot), stale)
            return _telling(write, events, now)

        self.audit.commit(build, entries)
        return replace(slot, revision=slot.revision + 1)

    def settle(self, slot: Slot, *, events: Sequence[Event] = (), now: datetime) -> Slot:
        """Store what a test found over the revision that was read."""

        def build() -> Write:
            write = Write()
            item = CredentialItem.from_domain(slot)
            write.put(item, _unchanged(slot), StaleWrite("the key has changed"))
            return _telling(write, events, now)

        self.audit.commit(build, ())
        return replace(slot, revision=slot.revision + 1)

    def remove(
        self,
        slot: Slot,
        shelf: Shelf,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> None:
        """Take a slot off its shelf, with every wrapped key in it."""

        def build() -> Write:
            write = Write()
            stale = StaleWrite("the shelf has changed")
            write.put(ShelfItem.from_domain(shelf), _unchanged_shelf(shelf), stale)
            write.delete(CredentialItem.from_domain(slot), _unchanged(slot), stale)
            return _telling(write, events, now)

        self.audit.commit(build, entries)


@dataclass(frozen=True, slots=True)
class StoredSlots:
    """The port Slots: for whoever uses keys and changes none."""

    @translated()
    def slot(self, owner: UserId, provider: str, label: str) -> Slot | None:
        """Return one slot, or None."""
        found = _found(owner, provider, label)
        return found.to_domain() if found else None


@dataclass(frozen=True, slots=True)
class ScannedCredentials:
    """The port AllCredentials: for the operator's own credentials, no function may scan."""

    @translated()
    def everywhere(self) -> Iterable[Slot]:
        """Return every slot of the desk."""
        found = CredentialItem.scan(consistent_read=True)
        return [item.to_domain() for item in found]


@dataclass(frozen=True, slots=True)
class ProbedKeys:
    """The venue keys that passed their last test, of all owners: for the daily tests alone."""

    @translated()
    def __call__(self) -> Sequence[Slot]:
        """Return them from the index; what is written from them is written over their revision."""
        found = DeskItem.by_market.query(keys.PROBED)
        return [item.to_domain() for item in found if isinstance(item, CredentialItem)]


def _found(owner: UserId, provider: str, label: str) -> CredentialItem | None:
    key = keys.owner(owner), keys.credential(provider, label)
    found = list(DeskItem.batch_get([key], consistent_read=True))
    item = found[0] if found else None
    return item if isinstance(item, CredentialItem) else None


def _unchanged(slot: Slot) -> Condition:
    if not slot.revision:
        return DeskItem.pk.does_not_exist()
    return CredentialItem.revision == slot.revision


def _unchanged_shelf(shelf: Shelf) -> Condition:
    if not shelf.revision:
        return DeskItem.pk.does_not_exist()
    return ShelfItem.revision == shelf.revision


def _telling(write: Write, events: Sequence[Event], now: datetime) -> Write:
    for each in events:
        item = EventItem.from_domain(each, now)
        write.put(item, None, StaleWrite("an event"))
    return write


def _stored(one: Credential) -> dict[str, Any]:
    """Return a version as plain JSON, without its place."""
    may = one.permissions
    return {
        "version": one.version,
        "ciphertext": base64.b64encode(one.sealed.ciphertext).decode(),
        "wrapped_key": base64.b64encode(one.sealed.wrapped).decode(),
        "fingerprint": one.fingerprint,
        "saved_at": iso(one.saved_at),
        "hint": one.hint,
        "status": one.status.value,
        "permissions": may and {"read": may.read, "trade": may.trade, "withdraw": may.withdraw},
        "ip_restricted": one.ip_restricted,
        "expires_at": _text(one.expires_at),
        "last_tested_at": _text(one.last_tested_at),
        "last_error": one.last_error,
        "challenge": one.challenge,
        "challenge_until": _text(one.challenge_until),
    }


def _read(row: Mapping[str, Any], place: Mapping[str, Any]) -> Credential:
    may = row["permissions"]
    return Credential(
        **place,
        version=row["version"],
        sealed=Sealed(
            ciphertext=base64.b64decode(row["ciphertext"]),
            wrapped=base64.b64decode(row["wrapped_key"]),
        ),
        fingerprint=row["fingerprint"],
        saved_at=from_iso(row["saved_at"]),
        hint=row["hint"],
        status=KeyStatus(row["status"]),
        permissions=may
        and Permissions(read=may["read"], trade=may["trade"], withdraw=Withdraw(may["withdraw"])),
        ip_restricted=row["ip_restricted"],
        expires_at=_moment(row["expires_at"]),
        last_tested_at=_moment(row["last_tested_at"]),
        last_error=row["last_error"],
        challenge=row["challenge"],
        challenge_until=_moment(row["challenge_until"]),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else from_iso(text)
