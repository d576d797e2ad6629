"""Users and invitations in the desk table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.exceptions import DoesNotExist, TransactWriteError
from pynamodb.transactions import TransactWrite

from nightdesk.accounts.identity import (
    AccountStatus,
    Block,
    Profile,
    Role,
    Security,
    TwoFactor,
)
from nightdesk.accounts.ports import Digests
from nightdesk.accounts.records import Invitation
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.connection import connection, translated
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.clock import from_iso, iso
from nightdesk.core.errors import Conflict, Fault, Missing, Refused
from nightdesk.core.ids import UserId

I = TypeVar("I", bound=DeskItem)  # noqa: E741


class ProfileItem(DeskItem, discriminator="PROFILE"):
    """Who a user is."""

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
            version=int(self.version),
        )


class SecurityItem(DeskItem, discriminator="SECURITY"):
    """What every request reads of its owner."""

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


class LookupItem(DeskItem, discriminator="LOOKUP"):
    """From a digest to an owner, and nothing else."""

    owner = UnicodeAttribute()


class FirstAdminItem(DeskItem, discriminator="FIRST_ADMIN"):
    """Stands once the operator token is used up."""

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

    def create(
        self, profile: Profile, security: Security, *, invitation: Invitation | None = None
    ) -> None:
        """Store a new user, whole or not at all."""
        username = self._lookup("username", profile.username, profile.owner)
        email = self._lookup("email", profile.email, profile.owner)
        first = Refused("OPERATOR_TOKEN_USED", "The operator token has been used.")
        used_up = Refused("INVITATION_INVALID", "The invitation is used up.")
        taken = Conflict("USERNAME_TAKEN", "This username is taken.")
        known = Conflict("EMAIL_TAKEN", "This e-mail address is taken.")
        absent = DeskItem.pk.does_not_exist()
        # The reasons of a cancellation come in this order: deletes, then puts.
        refusals = (used_up if invitation else first, taken, known)
        with (
            translated(),
            _refusing(*refusals),
            TransactWrite(connection=connection()) as write,
        ):
            if invitation:
                row = InvitationItem.from_domain(invitation)
                write.delete(row, condition=InvitationItem.digest == invitation.digest)
            else:
                admin = FirstAdminItem(keys.SYSTEM, keys.FIRST_ADMIN)
                admin.owner, admin.at = profile.owner, profile.created_at
                write.save(admin, condition=absent)
            write.save(username, condition=absent)
            write.save(email, condition=absent)
            write.save(ProfileItem.from_domain(profile))
            write.save(SecurityItem.from_domain(security))

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

    def save_security(self, security: Security) -> None:
        """Store over the version that was read. Raises StaleWrite."""
        with translated():
            SecurityItem.from_domain(security).save()

    def reachable(self) -> None:
        """Read one item, there or not. Raises StoreUnavailable, Misconfigured."""
        found_at(FirstAdminItem, keys.SYSTEM, keys.FIRST_ADMIN)

    def _lookup(self, kind: str, text: str, owner: UserId) -> LookupItem:
        hashed = self.digests.digest(kind, text)
        return LookupItem(keys.lookup(kind, hashed), keys.LOOKUP, owner=owner)


@dataclass(frozen=True, slots=True)
class DynamoInvitations:
    """The port Invitations."""

    def save(self, invitation: Invitation, *, limit: int, now: datetime) -> None:
        """Store it, unless `limit` others are open. Two admins at once may make one more."""
        with translated():
            still_open = InvitationItem.count(
                keys.SYSTEM,
                InvitationItem.sk.startswith(keys.INVITATIONS),
                filter_condition=InvitationItem.open_until > now,
                consistent_read=True,
            )
            if still_open >= limit:
                raise Conflict("INVITATION_LIMIT", f"There are {limit} open invitations.")
            InvitationItem.from_domain(invitation).save(DeskItem.pk.does_not_exist())

    def get(self, invitation_id: str) -> Invitation | None:
        """Return it, or None."""
        found = found_at(InvitationItem, keys.SYSTEM, keys.invitation(invitation_id))
        return found.to_domain() if found else None


def found_at(item: type[I], pk: str, sk: str) -> I | None:
    """Return the item at this key by a consistent read, or None."""
    with translated():
        try:
            return item.get(pk, sk, consistent_read=True)
        except DoesNotExist:
            return None


@contextmanager
def _refusing(*refusals: Fault) -> Iterator[None]:
    """Raise the refusal that stands where the first failed condition stands."""
    try:
        yield
    except TransactWriteError as error:
        for refusal, reason in zip(refusals, error.cancellation_reasons, strict=False):
            if reason is not None and reason.code == "ConditionalCheckFailed":
                raise refusal from error
        raise
