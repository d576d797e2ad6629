"""Reviews and appointments in memory, by the same contract as their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.core.errors import StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.ports.reviews import Appointment
from nightdesk.journal.review import Review
from nightdesk.journal.review_task import ReviewTask

Key = tuple[UserId, ReviewKind, str, int]


@dataclass
class FakeReviews:
    rows: dict[Key, Review] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def versions(self, owner: UserId, kind: ReviewKind, label: str) -> Sequence[Review]:
        found = [row for key, row in self.rows.items() if key[:3] == (owner, kind, label)]
        return sorted(found, key=lambda one: one.version)

    def begin(self, review: Review) -> Review | None:
        there = self.rows.get(_key(review))
        if there is None:
            self.rows[_key(review)] = replace(review, revision=1)
        return there

    def save(self, review: Review, *, events: Sequence[Event] = (), now: datetime) -> Review:
        there = self.rows.get(_key(review))
        if there is None or there.revision != review.revision:
            raise StaleWrite("the review has moved on")
        self.rows[_key(review)] = saved = replace(review, revision=review.revision + 1)
        self.events.extend(events)
        return saved

    def page(
        self, owner: UserId, kind: ReviewKind, *, limit: int, after: str | None
    ) -> Page[Review]:
        mine = {
            f"{label}#{version:06d}": row
            for (whose, which, label, version), row in self.rows.items()
            if (whose, which) == (owner, kind)
        }
        found = sorted(mine.items(), key=lambda pair: pair[0], reverse=True)
        left = [pair for pair in found if after is None or pair[0] < after]
        more = left[limit - 1][0] if len(left) > limit else None
        return Page([row for _, row in left[:limit]], more)


@dataclass
class FakeAppointments:
    rows: dict[tuple[UserId, ReviewKind], Appointment] = field(default_factory=dict)

    def of(self, owner: UserId) -> Mapping[ReviewKind, Appointment]:
        return {kind: row for (whose, kind), row in self.rows.items() if whose == owner}

    def due(self, now: datetime, *, limit: int, after: str | None = None) -> Page[Appointment]:
        found = sorted(
            (f"{one.at.isoformat()}#{one.owner}#{one.kind}", one)
            for one in self.rows.values()
            if one.at <= now
        )
        left = [pair for pair in found if after is None or pair[0] > after]
        more = left[limit - 1][0] if len(left) > limit else None
        return Page([row for _, row in left[:limit]], more)

    def put(self, appointment: Appointment) -> bool:
        key = appointment.owner, appointment.kind
        there = self.rows.get(key)
        if (there.version if there else 0) != appointment.version:
            return False
        self.rows[key] = replace(appointment, version=appointment.version + 1)
        return True

    def drop(self, owner: UserId, kind: ReviewKind) -> None:
        self.rows.pop((owner, kind), None)


@dataclass
class FakeReviewQueue:
    """Holds tasks until a test hands them to a worker."""

    tasks: list[ReviewTask] = field(default_factory=list)

    def send(self, tasks: Sequence[ReviewTask], *, now: datetime) -> None:
        self.tasks.extend(tasks)


def _key(review: Review) -> Key:
    return review.owner, review.kind, review.label, review.version
