"""Which minutes were planned, in the runtime table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.accounts.privacy import nobodys
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import MomentAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, every, page, put_if_absent
from nightdesk.adapters.dynamo.tables import RuntimeItem
from nightdesk.core.clock import Clock, from_iso

KEPT = timedelta(days=2)
"""Longer than any schedule or dead letter is tried again."""


class CycleItem(RuntimeItem, discriminator="CYCLE"):
    """One planned minute."""

    privacy = nobodys()

    began_at = MomentAttribute(null=True)
    """When it was planned, by the clock; its key says for when."""


@dataclass(frozen=True, slots=True)
class DynamoCycles:
    """Planned minutes."""

    clock: Clock

    @translated()
    def begin(self, as_of: datetime) -> bool:
        """Record that this minute is planned; False when it was before."""
        now = self.clock.now()
        item = CycleItem(keys.SYSTEM, keys.cycle(as_of), expires_at=now + KEPT, began_at=now)
        return put_if_absent(item) is None

    @translated()
    def lags(self, since: datetime, until: datetime) -> Sequence[timedelta]:
        """Return how late each minute with ``since <= as_of < until`` was planned, in order."""
        low, high = keys.cycle(since), keys.cycle(until)
        found = every(CycleItem, keys.SYSTEM, low, high)
        moments = [(from_iso(item.sk.removeprefix(keys.CYCLES)), item.began_at) for item in found]
        return [
            began - as_of
            for as_of, began in moments
            if began is not None and since <= as_of < until
        ]

    @translated()
    def newest(self) -> datetime | None:
        """Return the newest planned minute, in a replay the desk's present; None before any."""
        last = keys.CYCLES + LAST
        items, _ = page(
            CycleItem, keys.SYSTEM, keys.CYCLES, last, limit=1, after=None, newest_first=True
        )
        return from_iso(items[0].sk.removeprefix(keys.CYCLES)) if items else None
