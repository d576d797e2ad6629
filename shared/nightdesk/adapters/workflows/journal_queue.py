"""Tasks of the journal's worker as messages of SQS."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from nightdesk.adapters.workflows.sqs import SqsQueue
from nightdesk.core.clock import iso
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.money import fixed
from nightdesk.journal.task import Filled, Follow, Measure, Refresh, Score, Task, TripClosed

KINDS: dict[type[Any], str] = {
    TripClosed: "closed",
    Filled: "filled",
    Measure: "measure",
    Follow: "follow",
    Refresh: "refresh",
    Score: "score",
}
"""What each is called on the wire."""
STORED_WITHIN, MANY_WITHIN = 3, 15
"""Seconds after which a trade is stored whose following was asked for just before; or many."""


@dataclass(frozen=True, slots=True)
class SqsJournalQueue:
    """The ports JournalQueue and MeasureLater."""

    queue: SqsQueue

    def send(self, tasks: Sequence[Task], *, now: datetime) -> None:
        """Send each as a message of its own."""
        self.queue.send([body_of(task, now) for task in tasks])

    def __call__(self, owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime) -> None:
        """Ask to measure these trades once they are stored, some in each message."""
        bodies = [body_of(task, now) for task in Measure.some(owner, trade_ids)]
        self.queue.send(bodies, delay=MANY_WITHIN)


@dataclass(frozen=True, slots=True)
class SqsFollowLater:
    """The port FollowLater: messages that wait until what they speak of is stored."""

    queue: SqsQueue

    def __call__(self, owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime) -> None:
        """Ask, some in each message."""
        bodies = [body_of(task, now) for task in Follow.some(owner, trade_ids)]
        self.queue.send(bodies, delay=STORED_WITHIN)


def body_of(task: Task, now: datetime) -> str:
    """Return the JSON of a task; amounts are text."""
    fields = {name: _plain(value) for name, value in asdict(task).items()}
    owner = fields.pop("owner")
    named = {"kind": KINDS[type(task)], **fields}
    return json.dumps({"as_of": iso(now), "owner": owner, "task": named})


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return fixed(value)
    return value.isoformat() if isinstance(value, date) else value
