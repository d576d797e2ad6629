"""What the stream of the desk table hands over, and what goes out."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from nightdesk.core.wire import Message


class Change(BaseModel):
    """What became of one item; one that was removed has no image."""

    model_config = ConfigDict(extra="ignore")

    NewImage: dict[str, Any] | None = None


class Record(BaseModel):
    """One change of the table."""

    model_config = ConfigDict(extra="ignore")

    dynamodb: Change


class Input(BaseModel):
    """A batch of changes. A filter lets through events that were put, and nothing else."""

    model_config = ConfigDict(extra="ignore")

    Records: list[Record] = Field(min_length=1)

    @property
    def put(self) -> list[dict[str, Any]]:
        """Return the new items, in DynamoDB's own JSON."""
        images = (record.dynamodb.NewImage for record in self.Records)
        return [image for image in images if image]


class Output(Message):
    """How many events were read, and how many tasks they made."""

    events: int
    tasks: int
