"""Who may make a review: one worker at a time, until it is ready or the worker must be dead."""

from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Conflict, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.period import Period
from nightdesk.journal.ports.reviews import Reviews
from nightdesk.journal.review import Review, ReviewStatus
from nightdesk.journal.review_task import Asked


@dataclass(frozen=True, slots=True)
class BeginReview:
    """Claim a version of the review of a period, or find what there is of it."""

    reviews: Reviews

    def __call__(
        self, owner: UserId, period: Period, *, now: datetime, asked: Asked | None = None
    ) -> tuple[Review, bool]:
        """Return the version to work on and whether it is the caller's to compute.

        It is the newest there is, or the one that was `asked` for: what was only put down when it
        was asked for is claimed by the first worker. Raises Conflict `PERIOD_NOT_OVER`;
        `REVIEW_RUNNING` while another worker may still be computing it.
        """
        if period.until > now:
            raise not_over(period)
        there = self.reviews.versions(owner, period.kind, period.label)
        number = asked.version if asked else there[-1].version if there else 1
        found = next((one for one in there if one.version == number), None)
        if found is None:
            wanted = Review.begun(owner, period, number, now)
            found = self.reviews.begin(wanted)
            if found is None:
                return replace(wanted, revision=1), True
        if found.status is ReviewStatus.READY:
            return found, False
        put_down = asked is not None and found.started_at == asked.asked_at
        if found.running(now) and not put_down:
            raise running()
        try:
            return self.reviews.save(found.again(now), now=now), True
        except StaleWrite as error:  # another worker has taken it over just now
            raise running() from error


def not_over(period: Period) -> Conflict:
    """Return the answer to who asks too early."""
    return Conflict("PERIOD_NOT_OVER", f"{period.label} is not over yet.")


def running() -> Conflict:
    """Return the answer to a second worker."""
    return Conflict("REVIEW_RUNNING", "This review is being made.")
