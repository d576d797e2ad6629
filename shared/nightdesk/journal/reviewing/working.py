"""What the worker of reviews does with a task."""

from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.errors import Missing
from nightdesk.core.ids import UserId
from nightdesk.journal.review_task import Asked, Due, ReviewTask
from nightdesk.journal.reviewing.appointing import KeepAppointment, KeepAppointments


@dataclass(frozen=True, slots=True)
class WorkReview:
    """Do one task; the same again changes nothing."""

    keep: KeepAppointment
    expect: KeepAppointments

    def __call__(self, task: ReviewTask, *, now: datetime) -> None:
        """Do it.

        Raises Transient; Conflict `REVIEW_RUNNING` for an asked one that another worker is at;
        Missing if who asked has left.
        """
        if isinstance(task, Due):
            self.keep(task.owner, task.kind, now=now)
        elif isinstance(task, Asked):
            self.keep.make.asked(task, now=now)
        else:
            self._expect(task.owners, now)

    def _expect(self, owners: tuple[UserId, ...], now: datetime) -> None:
        for owner in owners:
            try:
                self.expect(owner, now=now)
            except Missing:  # has left since the list was read
                continue
