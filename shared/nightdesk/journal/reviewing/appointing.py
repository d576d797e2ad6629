"""Appointments: the next review of each kind that an owner is owed, kept one after the other."""

from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Conflict, Missing
from nightdesk.core.ids import UserId
from nightdesk.journal.period import (
    DIGEST_HOUR,
    ReviewKind,
    behind,
    due_at,
    hour_of,
    latest_due,
    period_named,
)
from nightdesk.journal.ports.reviews import Appointment, Appointments
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.journal.review import Review
from nightdesk.journal.reviewing.making import MakeReview


@dataclass(frozen=True, slots=True)
class KeepAppointments:
    """See to it that an owner has an appointment for each kind: with their first review ahead.

    Called when somebody has joined, and again each day: where the zone has changed, the time of an
    appointment moves, what it is for does not.
    """

    appointments: Appointments
    preferences: PreferencesOf

    def __call__(self, owner: UserId, *, now: datetime, digest_hour: int = DIGEST_HOUR) -> int:
        """Return how many appointments are new or have moved. Raises Missing for nobody's id."""
        places, moved = self.preferences(owner).places, 0
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
                moved += self.appointments.put(
                    Appointment(owner=owner, kind=kind, label=period.label, at=at, version=version)
                )
        return moved


@dataclass(frozen=True, slots=True)
class KeepAppointment:
    """Make the review that an owner is owed, then write down the next. Cut off, it is due again.

    After a pause of the desk the periods follow one another, so none is missed.
    """

    make: MakeReview
    appointments: Appointments

    def __call__(
        self, owner: UserId, kind: ReviewKind, *, now: datetime, digest_hour: int = DIGEST_HOUR
    ) -> Review | None:
        """Return the review, None where there is none (yet). Raises Transient.

        An appointment whose owner has moved to a later clock is put off; that of an owner who
        has left is dropped.
        """
        known = self.appointments.of(owner).get(kind)
        if known is None or known.at > now:
            return None
        try:
            own = self.make.preferences(owner)
        except Missing:
            self.appointments.drop(owner, kind)
            return None
        hour, review = hour_of(kind, digest_hour), None
        period = period_named(kind, known.label, own.places)
        at = due_at(period, own.places, hour=hour)
        if at <= now:
            try:
                review = self.make.scheduled(own, period, now=now)
            except Conflict:
                return None  # another worker is at it; the next pass looks again
            period = behind(period, own.places)
            at = due_at(period, own.places, hour=hour)
        self.appointments.put(replace(known, label=period.label, at=at))
        return review
