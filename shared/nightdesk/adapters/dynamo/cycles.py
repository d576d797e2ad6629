"""Which minutes were planned, in the runtime table."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.accounts.privacy import nobodys
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, page, put_if_absent
from nightdesk.adapters.dynamo.tables import RuntimeItem
from nightdesk.core.clock import Clock, from_iso

KEPT = timedelta(days=2)
"""Longer than any schedule or dead letter is tried again."""


class CycleItem(RuntimeItem, discriminator="CYCLE"):
    """One planned minute."""

    privacy = nobodys()


@dataclass(frozen=True, slots=True)
class DynamoCycles:
    """Planned minutes."""

    clock: Clock

    @translated()
    def begin(self, as_of: datetime) -> bool:
        """Record that this minute is planned; False when it was before."""
        item = CycleItem(keys.SYSTEM, keys.cycle(as_of), expires_at=self.clock.now() + KEPT)
        return put_if_absent(item) is None

    @translated()
    def newest(self) -> datetime | None:
        """Return the newest planned minute, in a replay the desk's present; None before any."""
        last = keys.CYCLES + LAST
        items, _ = page(
            CycleItem, keys.SYSTEM, keys.CYCLES, last, limit=1, after=None, newest_first=True
        )
        return from_iso(items[0].sk.removeprefix(keys.CYCLES)) if items else None
