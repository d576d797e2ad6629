"""One client for all tables, the units it consumed, and its faults in our words."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as Unreachable
from botocore.session import Session
from pynamodb.connection import Connection
from pynamodb.exceptions import (
    DoesNotExist,
    PutError,
    PynamoDBException,
    TableDoesNotExist,
    TransactGetError,
    TransactWriteError,
)

from nightdesk.adapters.dynamo import wire
from nightdesk.core.errors import Fault, Misconfigured, Missing, StaleWrite, StoreUnavailable

CONNECT_SECONDS = 2
READ_SECONDS = 3
RETRIES = 3
NAMED = "nightdesk"
"""What requests say they come from."""

_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})
_STALE = frozenset({"ConditionalCheckFailedException", "ConditionalCheckFailed"})
_BUSY = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_SETUP = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
    }
)


@dataclass(slots=True)
class Consumed:
    """Capacity units by table, and calls by operation, as DynamoDB itself counted them.

    A conditional write that failed has used units too, but DynamoDB does not say how many.
    """

    read: Counter[str] = field(default_factory=Counter)
    write: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def read_units(self) -> float:
        """Read units over all tables."""
        return float(sum(self.read.values()))

    @property
    def write_units(self) -> float:
        """Write units over all tables."""
        return float(sum(self.write.values()))

    def add(self, operation: str, answer: dict[str, Any]) -> None:
        """Count one answer."""
        self.calls[operation] += 1
        parts = answer.get("ConsumedCapacity") or []
        side = self.read if operation in _READS else self.write
        for part in [parts] if isinstance(parts, dict) else parts:
            side[part["TableName"]] += part["CapacityUnits"]


class CountingConnection(Connection):
    """A PynamoDB connection that tells its meters what each call consumed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.meters: list[Consumed] = []

    @property
    def session(self) -> Session:
        """Return a botocore session that leaves long requests and answers to us.

        Unless its clients are named, botocore puts their name together from some twenty parts, and
        does so twice for each request: a tenth of all that a request takes of the processor.
        """
        made: Session = super().session
        made.set_default_client_config(Config(user_agent=NAMED))
        wire.register(made)
        return made

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        """Call DynamoDB; PynamoDB asks for ReturnConsumedCapacity=TOTAL by itself."""
        answer: dict[str, Any] = super().dispatch(operation_name, operation_kwargs)
        for meter in self.meters:
            meter.add(operation_name, answer or {})
        return answer


@cache
def connection() -> CountingConnection:
    """Return the connection that every table of this process uses, made on first use.

    Region, endpoint and credentials come from the environment, as botocore reads them.
    """
    return CountingConnection(
        connect_timeout_seconds=CONNECT_SECONDS,
        read_timeout_seconds=READ_SECONDS,
        max_retry_attempts=RETRIES,
    )


@contextmanager
def measured() -> Iterator[Consumed]:
    """Count what is consumed inside the block, in this process."""
    meter = Consumed()
    meters = connection().meters
    meters.append(meter)
    try:
        yield meter
    finally:
        meters.remove(meter)


@contextmanager
def translated() -> Iterator[None]:
    """Turn PynamoDB's and botocore's errors into ours; works as a decorator, too.

    A failed condition is StaleWrite, a missing item Missing, a throttle or time-out
    StoreUnavailable, a missing table or right Misconfigured. A ValidationException is a fault of
    our code and stays what it is. A write that timed out may have happened: writes here are
    conditional or repeatable, so that trying again is safe.
    """
    try:
        yield
    except (PynamoDBException, BotoCoreError, ClientError) as error:
        fault = _fault(error)
        if fault is None:
            raise
        raise fault from error


def _fault(error: Exception) -> Fault | None:
    text = str(error)
    cause = getattr(error, "cause", None) or error
    codes = _codes(error, cause)
    fault: Fault | None = None
    if isinstance(error, DoesNotExist):
        fault = Missing(text)
    elif codes & _STALE:
        fault = StaleWrite(text)
    elif codes & _BUSY or isinstance(cause, HTTPClientError | Unreachable):
        fault = StoreUnavailable(text)
    elif isinstance(error, PutError) and error.cause is None:
        fault = StoreUnavailable(text)  # a batch that was not taken whole
    elif codes & _SETUP or isinstance(cause, BotoCoreError | TableDoesNotExist):
        fault = Misconfigured(text)
    return fault


def _codes(error: Exception, cause: Exception) -> set[str]:
    response: dict[str, Any] = getattr(cause, "response", None) or {}
    codes = {str(response.get("Error", {}).get("Code", ""))}
    if isinstance(error, TransactWriteError | TransactGetError):
        codes |= {reason.code for reason in error.cancellation_reasons if reason}
    return codes
