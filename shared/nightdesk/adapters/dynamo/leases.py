"""Leases in the runtime table. The item is never deleted: its fence only rises."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from nightdesk.accounts.privacy import lapses
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import attempt
from nightdesk.adapters.dynamo.tables import RuntimeItem
from nightdesk.core.clock import Clock, from_millis, iso, millis
from nightdesk.core.errors import Fenced, LeaseTaken, OutOfOrder, StaleWrite
from nightdesk.core.ids import BotId, UserId
from nightdesk.trading.ports import Lease

LIFE = timedelta(seconds=90)
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(seconds=300)


class LeaseItem(RuntimeItem, discriminator="LEASE"):
    """Who works a bot; without a holder it is free. `until` and `worked_to` in milliseconds."""

    privacy = lapses()

    holder = UnicodeAttribute(null=True)
    fence = IntegerAttribute()
    until = IntegerAttribute(null=True)
    worked_to = IntegerAttribute(null=True)
    """The latest moment that the bot was worked at."""


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
    def take(self, owner: UserId, bot_id: BotId, holder: str, as_of: datetime) -> Lease:
        """Take the lease if it is free, expired or this holder's, fence + 1.

        Raises LeaseTaken while another holds it, and OutOfOrder when the bot was already worked
        at a later moment than `as_of`. A holder may take again what it holds, because the answer
        to its first try may be lost. A new item starts at the present second: should the table be
        lost, and it is disposable, the fences go on above those that stand in the books.
        """
        now, moment = self.clock.now(), millis(as_of)
        first = millis(now) // 1_000
        free = (
            LeaseItem.holder.does_not_exist()
            | (LeaseItem.until <= millis(now))
            | (LeaseItem.holder == holder)
        )
        in_order = LeaseItem.worked_to.does_not_exist() | (LeaseItem.worked_to <= moment)
        item, refused = _update(
            owner,
            bot_id,
            [
                LeaseItem.kind.set(LeaseItem),
                LeaseItem.holder.set(holder),
                LeaseItem.until.set(millis(now + self.life)),
                LeaseItem.worked_to.set(moment),
                LeaseItem.fence.set((LeaseItem.fence | first) + 1),
            ],
            free & in_order,
        )
        if refused and (item.worked_to or 0) > moment:
            raise OutOfOrder(f"{bot_id} was worked after {iso(as_of)}")
        if refused:
            raise LeaseTaken(f"another worker holds {bot_id}")
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
        until = millis(self.clock.now() + self.life)
        _, refused = _update(lease.owner, lease.bot_id, [LeaseItem.until.set(until)], held(lease))
        if refused:
            raise Fenced(f"the lease on {lease.bot_id} has passed on")
        return replace(lease, expires_at=from_millis(until))

    @translated()
    def free(self, lease: Lease) -> None:
        """Give the lease back; nothing happens if it has passed on."""
        freed: list[Action] = [LeaseItem.holder.remove(), LeaseItem.until.remove()]
        _update(lease.owner, lease.bot_id, freed, held(lease))

    def drop(self, owner: UserId, bot_id: BotId) -> bool:
        """Free a lease whose time is over; tell whether it was. One that lasts is left alone.

        Its holder is gone, or will be refused: the next to take it raises the fence.
        """
        freed: list[Action] = [LeaseItem.holder.remove(), LeaseItem.until.remove()]
        lapsed = LeaseItem.holder.exists() & (LeaseItem.until <= millis(self.clock.now()))
        try:
            with translated():
                LeaseItem(keys.bot(owner, bot_id), keys.LEASE).update(freed, condition=lapsed)
        except StaleWrite:
            return False
        return True


def _update(
    owner: UserId, bot_id: BotId, actions: list[Action], condition: Condition
) -> tuple[LeaseItem, bool]:
    """Return the item as it stands after the update, and whether the condition refused it."""
    request = LeaseItem(keys.bot(owner, bot_id), keys.LEASE).get_update_kwargs_from_instance(
        actions, condition=condition, return_values_on_condition_failure="ALL_OLD"
    )
    answer, stands = attempt("UpdateItem", {**request, "ReturnValues": "ALL_NEW"})
    return LeaseItem.from_raw_data(dict(stands or answer["Attributes"])), stands is not None
