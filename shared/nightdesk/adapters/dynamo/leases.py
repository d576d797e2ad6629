"""Leases in the runtime table. The item is never deleted: its fence only rises."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition

from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.tables import RuntimeItem
from nightdesk.core.clock import Clock, from_millis, millis
from nightdesk.core.errors import Fenced, LeaseTaken, StaleWrite
from nightdesk.core.ids import BotId, UserId
from nightdesk.trading.ports import Lease

LIFE = timedelta(seconds=90)
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(seconds=300)


class LeaseItem(RuntimeItem, discriminator="LEASE"):
    """Who works a bot; without a holder it is free. `until` is in milliseconds."""

    holder = UnicodeAttribute(null=True)
    fence = IntegerAttribute()
    until = IntegerAttribute(null=True)


def held(lease: Lease) -> Condition:
    """Return the condition that this lease has not passed on."""
    ours: Condition = (LeaseItem.fence == lease.fence) & (LeaseItem.holder == lease.holder)
    return ours


@dataclass(frozen=True, slots=True)
class DynamoLeases:
    """Leases in the runtime table, each call one conditional update. `life` is 30 to 300 s."""

    clock: Clock
    life: timedelta = LIFE

    def __post_init__(self) -> None:
        if not SHORTEST <= self.life <= LONGEST:
            raise ValueError(f"a lease lasts {SHORTEST} to {LONGEST}, not {self.life}")

    @translated()
    def take(self, owner: UserId, bot_id: BotId, holder: str) -> Lease:
        """Take the lease if it is free, expired or this holder's, fence + 1. Raises LeaseTaken.

        A holder may take again what it holds, because the answer of its first try may be lost.
        A new item starts at the present second: should the table be lost, and it is disposable,
        the fences go on above those that stand in the books.
        """
        now = self.clock.now()
        free = (
            LeaseItem.holder.does_not_exist()
            | (LeaseItem.until <= millis(now))
            | (LeaseItem.holder == holder)
        )
        first = millis(now) // 1_000
        rises = LeaseItem.fence.set((LeaseItem.fence | first) + 1)
        item = self._item(owner, bot_id)
        try:
            self._write(item, holder, now, free, rises)
        except StaleWrite as error:
            raise LeaseTaken(f"another worker holds {bot_id}") from error
        return Lease(
            owner=owner,
            bot_id=bot_id,
            holder=holder,
            fence=item.fence,
            expires_at=from_millis(item.until or 0),
        )

    @translated()
    def renew(self, lease: Lease) -> Lease:
        """Extend a lease that is still ours. Raises Fenced."""
        item = self._item(lease.owner, lease.bot_id)
        try:
            self._write(item, lease.holder, self.clock.now(), held(lease))
        except StaleWrite as error:
            raise Fenced(f"the lease on {lease.bot_id} has passed on") from error
        return replace(lease, expires_at=from_millis(item.until or 0))

    @translated()
    def free(self, lease: Lease) -> None:
        """Give the lease back; nothing happens if it has passed on."""
        item = self._item(lease.owner, lease.bot_id)
        try:
            _update(item, [LeaseItem.holder.remove(), LeaseItem.until.remove()], held(lease))
        except StaleWrite:
            return

    def _item(self, owner: UserId, bot_id: BotId) -> LeaseItem:
        return LeaseItem(keys.bot(owner, bot_id), keys.LEASE)

    def _write(
        self, item: LeaseItem, holder: str, now: datetime, condition: Condition, *more: Any
    ) -> None:
        until = millis(now + self.life)
        actions = [LeaseItem.holder.set(holder), LeaseItem.until.set(until), *more]
        _update(item, actions, condition)


@translated()
def _update(item: LeaseItem, actions: list[Any], condition: Condition) -> None:
    item.update([LeaseItem.kind.set(LeaseItem), *actions], condition=condition)
