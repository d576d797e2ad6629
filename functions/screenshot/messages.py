"""What S3 says of new files. Names of files are those that our own forms fixed."""

from typing import Any
from urllib.parse import unquote_plus

from pydantic import Field, model_validator

from nightdesk.core.wire import Message, Moment

MAX_RECORDS = 100


class Input(Message):
    """New files by their keys; `as_of` is when the first of them came."""

    as_of: Moment
    keys: list[str] = Field(min_length=1, max_length=MAX_RECORDS)

    @model_validator(mode="before")
    @classmethod
    def _from_s3(cls, event: Any) -> Any:
        """Read S3's own notification, in which keys are encoded as in a form."""
        if not isinstance(event, dict) or "Records" not in event or "as_of" in event:
            return event
        records = event["Records"]
        keys = [unquote_plus(record["s3"]["object"]["key"]) for record in records]
        return {"as_of": records[0]["eventTime"], "keys": keys}


class Output(Message):
    """How many became ready, were refused, and had nobody waiting for them."""

    ready: int = 0
    refused: int = 0
    unknown: int = 0
