"""Emergency stops at the gates, and what they have come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.privacy import kept, nobodys
from nightdesk.accounts.stop import Level, Progress, Stop
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.gates import GateItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.queries import LAST, page, put_if_absent
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.clock import from_iso, iso
from nightdesk.core.errors import StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId


class StopItem(DeskItem, discriminator="STOP"):
    """What one stop has come to, under its gate's owner. Counters alone."""

    privacy = kept("stops")

    bots_paused = IntegerAttribute(default=0)
    orders_cancelled = IntegerAttribute(default=0)
    positions_closed = IntegerAttribute(default=0)
    failed = IntegerAttribute(default=0)


class CopyItem(DeskItem, discriminator="STOPPED"):
    """Says at whose gate the desk's stop stands, under SYSTEM: so lifting it needs no scan."""

    privacy = nobodys()


PAGE = 200


@dataclass(frozen=True, slots=True)
class DynamoStopGates:
    """The port StopGates over the gates that trading reads."""

    audit: DynamoAudit

    @translated()
    def stop(self, owner: UserId) -> Stop | None:
        """Return the stop at this gate, read consistently."""
        try:
            gate = GateItem.get(keys.owner(owner), keys.GATE, consistent_read=True)
        except DoesNotExist:
            return None
        return None if gate.stop is None else _read(owner, gate.stop)

    @translated()
    def put(
        self,
        stop: Stop,
        before: Stop | None,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> None:
        """Let `stop` stand where `before` stood."""
        unmoved: Condition = GateItem.stop.does_not_exist()
        if before is not None:
            unmoved = GateItem.stop == _stored(before)

        def build() -> Write:
            write = Write()
            # an update that makes the item sets no discriminator by itself
            actions = [GateItem.stop.set(_stored(stop)), GateItem.kind.set(GateItem)]
            write.update(_gate(stop.owner), actions, unmoved, _moved(stop.owner))
            if stop.copied:
                write.put(_copy(stop), None, _moved(stop.owner))
            _tell(write, events, now)
            return write

        self.audit.commit(build, entries)

    @translated()
    def lift(
        self,
        stop: Stop,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> None:
        """Take this stop away."""

        def build() -> Write:
            write = Write()
            stands = GateItem.stop == _stored(stop)
            write.update(_gate(stop.owner), [GateItem.stop.remove()], stands, _moved(stop.owner))
            if stop.copied:
                write.delete(_copy(stop), None, _moved(stop.owner))
            _tell(write, events, now)
            return write

        self.audit.commit(build, entries)

    @translated()
    def copies(self, stop_id: str, after: str | None) -> tuple[Sequence[UserId], str | None]:
        """Return owners at whose gates the desk's stop was put, and where to go on."""
        low = keys.stop_copies(stop_id)
        items, more = page(CopyItem, keys.SYSTEM, low, low + LAST, limit=PAGE, after=after)
        return [UserId(item.sk.removeprefix(low)) for item in items], more


@dataclass(frozen=True, slots=True)
class DynamoStopProgress:
    """The port StopProgress."""

    @translated()
    def read(self, stop: Stop) -> Progress:
        """Return what is counted so far."""
        try:
            item = StopItem.get(*_place(stop))
        except DoesNotExist:
            return Progress()
        return Progress(
            bots_paused=item.bots_paused or 0,
            orders_cancelled=item.orders_cancelled or 0,
            positions_closed=item.positions_closed or 0,
            failed=item.failed or 0,
        )

    @translated()
    def add(self, stop: Stop, progress: Progress) -> None:
        """Count more."""
        if progress == Progress():
            return
        StopItem(*_place(stop)).update(
            actions=[
                StopItem.kind.set(StopItem),
                StopItem.bots_paused.add(progress.bots_paused),
                StopItem.orders_cancelled.add(progress.orders_cancelled),
                StopItem.positions_closed.add(progress.positions_closed),
                StopItem.failed.add(progress.failed),
            ]
        )

    @translated()
    def tell(self, event: Event, now: datetime) -> None:
        """Put an event into the outbox."""
        put_if_absent(EventItem.from_domain(event, now))


def _copy(stop: Stop) -> CopyItem:
    return CopyItem(keys.SYSTEM, f"{keys.stop_copies(stop.stop_id)}{stop.owner}")


def _place(stop: Stop) -> tuple[str, str]:
    return keys.owner(stop.owner), keys.stop(stop.stop_id)


def _gate(owner: UserId) -> GateItem:
    return GateItem(keys.owner(owner), keys.GATE)


def _moved(owner: UserId) -> StaleWrite:
    return StaleWrite(f"the gate of {owner} has moved meanwhile")


def _tell(write: Write, events: Sequence[Event], now: datetime) -> None:
    for event in events:
        told = StaleWrite("told before")
        write.put(EventItem.from_domain(event, now), DeskItem.pk.does_not_exist(), told)


def _stored(stop: Stop) -> dict[str, Any]:
    return {
        "stop_id": stop.stop_id,
        "scope": stop.scope,
        "level": stop.level.value,
        "by": stop.by,
        "admin": stop.admin,
        "reason": stop.reason,
        "at": iso(stop.at),
    }


def _read(owner: UserId, stored: dict[str, Any]) -> Stop:
    return Stop(
        stop_id=stored["stop_id"],
        owner=owner,
        scope=UserId(stored["scope"]),
        level=Level(stored["level"]),
        by=stored["by"],
        admin=stored["admin"],
        reason=stored["reason"],
        at=from_iso(stored["at"]),
    )
