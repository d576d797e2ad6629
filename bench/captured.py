"""The way of round trips into the journal: events through `notify`, tasks through `journal`.

Events are handed over one by one and tasks likewise: together they cost less, never more.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bench.capacity import Item, Meter
from bench.local import Called, LocalDesk
from nightdesk.adapters.dynamo.outbox import EVENT, event_of
from nightdesk.adapters.workflows.journal_queue import body_of
from nightdesk.journal.task import task_of

TASKS = 3
"""Of a round trip: its entry is filled, its exit is filled, it has ended."""
SQS_REQUESTS = 3
"""A message is sent, received and deleted."""


@dataclass(slots=True)
class Captured:
    """What some events came to in the journal."""

    tasks: int = 0
    write: float = 0.0
    read: float = 0.0
    calls: dict[str, list[int]] = field(default_factory=dict)
    """Calls of DynamoDB by function, one figure for each invocation."""
    called: dict[str, list[Called]] = field(default_factory=dict)

    @property
    def trips(self) -> float:
        """Round trips that so many tasks make: those that stand open are counted in part."""
        return self.tasks / TASKS

    @property
    def units(self) -> list[tuple[float, float]]:
        """Write and read units of a round trip; empty where nothing was done."""
        return [(self.write / self.trips, self.read / self.trips)] if self.tasks else []


def captured(desk: LocalDesk, meter: Meter) -> Captured:
    """Hand the journal all events that were put under this meter."""
    found = Captured()
    for image in meter.seen(EVENT):
        event = event_of(image)
        if event is None:
            continue
        _step(desk, meter, found, "notify", _from_stream(image, event.at))
        task = task_of(event)
        if task is not None:
            found.tasks += 1
            body = body_of(task, event.at)
            _step(desk, meter, found, "journal", {"Records": [{"messageId": "1", "body": body}]})
    return found


def _step(
    desk: LocalDesk, meter: Meter, found: Captured, function: str, event: dict[str, Any]
) -> None:
    meter.clear()
    called = desk.call(function, event)
    if called.answer.get("batchItemFailures"):
        raise RuntimeError(f"{function} could not do its work: {event}")
    found.write += sum(use.write for use in meter.uses)
    found.read += sum(use.read for use in meter.uses)
    found.calls.setdefault(function, []).append(meter.calls)
    found.called.setdefault(function, []).append(called)


def _from_stream(image: Item, at: datetime) -> dict[str, Any]:
    put = {"NewImage": image, "ApproximateCreationDateTime": at.timestamp()}
    return {"Records": [{"dynamodb": put}]}
