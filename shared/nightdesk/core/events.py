"""Domain events: what a change says to the rest of the desk, written beside it (the outbox)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.core.ids import BotId, EventId, UserId, ulid


class Kind(Protocol):
    """A type of event, as `nightdesk.names.EventType` lists them: its wire name and its topic."""

    @property
    def value(self) -> str:
        """The frozen name on the wire."""
        ...

    @property
    def topic(self) -> str:
        """The group that clients subscribe to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact about one owner. `data` is JSON-able, at most 8 KB; amounts are text."""

    event_id: EventId
    owner: UserId
    type: str
    topic: str
    at: datetime
    data: Mapping[str, object]
    bot_id: BotId | None = None
    correlation_id: str | None = None


def event(
    owner: UserId,
    kind: Kind,
    at: datetime,
    data: Mapping[str, object],
    *,
    cause: str,
    bot_id: BotId | None = None,
    correlation_id: str | None = None,
) -> Event:
    """Build the one event of this `cause`: its id is derived, so a retried change repeats it."""
    return Event(
        event_id=EventId(ulid(at, owner, kind.value, cause)),
        owner=owner,
        type=kind.value,
        topic=kind.topic,
        at=at,
        data=data,
        bot_id=bot_id,
        correlation_id=correlation_id,
    )
