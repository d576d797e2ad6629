"""The hourly pass: who is owed a review is found by time, and each is handed to a worker."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from nightdesk.accounts.identity import AccountStatus
from nightdesk.core.ids import UserId
from nightdesk.journal.ports.reviews import Appointments, ReviewQueue, UsersById
from nightdesk.journal.review_task import Due, Expect

PAGE = 200
NEW = timedelta(hours=26)
"""So long an account is seen to every hour: its first day may end soon, and an hour may fail."""
SEEN_TO_AT = 3
"""UTC hour at which everybody is seen to: a zone that was changed moves what is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What a pass handed out: reviews that are due, and owners to be seen to."""

    due: int = 0
    owners: int = 0


@dataclass(frozen=True, slots=True)
class CallReviews:
    """Hand out what is due at a moment. Cut off or run twice, nothing is lost or made twice.

    What stays due is found by the next pass, and a worker looks again at what it is handed.
    """

    appointments: Appointments
    users: UsersById
    queue: ReviewQueue

    def __call__(self, as_of: datetime) -> Called:
        """Return the counts. Raises StoreUnavailable."""
        due, after = 0, None
        while True:
            page = self.appointments.due(as_of, limit=PAGE, after=after)
            tasks = [Due(owner=one.owner, kind=one.kind) for one in page.items]
            if tasks:
                self.queue.send(tasks, now=as_of)
            due, after = due + len(tasks), page.next_key
            if after is None:
                return Called(due=due, owners=self._expect(as_of))

    def _expect(self, as_of: datetime) -> int:
        count, wanted = 0, self._wanted(as_of)
        while some := list(islice(wanted, PAGE)):
            parts = range(0, len(some), Expect.MOST)
            tasks = [Expect(owners=tuple(some[n : n + Expect.MOST])) for n in parts]
            self.queue.send(tasks, now=as_of)
            count += len(some)
        return count

    def _wanted(self, as_of: datetime) -> Iterator[UserId]:
        everybody = as_of.hour == SEEN_TO_AT
        for user in self.users.since(None):
            active = user.status is AccountStatus.ACTIVE
            if active and (everybody or as_of - user.created_at < NEW):
                yield user.owner
