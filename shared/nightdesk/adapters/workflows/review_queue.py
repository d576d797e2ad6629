"""Tasks of the worker of reviews as messages of SQS."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from nightdesk.adapters.workflows.sqs import SqsQueue
from nightdesk.core.clock import iso
from nightdesk.journal.review_task import Asked, Due, Expect, ReviewTask

KINDS: dict[type[Any], str] = {Due: "due", Asked: "asked", Expect: "expect"}
"""What each is called on the wire."""


@dataclass(frozen=True, slots=True)
class SqsReviewQueue:
    """The port ReviewQueue."""

    queue: SqsQueue

    def send(self, tasks: Sequence[ReviewTask], *, now: datetime) -> None:
        """Send each as a message of its own."""
        self.queue.send([body_of(task, now) for task in tasks])


def body_of(task: ReviewTask, now: datetime) -> str:
    """Return the JSON of a task; the kind of a review is called `review` there."""
    fields = {
        "review" if name == "kind" else name: iso(value) if isinstance(value, datetime) else value
        for name, value in asdict(task).items()
    }
    return json.dumps({"as_of": iso(now), "task": {"kind": KINDS[type(task)], **fields}})
