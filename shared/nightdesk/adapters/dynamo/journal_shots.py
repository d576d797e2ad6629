"""Screenshots in the desk table: ten places of each entry, taken by conditional puts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import MomentAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, every
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.screenshot import WAITED_FOR, Screenshot, ShotStatus

UNSETTLED_KEPT = timedelta(days=1)
"""How long an upload that never came, or was refused, is still shown."""


class ScreenshotItem(Body, DeskItem, discriminator="JSHOT"):
    """One screenshot, at its place."""

    privacy = destroyed("journal_screenshots")

    shot_id = UnicodeAttribute()
    status = UnicodeAttribute()
    asked_at = MomentAttribute()

    @classmethod
    def from_domain(cls, shot: Screenshot) -> Self:
        """Build the row; only a settled one stays."""
        ready = shot.status is ShotStatus.READY
        item = cls(
            keys.owner(shot.owner),
            keys.screenshot(shot.entry_id, shot.slot),
            shot_id=shot.id,
            status=shot.status.value,
            asked_at=shot.asked_at,
            expires_at=None if ready else shot.asked_at + UNSETTLED_KEPT,
        )
        item.hold(shot, without=frozenset({"owner", "id", "status", "asked_at"}))
        return item

    def to_domain(self) -> Screenshot:
        """Build the noun, checked again."""
        return self.held(
            Screenshot,
            owner=UserId(self.pk.removeprefix("U#")),
            id=self.shot_id,
            status=ShotStatus(self.status),
            asked_at=self.asked_at,
        )


@dataclass(frozen=True, slots=True)
class DynamoScreenshots:
    """The port Screenshots."""

    @translated()
    def of(self, owner: UserId, entry_id: str) -> Sequence[Screenshot]:
        """Return all of an entry, by slot, read consistently."""
        low = keys.screenshots(entry_id)
        found = every(ScreenshotItem, keys.owner(owner), low, low + LAST, consistent=True)
        return [item.to_domain() for item in found]

    def place(self, shot: Screenshot, now: datetime) -> bool:
        """Take its slot, unless another one holds it; whether it was taken."""
        waited = ScreenshotItem.asked_at <= now - WAITED_FOR
        given_up = (ScreenshotItem.status == ShotStatus.WAITING.value) & waited
        free = DeskItem.pk.does_not_exist() | given_up
        free |= ScreenshotItem.status == ShotStatus.REFUSED.value
        try:
            with translated():
                ScreenshotItem.from_domain(shot).save(condition=free)
        except StaleWrite:
            return False
        return True

    @translated()
    def settle(self, shot: Screenshot) -> None:
        """Store what became of a waiting one. Raises StaleWrite if it waits no more."""
        waiting = ScreenshotItem.status == ShotStatus.WAITING.value
        same = ScreenshotItem.shot_id == shot.id
        ScreenshotItem.from_domain(shot).save(condition=same & waiting)

    def remove(self, shot: Screenshot) -> None:
        """Give its slot back; one that is gone is as good as removed."""
        place = ScreenshotItem(keys.owner(shot.owner), keys.screenshot(shot.entry_id, shot.slot))
        try:
            with translated():
                place.delete(condition=ScreenshotItem.shot_id == shot.id)
        except StaleWrite:
            return
