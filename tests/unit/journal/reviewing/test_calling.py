"""The hourly pass and the queue behind it: a thousand owners, one review each, none missed."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nightdesk.accounts.directory import Listed
from nightdesk.accounts.identity import AccountStatus, Role
from nightdesk.core.errors import Conflict, StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.place import Place
from nightdesk.journal.ports.reviews import Appointment
from nightdesk.journal.review import ReviewStatus
from nightdesk.journal.review_task import Due, Expect, ReviewTask
from nightdesk.journal.reviewing.calling import CallReviews
from tests.builders.reviews import MONDAY, OWNER, some_material
from tests.unit.journal.reviewing.rig import DAY, HOUR, ZONES, Cut, Rig

OWNERS = 1_000


@dataclass
class FakeUsers:
    """The list of users, by id."""

    users: list[Listed] = field(default_factory=list)

    def since(self, after: UserId | None) -> Iterator[Listed]:
        yield from sorted(self.users, key=lambda one: one.owner)


def a_user(
    owner: str, created_at: datetime, status: AccountStatus = AccountStatus.ACTIVE
) -> Listed:
    return Listed(
        owner=UserId(owner),
        username=owner.lower(),
        role=Role.TRADER,
        status=status,
        created_at=created_at,
    )


def call(rig: Rig, users: FakeUsers | None = None) -> CallReviews:
    return CallReviews(rig.appointments, users or FakeUsers(), rig.queue)


def deliver(rig: Rig, now: datetime, chance: random.Random) -> None:
    """Work the queue as SQS hands it out: in any order, now and then twice, cut off at random."""
    tasks, rig.queue.tasks = rig.queue.tasks, []
    tasks += [one for one in tasks if chance.random() < 0.1]
    chance.shuffle(tasks)
    for task in tasks:
        rig.fuse = chance.randrange(6) if chance.random() < 0.3 else None
        try:
            rig.work(task, now)
        except (Cut, StoreUnavailable, Conflict):
            if chance.random() < 0.5:  # a message whose worker died comes again, or is given up
                rig.queue.tasks.append(task)
        rig.fuse = None


@pytest.mark.parametrize(
    ("sunday", "label"),
    [
        (datetime(2025, 3, 30, tzinfo=UTC), "2025-W13"),
        (datetime(2025, 10, 26, tzinfo=UTC), "2025-W43"),
    ],
    ids=["spring", "autumn"],
)
def test_a_thousand_owners_have_one_weekly_review_each_where_clocks_change(
    sunday: datetime, label: str
) -> None:
    chance, rig = random.Random(label), Rig(material=some_material())
    owners = {UserId(f"u{n:04}"): ZONES[n % len(ZONES)] for n in range(OWNERS)}
    for owner, zone in owners.items():
        rig.places[owner] = [Place(zone=zone)]
        rig.begin(owner, sunday - DAY)
        for kind in (ReviewKind.DAY, ReviewKind.MONTH):
            rig.appointments.drop(owner, kind)
    begun: dict[UserId, datetime] = {}
    for hour in range(72):
        now = sunday - 12 * HOUR + hour * HOUR
        if chance.random() > 0.1:  # a pass that never ran is made good by the next one
            call(rig)(now)
        deliver(rig, now + timedelta(minutes=2), chance)
        for owner, _, _, _ in rig.reviews.rows:
            begun.setdefault(owner, now)
    made = [key for key, row in rig.reviews.rows.items() if row.status is ReviewStatus.READY]
    assert sorted(made) == sorted((owner, ReviewKind.WEEK, label, 1) for owner in owners)
    assert len(rig.reviews.rows) == OWNERS
    told = Counter(one.owner for one in rig.reviews.events)
    assert told == Counter(dict.fromkeys(owners, 1))
    for owner, zone in owners.items():
        assert begun[owner].astimezone(ZoneInfo(zone)) > datetime.combine(
            (sunday + DAY).date(), datetime.min.time().replace(hour=5, minute=29), ZoneInfo(zone)
        )
    assert {one.label for one in rig.appointments.rows.values()} == {
        "2025-W14" if label == "2025-W13" else "2025-W44"
    }


def test_a_pass_hands_out_what_is_due_page_by_page() -> None:
    rig = Rig()
    for n in range(450):
        rig.appointments.put(
            Appointment(owner=UserId(f"u{n:03}"), kind=ReviewKind.WEEK, label="2025-W10", at=MONDAY)
        )
    rig.appointments.put(
        Appointment(owner=OWNER, kind=ReviewKind.DAY, label="2025-03-09", at=MONDAY + HOUR)
    )
    done = call(rig)(MONDAY)
    assert (done.due, done.owners) == (450, 0)
    assert set(rig.queue.tasks) == {
        Due(owner=UserId(f"u{n:03}"), kind=ReviewKind.WEEK) for n in range(450)
    }


def expected_of(tasks: list[ReviewTask]) -> list[UserId]:
    return [owner for one in tasks if isinstance(one, Expect) for owner in one.owners]


def test_new_owners_are_seen_to_each_hour_and_all_active_ones_once_a_day() -> None:
    at_two = datetime(2025, 3, 10, 2, 2, tzinfo=UTC)
    users = FakeUsers(
        [
            a_user("new", at_two - 25 * HOUR),
            a_user("old", at_two - 27 * HOUR),
            a_user("gone", at_two, AccountStatus.DELETING),
            *(a_user(f"more{n:02}", at_two - 99 * DAY) for n in range(30)),
        ]
    )
    rig = Rig()
    assert call(rig, users)(at_two).owners == 1
    assert expected_of(rig.queue.tasks) == ["new"]
    rig.queue.tasks.clear()
    assert call(rig, users)(at_two + HOUR).owners == 32
    assert expected_of(rig.queue.tasks) == [
        *(f"more{n:02}" for n in range(30)),
        *("new", "old"),
    ]
    assert max(len(one.owners) for one in rig.queue.tasks if isinstance(one, Expect)) == 25


def test_whoever_joins_has_a_digest_of_the_first_day_and_a_review_of_the_first_week() -> None:
    for zone in ZONES:
        rig, owner = Rig(), UserId("joined")
        rig.places[owner] = [Place(zone=zone)]
        joined = datetime(2025, 3, 9, 17, 40, tzinfo=UTC)
        users = FakeUsers([a_user("joined", joined)])
        for hour in range(60):
            now = joined.replace(minute=2) + (hour + 1) * HOUR
            call(rig, users)(now)
            tasks, rig.queue.tasks = rig.queue.tasks, []
            for task in tasks:
                rig.work(task, now)
        day = joined.astimezone(ZoneInfo(zone)).date()
        week = f"{day:%G-W%V}"
        assert (owner, ReviewKind.DAY, day.isoformat(), 1) in rig.reviews.rows, zone
        if day.weekday() == 6:
            assert (owner, ReviewKind.WEEK, week, 1) in rig.reviews.rows, zone


def test_an_owner_who_has_left_has_no_appointments_any_more() -> None:
    rig = Rig(gone={OWNER})
    due = Appointment(owner=OWNER, kind=ReviewKind.WEEK, label="2025-W10", at=MONDAY)
    rig.appointments.put(due)
    rig.work(Due(owner=OWNER, kind=ReviewKind.WEEK), MONDAY)
    assert rig.appointments.rows == {}


def test_a_task_that_comes_late_or_twice_moves_nothing() -> None:
    rig = Rig()
    rig.begin(OWNER, MONDAY - 6 * DAY)
    task = Due(owner=OWNER, kind=ReviewKind.WEEK)
    rig.work(task, MONDAY)
    before = dict(rig.appointments.rows)
    rig.work(task, MONDAY + HOUR)
    assert rig.appointments.rows == before
    assert len(rig.reviews.events) == 1


def test_after_a_pause_of_the_desk_each_week_is_made_good_in_its_turn() -> None:
    rig = Rig()
    rig.begin(OWNER, MONDAY - 6 * DAY)
    for hour in range(4):
        rig.work(Due(owner=OWNER, kind=ReviewKind.WEEK), MONDAY + 21 * DAY + hour * HOUR)
    labels = [key[2] for key in rig.reviews.rows]
    assert labels == ["2025-W10", "2025-W11", "2025-W12", "2025-W13"]


def test_an_appointment_that_is_only_late_for_a_moved_owner_is_put_off() -> None:
    rig = Rig()
    rig.begin(OWNER, MONDAY - 6 * DAY)
    known = rig.appointments.of(OWNER)[ReviewKind.WEEK]
    rig.places[OWNER] = [Place(zone="America/New_York", currency="EUR")]
    rig.work(Due(owner=OWNER, kind=ReviewKind.WEEK), known.at)
    moved = rig.appointments.of(OWNER)[ReviewKind.WEEK]
    # New York has moved its clock on 9 March, Vienna has not
    assert (moved.label, moved.at) == (known.label, known.at + 5 * HOUR)
    assert rig.reviews.rows == {}
    assert replace(moved, version=0, at=known.at) == replace(known, version=0)
