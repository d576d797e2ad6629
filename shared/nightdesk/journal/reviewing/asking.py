"""Asking for a review by hand, and reading what there is of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.core.pages import BadCursor, Page
from nightdesk.journal.period import ReviewKind, latest_complete, period_named
from nightdesk.journal.ports.reviews import ReviewQueue, Reviews
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.journal.review import Review, ReviewStatus
from nightdesk.journal.review_task import Asked
from nightdesk.journal.reviewing.claims import not_over, running


@dataclass(frozen=True, slots=True)
class AskReview:
    """Ask a worker for the review of a period; what is there already is the answer.

    The task is sent before the review is put down as being made. Cut off between, the worker puts
    it down itself; cut off before, nothing has happened.
    """

    reviews: Reviews
    queue: ReviewQueue
    preferences: PreferencesOf

    def __call__(
        self,
        owner: UserId,
        kind: ReviewKind,
        label: str | None = None,
        *,
        force: bool = False,
        now: datetime,
    ) -> tuple[Review, bool]:
        """Return the review and whether a worker was asked to make it; `force`: a new version.

        Without a label it is that of the latest period that is over. Raises Invalid, Conflict
        `PERIOD_NOT_OVER`, `REVIEW_RUNNING`, StoreUnavailable.
        """
        places = self.preferences(owner).places
        period = period_named(kind, label, places) if label else latest_complete(kind, places, now)
        if period.until > now:
            raise not_over(period)
        there = self.reviews.versions(owner, kind, period.label)
        newest = there[-1] if there else None
        if newest and newest.running(now):
            raise running()
        ready = newest is not None and newest.status is ReviewStatus.READY
        if newest and ready and not force:
            return newest, False
        number = 1 if newest is None else newest.version + ready
        task = Asked(owner=owner, kind=kind, label=period.label, version=number, asked_at=now)
        self.queue.send([task], now=now)
        if newest is None or ready:
            wanted = Review.begun(owner, period, number, now)
            return self.reviews.begin(wanted) or replace(wanted, revision=1), True
        try:
            return self.reviews.save(newest.again(now), now=now), True
        except StaleWrite as error:  # a worker was faster
            raise running() from error


@dataclass(frozen=True, slots=True)
class ReadReviews:
    """Show reviews."""

    reviews: Reviews
    preferences: PreferencesOf

    def one(
        self, owner: UserId, kind: ReviewKind, label: str, version: int | None = None
    ) -> tuple[Sequence[Review], Review]:
        """Return all versions of one, oldest first, and the newest or the one that is named.

        Raises Invalid, Missing if there is none.
        """
        period = period_named(kind, label, self.preferences(owner).places)
        there = self.reviews.versions(owner, kind, period.label)
        shown = [one for one in there if version in {None, one.version}]
        if not shown:
            raise Missing("no such review")
        return there, shown[-1]

    def page(
        self, owner: UserId, kind: ReviewKind, *, limit: int, after: str | None
    ) -> Page[Review]:
        """Return all versions of a kind, the latest period first, of one the newest first.

        Raises BadCursor for a key of another kind.
        """
        of, _, key = (after or "").partition("|")
        if after and of != kind.value:
            raise BadCursor("the cursor belongs to another kind")
        page = self.reviews.page(owner, kind, limit=limit, after=key or None)
        return Page(page.items, page.next_key and f"{kind.value}|{page.next_key}")
