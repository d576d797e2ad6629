"""Tasks of the journal's worker as messages of SQS."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from nightdesk.adapters.workflows.sqs import SqsQueue
from nightdesk.core.clock import iso
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.money import fixed
from nightdesk.journal.task import Filled, Measure, Task, TripClosed

KINDS: dict[type[Any], str] = {TripClosed: "closed", Filled: "filled", Measure: "measure"}
"""What each is called on the wire."""


@dataclass(frozen=True, slots=True)
class SqsJournalQueue:
    """The ports JournalQueue and MeasureLater."""

    queue: SqsQueue

    def send(self, tasks: Sequence[Task], *, now: datetime) -> None:
        """Send each as a message of its own."""
        self.queue.send([body_of(task, now) for task in tasks])

    def __call__(self, owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime) -> None:
        """Ask to measure these trades, some in each message."""
        tasks = [
            Measure(owner=owner, trade_ids=tuple(trade_ids[start : start + Measure.MOST]))
            for start in range(0, len(trade_ids), Measure.MOST)
        ]
        self.send(tasks, now=now)


def body_of(task: Task, now: datetime) -> str:
    """Return the JSON of a task; amounts are text."""
    fields = {
        name: fixed(value) if isinstance(value, Decimal) else value
        for name, value in asdict(task).items()
    }
    owner = fields.pop("owner")
    named = {"kind": KINDS[type(task)], **fields}
    return json.dumps({"as_of": iso(now), "owner": owner, "task": named})
