"""Reviews are made once each, whatever is cut off; none is missed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.core.errors import Conflict, Invalid, Missing, StaleWrite, StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.experiment import Metric, Standing
from nightdesk.journal.finding import DetectorId, Finding, Scope, Severity
from nightdesk.journal.period import (
    ReviewKind,
    before,
    behind,
    containing,
    due_at,
    hour_of,
    latest_complete,
    latest_due,
    period_named,
)
from nightdesk.journal.place import Place, noted
from nightdesk.journal.ports.reviews import Appointment
from nightdesk.journal.review import GIVEN_UP, Review, ReviewStatus
from nightdesk.journal.review_task import Asked
from nightdesk.journal.reviewing.checking import fault_of
from nightdesk.journal.reviewing.editing import EditExperiment
from tests.builders.reviews import MONDAY, OWNER, VIENNA, WEEK, a_played, some_material
from tests.unit.journal.reviewing.rig import DAY, HOUR, ZONES, Rig

CHANGES = (date(2025, 3, 7), date(2025, 3, 28), date(2025, 4, 3), date(2025, 10, 24))
"""Around the clock changes of spring and autumn, north and south."""


@given(begin=st.sampled_from(CHANGES), cuts=st.lists(st.none() | st.integers(0, 70), max_size=60))
@settings(max_examples=5, deadline=None)
def test_cut_off_at_random_and_retried_each_owner_has_one_review_each_and_none_is_missed(
    begin: date, cuts: list[int | None]
) -> None:
    rig = Rig()
    start = datetime.combine(begin, time(), UTC)
    for zone in ZONES:
        rig.places[UserId(zone)] = [Place(zone=zone)]
        rig.begin(UserId(zone), start)
    end = start + 9 * DAY
    for hour in range(9 * 24 + 1):
        rig.fuse = cuts[hour % len(cuts)] if cuts and hour < 8 * 24 else None
        rig.run(start + hour * HOUR)
    for zone in ZONES:
        owner, local = UserId(zone), ZoneInfo(zone)
        made = {key[1:]: row for key, row in rig.reviews.rows.items() if key[0] == owner}
        assert {row.status for row in made.values()} == {ReviewStatus.READY}
        wanted = expected(start.astimezone(local), end.astimezone(local))
        assert set(made) == {(kind, label, 1) for kind, label in wanted}, zone
    told = [(one.owner, one.data["kind"], one.data["label"]) for one in rig.reviews.events]
    assert len(told) == len(set(told)) == len(rig.reviews.rows)


def expected(start: datetime, end: datetime) -> set[tuple[ReviewKind, str]]:
    """Return what falls due after `start` until `end`, told from the wall clock alone."""
    found = set()
    day = start.date()
    while day <= end.date():
        morning = datetime.combine(day, time(6), start.tzinfo)
        yesterday = day - DAY
        for kind, hour, falls, label in (
            (ReviewKind.DAY, 7, True, yesterday.isoformat()),
            (ReviewKind.WEEK, 6, day.weekday() == 0, f"{yesterday:%G-W%V}"),
            (ReviewKind.MONTH, 6, day.day == 1, f"{yesterday:%Y-%m}"),
        ):
            moment = morning.replace(hour=hour).astimezone(UTC)
            if falls and start.astimezone(UTC) < moment <= end.astimezone(UTC):
                found.add((kind, label))
        day += DAY
    return found


@given(
    zone=st.sampled_from(ZONES),
    then=st.sampled_from(ZONES),
    now=st.integers(0, 3 * 365 * 24),
    kind=st.sampled_from(ReviewKind),
)
def test_periods_follow_one_another_also_where_the_owner_moves(
    zone: str, then: str, now: int, kind: ReviewKind
) -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC) + now * HOUR
    places = noted([Place(zone=zone)], then, "USD", moment)
    at = moment - 40 * DAY
    for _ in range(5):
        period = containing(kind, at, places)
        assert period.since <= at < period.until
        assert period_named(kind, period.label, places) == period
        at = period.until
    hour = hour_of(kind)
    due = latest_due(kind, places, moment, hour=hour)
    assert due_at(due, places, hour=hour) <= moment
    following = containing(kind, due.until, places)
    assert due_at(following, places, hour=hour) > moment
    assert latest_complete(kind, places, moment).until <= moment


@pytest.mark.parametrize(
    ("zone", "then"),
    [
        ("Pacific/Pago_Pago", "Pacific/Apia"),
        ("Pacific/Pago_Pago", "Pacific/Kiritimati"),
        ("Pacific/Pago_Pago", "Pacific/Auckland"),
        ("Pacific/Honolulu", "Pacific/Kiritimati"),
    ],
)
def test_a_move_across_the_date_line_skips_a_day_and_no_digest_after_it(
    zone: str, then: str
) -> None:
    rig, wednesday = Rig(), datetime(2025, 3, 5, 12, tzinfo=UTC)
    rig.places[OWNER] = places = noted([Place(zone=zone)], then, "USD", wednesday)
    saturday = period_named(ReviewKind.DAY, "2025-03-08", places)
    monday = behind(saturday, places)
    assert (monday.label, monday.since) == ("2025-03-10", saturday.until)
    assert before(monday, places) == saturday
    assert latest_complete(ReviewKind.DAY, places, monday.since) == saturday
    assert containing(ReviewKind.WEEK, monday.since, places).since == monday.since
    with pytest.raises(Invalid):
        period_named(ReviewKind.DAY, "2025-03-09", places)
    rig.begin(OWNER, wednesday)
    for hour in range(7 * 24):
        rig.run(wednesday + hour * HOUR)
    days = [key[2] for key in rig.reviews.rows if key[1] is ReviewKind.DAY]
    assert days == [f"2025-03-{day:02}" for day in (4, 5, 6, 7, 8, 10, 11)]


def test_a_month_that_begins_on_a_skipped_day_begins_with_the_next_one() -> None:
    wednesday = datetime(2026, 2, 25, 12, tzinfo=UTC)
    places = noted([Place(zone="Pacific/Pago_Pago")], "Pacific/Kiritimati", "USD", wednesday)
    march = period_named(ReviewKind.MONTH, "2026-03", places)
    monday = period_named(ReviewKind.DAY, "2026-03-02", places)
    assert before(march, places).until == march.since == monday.since
    assert containing(ReviewKind.MONTH, march.since, places) == march


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        (ReviewKind.WEEK, "2025-W54"),
        (ReviewKind.WEEK, "2025-10"),
        (ReviewKind.WEEK, "2021-W53"),
        (ReviewKind.MONTH, "2025-13"),
        (ReviewKind.DAY, "2025-02-29"),
        (ReviewKind.DAY, "٢٠٢٥-03-05"),
        (ReviewKind.MONTH, "0000-01"),
        (ReviewKind.WEEK, "0001-W05"),
        (ReviewKind.WEEK, "2008-W52"),
        (ReviewKind.MONTH, "2008-12"),
        (ReviewKind.DAY, "2008-12-31"),
        (ReviewKind.MONTH, "9999-12"),
    ],
)
def test_a_label_that_names_no_period_is_refused(kind: ReviewKind, label: str) -> None:
    with pytest.raises(Invalid):
        period_named(kind, label, [VIENNA])


def test_a_review_that_is_there_is_the_answer() -> None:
    rig = Rig()
    first = rig.make(OWNER, ReviewKind.WEEK, now=MONDAY)
    assert first is not None
    assert (first.label, first.version, first.status) == (WEEK, 1, ReviewStatus.READY)
    assert rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY + HOUR) == first
    assert len(rig.reviews.events) == 1


def test_a_period_that_is_not_over_has_no_review() -> None:
    with pytest.raises(Conflict) as refused:
        Rig().make(OWNER, ReviewKind.WEEK, "2025-W11", now=MONDAY)
    assert refused.value.code == "PERIOD_NOT_OVER"


def test_a_second_worker_waits_until_the_first_must_be_dead() -> None:
    rig = Rig(fault=StoreUnavailable("down"))
    with pytest.raises(StoreUnavailable):
        rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    rig.fault = None
    with pytest.raises(Conflict) as refused:
        rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY + GIVEN_UP - timedelta(seconds=1))
    assert refused.value.code == "REVIEW_RUNNING"
    done = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY + GIVEN_UP)
    assert done is not None
    assert (done.version, done.status) == (1, ReviewStatus.READY)


def test_what_cannot_be_mended_fails_with_its_code_and_may_be_tried_again() -> None:
    rig = Rig(fault=Missing("gone"))
    failed = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert failed is not None
    assert (failed.status, failed.failure) == (ReviewStatus.FAILED, "NOT_FOUND")
    rig.fault = None
    done = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert done is not None
    assert (done.status, done.version) == (ReviewStatus.READY, 1)


def test_a_day_on_which_nothing_happened_has_no_digest_and_a_quiet_week_a_short_review() -> None:
    rig = Rig(material=some_material())
    assert rig.make(OWNER, ReviewKind.DAY, "2025-03-05", now=MONDAY) is None
    assert rig.reviews.rows == {}
    week = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert week is not None
    assert week.wording is not None
    assert week.wording.text.opening.startswith("No trade was closed in 2025-W10.")


def test_the_trader_may_drop_an_experiment_until_tuesday_midnight() -> None:
    rig = Rig()
    edit = EditExperiment(reviews=rig.reviews, preferences=rig.preferences)
    with pytest.raises(Missing):
        edit(OWNER, WEEK, revision=1, note="No.", now=MONDAY)
    made = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert made is not None
    done = edit(
        OWNER, WEEK, revision=made.revision, standing=Standing.DROPPED, note="No.", now=MONDAY
    )
    assert done.experiment is not None
    assert (done.experiment.standing, done.experiment.note) == (Standing.DROPPED, "No.")
    with pytest.raises(StaleWrite):
        edit(OWNER, WEEK, revision=made.revision, note="Again.", now=MONDAY)
    for wrong in ("", "a" * 501):
        with pytest.raises(Invalid):
            edit(OWNER, WEEK, revision=done.revision, text=wrong, now=MONDAY)
    with pytest.raises(Conflict) as refused:
        edit(OWNER, WEEK, revision=done.revision, text="Less.", now=MONDAY + 2 * DAY)
    assert refused.value.code == "EXPERIMENT_LOCKED"


def forced(rig: Rig, now: datetime) -> Review:
    there, _ = rig.ask(OWNER, ReviewKind.WEEK, WEEK, force=True, now=now)
    asked = Asked(
        owner=OWNER, kind=ReviewKind.WEEK, label=WEEK, version=there.version, asked_at=now
    )
    return rig.make.asked(asked, now=now)


def test_an_experiment_that_was_changed_is_shown_and_told_as_it_is_now() -> None:
    rig = Rig()
    edit = EditExperiment(reviews=rig.reviews, preferences=rig.preferences)
    made = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert made is not None
    for text, standing, comment in (
        ("Two trades a day.", Standing.OPEN, "Try in 2025-W11: Two trades a day."),
        (None, Standing.DROPPED, "Dropped for 2025-W11: Two trades a day."),
    ):
        edit(OWNER, WEEK, revision=made.revision, text=text, standing=standing, now=MONDAY)
        (made,) = rig.reviews.versions(OWNER, ReviewKind.WEEK, WEEK)
        assert made.numbers is not None
        assert made.wording is not None
        shown = made.numbers["experiment"]
        assert isinstance(shown, dict)
        assert (shown["text"], shown["standing"]) == ("Two trades a day.", standing.value)
        assert made.wording.text.experiment_comment == comment
        assert fault_of(made.wording.text, made.numbers) is None


def test_after_a_version_that_failed_the_experiment_of_the_one_before_is_changed() -> None:
    rig = Rig()
    edit = EditExperiment(reviews=rig.reviews, preferences=rig.preferences)
    first = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert first is not None
    rig.fault = Missing("gone")
    assert forced(rig, MONDAY).status is ReviewStatus.FAILED
    changed = edit(OWNER, WEEK, revision=first.revision, note="No.", now=MONDAY)
    assert (changed.version, changed.experiment and changed.experiment.note) == (1, "No.")
    rig.ask(OWNER, ReviewKind.WEEK, WEEK, force=True, now=MONDAY)
    (_, running) = rig.reviews.versions(OWNER, ReviewKind.WEEK, WEEK)
    with pytest.raises(Conflict) as refused:
        edit(OWNER, WEEK, revision=running.revision, note="Yes.", now=MONDAY)
    assert refused.value.code == "REVIEW_RUNNING"


def flagging(rig: Rig) -> None:
    """Make the material propose another experiment than the one before."""
    trades = [a_played(f"f{n}", "-1" if n < 6 else "1") for n in range(12)]
    seen = tuple(
        Finding(
            id=f"fnd_{n}",
            owner=OWNER,
            detector=DetectorId.REVENGE,
            detector_version=1,
            scope=Scope.TRADE,
            severity=Severity.HIGH,
            at=trades[n].trade.opened_at,
            text="Seen.",
            trades=(trades[n].trade.id,),
            found_at=MONDAY,
        )
        for n in range(6)
    )
    rig.material = some_material(trades, findings=seen)


def test_a_version_made_anew_keeps_the_experiment_that_the_trader_changed() -> None:
    rig = Rig()
    edit = EditExperiment(reviews=rig.reviews, preferences=rig.preferences)
    first = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    assert first is not None
    changed = edit(
        OWNER,
        WEEK,
        revision=first.revision,
        text="My own words.",
        standing=Standing.DROPPED,
        now=MONDAY + HOUR,
    )
    flagging(rig)
    for version, now in ((2, MONDAY + 2 * HOUR), (3, MONDAY + 3 * DAY)):
        anew = forced(rig, now)
        assert (anew.version, anew.experiment) == (version, changed.experiment)
        assert anew.wording is not None
        assert anew.wording.text.experiment_comment == "Dropped for 2025-W11: My own words."


def test_a_version_made_anew_proposes_again_until_the_experiment_is_locked() -> None:
    rig = Rig()
    first = rig.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    flagging(rig)
    second = forced(rig, MONDAY + HOUR)
    rig.material = None
    third = forced(rig, MONDAY + 3 * DAY)
    assert first is not None
    experiments = [one.experiment for one in (first, second, third)]
    assert [one.metric for one in experiments if one] == [
        Metric.PLANNED_DAYS,
        Metric.FLAGGED_SHARE,
        Metric.FLAGGED_SHARE,
    ]
    assert third.experiment == second.experiment


def test_an_owner_who_moves_east_is_due_earlier_from_then_on() -> None:
    rig = Rig()
    rig.begin(OWNER, MONDAY)
    before = rig.appointments.of(OWNER)[ReviewKind.WEEK]
    rig.places[OWNER] = noted([VIENNA], "Asia/Tokyo", "EUR", MONDAY)
    rig.begin(OWNER, MONDAY + HOUR)
    after = rig.appointments.of(OWNER)[ReviewKind.WEEK]
    assert (after.label, after.at) == (before.label, before.at - 8 * HOUR)


def test_an_appointment_that_came_too_early_is_put_off() -> None:
    rig = Rig()
    early = Appointment(owner=OWNER, kind=ReviewKind.WEEK, label=WEEK, at=MONDAY - DAY)
    rig.appointments.put(early)
    assert rig.keep(OWNER, ReviewKind.WEEK, now=MONDAY - DAY) is None
    assert rig.appointments.of(OWNER)[ReviewKind.WEEK].at == MONDAY - HOUR / 2
    assert rig.reviews.rows == {}
