"""An experiment over three weeks: proposed, tried, followed up, and dropped."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from nightdesk.core.errors import Conflict
from nightdesk.journal.experiment import Metric, Standing
from nightdesk.journal.finding import DetectorId, DetectorSetting, DetectorStatus
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.review import Review
from tests.builders.reviews import OWNER, a_played
from tests.unit.journal.reviewing.journal_rig import Journal

D = Decimal
FIRST = date(2025, 3, 3)
"""Monday of 2025-W10."""
WEEK = timedelta(days=7)


def traded(journal: Journal, week: int, *, revenge: int, calm: int) -> None:
    """Trade a week: each revenge trade loses 1 R, each calm one wins half of one."""
    for n in range(revenge + calm):
        name, angry = f"w{week}n{n:02}", n < revenge
        day = FIRST + week * WEEK + timedelta(days=n % 5)
        one = a_played(name, "-1" if angry else "0.5", day=day)
        journal.hold(one)
        if angry:
            journal.flag(one)


def reviewed(journal: Journal, week: int, *, hours: int = 6) -> Review:
    """Make the review of a week on the Monday after it."""
    monday = FIRST + (week + 1) * WEEK
    now = datetime(monday.year, monday.month, monday.day, tzinfo=UTC) + timedelta(hours=hours)
    made = journal.make(OWNER, ReviewKind.WEEK, f"2025-W{10 + week}", now=now)
    assert made is not None
    return made


def followed(review: Review) -> dict[str, object]:
    assert review.numbers is not None
    found = review.numbers["follow_up"]
    assert isinstance(found, dict)
    return found


def test_a_habit_is_named_tried_and_followed_up() -> None:
    journal = Journal()
    traded(journal, 0, revenge=6, calm=6)
    first = reviewed(journal, 0)
    assert first.numbers is not None
    assert first.numbers["follow_up"] is None
    tried = first.experiment
    assert tried is not None
    assert (tried.metric, tried.week) == (Metric.FLAGGED_SHARE, "2025-W11")
    assert (tried.baseline, tried.target) == (D("0.5"), D("0.25"))

    traded(journal, 1, revenge=2, calm=8)  # 20 % where at most 25 % were wanted
    second = reviewed(journal, 1)
    told = followed(second)
    assert (told["result"], told["n"], told["week"]) == ("met", 10, "2025-W11")
    assert second.wording is not None
    assert "The experiment was met: 20 % of 10 cases" in second.wording.text.went_well[0]
    assert second.experiment is not None
    assert second.experiment.baseline == D("0.36363636")  # 8 of 22 trades of these weeks

    traded(journal, 2, revenge=4, calm=6)  # 40 % where at most 18 % were wanted
    third = reviewed(journal, 2)
    told = followed(third)
    assert (told["result"], told["n"]) == ("not_met", 10)
    assert third.wording is not None
    assert any("The experiment was not met" in one for one in third.wording.text.went_badly)


def test_a_dropped_experiment_is_followed_up_as_such_and_a_quiet_week_has_too_few_cases() -> None:
    journal = Journal()
    traded(journal, 0, revenge=6, calm=6)
    first = reviewed(journal, 0)
    tuesday = datetime(2025, 3, 11, 22, 59, tzinfo=UTC)  # a minute before midnight in Vienna
    journal.edit(OWNER, "2025-W10", revision=first.revision, standing=Standing.DROPPED, now=tuesday)
    traded(journal, 1, revenge=0, calm=8)
    second = reviewed(journal, 1)
    assert followed(second)["result"] == "dropped"
    assert second.experiment is not None  # exactly one for each week, also after a dropped one

    third = reviewed(journal, 2)
    assert third.numbers is not None
    assert third.numbers["quiet"] is True
    assert (followed(third)["result"], followed(third)["n"]) == ("too_few", 0)
    with pytest.raises(Conflict) as refused:
        journal.edit(
            OWNER,
            "2025-W11",
            revision=second.revision,
            note="Late.",
            now=tuesday + WEEK + timedelta(minutes=1),
        )
    assert refused.value.code == "EXPERIMENT_LOCKED"


@pytest.mark.parametrize("status", [DetectorStatus.OFF, DetectorStatus.SHADOW])
def test_an_experiment_is_not_met_by_looking_away(status: DetectorStatus) -> None:
    journal = Journal()
    traded(journal, 0, revenge=6, calm=6)
    reviewed(journal, 0)
    journal.settings.save(DetectorSetting(owner=OWNER, detector=DetectorId.REVENGE, status=status))
    traded(journal, 1, revenge=0, calm=12)
    second = reviewed(journal, 1)
    assert (followed(second)["result"], followed(second)["n"]) == ("too_few", 0)
    assert second.experiment is not None
    assert second.experiment.metric is Metric.PLANNED_DAYS


def test_what_was_seen_in_shadow_for_a_part_of_the_week_leaves_too_little_to_say() -> None:
    journal = Journal()
    traded(journal, 0, revenge=6, calm=6)
    reviewed(journal, 0)
    traded(journal, 1, revenge=1, calm=11)
    (key, seen) = max(journal.findings.kept.items(), key=lambda one: one[1].at)
    journal.findings.kept[key] = replace(seen, shadow=True)
    assert followed(reviewed(journal, 1))["result"] == "too_few"


def test_what_the_trader_made_of_it_is_what_is_followed_up() -> None:
    journal = Journal()
    traded(journal, 0, revenge=6, calm=6)
    first = reviewed(journal, 0)
    journal.edit(
        OWNER,
        "2025-W10",
        revision=first.revision,
        text="No trade in the first hour after a loss.",
        now=datetime(2025, 3, 10, 12, tzinfo=UTC),
    )
    traded(journal, 1, revenge=1, calm=9)
    assert followed(reviewed(journal, 1))["text"] == "No trade in the first hour after a loss."
