"""Syncs of exchange accounts, and what venues said that accounts have, in the desk table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Self

from pynamodb.expressions.condition import Condition

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.queries import LAST, batch, every, page
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Overtaken, Write
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.core.money import fixed
from nightdesk.core.pages import Page
from nightdesk.journal.ports.trades import BalancesSaid
from nightdesk.journal.synced import KEPT, Sync, SyncedAccount


class SyncItem(Body, DeskItem, discriminator="JOURNAL_SYNC"):
    """One sync, kept for 30 days."""

    privacy = destroyed("syncs")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, one: Sync) -> Self:
        """Build the row."""
        item = cls(
            keys.owner(one.owner),
            keys.sync(one.sync_id),
            version=one.version,
            expires_at=one.created_at + KEPT,
        )
        item.hold(one, without=frozenset({"owner", "sync_id", "version"}))
        return item

    def to_domain(self) -> Sync:
        """Build the noun."""
        return self.held(
            Sync,
            owner=UserId(self.pk.removeprefix("U#")),
            sync_id=self.sk.removeprefix(keys.SYNCS),
            version=self.version,
        )


class SyncedAccountItem(Body, DeskItem, discriminator="JOURNAL_SYNCED"):
    """What is known of an account between its syncs."""

    privacy = destroyed("synced_accounts")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, one: SyncedAccount) -> Self:
        """Build the row."""
        item = cls(keys.owner(one.owner), keys.synced_account(one.account), version=one.version)
        item.hold(one, without=frozenset({"owner", "account", "version"}))
        return item

    def to_domain(self) -> SyncedAccount:
        """Build the noun."""
        return self.held(
            SyncedAccount,
            owner=UserId(self.pk.removeprefix("U#")),
            account=self.sk.removeprefix(keys.SYNCED_ACCOUNTS),
            version=self.version,
        )


class BalanceItem(DeskItem, discriminator="JOURNAL_BALANCE"):
    """What a venue said last on one UTC day."""

    privacy = destroyed("venue_balances")

    at = MomentAttribute()
    amounts = JsonAttribute()


@dataclass(frozen=True, slots=True)
class DynamoSyncs:
    """The port Syncs."""

    @translated()
    def get(self, owner: UserId, sync_id: str) -> Sync:
        """Return one. Raises Missing."""
        return SyncItem.get(keys.owner(owner), keys.sync(sync_id), consistent_read=True).to_domain()

    @translated()
    def page(self, owner: UserId, *, limit: int, after: str | None) -> Page[Sync]:
        """Return syncs, newest first."""
        low, high = keys.SYNCS, keys.SYNCS + LAST
        items, more = page(
            SyncItem, keys.owner(owner), low, high, limit=limit, after=after, newest_first=True
        )
        return Page([item.to_domain() for item in items], more)

    @translated()
    def account(self, owner: UserId, account: str) -> SyncedAccount:
        """Return what is known of an account."""
        key = [(keys.owner(owner), keys.synced_account(account))]
        found = next(batch(SyncedAccountItem, key, consistent=True), None)
        return SyncedAccount(owner=owner, account=account) if found is None else found.to_domain()

    @translated()
    def begin(self, sync: Sync, account: SyncedAccount) -> Sync:
        """Store a new sync and its account."""
        write, first = Write(), replace(sync, version=1)
        stale = Overtaken(f"another sync of {sync.account} has begun")
        write.put(SyncItem.from_domain(first), DeskItem.pk.does_not_exist(), stale)
        _put_account(write, account, stale)
        write.commit()
        return first

    @translated()
    def save(self, sync: Sync) -> Sync:
        """Store it over the version that was read."""
        write, saved = Write(), replace(sync, version=sync.version + 1)
        _put_sync(write, sync, saved)
        write.commit()
        return saved

    @translated()
    def end(
        self, sync: Sync, account: SyncedAccount, *, events: Sequence[Event], now: datetime
    ) -> Sync:
        """Store both, and tell others."""
        write, saved = Write(), replace(sync, version=sync.version + 1)
        _put_sync(write, sync, saved)
        stale = Overtaken(f"the account {sync.account} has moved on")
        _put_account(write, account, stale)
        for event in events:
            write.put(EventItem.from_domain(event, now), DeskItem.pk.does_not_exist(), stale)
        write.commit()
        return saved


@dataclass(frozen=True, slots=True)
class DynamoBalances:
    """The ports BalanceStore and VenueBalances."""

    @translated()
    def put(
        self, owner: UserId, account: str, at: datetime, amounts: Mapping[str, Decimal]
    ) -> None:
        """Store an answer over an older one of its day."""
        item = BalanceItem(
            keys.owner(owner),
            keys.balance(account, at.date()),
            at=at,
            amounts={asset: fixed(amount) for asset, amount in amounts.items() if amount},
        )
        item.save()

    @translated()
    def __call__(self, owner: UserId, account: str, /) -> Sequence[BalancesSaid]:
        """Return what was said, by time."""
        begin = keys.balances(account)
        found = every(BalanceItem, keys.owner(owner), begin, begin + LAST, consistent=True)
        return [
            (item.at, {asset: Decimal(amount) for asset, amount in item.amounts.items()})
            for item in found
        ]


def _put_sync(write: Write, sync: Sync, saved: Sync) -> None:
    stale = Overtaken(f"the sync {sync.sync_id} has moved on")
    write.put(SyncItem.from_domain(saved), SyncItem.version == sync.version, stale)


def _put_account(write: Write, account: SyncedAccount, stale: Overtaken) -> None:
    unmoved: Condition = SyncedAccountItem.version == account.version
    if not account.version:
        unmoved = DeskItem.pk.does_not_exist()
    saved = replace(account, version=account.version + 1)
    write.put(SyncedAccountItem.from_domain(saved), unmoved, stale)
