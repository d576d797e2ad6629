"""Failed logins in the runtime table, the owner's own networks beside the account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pynamodb.expressions.condition import Condition

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.privacy import destroyed, lapses
from nightdesk.accounts.tally import Tally
from nightdesk.adapters.dynamo import keys, queries
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.tables import DeskItem, RuntimeItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.clock import from_millis, millis
from nightdesk.core.errors import StaleWrite, StoreUnavailable
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId

CONFLICT = "TransactionConflict"


class TallyItem(RuntimeItem, discriminator="TALLY"):
    """The failures of one subject, in milliseconds."""

    privacy = lapses()

    failures = JsonAttribute()
    locked_until = IntegerAttribute(null=True)
    locks = IntegerAttribute()
    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, key: str, tally: Tally, version: int) -> Self:
        """Build the row."""
        until = tally.locked_until
        return cls(
            keys.throttle(key),
            keys.TALLY,
            failures=[millis(at) for at in tally.failures],
            locked_until=None if until is None else millis(until),
            locks=tally.locks,
            version=version,
            expires_at=tally.lapses,
        )

    def to_domain(self) -> Tally:
        """Build the noun."""
        return Tally(
            failures=tuple(from_millis(at) for at in self.failures),
            locked_until=None if self.locked_until is None else from_millis(self.locked_until),
            locks=self.locks,
            version=self.version,
        )


class MarkItem(RuntimeItem, discriminator="MARK"):
    """Stands for a while, so that something is done once."""

    privacy = lapses()

    until = MomentAttribute()


class NetworkItem(DeskItem, discriminator="NETWORK"):
    """A network from which an owner has signed in, by digest."""

    privacy = destroyed("networks")

    until = MomentAttribute()


def _unchanged(seen: Tally) -> Condition:
    """Return the condition that this still stands: numbers begin anew when a tally was empty."""
    if not seen.version:
        return RuntimeItem.pk.does_not_exist()
    failures = [millis(at) for at in seen.failures]
    same: Condition = (TallyItem.version == seen.version) & (TallyItem.failures == failures)
    return same


@dataclass(frozen=True, slots=True)
class DynamoThrottle:
    """The port LoginThrottle: each change against the version that was read."""

    audit: DynamoAudit

    def read(self, keys_: Sequence[str]) -> Mapping[str, Tally]:
        """Return the tallies that are stored, by one consistent read."""
        wanted = {keys.throttle(key): key for key in keys_}
        with translated():
            found = queries.batch(TallyItem, [(pk, keys.TALLY) for pk in wanted], consistent=True)
            return {wanted[item.pk]: item.to_domain() for item in found}

    def replace(
        self,
        key: str,
        tally: Tally,
        seen: Tally,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
    ) -> bool:
        """Store `tally` over `seen`; False if another write came first."""
        item = TallyItem.from_domain(key, tally, seen.version + 1)
        unchanged = _unchanged(seen)

        def build() -> Write:
            write = Write()
            write.put(item, unchanged, StaleWrite("the tally has changed"))
            for event in events:
                told = EventItem.from_domain(event, event.at)
                write.put(told, DeskItem.pk.does_not_exist(), StaleWrite("told before"))
            return write

        try:
            with translated():
                if entries or events:
                    self.audit.commit(build, entries)
                elif tally.lapses is None:
                    item.delete(unchanged)
                else:
                    item.save(unchanged)
        except StaleWrite:
            return False
        except StoreUnavailable as fault:
            if CONFLICT in str(fault):  # another write of this tally is under way
                return False
            raise
        return True

    def first(self, key: str, now: datetime, until: datetime) -> bool:
        """Whether no mark stood; one stands until `until` then."""
        item = MarkItem(keys.throttle(key), keys.MARK, until=until, expires_at=until)
        try:
            with translated():
                item.save(RuntimeItem.pk.does_not_exist() | (MarkItem.until <= now))
        except StaleWrite:
            return False
        return True


@dataclass(frozen=True, slots=True)
class DynamoNetworks:
    """The port KnownNetworks. TTL takes a network out a month after its last login."""

    audit: DynamoAudit

    def of(self, owner: UserId, now: datetime) -> frozenset[str]:
        """Return those that are remembered at `now`."""
        first, last = keys.NETWORKS, keys.network(queries.LAST)
        with translated():
            found = queries.every(NetworkItem, keys.owner(owner), first, last, consistent=True)
            return frozenset(
                item.sk.removeprefix(keys.NETWORKS) for item in found if item.until > now
            )

    def remember(
        self,
        owner: UserId,
        network: str,
        now: datetime,
        until: datetime,
        *,
        events: Sequence[Event] = (),
    ) -> None:
        """Remember it, its events in the same transaction."""
        item = NetworkItem(keys.owner(owner), keys.network(network), until=until, expires_at=until)

        def build() -> Write:
            write = Write()
            write.put(item, None, StaleWrite("never"))
            for event in events:
                told = EventItem.from_domain(event, now)
                write.put(told, DeskItem.pk.does_not_exist(), StaleWrite("told before"))
            return write

        with translated():
            if events:
                self.audit.commit(build, ())
            else:
                item.save()
