"""Asks for a step of an import over SQS."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from nightdesk.core.clock import iso
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.imported import Step

CONNECT_SECONDS, READ_SECONDS = 2, 3

_SETUP = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "AccessDenied", "QueueDoesNotExist"})


@dataclass(frozen=True, slots=True)
class SqsImportQueue:
    """The port ImportQueue. `url` is that of the queue."""

    url: str

    def send(self, owner: UserId, import_id: str, step: Step, now: datetime) -> None:
        """Send one message."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

        message = {
            "as_of": iso(now),
            "owner": owner,
            "import_id": import_id,
            "step": step.value,
        }
        try:
            _client().send_message(QueueUrl=self.url, MessageBody=json.dumps(message))
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            fault = Misconfigured if code in _SETUP else StoreUnavailable
            raise fault(f"the import queue does not take messages: {code}") from error
        except BotoCoreError as error:
            raise StoreUnavailable("the import queue does not answer") from error


@cache
def _client() -> Any:
    """Return the client; region, endpoint and credentials come from the environment."""
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    limits = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"max_attempts": 2}
    )
    return get_session().create_client("sqs", config=limits)


def disconnect() -> None:
    """Drop the client; the next call makes one from the environment as it is then."""
    _client.cache_clear()
