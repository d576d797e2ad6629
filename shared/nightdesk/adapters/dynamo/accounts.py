"""Users in the desk table, and what leads to them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Self, TypeVar

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.exceptions import DoesNotExist

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.identity import (
    AccountStatus,
    Block,
    Profile,
    Role,
    Security,
    TwoFactor,
)
from nightdesk.accounts.mailed import Purpose, used_up
from nightdesk.accounts.ports import Digests
from nightdesk.accounts.privacy import PSEUDONYM, nobodys, replaced
from nightdesk.accounts.records import Invitation
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import connection, translated
from nightdesk.adapters.dynamo.listed import UserItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.queries import LAST, every
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.clock import from_iso, iso
from nightdesk.core.errors import Conflict, Missing, Refused, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId

I = TypeVar("I", bound=DeskItem)  # noqa: E741


class ProfileItem(DeskItem, discriminator="PROFILE"):
    """Who a user is."""

    privacy = replaced(
        "profile",
        {
            "username": PSEUDONYM,
            "email": f"{PSEUDONYM}@deleted.invalid",
            "display_name": "",
            "new_email": None,
            "last_seen_at": None,
            "verified_at": None,
            "locale": "en",
            "time_zone": "UTC",
        },
    )

    owner = UnicodeAttribute()
    username = UnicodeAttribute()
    email = UnicodeAttribute()
    created_at = MomentAttribute()
    verified_at = MomentAttribute(null=True)
    display_name = UnicodeAttribute(default="")
    locale = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    currency = UnicodeAttribute()
    new_email = UnicodeAttribute(null=True)
    last_seen_at = MomentAttribute(null=True)
    version = VersionAttribute()

    @classmethod
    def from_domain(cls, profile: Profile) -> Self:
        """Build the row. Without a version the put succeeds only if there is no such row."""
        return cls(
            keys.owner(profile.owner),
            keys.PROFILE,
            owner=profile.owner,
            username=profile.username,
            email=profile.email,
            created_at=profile.created_at,
            verified_at=profile.verified_at,
            display_name=profile.display_name,
            locale=profile.locale,
            time_zone=profile.time_zone,
            currency=profile.currency,
            new_email=profile.new_email,
            last_seen_at=profile.last_seen_at,
            **_version(profile.version),
        )

    def to_domain(self) -> Profile:
        """Build the noun, checked again."""
        return Profile(
            owner=UserId(self.owner),
            username=self.username,
            email=self.email,
            created_at=self.created_at,
            verified_at=self.verified_at,
            display_name=self.display_name,
            locale=self.locale,
            time_zone=self.time_zone,
            currency=self.currency,
            new_email=self.new_email,
            last_seen_at=self.last_seen_at,
            version=int(self.version),
        )


class SecurityItem(DeskItem, discriminator="SECURITY"):
    """What every request reads of its owner."""

    privacy = replaced(
        "security",
        {"password_hash": "!", "two_factor": None, "block": None, "limits": None},
        secret=("password_hash", "sealed", "recovery", "last_step"),
    )

    owner = UnicodeAttribute()
    role = UnicodeAttribute()
    status = UnicodeAttribute()
    epoch = IntegerAttribute()
    password_hash = UnicodeAttribute()
    must_change_password = BooleanAttribute(default=False)
    confirmed = BooleanAttribute(default=True)
    two_factor = JsonAttribute(null=True)
    block = JsonAttribute(null=True)
    limits = JsonAttribute(null=True)
    version = VersionAttribute()

    @classmethod
    def from_domain(cls, security: Security) -> Self:
        """Build the row. Without a version the put succeeds only if there is no such row."""
        return cls(
            keys.owner(security.owner),
            keys.SECURITY,
            owner=security.owner,
            role=security.role.value,
            status=security.status.value,
            epoch=security.epoch,
            password_hash=security.password_hash,
            must_change_password=security.must_change_password,
            confirmed=security.confirmed,
            two_factor=_second_factor(security.two_factor),
            block=_block(security.block),
            limits=dict(security.limits) or None,
            **_version(security.version),
        )

    def to_domain(self) -> Security:
        """Build the noun, checked again."""
        return Security(
            owner=UserId(self.owner),
            role=Role(self.role),
            status=AccountStatus(self.status),
            epoch=self.epoch,
            password_hash=self.password_hash,
            must_change_password=self.must_change_password,
            confirmed=self.confirmed,
            two_factor=_read_second_factor(self.two_factor),
            block=_read_block(self.block),
            limits=dict(self.limits or {}),
            version=int(self.version),
        )


class InvitationItem(DeskItem, discriminator="INVITATION"):
    """Leave to register, under SYSTEM."""

    privacy = nobodys()

    digest = UnicodeAttribute()
    role = UnicodeAttribute()
    invited_by = UnicodeAttribute()
    created_at = MomentAttribute()
    open_until = MomentAttribute()
    email = UnicodeAttribute(null=True)

    @classmethod
    def from_domain(cls, invitation: Invitation) -> Self:
        """Build the row."""
        return cls(
            keys.SYSTEM,
            keys.invitation(invitation.invitation_id),
            digest=invitation.digest,
            role=invitation.role.value,
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            open_until=invitation.expires_at,
            email=invitation.email,
            expires_at=invitation.expires_at,
        )

    def to_domain(self) -> Invitation:
        """Build the noun."""
        return Invitation(
            invitation_id=self.sk.removeprefix(keys.INVITATIONS),
            digest=self.digest,
            role=Role(self.role),
            invited_by=UserId(self.invited_by),
            created_at=self.created_at,
            expires_at=self.open_until,
            email=self.email,
        )


class TurnItem(DeskItem, discriminator="INVITING"):
    """Counts the invitations ever made, so that their limit holds among admins at once."""

    privacy = nobodys()

    number = IntegerAttribute()


class LookupItem(DeskItem, discriminator="LOOKUP"):
    """From a digest to an owner, and nothing else."""

    privacy = nobodys()

    owner = UnicodeAttribute()


class FirstAdminItem(DeskItem, discriminator="FIRST_ADMIN"):
    """Stands once the operator token is used up."""

    privacy = nobodys()

    owner = UnicodeAttribute()
    at = MomentAttribute()


def _second_factor(factor: TwoFactor | None) -> dict[str, Any] | None:
    if factor is None:
        return None
    return {
        "sealed": factor.sealed,
        "confirmed_at": iso(factor.confirmed_at) if factor.confirmed_at else None,
        "last_step": factor.last_step,
        "recovery": list(factor.recovery),
    }


def _read_second_factor(stored: dict[str, Any] | None) -> TwoFactor | None:
    if stored is None:
        return None
    confirmed = stored["confirmed_at"]
    return TwoFactor(
        sealed=stored["sealed"],
        confirmed_at=from_iso(confirmed) if confirmed else None,
        last_step=int(stored["last_step"]),
        recovery=tuple(stored["recovery"]),
    )


def _block(block: Block | None) -> dict[str, Any] | None:
    if block is None:
        return None
    return {"at": iso(block.at), "by": block.by, "reason": block.reason}


def _read_block(stored: dict[str, Any] | None) -> Block | None:
    if stored is None:
        return None
    return Block(at=from_iso(stored["at"]), by=UserId(stored["by"]), reason=stored["reason"])


def _version(version: int) -> dict[str, Any]:
    return {"version": version} if version else {}


@dataclass(frozen=True, slots=True)
class DynamoUsers:
    """The port Users."""

    digests: Digests
    audit: DynamoAudit

    def create(
        self,
        profile: Profile,
        security: Security,
        *,
        invitation: Invitation | None = None,
        open_until: datetime | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        """Store a new user, whole or not at all."""
        now, absent = profile.created_at, DeskItem.pk.does_not_exist()
        free = absent | (DeskItem.expires_at <= now)

        def build() -> Write:
            write = Write()
            if invitation:
                row = InvitationItem.from_domain(invitation)
                write.delete(row, InvitationItem.digest == invitation.digest, _used_up())
            elif open_until is None:
                admin = FirstAdminItem(keys.SYSTEM, keys.FIRST_ADMIN)
                admin.owner, admin.at = profile.owner, now
                write.put(admin, absent, _operator_token_used())
            name = self._lookup("username", profile.username, profile.owner)
            address = self._lookup("email", profile.email, profile.owner)
            rows = [name, address, ProfileItem.from_domain(profile)]
            rows += [SecurityItem.from_domain(security), UserItem.of(profile, security)]
            for each in rows:
                each.expires_at = open_until
            write.put(name, free, Conflict("USERNAME_TAKEN", "This username is taken."))
            write.put(address, free, email_taken())
            for each in rows[2:]:
                write.put(each, None, StaleWrite("this account is there"))
            return write

        with translated():
            self.audit.commit(build, entries)

    def by_email(self, email: str) -> UserId | None:
        """Return who has this address, or None."""
        hashed = self.digests.digest("email", email)
        found = found_at(LookupItem, keys.lookup("email", hashed), keys.LOOKUP)
        return UserId(found.owner) if found else None

    def profile(self, owner: UserId) -> Profile:
        """Return the profile. Raises Missing."""
        found = found_at(ProfileItem, keys.owner(owner), keys.PROFILE)
        if found is None:
            raise Missing("no such account")
        return found.to_domain()

    def security(self, owner: UserId) -> Security | None:
        """Return the security record, or None."""
        found = found_at(SecurityItem, keys.owner(owner), keys.SECURITY)
        return found.to_domain() if found else None

    def save_security(self, security: Security, *, entries: Sequence[Entry] = ()) -> None:
        """Store over the version that was read, with its entries. Raises StaleWrite."""

        def build() -> Write:
            write, stale = Write(), StaleWrite("the security record has moved meanwhile")
            write.put(SecurityItem.from_domain(security), None, stale)
            return write

        with translated():
            self.audit.commit(build, entries)

    def save_profile(self, profile: Profile) -> Profile:
        """Store over the version that was read; return it as stored. Raises StaleWrite."""
        write = Write()
        item = ProfileItem.from_domain(profile)
        write.put(item, None, StaleWrite("the profile has moved meanwhile"))
        with translated():
            write.commit()
        return replace(profile, version=profile.version + 1)

    def confirm(
        self,
        profile: Profile,
        security: Security,
        *,
        before: str,
        token: bytes,
        now: datetime,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
    ) -> None:
        """Store a profile whose address is confirmed; put again without a TTL, nothing lapses."""
        stale, owner = StaleWrite("the account has moved meanwhile"), profile.owner

        def build() -> Write:
            write = Write()
            use_up(write, Purpose.ADDRESS, token, owner, now)
            if before != profile.email:
                former = self._lookup("email", before, owner)
                write.delete(former, LookupItem.owner == owner, stale)
                wanted = self._lookup("email", profile.email, owner)
                free = DeskItem.pk.does_not_exist() | (DeskItem.expires_at <= now)
                write.put(wanted, free, email_taken())
            write.put(ProfileItem.from_domain(profile), None, stale)
            if not security.confirmed:
                write.put(SecurityItem.from_domain(replace(security, confirmed=True)), None, stale)
                write.put(UserItem.of(profile, security), None, stale)
                for kind, text in (("username", profile.username), ("email", profile.email)):
                    write.put(self._lookup(kind, text, owner), LookupItem.owner == owner, stale)
            for event in events:
                told = EventItem.from_domain(event, now)
                write.put(told, DeskItem.pk.does_not_exist(), stale)
            return write

        with translated():
            self.audit.commit(build, entries)

    def first_admin(self) -> UserId | None:
        """Return who registered with the operator token, or None."""
        found = found_at(FirstAdminItem, keys.SYSTEM, keys.FIRST_ADMIN)
        return UserId(found.owner) if found else None

    @translated()
    def full(self, most: int) -> bool:
        """Whether there are `most` accounts already; those that were deleted do not count."""
        found = every(UserItem, keys.SYSTEM, keys.USERS, keys.USERS + LAST, consistent=True)
        there = (one for one in found if one.status != AccountStatus.DELETED)
        return sum(1 for _ in islice(there, most)) >= most

    def reachable(self) -> None:
        """Read one item, there or not. Raises StoreUnavailable, Misconfigured."""
        found_at(FirstAdminItem, keys.SYSTEM, keys.FIRST_ADMIN)

    def _lookup(self, kind: str, text: str, owner: UserId) -> LookupItem:
        hashed = self.digests.digest(kind, text)
        return LookupItem(keys.lookup(kind, hashed), keys.LOOKUP, owner=owner)


def note_presence(owner: UserId, now: datetime) -> None:
    """Write down that an owner was here. It is no change of the profile, so its version stays."""
    connection().update_item(
        DeskItem.Meta.table_name,
        keys.owner(owner),
        keys.PROFILE,
        actions=[ProfileItem.last_seen_at.set(now)],
        condition=DeskItem.pk.exists(),
    )


def use_up(write: Write, purpose: str, token: bytes, owner: UserId, now: datetime) -> None:
    """Let the transaction remove a mailed token, if it is this owner's and not too old."""
    item = LookupItem(keys.lookup(purpose, token), keys.LOOKUP)
    standing = (LookupItem.owner == owner) & (DeskItem.expires_at > now)
    write.delete(item, standing, used_up())


def email_taken() -> Conflict:
    """Return the answer to an address that has an account."""
    return Conflict("EMAIL_TAKEN", "This e-mail address is taken.")


def _used_up() -> Refused:
    return Refused("INVITATION_INVALID", "The invitation is used up.")


def _operator_token_used() -> Refused:
    return Refused("OPERATOR_TOKEN_USED", "The operator token has been used.")


def found_at(item: type[I], pk: str, sk: str) -> I | None:
    """Return the item at this key by a consistent read, or None."""
    with translated():
        try:
            return item.get(pk, sk, consistent_read=True)
        except DoesNotExist:
            return None
