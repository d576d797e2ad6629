"""What comes into `sync_accounts`: the hourly start, or syncs to go on with from the queue."""

from typing import Any, Self

from pydantic import Field, model_validator

from nightdesk.core.ids import UserId
from nightdesk.core.wire import Message, Moment


class Input(Message):
    """One sync to go on with; or, `scheduled`, the start of those of all accounts."""

    as_of: Moment
    scheduled: bool = False
    owner: UserId = Field(default=UserId(""), max_length=40)
    sync_id: str = Field(default="", max_length=40)

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.scheduled == bool(self.owner and self.sync_id):
            raise ValueError("either a sync or scheduled")
        return self


class Envelope(Message):
    """What SQS hands over: messages by id, each with one sync as its body."""

    Records: list[dict[str, Any]] = Field(min_length=1)

    def syncs(self) -> list[tuple[str, Input]]:
        """Return each message's id and sync. Raises ValidationError."""
        return [
            (record["messageId"], Input.model_validate_json(record["body"]))
            for record in self.Records
        ]


class Failure(Message):
    """One message that shall come again."""

    message_id: str = Field(serialization_alias="itemIdentifier")


class Output(Message):
    """The messages that shall come again; or how many syncs were begun."""

    failures: list[Failure] = Field(default_factory=list, serialization_alias="batchItemFailures")
    begun: int = 0
