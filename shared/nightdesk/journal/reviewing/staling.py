"""Reviews that a trade came too late for: marked, so that their owner may have them made anew."""

from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.ids import UserId
from nightdesk.journal.period import ReviewKind, containing
from nightdesk.journal.ports.reviews import Reviews
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.journal.review import ReviewStatus


@dataclass(frozen=True, slots=True)
class MarkStale:
    """Mark the newest reviews of the periods in which a trade closed that was stored just now.

    One that is being made is marked as well: whoever makes it finds that, and reads once more.
    """

    reviews: Reviews
    preferences: PreferencesOf

    def __call__(self, owner: UserId, closed_at: datetime, *, now: datetime) -> int:
        """Return how many were marked. A period that is not over has no review: none is read.

        Raises Missing for an owner who has left, StaleWrite: tried again, it goes on.
        """
        places, marked = self.preferences(owner).places, 0
        for kind in ReviewKind:
            period = containing(kind, closed_at, places)
            if period.until > now:
                continue
            there = self.reviews.versions(owner, kind, period.label)
            newest = there[-1] if there else None
            if newest and newest.status is not ReviewStatus.FAILED and not newest.stale:
                self.reviews.save(newest.outdated(), now=now)
                marked += 1
        return marked
