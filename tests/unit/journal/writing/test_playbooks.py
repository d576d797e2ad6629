from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from nightdesk.core.errors import Invalid
from nightdesk.journal.book_stats import stats
from nightdesk.journal.discipline import discipline
from nightdesk.journal.place import Place
from nightdesk.journal.playbook import BookStatus, checked, kept_from
from nightdesk.journal.predicate import FIELDS, Compare, Predicate
from nightdesk.journal.trade import (
    Check,
    Context,
    ExitReason,
    Labels,
    MarketCondition,
    Risk,
    Session,
    Status,
)
from tests.builders.writing import NOON, OWNER, a_book, a_closed_trade, a_rule, played

D = Decimal
UTC_PLACE = Place()


def asked(field: str, compare: str, *values: str) -> Predicate:
    return Predicate(field=field, compare=Compare(compare), values=values)


def check(predicate: Predicate, place: Place = UTC_PLACE, **changes: Any) -> Check:
    labels = Labels(owner=OWNER, trade_id=a_closed_trade().id, **changes.pop("labels", {}))
    return predicate.check(a_closed_trade(**changes), labels, place)


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (asked("planned_rr", "ge", "2"), Check.KEPT),
        (asked("planned_rr", "gt", "2"), Check.BROKEN),
        (asked("planned_rr", "lt", "2.5"), Check.KEPT),
        (asked("planned_rr", "le", "1.99"), Check.BROKEN),
        (asked("planned_rr", "eq", "2"), Check.KEPT),
        (asked("planned_rr", "ne", "2"), Check.BROKEN),
        (asked("hold_seconds", "le", "3600"), Check.KEPT),
        (asked("hour", "in", "11", "12"), Check.KEPT),
        (asked("hour", "not_in", "12"), Check.BROKEN),
        (asked("weekday", "eq", "3"), Check.KEPT),
        (asked("side", "eq", "long"), Check.KEPT),
        (asked("instrument", "in", "ETH/USDT@binance"), Check.BROKEN),
        (asked("stop_recorded_after_seconds", "le", "60"), Check.UNKNOWN),
        (asked("regime", "in", "trend"), Check.UNKNOWN),
        (asked("planned", "eq", "true"), Check.UNKNOWN),
        (asked("no_stop_declared", "eq", "false"), Check.KEPT),
    ],
)
def test_a_predicate_is_kept_broken_or_cannot_be_said(
    predicate: Predicate, expected: Check
) -> None:
    assert check(predicate) is expected


def test_predicates_read_labels_context_and_the_owners_clock() -> None:
    labels = {"setup_id": "gap", "market_condition": MarketCondition.RANGING, "planned": True}
    assert check(asked("setup_id", "eq", "gap"), labels=labels) is Check.KEPT
    assert check(asked("market_condition", "ne", "ranging"), labels=labels) is Check.BROKEN
    assert check(asked("planned", "eq", "true"), labels=labels) is Check.KEPT
    context = Context(session=Session.ASIA, regime="trend", nth_of_day=4)
    assert check(asked("session", "in", "asia", "us"), context=context) is Check.KEPT
    assert check(asked("nth_of_day", "le", "3"), context=context) is Check.BROKEN
    assert check(asked("hour", "eq", "21"), Place(zone="Asia/Tokyo")) is Check.KEPT
    corrected = {"exit_reason": ExitReason.STOP}
    assert check(asked("exit_reason", "eq", "stop"), labels=corrected) is Check.KEPT


def test_what_the_exit_decides_is_unknown_while_a_trade_is_open() -> None:
    still: dict[str, Any] = {"status": Status.OPEN, "closed_at": None, "outcome": None}
    for predicate in (
        asked("hold_seconds", "le", "60"),
        asked("exit_reason", "eq", "target"),
        asked("partial_exits", "eq", "0"),
    ):
        assert check(predicate, **still) is Check.UNKNOWN
    assert check(asked("planned_rr", "ge", "2"), **still) is Check.KEPT


@pytest.mark.parametrize(
    ("field", "compare", "values"),
    [
        ("r", "ge", ("1",)),
        ("net", "ge", ("1",)),
        ("money.net", "ge", ("1",)),
        ("planned_rr", "ge", ()),
        ("planned_rr", "ge", ("1", "2")),
        ("planned_rr", "ge", ("1e3",)),
        ("planned_rr", "ge", ("inf",)),
        ("planned_rr", "ge", ("",)),
        ("planned_rr", "ge", ("9" * 14,)),
        ("side", "ge", ("long",)),
        ("side", "eq", ("up",)),
        ("hour", "in", ("1", "1")),
        ("hour", "in", tuple(map(str, range(25)))),
        ("regime", "eq", ("x" * 61,)),
        ("planned", "eq", ("yes",)),
    ],
)
def test_a_predicate_that_makes_no_sense_is_refused(
    field: str, compare: str, values: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as refused:
        asked(field, compare, *values)
    assert refused.value.code == "BAD_PREDICATE"


def test_no_result_can_be_asked_about() -> None:
    assert not {"r", "net", "gross", "outcome", "mae", "mfe", "capture"} & FIELDS.keys()


def test_a_trade_keeps_the_newest_version_that_there_was_at_its_entry() -> None:
    first = a_book(created_at=NOON - timedelta(days=9))
    second = a_book(version=2, created_at=NOON)
    third = a_book(version=3, status=BookStatus.ARCHIVED, created_at=NOON + timedelta(days=1))
    versions = [third, first, second]
    assert kept_from(versions, NOON - timedelta(seconds=1)) == first
    assert kept_from(versions, NOON) == second
    assert kept_from(versions, NOON + timedelta(days=2)) == third
    assert kept_from([], NOON) is None


def test_a_trade_of_before_its_playbook_is_held_against_the_first_version() -> None:
    first = a_book(created_at=NOON - timedelta(days=9))
    versions = [a_book(version=2, created_at=NOON), first]
    assert kept_from(versions, NOON - timedelta(days=10)) == first


def test_manual_rules_are_as_they_were_ticked() -> None:
    book = a_book(
        rules=(
            a_rule(),
            a_rule(id="news"),
            a_rule(id="rr", predicate=asked("planned_rr", "ge", "2")),
        )
    )
    labels = Labels(
        owner=OWNER,
        trade_id=a_closed_trade().id,
        checklist={"wait": Check.NOT_APPLICABLE, "rr": Check.BROKEN},
    )
    assert checked(book, a_closed_trade(), labels, UTC_PLACE) == {
        "wait": Check.NOT_APPLICABLE,
        "news": Check.UNKNOWN,
        "rr": Check.KEPT,
    }


def test_discipline_is_the_share_of_what_was_kept() -> None:
    checks = [Check.KEPT] * 3 + [Check.BROKEN] + [Check.UNKNOWN, Check.NOT_APPLICABLE]
    assert discipline(checks).value == 75
    assert discipline(checks).n == 4
    none = discipline([Check.UNKNOWN])
    assert (none.value, none.reason) == (None, "NO_CHECKS")


def test_each_rule_says_what_keeping_it_was_worth() -> None:
    kept, broken = [2.0, 1.0, -1.0, 0.5], [-1.0, -1.0, 0.25]
    label = {"playbook_id": "book_1", "playbook_version": 1}
    found = [
        played(a_closed_trade(f"jt_{side}_{n}", r=str(r)), checklist={"wait": Check(side)}, **label)
        for side, results in (("kept", kept), ("broken", broken))
        for n, r in enumerate(results)
    ]
    (one,) = stats([a_book()], found, UTC_PLACE)
    assert (one.kept, one.broken, one.thin) == (4, 3, True)
    assert one.mean_kept.value == pytest.approx(0.625)
    assert one.mean_broken.value == pytest.approx(-1.75 / 3)
    assert one.difference.value == pytest.approx(0.625 + 1.75 / 3)
    assert one.cost.value == pytest.approx(3 * (-1.75 / 3 - 0.625))
    # Welch, by hand: s²/n of both, Satterthwaite's degrees 4.67 give t = 2.626
    error = np.sqrt(np.var(kept, ddof=1) / 4 + np.var(broken, ddof=1) / 3)
    assert one.difference.interval is not None
    low, high = one.difference.interval
    assert (high - low) / 2 == pytest.approx(2.6 * error, rel=0.03)


def test_trades_of_other_playbooks_open_ones_and_ones_without_r_are_told_apart() -> None:
    label = {"playbook_id": "book_1", "playbook_version": 1, "checklist": {"wait": Check.KEPT}}
    no_r = a_closed_trade("jt_1", r=None, risk=Risk())
    open_trade = a_closed_trade("jt_2", status=Status.OPEN, closed_at=None)
    found = [
        played(no_r, **label),
        played(open_trade, **label),
        played(a_closed_trade("jt_3"), **(label | {"playbook_id": "book_2"})),
        played(a_closed_trade("jt_4"), **(label | {"playbook_version": 9})),
    ]
    (one,) = stats([a_book()], found, UTC_PLACE)
    assert (one.kept, one.broken) == (1, 0)
    assert (one.mean_kept.reason, one.difference.reason, one.cost.reason) == ("NO_R",) * 3


def test_ten_trades_on_both_sides_are_not_thin_and_versions_share_a_rule() -> None:
    newer = a_book(version=2, rules=(a_rule(text="Wait longer."), a_rule(id="new")))
    found = [
        played(
            a_closed_trade(f"jt_{n}"),
            playbook_id="book_1",
            playbook_version=1 + n % 2,
            checklist={"wait": Check.KEPT if n < 10 else Check.BROKEN},
        )
        for n in range(20)
    ]
    wait, new = stats([a_book(), newer], found, UTC_PLACE)
    assert (wait.kept, wait.broken, wait.thin) == (10, 10, False)
    assert wait.rule.text == "Wait longer."
    assert (new.kept, new.broken) == (0, 0)


def test_trades_without_r_make_no_side_thick_and_cost_nothing() -> None:
    found = [
        played(
            a_closed_trade(f"jt_{side}_{n}", r=r),
            playbook_id="book_1",
            playbook_version=1,
            checklist={"wait": side},
        )
        for side, with_r in ((Check.KEPT, "1"), (Check.BROKEN, "-1"))
        for n, r in enumerate([with_r, *[None] * 11])
    ]
    (one,) = stats([a_book()], found, UTC_PLACE)
    assert (one.kept, one.broken, one.thin) == (12, 12, True)
    assert (one.difference.value, one.difference.n) == (2, 2)
    assert (one.cost.value, one.cost.n) == (-2, 2)


def test_a_rule_and_a_playbook_refuse_what_they_cannot_be() -> None:
    for wrong in ({"id": "A"}, {"id": ""}, {"text": " x"}, {"text": ""}):
        with pytest.raises(ValueError, match=r"."):
            a_rule(**wrong)
    for more in ({"version": 0}, {"name": ""}, {"rules": (a_rule(), a_rule())}):
        with pytest.raises(ValueError, match=r"."):
            replace(a_book(), **more)
