"""Asks for a step of an import over SQS."""

import json
from dataclasses import dataclass
from datetime import datetime

from nightdesk.adapters.workflows.sqs import SqsQueue
from nightdesk.core.clock import iso
from nightdesk.core.ids import UserId
from nightdesk.journal.imported import Step


@dataclass(frozen=True, slots=True)
class SqsImportQueue:
    """The port ImportQueue."""

    queue: SqsQueue

    def send(self, owner: UserId, import_id: str, step: Step, now: datetime) -> None:
        """Send one message."""
        message = {
            "as_of": iso(now),
            "owner": owner,
            "import_id": import_id,
            "step": step.value,
        }
        self.queue.send([json.dumps(message)])
