"""Deletions of accounts: each change with all that follows from it, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.departure import Deletion, Phase
from nightdesk.accounts.identity import AccountStatus, Profile, Role, Security
from nightdesk.accounts.ports import Digests
from nightdesk.accounts.privacy import kept, pseudonym
from nightdesk.accounts.tokens import TokenId
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import LookupItem, SecurityItem, found_at
from nightdesk.adapters.dynamo.api_tokens import ApiTokenItem
from nightdesk.adapters.dynamo.attributes import JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.audit_keys import AuditKeyItem
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.gates import GateItem
from nightdesk.adapters.dynamo.listed import UserItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.sessions import SessionItem, ending
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.clock import iso
from nightdesk.core.errors import Misconfigured, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId


class DeletionItem(DeskItem, discriminator="DELETION"):
    """The newest deletion of an account. `lookups`: what leads from e-mail and username to it.

    They are digests under the desk pepper, which the worker that frees them cannot make.
    """

    privacy = kept("deletion", secret=("lookups",))

    request_id = UnicodeAttribute()
    by = UnicodeAttribute()
    asked_at = MomentAttribute()
    effective_at = MomentAttribute()
    flatten = BooleanAttribute()
    phase = UnicodeAttribute()
    counts = JsonAttribute()
    lookups = JsonAttribute(null=True)

    @classmethod
    def from_domain(cls, deletion: Deletion, lookups: Sequence[str] = ()) -> Self:
        """Build the row."""
        return cls(
            keys.owner(deletion.owner),
            keys.DELETION,
            request_id=deletion.request_id,
            by=deletion.by,
            asked_at=deletion.asked_at,
            effective_at=deletion.effective_at,
            flatten=deletion.flatten,
            phase=deletion.phase.value,
            counts=dict(deletion.counts),
            lookups=list(lookups) or None,
        )

    def to_domain(self) -> Deletion:
        """Build the noun."""
        return Deletion(
            request_id=self.request_id,
            owner=UserId(self.pk.removeprefix("U#")),
            by=UserId(self.by),
            asked_at=self.asked_at,
            effective_at=self.effective_at,
            flatten=self.flatten,
            phase=Phase(self.phase),
            counts=self.counts,
        )


@dataclass(frozen=True, slots=True)
class DynamoDeletions:
    """The port Deletions. `digests` are for whoever begins one; the worker needs none."""

    audit: DynamoAudit
    digests: Digests | None = None

    def get(self, owner: UserId) -> Deletion | None:
        """Return the newest, or None."""
        found = found_at(DeletionItem, keys.owner(owner), keys.DELETION)
        return found.to_domain() if found else None

    def begin(
        self,
        deletion: Deletion,
        profile: Profile,
        security: Security,
        *,
        ended: Sequence[SessionId],
        revoked: Sequence[TokenId],
        witness: UserId | None,
        entries: Sequence[Entry],
        events: Sequence[Event] = (),
    ) -> None:
        """Store it, and the account as it is from now on."""
        now, lookups = deletion.asked_at, self._lookups(profile)
        free = DeskItem.pk.does_not_exist() | (DeletionItem.phase == Phase.CANCELLED.value)

        def build() -> Write:
            write = _account(profile, security)
            write.put(DeletionItem.from_domain(deletion, lookups), free, _stale())
            if witness is not None:
                write.check(SecurityItem(keys.owner(witness), keys.SECURITY), _RULES, _stale())
            barred = GateItem.blocked.set({"at": iso(now), "by": deletion.by})
            write.update(_gate(deletion), [barred, GateItem.kind.set(GateItem)], None, _stale())
            for session_id in ended:
                write.update(SessionItem.at(session_id), ending(now), None, _stale())
            for token_id in revoked:
                write.delete(ApiTokenItem.at(token_id), None, _stale())
            for event in events:
                told = EventItem.from_domain(event, now)
                write.put(told, DeskItem.pk.does_not_exist(), _stale())
            return write

        with translated():
            self.audit.commit(build, entries)

    def cancel(
        self,
        deletion: Deletion,
        profile: Profile,
        security: Security,
        *,
        entries: Sequence[Entry],
        now: datetime,
    ) -> None:
        """Store it as cancelled; open the gate unless a block keeps it shut."""
        waiting = (DeletionItem.request_id == deletion.request_id) & (
            DeletionItem.phase == Phase.WAITING.value
        )
        waiting &= DeletionItem.effective_at > now

        def build() -> Write:
            write = _account(profile, security)
            write.put(DeletionItem.from_domain(deletion), waiting, _stale())
            if security.block is None:
                opened = [GateItem.blocked.remove(), GateItem.kind.set(GateItem)]
                write.update(_gate(deletion), opened, None, _stale())
            return write

        with translated():
            self.audit.commit(build, entries)

    @translated()
    def commence(self, deletion: Deletion) -> None:
        """Store it as under way; again changes nothing."""
        begun = DeletionItem.phase.is_in(Phase.WAITING.value, Phase.UNDER_WAY.value)
        place = DeletionItem(keys.owner(deletion.owner), keys.DELETION)
        place.update(
            [DeletionItem.phase.set(Phase.UNDER_WAY.value)],
            condition=begun & (DeletionItem.request_id == deletion.request_id),
        )

    @translated()
    def unlist(self, deletion: Deletion) -> None:
        """Free address and username, unless somebody has taken them since."""
        owner = deletion.owner
        found = found_at(DeletionItem, keys.owner(owner), keys.DELETION)
        write, named = Write(), UserItem.username.set(pseudonym(owner))
        for lookup in (found and found.lookups) or ():
            theirs = DeskItem.pk.does_not_exist() | (LookupItem.owner == owner)
            write.delete(LookupItem(lookup, keys.LOOKUP), theirs, _stale())
        write.update(_line(owner), [named], DeskItem.pk.exists(), _stale())
        write.commit()

    def finish(self, deletion: Deletion, *, entries: Sequence[Entry]) -> None:
        """Store it as done and the account as deleted."""
        owner = deletion.owner
        partition = keys.owner(owner)
        found = found_at(SecurityItem, partition, keys.SECURITY)
        if found is None or found.status != AccountStatus.DELETING:
            raise _stale()
        gone = AccountStatus.DELETED.value
        found.status, found.role = gone, Role.TRADER.value

        def build() -> Write:
            write = Write()
            under_way = DeletionItem.request_id == deletion.request_id
            write.put(DeletionItem.from_domain(deletion), under_way, _stale())
            write.put(found, None, _stale())
            listed = [UserItem.status.set(gone), UserItem.role.set(Role.TRADER.value)]
            write.update(_line(owner), listed, DeskItem.pk.exists(), _stale())
            write.delete(AuditKeyItem(partition, keys.AUDIT_KEY), None, _stale())
            return write

        with translated():
            self.audit.commit(build, entries)

    def _lookups(self, profile: Profile) -> list[str]:
        if self.digests is None:
            raise Misconfigured("deletions begin where the pepper is known")
        named = (("username", profile.username), ("email", profile.email))
        return [keys.lookup(kind, self.digests.digest(kind, text)) for kind, text in named]


_RULES = (SecurityItem.role == Role.ADMIN.value) & (
    SecurityItem.status == AccountStatus.ACTIVE.value
)


def _account(profile: Profile, security: Security) -> Write:
    """Return a write of the record over its version, and of its line in the list of users."""
    write = Write()
    write.put(SecurityItem.from_domain(security), None, _stale())
    write.put(UserItem.of(profile, security), None, _stale())
    return write


def _gate(deletion: Deletion) -> GateItem:
    return GateItem(keys.owner(deletion.owner), keys.GATE)


def _line(owner: UserId) -> UserItem:
    return UserItem(keys.SYSTEM, keys.user(owner))


def _stale() -> StaleWrite:
    return StaleWrite("the account has moved meanwhile")
