"""Asks for the work of a sync over SQS."""

import json
from dataclasses import dataclass
from datetime import datetime

from nightdesk.adapters.workflows.sqs import SqsQueue
from nightdesk.core.clock import iso
from nightdesk.core.ids import UserId


@dataclass(frozen=True, slots=True)
class SqsSyncQueue:
    """The port SyncQueue."""

    queue: SqsQueue

    def send(self, owner: UserId, sync_id: str, now: datetime, *, delay: int = 0) -> None:
        """Send one message."""
        message = {"as_of": iso(now), "owner": owner, "sync_id": sync_id}
        self.queue.send([json.dumps(message)], delay=delay)
