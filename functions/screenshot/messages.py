"""What S3 says of a new file, by EventBridge. Its name is the one that our own form fixed."""

from typing import Any

from pydantic import model_validator

from nightdesk.core.wire import Message, Moment
from nightdesk.journal.screenshot import ShotStatus


class Input(Message):
    """A new file by its key; `as_of` is when it came."""

    as_of: Moment
    key: str

    @model_validator(mode="before")
    @classmethod
    def _from_s3(cls, event: Any) -> Any:
        """Read the event as EventBridge hands it over."""
        if not isinstance(event, dict) or "detail" not in event or "as_of" in event:
            return event
        return {"as_of": event["time"], "key": event["detail"]["object"]["key"]}


class Output(Message):
    """What became of it; None: nobody waits for such a file."""

    status: ShotStatus | None
