"""What comes into `recheck_keys` and what goes out."""

from nightdesk.accounts.rechecking import Rechecked
from nightdesk.core.wire import Message, Moment


class Input(Message):
    """One daily look."""

    as_of: Moment


class Output(Message):
    """What it came to, in figures."""

    asked: int
    failed: int
    ending: int

    @classmethod
    def from_domain(cls, done: Rechecked) -> "Output":
        """Count."""
        return cls(asked=done.asked, failed=done.failed, ending=len(done.ending))
