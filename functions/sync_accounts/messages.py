"""What comes into `sync_accounts`: the hourly start, or syncs to go on with from the queue."""

from typing import Self

from pydantic import Field, model_validator

from nightdesk.core import queued
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


class Output(queued.Output):
    """The messages that shall come again; or how many syncs were begun."""

    begun: int = 0
