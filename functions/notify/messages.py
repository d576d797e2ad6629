"""What the stream of the desk table hands over, and what goes out."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nightdesk.core.clock import iso
from nightdesk.core.wire import Message, Moment


class Change(BaseModel):
    """What became of one item; one that was removed has no image."""

    model_config = ConfigDict(extra="ignore")

    NewImage: dict[str, Any] | None = None


class Record(BaseModel):
    """One change of the table."""

    model_config = ConfigDict(extra="ignore")

    dynamodb: Change


class Input(Message):
    """A batch of changes; `as_of` is when the first was made.

    A filter lets through events that were put, and nothing else.
    """

    as_of: Moment
    Records: list[Record] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _from_stream(cls, event: Any) -> Any:
        """Read the batch as Lambda hands it over: moments are seconds since the epoch."""
        if not isinstance(event, dict) or "Records" not in event or "as_of" in event:
            return event
        first = event["Records"][0]["dynamodb"]["ApproximateCreationDateTime"]
        return {**event, "as_of": iso(datetime.fromtimestamp(float(first), UTC))}

    @property
    def put(self) -> list[dict[str, Any]]:
        """Return the new items, in DynamoDB's own JSON."""
        images = (record.dynamodb.NewImage for record in self.Records)
        return [image for image in images if image]


class Output(Message):
    """How many events were read, and how many tasks they made."""

    events: int
    tasks: int
