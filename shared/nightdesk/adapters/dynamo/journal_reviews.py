"""Reviews, and which are due when, in the desk table.

An owner's next review of each kind is an item of theirs that also stands in one partition of the
index `by_market`, in the order of time: what is due is one query, however many owners there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Self

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.queries import FIRST, LAST, every, page, put_if_absent
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Overtaken, Write
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.ports.reviews import Appointment
from nightdesk.journal.review import Review


class ReviewItem(Body, DeskItem, discriminator="JREV"):
    """One version of a review; its numbers beside its body, as they are shown."""

    privacy = destroyed("journal_reviews")

    revision = IntegerAttribute()
    numbers = JsonAttribute(null=True)

    @classmethod
    def from_domain(cls, review: Review) -> Self:
        """Build the row."""
        place = keys.review(review.kind, review.label, review.version)
        item = cls(
            keys.owner(review.owner),
            place,
            revision=review.revision,
            numbers=None if review.numbers is None else _unwrapped(review.numbers),
        )
        apart = {"owner", "label", "version", "revision", "numbers"}
        item.hold(review, without=frozenset(apart))
        return item

    def to_domain(self) -> Review:
        """Build the noun, checked again."""
        _, label, version = self.sk.removeprefix(keys.REVIEWS).split("#")
        return self.held(
            Review,
            owner=UserId(self.pk.removeprefix("U#")),
            label=label,
            version=int(version),
            revision=self.revision,
            numbers=None if self.numbers is None else MappingProxyType(self.numbers),
        )


class AppointmentItem(Body, DeskItem, discriminator="JDUE"):
    """An owner's next review of one kind: a mark of the desk's, nothing to show."""

    privacy = destroyed()

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, one: Appointment) -> Self:
        """Build the row that follows the version in `one`, with its place in the index."""
        item = cls(
            keys.owner(one.owner),
            keys.appointment(one.kind),
            version=one.version + 1,
            market=keys.DUE_REVIEWS,
            market_sk=keys.due_place(one.at, one.owner, one.kind),
        )
        item.hold(one, without=frozenset({"owner", "version"}))
        return item

    def to_domain(self) -> Appointment:
        """Build the noun."""
        return self.held(
            Appointment,
            owner=UserId(self.pk.removeprefix("U#")),
            version=self.version,
        )


@dataclass(frozen=True, slots=True)
class DynamoReviews:
    """The port Reviews."""

    @translated()
    def versions(self, owner: UserId, kind: ReviewKind, label: str) -> Sequence[Review]:
        """Return all versions of one, oldest first, read consistently; empty if there is none."""
        low = keys.reviews_of(kind, label)
        found = every(ReviewItem, keys.owner(owner), low, low + LAST, consistent=True)
        return [item.to_domain() for item in found]

    @translated()
    def begin(self, review: Review) -> Review | None:
        """Store a new version at revision 1 and return None, or return what has its number."""
        row = put_if_absent(ReviewItem.from_domain(replace(review, revision=1)))
        return None if row is None else ReviewItem.from_raw_data(dict(row)).to_domain()

    @translated()
    def save(self, review: Review, *, events: Sequence[Event] = (), now: datetime) -> Review:
        """Store it over its revision, its events in the same transaction. Raises StaleWrite."""
        stale = Overtaken(f"the review of {review.label} has moved on")
        saved, write = replace(review, revision=review.revision + 1), Write()
        unmoved = ReviewItem.revision == review.revision
        write.put(ReviewItem.from_domain(saved), unmoved, stale)
        for event in events:
            write.put(EventItem.from_domain(event, now), DeskItem.pk.does_not_exist(), stale)
        write.commit()
        return saved

    @translated()
    def page(
        self, owner: UserId, kind: ReviewKind, *, limit: int, after: str | None
    ) -> Page[Review]:
        """Return all versions of a kind, the latest period first, of one the newest first."""
        low = keys.reviews_of(kind)
        items, more = page(
            ReviewItem,
            keys.owner(owner),
            low,
            low + LAST,
            limit=limit,
            after=after,
            newest_first=True,
        )
        return Page([item.to_domain() for item in items], more)


@dataclass(frozen=True, slots=True)
class DynamoAppointments:
    """The port Appointments."""

    @translated()
    def of(self, owner: UserId) -> Mapping[ReviewKind, Appointment]:
        """Return an owner's, read consistently."""
        low = keys.APPOINTMENTS
        found = every(AppointmentItem, keys.owner(owner), low, low + LAST, consistent=True)
        return {one.kind: one for one in (item.to_domain() for item in found)}

    @translated()
    def due(self, now: datetime, *, limit: int, after: str | None = None) -> Page[Appointment]:
        """Return those with ``at <= now``, the longest due first."""
        items, more = page(
            AppointmentItem,
            keys.DUE_REVIEWS,
            FIRST,
            keys.due_place(now, UserId(LAST), ""),
            limit=limit,
            after=after,
            index="by_market",
            sort_key="market_sk",
        )
        return Page([item.to_domain() for item in items], more)

    @translated()
    def put(self, appointment: Appointment) -> bool:
        """Store it over its version; False if it has moved meanwhile."""
        write, stale = Write(), Overtaken("the appointment has moved on")
        absent = DeskItem.pk.does_not_exist()
        unmoved = AppointmentItem.version == appointment.version
        item = AppointmentItem.from_domain(appointment)
        write.put(item, unmoved if appointment.version else absent, stale)
        try:
            write.commit()
        except Overtaken:
            return False
        return True

    @translated()
    def drop(self, owner: UserId, kind: ReviewKind) -> None:
        """Remove one; one that is not there is as good as removed."""
        AppointmentItem(keys.owner(owner), keys.appointment(kind)).delete()


def _unwrapped(value: object) -> object:
    """Return plain JSON: mappings may be views, sequences tuples."""
    if isinstance(value, Mapping):
        return {name: _unwrapped(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_unwrapped(one) for one in value]
    return value
