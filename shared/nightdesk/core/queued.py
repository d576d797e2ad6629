"""Messages that a queue hands over by the batch: one that fails keeps no other."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from nightdesk.core.wire import Message

logger = logging.getLogger(__name__)
M = TypeVar("M", bound=Message)


class Record(Message):
    """One message as SQS hands it over, of which only its id and its body are read."""

    message_id: str = Field(validation_alias="messageId")
    body: str


class Envelope(Message):
    """A batch."""

    records: list[Record] = Field(validation_alias="Records", min_length=1)


class Failure(Message):
    """One message that shall come again."""

    message_id: str = Field(serialization_alias="itemIdentifier")


class Output(Message):
    """The messages that shall come again; the others are done."""

    failures: list[Failure] = Field(default_factory=list, serialization_alias="batchItemFailures")

    def read(self, event: Mapping[str, Any], kind: type[M]) -> Iterator[tuple[str, M]]:
        """Yield each message's id and what it says. Raises ValidationError for what is no batch.

        One that nobody can read comes again, until the queue gives it up to the dead letters.
        """
        for record in Envelope.model_validate(event).records:
            try:
                message = kind.model_validate_json(record.body)
            except ValidationError as error:
                # without its values: they may be an owner's words
                wrong = error.errors(include_input=False, include_url=False)
                logger.warning("message %s cannot be read: %s", record.message_id, wrong)
                self.again(record.message_id)
                continue
            yield record.message_id, message

    def again(self, message_id: str) -> None:
        """Let a message come again."""
        self.failures.append(Failure(message_id=message_id))
