"""The outbox: an event is an item beside its change, written in the same transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.bodies import SCHEMA
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.events import Event
from nightdesk.core.ids import BotId, EventId, UserId

KEPT = timedelta(days=7)
MAX_DATA = 8 * 1024
EVENT = "EVENT"


class EventItem(DeskItem, discriminator=EVENT):
    """One event; the readers of the stream know it by `kind`."""

    privacy = destroyed("events")

    schema = IntegerAttribute(default=SCHEMA)
    owner = UnicodeAttribute()
    type = UnicodeAttribute()
    topic = UnicodeAttribute()
    at = MomentAttribute()
    data = JsonAttribute()
    bot_id = UnicodeAttribute(null=True)
    correlation_id = UnicodeAttribute(null=True)

    @classmethod
    def from_domain(cls, event: Event, now: datetime) -> Self:
        """Build the row, kept seven days from `now`. Raises ValueError for more than 8 KB."""
        partition = keys.bot(event.owner, event.bot_id) if event.bot_id else keys.owner(event.owner)
        item = cls(
            partition,
            keys.event(event.event_id),
            owner=event.owner,
            type=event.type,
            topic=event.topic,
            at=event.at,
            data=dict(event.data),
            bot_id=event.bot_id,
            correlation_id=event.correlation_id,
            expires_at=now + KEPT,
        )
        if len(cls.data.serialize(item.data).encode()) > MAX_DATA:
            raise ValueError(f"the data of {event.type} is larger than {MAX_DATA} bytes")
        return item

    def to_domain(self) -> Event:
        """Build the noun."""
        return Event(
            event_id=EventId(self.sk.removeprefix(keys.EVENTS)),
            owner=UserId(self.owner),
            type=self.type,
            topic=self.topic,
            at=self.at,
            data=self.data,
            bot_id=BotId(self.bot_id) if self.bot_id else None,
            correlation_id=self.correlation_id,
        )


def event_of(image: Mapping[str, Any]) -> Event | None:
    """Return the event of a new item as the table's stream has it; None for any other item."""
    if image.get("kind", {}).get("S") != EVENT:
        return None
    return EventItem.from_raw_data(dict(image)).to_domain()
