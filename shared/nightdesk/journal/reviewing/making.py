"""Make reviews: each once, whatever is cut off or asked for twice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nightdesk.core.errors import Conflict, Permanent, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.period import (
    DIGEST_HOUR,
    Period,
    ReviewKind,
    behind,
    containing,
    due_at,
    hour_of,
    latest_complete,
    latest_due,
    period_named,
)
from nightdesk.journal.ports.reviews import (
    Appointment,
    Appointments,
    GatherMaterial,
    Reviews,
    ReviewWriter,
)
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.journal.review import Review, ReviewStatus
from nightdesk.journal.review_material import Material
from nightdesk.journal.reviewing.numbers import numbers_of
from nightdesk.journal.reviewing.trying import proposed
from nightdesk.journal.reviewing.writing import worded

GIVEN_UP = timedelta(minutes=15)
"""A computation that began longer ago was cut off: longer than any worker lives."""


@dataclass(frozen=True, slots=True)
class BeginReview:
    """Claim the review of a period, or find what there is of it."""

    reviews: Reviews

    def __call__(
        self, owner: UserId, period: Period, *, now: datetime, force: bool = False
    ) -> tuple[Review, bool]:
        """Return the version to work on and whether it is the caller's to compute.

        A ready one is the answer unless `force` makes the version after it. Raises Conflict
        `PERIOD_NOT_OVER`; `REVIEW_RUNNING` while another worker may still be computing it.
        """
        if period.until > now:
            raise Conflict("PERIOD_NOT_OVER", f"{period.label} is not over yet.")
        there = self.reviews.versions(owner, period.kind, period.label)
        newest = there[-1] if there else None
        if newest is None or (force and newest.status is ReviewStatus.READY):
            wanted = Review.begun(owner, period, newest.version + 1 if newest else 1, now)
            newest = self.reviews.begin(wanted)
            if newest is None:
                return replace(wanted, revision=1), True
        if newest.status is ReviewStatus.READY:
            return newest, False
        if newest.status is ReviewStatus.COMPUTING and now - newest.started_at < GIVEN_UP:
            raise running()
        try:
            return self.reviews.save(newest.again(now), now=now), True
        except StaleWrite as error:  # another worker has taken it over just now
            raise running() from error


@dataclass(frozen=True, slots=True)
class MakeReview:
    """Make the review of one period."""

    reviews: Reviews
    preferences: PreferencesOf
    gather: GatherMaterial
    writer: ReviewWriter

    def __call__(
        self,
        owner: UserId,
        kind: ReviewKind,
        label: str | None = None,
        *,
        now: datetime,
        force: bool = False,
    ) -> Review | None:
        """Return it ready or failed; None for a digest of a day on which nothing happened.

        Without a label it is the latest complete period. Raises Invalid, Conflict as
        `BeginReview`, and Transient: then it stays claimed until the claim is too old.
        """
        places = self.preferences(owner).places
        period = period_named(kind, label, places) if label else latest_complete(kind, places, now)
        begin = BeginReview(self.reviews)
        if kind is ReviewKind.DAY and not force and period.until <= now:
            # looked at before it is claimed: an empty day leaves nothing behind
            there = self.reviews.versions(owner, kind, period.label)
            if not there and self.gather(owner, period, places, now=now).empty:
                return None
        review, mine = begin(owner, period, now=now, force=force)
        return self.computed(review, now=now) if mine else review

    def computed(self, review: Review, *, now: datetime) -> Review:
        """Return a claimed review ready, or failed with the code of what cannot be mended."""
        places = self.preferences(review.owner).places
        period = period_named(review.kind, review.label, places)
        try:
            material = self.gather(review.owner, period, places, now=now)
            done = self._ready(review, material, now)
        except Permanent as error:
            return self.reviews.save(review.failed(error.code), now=now)
        return self.reviews.save(done, events=[done.told(now)], now=now)

    def _ready(self, review: Review, material: Material, now: datetime) -> Review:
        experiment = proposed(material)
        numbers = numbers_of(material, experiment)
        wording = worded(self.writer, numbers, material.notes)
        return review.ready(numbers, wording, experiment, now)


@dataclass(frozen=True, slots=True)
class KeepAppointments:
    """See to it that an owner has an appointment for each kind: with their first review ahead.

    Called when somebody begins a journal, and again when zone or digest hour change: the time of
    an appointment then moves, what it is for does not.
    """

    appointments: Appointments
    preferences: PreferencesOf

    def __call__(
        self, owner: UserId, *, now: datetime, digest_hour: int = DIGEST_HOUR
    ) -> Mapping[ReviewKind, Appointment]:
        """Return the appointments as they stand now."""
        places = self.preferences(owner).places
        there = self.appointments.of(owner)
        for kind in ReviewKind:
            hour, known = hour_of(kind, digest_hour), there.get(kind)
            period = (
                behind(latest_due(kind, places, now, hour=hour), places)
                if known is None
                else period_named(kind, known.label, places)
            )
            at = due_at(period, places, hour=hour)
            if known is None or known.at != at:
                version = known.version if known else 0
                self.appointments.put(
                    Appointment(owner=owner, kind=kind, label=period.label, at=at, version=version)
                )
        return self.appointments.of(owner)


@dataclass(frozen=True, slots=True)
class KeepAppointment:
    """Work one appointment: make its review, then write down the next. Cut off, it is due again.

    After a pause of the desk the periods follow one another, so none is missed.
    """

    make: MakeReview
    appointments: Appointments

    def __call__(
        self, appointment: Appointment, *, now: datetime, digest_hour: int = DIGEST_HOUR
    ) -> Review | None:
        """Return the review, None where there is none (yet). Raises Transient.

        An appointment whose owner has moved to a later clock is put off, nothing else.
        """
        owner, kind = appointment.owner, appointment.kind
        places, hour = self.make.preferences(owner).places, hour_of(kind, digest_hour)
        period = period_named(kind, appointment.label, places)
        at, review = due_at(period, places, hour=hour), None
        if at <= now:
            try:
                review = self.make(owner, kind, period.label, now=now)
            except Conflict:
                return None  # another worker is at it; the next pass looks again
            period = behind(period, places)
            at = due_at(period, places, hour=hour)
        self.appointments.put(
            Appointment(
                owner=owner, kind=kind, label=period.label, at=at, version=appointment.version
            )
        )
        return review


@dataclass(frozen=True, slots=True)
class MarkStale:
    """Mark ready reviews into whose period a trade came after they were made."""

    reviews: Reviews
    preferences: PreferencesOf

    def __call__(self, owner: UserId, closed_at: datetime, *, now: datetime) -> int:
        """Return how many were marked. Raises StaleWrite: tried again, it goes on."""
        places, marked = self.preferences(owner).places, 0
        for kind in ReviewKind:
            period = containing(kind, closed_at, places)
            there = self.reviews.versions(owner, kind, period.label)
            if there and there[-1].status is ReviewStatus.READY and not there[-1].stale:
                self.reviews.save(there[-1].outdated(), now=now)
                marked += 1
        return marked


def running() -> Conflict:
    """Return the answer to a second worker."""
    return Conflict("REVIEW_RUNNING", "This review is being made.")
