"""What blocks entries: one item of each owner and one of the desk, checked by every entry."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from nightdesk.accounts.privacy import replaced
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import JsonAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import batch
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import UserId


class GateItem(DeskItem, discriminator="GATE"):
    """A gate is open while it has neither attribute, or is not there at all.

    `stop` is an emergency stop, `blocked` an owner who may not trade or a desk in maintenance.
    """

    privacy = replaced("gate", {"stop": None})

    stop = JsonAttribute(null=True)
    blocked = JsonAttribute(null=True)

    @property
    def reason(self) -> str | None:
        """The code that entries are refused with."""
        if self.stop is not None:
            return "EMERGENCY_STOP"
        if self.blocked is not None:
            return "MAINTENANCE" if self.pk == keys.SYSTEM else "USER_BLOCKED"
        return None


OPEN = GateItem.stop.does_not_exist() & GateItem.blocked.does_not_exist()
"""The condition of an open gate; a gate that was never shut has no item, and passes."""


def of(owner: UserId) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the keys of the gates that this owner's entries pass: the desk's, and their own."""
    return (keys.SYSTEM, keys.GATE), (keys.owner(owner), keys.GATE)


def reason_in(row: Mapping[str, Any] | None) -> str | None:
    """Return the code of a gate as DynamoDB handed it out."""
    return GateItem.from_raw_data(dict(row)).reason if row else None


@dataclass(frozen=True, slots=True)
class DynamoGates:
    """Gates in the desk table."""

    @translated()
    def shut(self, owner: UserId) -> str | None:
        """Return the reason code while a gate is shut, read consistently; the desk's first."""
        found = {gate.pk: gate.reason for gate in batch(GateItem, of(owner), consistent=True)}
        return next((code for pk, _ in of(owner) if (code := found.get(pk))), None)

    @translated()
    def shut_of(self, owners: Collection[UserId]) -> Mapping[UserId, str]:
        """Return the codes of those whose gates are shut; it may lag behind by a moment."""
        places = {keys.owner(owner): owner for owner in owners}
        wanted = [(partition, keys.GATE) for partition in (keys.SYSTEM, *places)]
        found = {gate.pk: gate.reason for gate in batch(GateItem, wanted)}
        everybody = found.get(keys.SYSTEM)
        codes = {owner: everybody or found.get(pk) for pk, owner in places.items()}
        return {owner: code for owner, code in codes.items() if code is not None}
