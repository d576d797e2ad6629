"""One experiment a week: chosen by what a habit cost, followed up in the next."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.errors import Conflict
from nightdesk.core.ids import TradeId
from nightdesk.journal.experiment import (
    Candidate,
    Metric,
    Result,
    Standing,
    choose,
    edited,
    follow_up,
    locked_at,
)
from nightdesk.journal.finding import DetectorId, Finding, Scope, Severity
from nightdesk.journal.playbook import Phase, Playbook, Rule
from nightdesk.journal.review_material import Material, Stretch
from nightdesk.journal.reviewing.trying import followed, proposed
from nightdesk.journal.trade import Check
from nightdesk.journal.verdict import NO_PLAN, State, Verdict
from tests.builders.reviews import (
    OWNER,
    VIENNA,
    a_period,
    a_played,
    an_experiment,
    some_material,
)
from tests.builders.writing import a_book, a_rule

D = Decimal
AT = datetime(2025, 3, 5, 10, tzinfo=UTC)
DAYS = [date(2025, 3, day) for day in range(3, 9)]


def a_candidate(**changes: Any) -> Candidate:
    given: dict[str, Any] = {
        "metric": Metric.FLAGGED_SHARE,
        "filter": {"detector": "REVENGE"},
        "name": '"revenge"',
        "flagged": [-1.0] * 6,
        "rest": [0.5] * 10,
        "shown": 6,
        "n": 16,
    }
    return Candidate(**given | changes)


def flags(*names: str, detector: DetectorId = DetectorId.REVENGE) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            id=f"f{name}",
            owner=OWNER,
            detector=detector,
            detector_version=1,
            scope=Scope.TRADE,
            severity=Severity.MEDIUM,
            at=AT,
            text="Seen.",
            trades=(TradeId(f"jt_{name}"),),
            found_at=AT,
        )
        for name in names
    )


def test_the_cost_of_a_habit_is_n_times_the_difference_of_means() -> None:
    assert a_candidate().cost == 6 * (0.5 - -1.0)
    assert a_candidate(shown=4, flagged=[-1.0] * 4).cost is None
    assert a_candidate(rest=[]).cost is None


def test_the_largest_positive_cost_is_tried_and_halved() -> None:
    small = a_candidate(filter={"detector": "NO_STOP"}, flagged=[0.0] * 6)
    gain = a_candidate(filter={"detector": "GIVE_BACK"}, flagged=[9.0] * 6)
    chosen = choose([small, a_candidate(), gain], planned=0, days=5, week="2025-W11")
    assert chosen.filter == {"detector": "REVENGE"}
    assert (chosen.baseline, chosen.target, chosen.week) == (D("0.375"), D("0.1875"), "2025-W11")


@pytest.mark.parametrize(
    ("planned", "days", "text"),
    [(0, 0, "Write a plan"), (7, 10, "Write a plan"), (8, 10, "Keep going")],
)
def test_without_a_costly_habit_it_is_plans_or_to_keep_going(
    planned: int, days: int, text: str
) -> None:
    gain = a_candidate(flagged=[9.0] * 6)
    chosen = choose([gain], planned=planned, days=days, week="2025-W11")
    assert chosen.text.startswith(text)
    assert (chosen.metric, chosen.target) == (Metric.PLANNED_DAYS, D("0.8"))


@pytest.mark.parametrize(
    ("shown", "n", "result"),
    [(0, 4, Result.TOO_FEW), (1, 5, Result.NOT_MET), (3, 20, Result.MET), (0, 5, Result.MET)],
)
def test_a_share_that_is_to_fall_is_met_at_its_target(shown: int, n: int, result: Result) -> None:
    assert follow_up(an_experiment(), shown, n).result is result
    dropped = an_experiment(standing=Standing.DROPPED)
    assert follow_up(dropped, shown, n).result is Result.DROPPED


@given(shown=st.integers(5, 60), more=st.integers(0, 60), times=st.integers(1, 3))
def test_half_as_often_to_the_trade_is_met(shown: int, more: int, times: int) -> None:
    """Five of six, and then five of twelve, which is half of it however shares are rounded."""
    n = shown + more
    tried = a_candidate(flagged=[-1.0] * shown, shown=shown, n=n).experiment("2025-W10")
    assert follow_up(tried, shown * times, 2 * n * times).result is Result.MET
    assert follow_up(tried, shown * times + 1, 2 * n * times).result is Result.NOT_MET


def test_a_share_that_is_to_rise_is_met_at_its_target() -> None:
    plans = an_experiment(metric=Metric.PLANNED_DAYS, target=D("0.8"))
    assert follow_up(plans, 4, 5).result is Result.MET
    assert follow_up(plans, 3, 5).result is Result.NOT_MET
    assert follow_up(plans, 0, 0).result is Result.TOO_FEW


def test_it_may_be_changed_until_tuesday_midnight_of_the_owner() -> None:
    locked = locked_at(a_period(), [VIENNA])
    assert locked == datetime(2025, 3, 11, 23, tzinfo=UTC)
    late = locked - timedelta(seconds=1)
    changed = edited(
        an_experiment(),
        text="Less.",
        standing=Standing.DROPPED,
        note="No.",
        now=late,
        locked=locked,
    )
    assert (changed.text, changed.standing, changed.note) == ("Less.", Standing.DROPPED, "No.")
    with pytest.raises(Conflict) as refused:
        edited(an_experiment(), note="Late.", now=locked, locked=locked)
    assert refused.value.code == "EXPERIMENT_LOCKED"


def flagged_weeks() -> Material:
    """Return a week of 6 good trades after one of 6 revenge trades that lost."""
    before = tuple(a_played(f"r{n}", "-1", day=date(2025, 2, 26)) for n in range(6))
    good = [a_played(f"g{n}", "0.5") for n in range(6)]
    past = (Stretch(period=a_period("2025-W09"), closed=before),)
    return some_material(good, past=past, findings=flags(*(f"r{n}" for n in range(6))))


def test_habits_of_four_weeks_are_candidates() -> None:
    chosen = proposed(flagged_weeks())
    assert chosen is not None
    assert (chosen.metric, chosen.filter) == (Metric.FLAGGED_SHARE, {"detector": "REVENGE"})
    assert (chosen.baseline, chosen.week) == (D("0.5"), "2025-W11")


def test_what_is_older_than_four_weeks_or_a_shadow_is_none() -> None:
    material = flagged_weeks()
    gap = tuple(Stretch(period=a_period(f"2025-W0{n}")) for n in (9, 8, 7))
    old = replace(material, past=(*gap, *material.past))
    shadows = tuple(replace(one, shadow=True) for one in material.findings)
    for one in (old, replace(material, findings=shadows)):
        chosen = proposed(one)
        assert chosen is not None
        assert chosen.metric is Metric.PLANNED_DAYS


def a_rulebook() -> Playbook:
    rule: Rule = a_rule(id="wait", text="Wait for the close", phase=Phase.ENTRY, predicate=None)
    return a_book(rules=(rule,), version=1)


def ticked(name: str, check: Check, r: str) -> Any:
    book = a_rulebook()
    return a_played(
        name, r, playbook_id=book.id, playbook_version=book.version, checklist={"wait": check}
    )


def test_a_broken_rule_that_cost_is_tried_and_followed_up() -> None:
    broken = [ticked(f"b{n}", Check.BROKEN, "-1") for n in range(5)]
    kept = [ticked(f"k{n}", Check.KEPT, "1") for n in range(5)]
    chosen = proposed(some_material([*broken, *kept], books=(a_rulebook(),)))
    assert chosen is not None
    assert chosen.metric is Metric.BROKEN_SHARE
    assert chosen.filter == {"playbook": a_rulebook().id, "rule": "wait"}
    past = (Stretch(period=a_period("2025-W10"), tried=chosen),)
    after = some_material(
        [broken[0], *kept[:4]], books=(a_rulebook(),), period=a_period("2025-W11"), past=past
    )
    found = followed(after)
    assert found is not None
    assert (found.value, found.n, found.result) == (D("0.2"), 5, Result.MET)
    unasked = followed(replace(after, books=()))
    assert unasked is not None
    assert unasked.result is Result.TOO_FEW


def test_plans_are_followed_up_by_days_with_entries() -> None:
    plans = an_experiment(metric=Metric.PLANNED_DAYS, filter={}, target=D("0.8"), week="2025-W10")
    verdicts = {day: Verdict(state=State.JUDGED) for day in DAYS[:4]} | {DAYS[4]: NO_PLAN}
    material = some_material(
        past=(Stretch(period=a_period("2025-W09"), tried=plans),),
        verdicts=verdicts,
        entry_days=frozenset(DAYS[:5]),
    )
    found = followed(material)
    assert found is not None
    assert (found.value, found.n, found.result) == (D("0.8"), 5, Result.MET)
    assert followed(some_material()) is None
