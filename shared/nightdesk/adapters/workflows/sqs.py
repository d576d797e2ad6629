"""One queue of SQS, as senders see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from nightdesk.core.errors import Misconfigured, StoreUnavailable

CONNECT_SECONDS, READ_SECONDS = 2, 3
AT_ONCE = 10
"""Messages in one call, at most."""

_SETUP = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "AccessDenied", "QueueDoesNotExist"})


@dataclass(frozen=True, slots=True)
class SqsQueue:
    """The queue at `url`."""

    url: str

    def send(self, bodies: Sequence[str], *, delay: int = 0) -> None:
        """Send each as a message, to be handed on after `delay` seconds (at most 900).

        Raises StoreUnavailable; some may have been sent then.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

        for start in range(0, len(bodies), AT_ONCE):
            batch = enumerate(bodies[start : start + AT_ONCE])
            entries = [
                {"Id": str(n), "MessageBody": body, "DelaySeconds": delay} for n, body in batch
            ]
            try:
                answer = _client().send_message_batch(QueueUrl=self.url, Entries=entries)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                fault = Misconfigured if code in _SETUP else StoreUnavailable
                raise fault(f"{self.url} does not take messages: {code}") from error
            except BotoCoreError as error:
                raise StoreUnavailable(f"{self.url} does not answer") from error
            if answer.get("Failed"):
                raise StoreUnavailable(f"{self.url} took {len(answer['Failed'])} messages not")


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
