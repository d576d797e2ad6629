"""What runs the desk, in figures: planned minutes, dead letters, tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from nightdesk.accounts.directory import TableSize
from nightdesk.adapters.dynamo.connection import connection, translated
from nightdesk.adapters.dynamo.cycles import DynamoCycles
from nightdesk.core.errors import StoreUnavailable

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 3, 2
WAITING = "ApproximateNumberOfMessages"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskMachinery:
    """The port Machinery. `queues` are URLs of dead letters; `named` tables by what they hold."""

    cycles: DynamoCycles
    queues: Sequence[str]
    named: Mapping[str, str]

    def lags(self, since: datetime, until: datetime) -> Sequence[timedelta]:
        """Return how late each minute of this span was planned."""
        return self.cycles.lags(since, until)

    def dead_letters(self) -> int:
        """Return how many wait in all queues, as SQS counts: about right."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

        try:
            answers = [
                _client().get_queue_attributes(QueueUrl=url, AttributeNames=[WAITING])
                for url in self.queues
            ]
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable("the queues of dead letters do not answer") from error
        return sum(int(answer["Attributes"][WAITING]) for answer in answers)

    @translated()
    def tables(self) -> Mapping[str, TableSize]:
        """Return the sizes of all tables."""
        found = {}
        for what, name in self.named.items():
            table = connection().dispatch("DescribeTable", {"TableName": name})["Table"]
            found[what] = TableSize(items=table["ItemCount"], size=table["TableSizeBytes"])
        return found


@cache
def _client() -> Any:
    """Return the client, made on first use."""
    import boto3  # noqa: PLC0415 - only who asks loads it
    from botocore.config import Config  # noqa: PLC0415

    settings: Any = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    return boto3.client("sqs", config=settings)


def disconnect() -> None:
    """Drop the client; the next call makes one anew, from the environment as it is then."""
    _client.cache_clear()
