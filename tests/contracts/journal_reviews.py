"""What every keeper of reviews and of appointments keeps to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.core.errors import StaleWrite
from nightdesk.journal.experiment import Standing
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.ports.reviews import Appointment, Appointments, Reviews
from nightdesk.journal.review import ReviewStatus
from tests.builders.reviews import (
    MONDAY,
    OTHER,
    OWNER,
    WEEK,
    a_ready_review,
    a_review,
    an_experiment,
)

HOUR = timedelta(hours=1)


class ReviewsContract:
    """Subclasses give the fixture `reviews`: empty."""

    def test_a_version_begins_once_and_whoever_comes_second_is_told(self, reviews: Reviews) -> None:
        assert reviews.begin(a_review()) is None
        there = reviews.begin(a_review(started_at=MONDAY + HOUR))
        assert there == a_review(revision=1)
        assert reviews.versions(OWNER, ReviewKind.WEEK, WEEK) == [a_review(revision=1)]

    def test_what_was_saved_is_read_whole(self, reviews: Reviews) -> None:
        reviews.begin(a_review())
        ready = a_ready_review(revision=1)
        saved = reviews.save(ready, events=[ready.told(MONDAY)], now=MONDAY)
        assert saved == replace(ready, revision=2)
        assert reviews.versions(OWNER, ReviewKind.WEEK, WEEK) == [saved]
        dropped = an_experiment(standing=Standing.DROPPED, note="Not for me.")
        changed = reviews.save(saved.trying(dropped, {}, "").outdated(), now=MONDAY)
        assert reviews.versions(OWNER, ReviewKind.WEEK, WEEK) == [changed]
        assert changed.stale

    def test_a_failure_is_kept_with_its_code(self, reviews: Reviews) -> None:
        reviews.begin(a_review())
        reviews.save(a_review(revision=1).failed("NOT_FOUND"), now=MONDAY)
        (found,) = reviews.versions(OWNER, ReviewKind.WEEK, WEEK)
        assert (found.status, found.failure) == (ReviewStatus.FAILED, "NOT_FOUND")

    def test_a_save_over_something_older_is_stale(self, reviews: Reviews) -> None:
        with pytest.raises(StaleWrite):
            reviews.save(a_review(), now=MONDAY)
        reviews.begin(a_review())
        first = a_review(revision=1)
        reviews.save(first.again(MONDAY + HOUR), now=MONDAY)
        with pytest.raises(StaleWrite):
            reviews.save(first.failed("LATE"), now=MONDAY)

    def test_versions_stand_beside_each_other_and_pages_begin_with_the_latest(
        self, reviews: Reviews
    ) -> None:
        for label in ("2025-W09", WEEK, "2024-W52"):
            reviews.begin(a_review(label=label))
        for version in (10, 2):
            reviews.begin(a_review(version=version))
        reviews.begin(a_review(owner=OTHER, version=3))
        reviews.begin(a_review(kind=ReviewKind.DAY, label="2025-03-05"))
        found = [one.version for one in reviews.versions(OWNER, ReviewKind.WEEK, WEEK)]
        assert found == [1, 2, 10]
        seen, after = [], None
        while True:
            page = reviews.page(OWNER, ReviewKind.WEEK, limit=2, after=after)
            seen += [(one.label, one.version) for one in page.items]
            after = page.next_key
            if after is None:
                break
        assert seen == [(WEEK, 10), (WEEK, 2), (WEEK, 1), ("2025-W09", 1), ("2024-W52", 1)]


class AppointmentsContract:
    """Subclasses give the fixture `appointments`: empty."""

    def test_what_is_due_comes_by_time_over_all_owners(self, appointments: Appointments) -> None:
        for owner, kind, hours in (
            (OWNER, ReviewKind.WEEK, 2),
            (OWNER, ReviewKind.DAY, 5),
            (OTHER, ReviewKind.WEEK, 1),
            (OTHER, ReviewKind.MONTH, 3),
        ):
            at = MONDAY + hours * HOUR
            assert appointments.put(Appointment(owner=owner, kind=kind, label=WEEK, at=at))
        first = appointments.due(MONDAY + 3 * HOUR, limit=2)
        assert [(one.owner, one.kind) for one in first.items] == [
            (OTHER, ReviewKind.WEEK),
            (OWNER, ReviewKind.WEEK),
        ]
        rest = appointments.due(MONDAY + 3 * HOUR, limit=2, after=first.next_key)
        assert [one.kind for one in rest.items] == [ReviewKind.MONTH]
        assert rest.next_key is None
        assert appointments.due(MONDAY, limit=2).items == []

    def test_an_appointment_moves_once(self, appointments: Appointments) -> None:
        first = Appointment(owner=OWNER, kind=ReviewKind.WEEK, label=WEEK, at=MONDAY)
        assert appointments.put(first)
        assert not appointments.put(first)
        (stored,) = appointments.of(OWNER).values()
        assert stored == replace(first, version=1)
        later = replace(stored, label="2025-W11", at=MONDAY + 7 * 24 * HOUR)
        assert appointments.put(later)
        assert not appointments.put(later)
        assert appointments.of(OWNER) == {ReviewKind.WEEK: replace(later, version=2)}
        assert appointments.due(MONDAY, limit=9).items == []
        assert appointments.of(OTHER) == {}

    def test_a_dropped_appointment_is_gone_for_good(self, appointments: Appointments) -> None:
        for kind in (ReviewKind.WEEK, ReviewKind.DAY):
            appointments.put(Appointment(owner=OWNER, kind=kind, label=WEEK, at=MONDAY))
        for _ in range(2):
            appointments.drop(OWNER, ReviewKind.WEEK)
        assert list(appointments.of(OWNER)) == [ReviewKind.DAY]
        assert [one.kind for one in appointments.due(MONDAY, limit=9).items] == [ReviewKind.DAY]
