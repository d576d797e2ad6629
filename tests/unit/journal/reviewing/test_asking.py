"""A review asked for by hand: put down at once, made by a worker, whatever is cut off between."""

from datetime import timedelta

import pytest

from nightdesk.core.errors import Conflict, Invalid, Missing, StoreUnavailable
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.review import GIVEN_UP, ReviewStatus
from nightdesk.journal.review_task import Asked
from nightdesk.journal.reviewing.asking import ReadReviews
from tests.builders.reviews import MONDAY, OTHER, OWNER, WEEK, some_material
from tests.unit.journal.reviewing.rig import HOUR, Cut, Rig

LATER = MONDAY + timedelta(seconds=3)


def test_what_is_asked_for_stands_there_being_made_until_a_worker_has_made_it() -> None:
    rig = Rig()
    review, asked = rig.ask(OWNER, ReviewKind.WEEK, now=MONDAY)
    assert (asked, review.status, review.label) == (True, ReviewStatus.COMPUTING, WEEK)
    assert rig.reviews.versions(OWNER, ReviewKind.WEEK, WEEK) == [review]
    (task,) = rig.queue.tasks
    assert task == Asked(owner=OWNER, kind=ReviewKind.WEEK, label=WEEK, version=1, asked_at=MONDAY)
    rig.work(task, LATER)
    (made,) = rig.reviews.versions(OWNER, ReviewKind.WEEK, WEEK)
    assert (made.status, made.made_at) == (ReviewStatus.READY, LATER)
    assert rig.ask(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY + HOUR) == (made, False)
    assert len(rig.queue.tasks) == 1


def test_force_makes_the_next_version_and_keeps_the_one_before() -> None:
    rig = Rig()
    first = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    second, asked = rig.ask(OWNER, ReviewKind.WEEK, WEEK, force=True, now=MONDAY + HOUR)
    assert (asked, second.version) == (True, 2)
    for _ in range(2):
        rig.work(rig.queue.tasks[0], MONDAY + HOUR)
    kept, made = rig.reviews.versions(OWNER, ReviewKind.WEEK, WEEK)
    assert kept == first
    assert (made.version, made.status) == (2, ReviewStatus.READY)
    assert len(rig.reviews.events) == 2


@pytest.mark.parametrize("force", [False, True])
def test_what_is_being_made_is_not_asked_for_again(*, force: bool) -> None:
    rig = Rig()
    rig.ask(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    with pytest.raises(Conflict) as refused:
        rig.ask(OWNER, ReviewKind.WEEK, WEEK, force=force, now=LATER)
    assert refused.value.code == "REVIEW_RUNNING"


def test_a_week_that_is_not_over_and_a_label_that_is_none_are_refused() -> None:
    rig = Rig()
    with pytest.raises(Conflict) as refused:
        rig.ask(OWNER, ReviewKind.WEEK, "2025-W11", now=MONDAY)
    assert refused.value.code == "PERIOD_NOT_OVER"
    with pytest.raises(Invalid):
        rig.ask(OWNER, ReviewKind.WEEK, "2025-03", now=MONDAY)
    assert (rig.queue.tasks, rig.reviews.rows) == ([], {})


def test_a_queue_that_takes_nothing_leaves_nothing_behind() -> None:
    class Down(list[object]):
        def extend(self, _: object) -> None:
            raise StoreUnavailable("down")

    rig = Rig()
    rig.queue.tasks = Down()  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        rig.ask(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert rig.reviews.rows == {}


def test_cut_off_before_it_was_put_down_the_worker_does_that() -> None:
    rig = Rig(fuse=0)
    with pytest.raises(Cut):
        rig.ask(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    rig.fuse = None
    rig.work(rig.queue.tasks[0], LATER)
    assert [one.status for one in rig.reviews.rows.values()] == [ReviewStatus.READY]


def test_of_two_workers_one_makes_it_and_a_dead_one_is_followed() -> None:
    rig = Rig()
    rig.ask(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    (task,) = rig.queue.tasks
    rig.fuse = 1  # it claims, and dies when it reads
    with pytest.raises(Cut):
        rig.work(task, LATER)
    rig.fuse = None
    with pytest.raises(Conflict) as refused:
        rig.work(task, LATER + HOUR / 60)
    assert refused.value.code == "REVIEW_RUNNING"
    rig.work(task, LATER + GIVEN_UP)
    (made,) = rig.reviews.versions(OWNER, ReviewKind.WEEK, WEEK)
    assert (made.status, made.version) == (ReviewStatus.READY, 1)
    assert len(rig.reviews.events) == 1


def test_a_review_that_failed_is_begun_again_under_its_number() -> None:
    rig = Rig(fault=Missing("gone"))
    rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    rig.fault = None
    again, asked = rig.ask(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY + HOUR)
    assert (asked, again.version, again.status) == (True, 1, ReviewStatus.COMPUTING)
    rig.work(rig.queue.tasks[0], MONDAY + HOUR)
    (made,) = rig.reviews.versions(OWNER, ReviewKind.WEEK, WEEK)
    assert (made.status, made.failure) == (ReviewStatus.READY, None)


def test_an_empty_day_that_is_asked_for_has_a_short_digest() -> None:
    rig = Rig(material=some_material())
    rig.ask(OWNER, ReviewKind.DAY, "2025-03-05", now=MONDAY)
    rig.work(rig.queue.tasks[0], MONDAY)
    (made,) = rig.reviews.versions(OWNER, ReviewKind.DAY, "2025-03-05")
    assert made.wording is not None
    assert made.wording.text.opening.startswith("No trade was closed in 2025-03-05.")


def test_another_traders_review_does_not_exist() -> None:
    rig = Rig()
    rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    read = ReadReviews(rig.reviews, rig.preferences)
    there, shown = read.one(OWNER, ReviewKind.WEEK, WEEK)
    assert (list(there), shown.label) == ([shown], WEEK)
    with pytest.raises(Missing):
        read.one(OWNER, ReviewKind.WEEK, WEEK, 2)
    with pytest.raises(Missing):
        read.one(OTHER, ReviewKind.WEEK, WEEK)
    assert read.page(OTHER, ReviewKind.WEEK, limit=9, after=None).items == []
