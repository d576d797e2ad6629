"""What the import queue carries: one step of one import in each message."""

from typing import Any

from pydantic import Field

from nightdesk.core.ids import UserId
from nightdesk.core.wire import Message, Moment
from nightdesk.journal.imported import Step


class Input(Message):
    """One step: check, commit or undo; a commit or undo goes on where the last worker stopped."""

    as_of: Moment
    owner: UserId = Field(min_length=1)
    import_id: str = Field(min_length=1)
    step: Step


class Envelope(Message):
    """What SQS hands over: messages by id, each with one step as its body."""

    Records: list[dict[str, Any]] = Field(min_length=1)

    def steps(self) -> list[tuple[str, Input]]:
        """Return each message's id and step. Raises ValidationError."""
        return [
            (record["messageId"], Input.model_validate_json(record["body"]))
            for record in self.Records
        ]


class Failure(Message):
    """One message that shall come again."""

    message_id: str = Field(serialization_alias="itemIdentifier")


class Output(Message):
    """The messages that shall come again; the others are done."""

    failures: list[Failure] = Field(default_factory=list, serialization_alias="batchItemFailures")
