"""A trade that arrives late marks the reviews of its periods, also those being made."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from nightdesk.core.errors import Conflict, Missing
from nightdesk.core.ids import UserId
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.review import Review, ReviewStatus
from nightdesk.journal.reviewing.staling import MarkStale
from tests.builders.reviews import MONDAY, OWNER, WEEK
from tests.fakes.reviews import FakeReviews
from tests.unit.journal.reviewing.rig import HOUR, Rig

CLOSED = datetime(2025, 3, 5, 12, tzinfo=UTC)


def test_a_trade_that_comes_later_makes_reviews_stale_once() -> None:
    rig = Rig()
    for kind, label in ((ReviewKind.WEEK, WEEK), (ReviewKind.DAY, "2025-03-05")):
        rig.make(OWNER, kind, label, now=MONDAY)
    assert rig.mark(OWNER, CLOSED, now=MONDAY + HOUR) == 2
    assert rig.mark(OWNER, CLOSED, now=MONDAY + HOUR) == 0
    assert all(row.stale for row in rig.reviews.rows.values())


def test_a_trade_of_a_period_that_is_not_over_reads_no_review() -> None:
    class Unread(FakeReviews):
        def versions(self, owner: UserId, kind: ReviewKind, label: str) -> Sequence[Review]:
            raise AssertionError(label)

    mark = MarkStale(reviews=Unread(), preferences=Rig().preferences)
    assert mark(OWNER, CLOSED, now=CLOSED + HOUR) == 0


def test_a_trade_that_comes_while_its_review_is_made_is_in_it() -> None:
    rig = Rig()
    rig.meanwhile = [lambda: rig.mark(OWNER, CLOSED, now=MONDAY)]
    made = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert made is not None
    assert (made.status, made.stale, made.version) == (ReviewStatus.READY, False, 1)
    assert rig.meanwhile == []
    assert len(rig.reviews.events) == 1


def test_a_review_whose_trades_never_stop_coming_waits_for_the_next_pass() -> None:
    rig = Rig()
    rig.meanwhile = [lambda: rig.mark(OWNER, CLOSED, now=MONDAY)] * 3
    with pytest.raises(Conflict) as refused:
        rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert refused.value.code == "REVIEW_RUNNING"
    later = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY + HOUR)
    assert later is not None
    assert (later.status, later.stale) == (ReviewStatus.READY, False)


def test_a_worker_that_was_taken_for_dead_writes_nothing() -> None:
    rig = Rig()
    rig.meanwhile = [lambda: rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY + HOUR)]
    with pytest.raises(Conflict):
        rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    (made,) = rig.reviews.versions(OWNER, ReviewKind.WEEK, WEEK)
    assert made.made_at == MONDAY + HOUR
    assert len(rig.reviews.events) == 1


def test_nothing_is_marked_of_an_owner_who_has_left() -> None:
    rig = Rig(gone={OWNER})
    with pytest.raises(Missing):
        rig.mark(OWNER, CLOSED, now=MONDAY)
