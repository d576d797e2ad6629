"""Which minutes were planned, in the runtime table."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import put_if_absent
from nightdesk.adapters.dynamo.tables import RuntimeItem
from nightdesk.core.clock import Clock

KEPT = timedelta(days=2)
"""Longer than any schedule or dead letter is tried again."""


class CycleItem(RuntimeItem, discriminator="CYCLE"):
    """One planned minute."""


@dataclass(frozen=True, slots=True)
class DynamoCycles:
    """Planned minutes."""

    clock: Clock

    @translated()
    def begin(self, as_of: datetime) -> bool:
        """Record that this minute is planned; False when it was before."""
        item = CycleItem(keys.SYSTEM, keys.cycle(as_of), expires_at=self.clock.now() + KEPT)
        return put_if_absent(item) is None
