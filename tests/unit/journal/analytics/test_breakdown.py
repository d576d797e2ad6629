"""Breakdowns of stored trades."""

import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.journal.book_stats import Played
from nightdesk.journal.breakdown import breakdown, heatmap
from nightdesk.journal.columns import counted
from nightdesk.journal.dimensions import DIMENSIONS, Whole
from nightdesk.journal.place import Place
from nightdesk.journal.saved_metric import DIMENSIONS as NAMED
from nightdesk.journal.tag import Category, TagBook
from nightdesk.journal.trade import Check, Emotion
from nightdesk.performance.figure import missing
from nightdesk.performance.trade_metrics import trade_metrics
from tests.builders.writing import NOON, OWNER, a_tag, played
from tests.unit.journal.analytics.rig import DAY, HOUR, a_result, a_week

D = Decimal
SEVERAL = {name for name, one in DIMENSIONS.items() if one.several}


def whole_of(trades: list[Played], *, zone: str = "UTC", **more: Any) -> Whole:
    tags = TagBook(OWNER, [a_tag(), a_tag(id="slip", name="Slip", category=Category.MISTAKE)])
    return Whole(counted=counted(trades), place=Place(zone=zone), tags=tags, **more)


def at(moment: datetime, name: str = "jt_1", net: str = "20", **changes: Any) -> Played:
    return played(a_result(name, net, opened_at=moment, closed_at=moment + HOUR, **changes))


def keys(name: str, *trades: Played, zone: str = "UTC") -> list[str]:
    rows = breakdown(name, whole_of(list(trades), zone=zone), thin_n=5).rows
    return sorted(row.key for row in rows)


def test_every_dimension_has_its_name_in_saved_metrics_too() -> None:
    assert set(DIMENSIONS) == NAMED
    assert {"rule", "tag", "mistake", "emotion"} == SEVERAL


@pytest.mark.parametrize("name", sorted(set(DIMENSIONS) - SEVERAL))
def test_rows_of_a_partition_add_up_to_the_whole(name: str) -> None:
    found = breakdown(name, whole_of(a_week(40)), thin_n=10)
    total = found.total
    for figure in ("n", "decided", "net", "net_r"):
        parts = [row.figures[figure].value or 0 for row in found.rows]
        assert sum(parts) == pytest.approx(total[figure].value)
    assert sum(row.figures["share_of_net"].value or 0 for row in found.rows) == pytest.approx(1)
    assert found.without == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=40), st.sampled_from(sorted(NAMED)))
def test_no_trade_is_lost(results: list[int], name: str) -> None:
    trades = [
        at(NOON + 7 * HOUR * place, f"jt_{place:03d}", str(net))
        for place, net in enumerate(results)
    ]
    found = breakdown(name, whole_of(trades), thin_n=10)
    standing = sum(row.figures["n"].value or 0 for row in found.rows)
    assert standing + found.without == len(results)


@pytest.mark.parametrize("name", sorted(DIMENSIONS))
def test_an_empty_journal_has_a_total_with_reasons(name: str) -> None:
    found = breakdown(name, whole_of([]), thin_n=10)
    assert found.rows == ()
    assert {name: one.reason for name, one in found.total.items() if one.value is None} == {
        **dict.fromkeys(("win_rate", "expectancy", "expectancy_r", "profit_factor"), "NO_TRADES"),
        **dict.fromkeys(("average_hold_seconds", "share_of_net"), "NO_TRADES"),
    }
    assert [found.total[name].value for name in ("n", "decided", "net", "net_r")] == [0] * 4


@pytest.mark.parametrize("name", ["hour", "tag"])
def test_where_no_fee_has_a_price_the_total_is_unknown_as_metrics_say(name: str) -> None:
    none = a_result("jt_1", "20")
    money = replace(none.money, net=None, fees=None, net_account=None, fees_account=None)
    whole = whole_of([played(replace(none, money=money, outcome=None))])
    found = breakdown(name, whole, thin_n=10).total
    plain = trade_metrics(whole.counted.columns)
    for figure in ("net", "net_r", "win_rate", "expectancy", "expectancy_r", "profit_factor"):
        assert found[figure] == plain[figure] == missing("FEE_PRICE_MISSING", 0)


def test_time_buckets_are_those_of_the_entry_on_the_owners_clock() -> None:
    # 30 March 2025, 23:30 UTC: in Vienna it is Monday the 31st, 01:30, summer time
    late = at(datetime(2025, 3, 30, 23, 30, tzinfo=UTC))
    said = {
        name: keys(name, late, zone="Europe/Vienna")
        for name in ("hour", "weekday", "hour_weekday", "day", "week", "month", "year")
    }
    assert said == {
        "hour": ["01"],
        "weekday": ["1"],
        "hour_weekday": ["1-01"],
        "day": ["2025-03-31"],
        "week": ["2025-W14"],
        "month": ["2025-03"],
        "year": ["2025"],
    }
    assert keys("session", late, zone="Europe/Vienna") == ["us"]  # sessions are UTC's


@pytest.mark.parametrize(
    ("seconds", "key"),
    [
        (0, "under 15 min"),
        (899, "under 15 min"),
        (900, "15 min to 1 h"),
        (3_600, "1 h to 4 h"),
        (14_400, "4 h to 1 d"),
        (86_400, "1 d to 3 d"),
        (3 * 86_400, "3 d to 1 w"),
        (7 * 86_400, "1 w and more"),
    ],
)
def test_holds_have_their_lower_bound(seconds: int, key: str) -> None:
    trade = a_result("jt_1", "1", closed_at=NOON + seconds * HOUR / 3_600)
    assert keys("hold", played(trade)) == [key]


def test_sizes_are_quarters_of_these_trades() -> None:
    trades = []
    for place in range(8):
        trade = a_result(f"jt_{place}", "1")
        quantity = replace(trade.quantity, size=D(100 * (place + 1)))
        trades.append(played(replace(trade, quantity=quantity)))
    rows = breakdown("size", whole_of(trades), thin_n=5).rows
    assert {row.key: row.figures["n"].value for row in rows} == {
        "1 smallest": 2,
        "2": 2,
        "3": 2,
        "4 largest": 2,
    }


def test_a_trade_with_three_labels_stands_in_three_rows_and_the_total_says_so() -> None:
    felt = (Emotion.CALM, Emotion.CONFIDENT, Emotion.DISCIPLINED)
    trades = [played(a_result("jt_1", "20"), emotions=felt), played(a_result("jt_2", "-5"))]
    found = breakdown("emotion", whole_of(trades), thin_n=5)
    assert [row.figures["n"].value for row in found.rows] == [1, 1, 1]
    assert (found.total["n"].value, found.without) == (2, 1)
    assert "do not add up" in found.text


def test_tags_have_names_and_mistakes_are_tags_of_that_kind() -> None:
    trades = [played(a_result("jt_1", "20"), tags=("tag_1", "slip"))]
    assert {row.name for row in breakdown("tag", whole_of(trades), thin_n=5).rows} == {
        "Chased",
        "Slip",
    }
    assert [row.name for row in breakdown("mistake", whole_of(trades), thin_n=5).rows] == ["Slip"]


def test_rules_stand_as_kept_and_as_broken() -> None:
    trades = [played(a_result("jt_1", "20"), playbook_id="book_1", playbook_version=1)]
    whole = whole_of(
        trades,
        checks=lambda _: {"wait": Check.KEPT, "rr": Check.BROKEN, "late": Check.UNKNOWN},
        rules={"book_1/wait": "Wait for the close."},
    )
    rows = breakdown("rule", whole, thin_n=5).rows
    assert {(row.key, row.name) for row in rows} == {
        ("book_1/wait:kept", "Wait for the close.: kept"),
        ("book_1/rr:broken", "book_1/rr: broken"),
    }


def test_thin_rows_come_last_and_small_ones_are_hidden() -> None:
    many = [at(NOON + DAY * place, f"a{place:02d}", "1") for place in range(12)]
    few = [at(NOON + DAY * place + HOUR, f"b{place}", "900") for place in range(2)]
    rows = breakdown("hour", whole_of([*many, *few]), thin_n=10).rows
    assert [(row.key, row.thin) for row in rows] == [("12", False), ("13", True)]
    found = breakdown("hour", whole_of([*many, *few]), thin_n=10, min_n=3)
    assert ([row.key for row in found.rows], found.hidden) == (["12"], 1)


def test_without_proof_nothing_is_better_or_worse() -> None:
    assert {row.verdict for row in breakdown("hour", whole_of(a_week(48)), thin_n=5).rows} == {
        "no difference proven"
    }


def test_what_differs_beyond_chance_is_named() -> None:
    good = [at(NOON + DAY * n, f"a{n:02d}", str(18 + n % 5)) for n in range(30)]
    bad = [at(NOON + DAY * n + HOUR, f"b{n:02d}", str(-12 + n % 5)) for n in range(30)]
    rows = breakdown("hour", whole_of([*good, *bad]), thin_n=10).rows
    assert [(row.key, row.verdict) for row in rows] == [("12", "better"), ("13", "worse")]


def test_a_map_has_all_hours_and_days_and_the_cells_that_hold_trades() -> None:
    found = heatmap("weekday", "hour", whole_of(a_week(30)), thin_n=5)
    assert (len(found.rows), len(found.columns), found.rows[0]) == (7, 24, ("1", "Monday"))
    assert sum(cell.figures["n"].value or 0 for cell in found.cells) == 30
    assert all(cell.figures["n"].value for cell in found.cells)


def test_the_hundredth_trade_of_a_day_stands_behind_the_ninth_on_a_map() -> None:
    trades = []
    for number in (100, 9, 11, 10):
        one = a_result(f"jt_{number}", "20")
        trades.append(played(replace(one, context=replace(one.context, nth_of_day=number))))
    found = heatmap("nth_of_day", "side", whole_of(trades), thin_n=5)
    assert [name for _, name in found.rows] == ["09", "10", "11", "100"]


def test_a_map_of_days_by_days_costs_no_more_than_its_cells() -> None:
    whole = whole_of([at(NOON + DAY * n, f"jt_{n:04d}") for n in range(700)])
    assert len(breakdown("day", whole, thin_n=5).rows) == 700
    tracemalloc.start()
    found = heatmap("day", "day", whole, thin_n=5)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(found.rows), len(found.columns), len(found.cells)) == (700, 700, 700)
    assert {(cell.row, cell.figures["n"].value) for cell in found.cells} == {
        (cell.column, 1) for cell in found.cells
    }
    assert most < 10_000_000  # half a million empty cells would take ten times as much


def test_a_trade_has_one_place_on_a_map() -> None:
    with pytest.raises(ValueError, match="one place"):
        heatmap("tag", "hour", whole_of(a_week(3)), thin_n=5)
