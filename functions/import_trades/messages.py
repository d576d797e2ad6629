"""What the import queue carries: one step of one import in each message."""

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
