from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.entry import EntryKind
from nightdesk.journal.insight import Insight, Seen, by_rules
from nightdesk.journal.place import Place, in_force, noted
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.preferring import ReadPreferences
from nightdesk.journal.saved_metric import (
    Bound,
    Goal,
    Window,
    presets,
    spans,
    with_presets,
)
from nightdesk.journal.tag import TagBook, first_setups, tag_name
from nightdesk.journal.trade import Check, Excursion, Labels, Outcome, Risk, Status
from nightdesk.journal.wording import folded, line, prose
from nightdesk.performance.figure import known, missing
from tests.builders.writing import (
    DAY,
    NOON,
    OWNER,
    a_closed_trade,
    a_saved_metric,
    a_tag,
    an_entry,
)
from tests.fakes.journal import FakePreferences

D = Decimal

# what is typed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "\u200b",
        "\ufeff \u2060",
        "a\x00b",
        "a\nb",
        "a\tb",
        "\u202eabc",
        "a\u2066",
        "\ud800",
        "a\u2028b",
        "\x85",
    ],
)
def test_a_line_is_refused_for_what_nobody_sees(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        line(text, 50)


def test_a_line_is_trimmed_and_composed_and_keeps_joined_emoji() -> None:
    assert line("  e\u0301te\u0301 ", 50) == "été"
    assert line("👩\u200d👧 day", 50) == "👩\u200d👧 day"
    with pytest.raises(ValueError, match="50"):
        line("x" * 51, 50)


@given(st.text(max_size=60))
def test_a_line_or_text_that_was_taken_is_taken_as_it_is(text: str) -> None:
    for rule in (line, prose):
        try:
            once = rule(text, 60)
        except ValueError:
            continue
        assert rule(once, 60) == once


def test_a_text_keeps_its_lines_and_nothing_else_of_controls() -> None:
    assert prose("a\r\nb\rc\td", 9) == "a\nb\nc\td"
    with pytest.raises(ValueError, match="tabs"):
        prose("a\x1b[31m", 99)


# entries


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": " x"},
        {"body": "a\r\n"},
        {"body": "x" * 20_001},
        {"mood": 0},
        {"mood": 11},
        {"tags": ("a", "a")},
        {"tags": tuple(f"t{n}" for n in range(21))},
        {"kind": EntryKind.TRADE},
        {"kind": EntryKind.WEEK},
        {"day": DAY},
        {"trade_id": "jt_1"},
    ],
)
def test_an_entry_that_cannot_be_is_not_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        an_entry(**wrong)


# tags


def test_names_are_the_same_without_case_and_width() -> None:
    assert tag_name(" \uff23hase\u0301d ") == "Chaséd"
    assert folded("STRASSE") == folded("straße")
    assert a_tag(name="Ⅻ".replace("Ⅻ", "XII")).key == folded("Ⅻ")
    for wrong in ("", "x" * 51, "a\nb", "\u202e"):
        with pytest.raises(ValueError, match=r"."):
            tag_name(wrong)


def test_a_merged_tag_leads_to_the_one_that_has_its_uses() -> None:
    tags = [
        a_tag(id="a", name="A"),
        a_tag(id="b", name="B", merged_into="a"),
        a_tag(id="c", name="C", merged_into="b"),
        a_tag(id="d", name="D", merged_into="gone"),
    ]
    book = TagBook(OWNER, tags)
    assert [book.of(one) for one in ("a", "b", "c", "d", "x")] == ["a", "a", "a", None, None]
    assert book.shown(("c", "a", "breakout", "x")) == ("a", "breakout")
    assert book.family("b") == {"a", "b", "c"}
    assert book.family("x") == frozenset()
    named = book.named("c")
    assert named is not None
    assert named.id == "a"
    assert book.named("nobody") is None
    assert book.aliases("a") == ("B", "C")


def test_tags_that_lead_to_each_other_lead_nowhere() -> None:
    ring = [a_tag(id="a", name="A", merged_into="b"), a_tag(id="b", name="B", merged_into="a")]
    assert TagBook(OWNER, ring).of("a") is None


def test_everybody_begins_with_ten_setups_that_can_be_changed() -> None:
    assert len(first_setups(OWNER)) == 10
    changed = replace(first_setups(OWNER)["gap"], name="Gap up", version=1)
    assert TagBook(OWNER, [changed]).every["gap"].name == "Gap up"


# places


def test_days_begin_at_the_owners_midnight_also_when_clocks_change() -> None:
    vienna = Place(zone="Europe/Vienna")
    for day, hours in ((date(2025, 3, 30), 23), (date(2025, 10, 26), 25), (DAY, 24)):
        begins, ends = vienna.bounds(day)
        assert ends - begins == timedelta(hours=hours)
        assert vienna.day(begins) == day
        assert vienna.day(begins - timedelta(seconds=1)) == day - timedelta(days=1)


def test_a_midnight_that_clocks_skip_is_the_moment_after() -> None:
    beirut = Place(zone="Asia/Beirut")  # 2025-03-30 00:00 does not exist there
    begins, ends = beirut.bounds(date(2025, 3, 30))
    assert ends - begins == timedelta(hours=23)


def test_a_change_takes_effect_from_the_next_week_on() -> None:
    wednesday = datetime(2025, 3, 5, 12, tzinfo=UTC)
    first = noted((), "UTC", "USD", wednesday)
    assert first == (Place(),)
    assert noted(first, "UTC", "USD", wednesday) == first
    moved = noted(first, "Asia/Tokyo", "JPY", wednesday)
    assert moved[1].since == datetime(2025, 3, 9, 15, tzinfo=UTC)  # Monday 00:00 in Tokyo
    assert in_force(moved, wednesday) == Place()
    assert in_force(moved, datetime(2025, 3, 9, 15, tzinfo=UTC)).currency == "JPY"
    assert noted(moved, "UTC", "USD", wednesday) == first
    again = noted(moved, "UTC", "EUR", wednesday)
    assert [one.currency for one in again] == ["USD", "EUR"]


def test_where_the_next_week_has_begun_already_it_is_the_one_after() -> None:
    monday_in_tokyo = datetime(2025, 3, 9, 20, tzinfo=UTC)  # Sunday in New York
    first = (Place(zone="America/New_York"),)
    moved = noted(first, "Asia/Tokyo", "USD", monday_in_tokyo)
    assert moved[1].since == datetime(2025, 3, 16, 15, tzinfo=UTC)


def test_whoever_notes_a_change_first_does_it_for_all() -> None:
    store = FakePreferences()

    class Racing(FakePreferences):
        def save(self, preferences: Preferences) -> Preferences:
            store.save(preferences)
            raise StaleWrite("settings")

    from nightdesk.accounts.identity import Profile

    def profile(owner: UserId) -> Profile:
        return Profile(owner=owner, username="ada", email="a@b.example", created_at=NOON)

    racing = Racing(store.kept)
    assert ReadPreferences(racing, profile)(OWNER, NOON).places == (Place(),)
    assert store.get(OWNER).version == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"breakeven_r": D("0.51")},
        {"breakeven_r": D("-0.1")},
        {"cooldown_minutes": -1},
        {"cooldown_minutes": 1_441},
        {"thin_n": 4},
        {"thin_n": 51},
    ],
)
def test_settings_have_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Preferences(owner=OWNER, **wrong)


# saved metrics


def day(month: int, number: int, year: int = 2025) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "begins", "before"),
    [
        (Window.DAYS_7, day(2, 27), day(2, 20)),
        (Window.DAYS_30, day(2, 4), day(1, 5)),
        (Window.WEEK, day(3, 3), day(2, 24)),
        (Window.MONTH, day(3, 1), day(2, 1)),
        (Window.YEAR, day(1, 1), day(1, 1, 2024)),
    ],
)
def test_a_window_ends_with_today_and_the_one_before_where_it_begins(
    window: Window, begins: datetime, before: datetime
) -> None:
    present, previous = spans(window, Place(), NOON)
    assert present == (begins, day(3, 6))
    assert previous == (before, begins)


def test_all_has_nothing_before_it_and_windows_are_of_the_owners_days() -> None:
    assert spans(Window.ALL, Place(), NOON) == ((None, day(3, 6)), None)
    present, _ = spans(Window.DAYS_7, Place(zone="Pacific/Kiritimati"), NOON)
    assert present[1] == datetime(2025, 3, 6, 10, tzinfo=UTC)


def test_a_goal_is_met_or_nobody_can_say() -> None:
    least, most = (Goal(bound=bound, value=D("1.5")) for bound in Bound)
    assert (least.met(known(1.5, 9)), most.met(known(1.5, 9))) == (True, True)
    assert (least.met(known(1.4, 9)), most.met(known(1.6, 9))) == (False, False)
    assert least.met(missing("NO_TRADES", 0)) is None


def test_presets_come_first_until_they_are_changed() -> None:
    mine = a_saved_metric(position=0)
    assert [one.id for one in with_presets(OWNER, [mine])] == [
        "preset_sharpe",
        "preset_win_rate",
        "metric_1",
    ]
    gone = replace(presets(OWNER)["preset_sharpe"], removed=True, version=1)
    assert "preset_sharpe" not in [one.id for one in with_presets(OWNER, [gone])]


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "luck"},
        {"filters": {"moon": ("full",)}},
        {"breakdown": "moon"},
        {"position": -1},
        {"name": ""},
    ],
)
def test_a_saved_metric_that_cannot_be_is_not_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        a_saved_metric(**wrong)


# insight


def codes(insight: Insight) -> tuple[list[str], list[str]]:
    return [one.code for one in insight.facts], [one.code for one in insight.suggestions]


def test_without_a_trade_there_is_nothing_to_say() -> None:
    assert codes(by_rules(None, None, {}, (), at=NOON)) == ([], [])


def test_facts_are_the_trades_and_suggestions_three_at_most() -> None:
    loser = a_closed_trade(
        r="-1.234",
        outcome=Outcome.LOSS,
        risk=Risk(initial_stop=None, r=D("-1.234")),
        excursion=Excursion(mae_r=D("1.3"), mfe_r=D("1.456"), capture=D("-0.2")),
    )
    labels = Labels(
        owner=OWNER,
        trade_id=loser.id,
        checklist={"wait": Check.BROKEN, "rr": Check.KEPT, "old": Check.BROKEN},
    )
    seen = [Seen(detector="REVENGE", severity="high", text="Entered soon after a loss.")]
    found = by_rules(loser, labels, {"wait": "Wait for the close."}, seen, at=NOON)
    facts, suggestions = codes(found)
    assert facts == ["R", "MAE_MFE", "RULE_BROKEN", "RULE_BROKEN", "REVENGE"]
    assert suggestions == ["RECORD_A_STOP", "TARGET_FAR", "WHY_BROKEN"]
    texts = [one.text for one in found.facts]
    assert texts[0] == "The result is -1.23 R."
    assert texts[1] == "It went 1.3 R against you and 1.46 R for you."
    assert texts[2:4] == ['Rule broken: "old".', 'Rule broken: "Wait for the close.".']
    assert by_rules(loser, labels, {"wait": "Wait for the close."}, seen, at=NOON) == found


def test_a_winner_is_told_of_a_wide_stop_and_of_what_was_given_back() -> None:
    winner = a_closed_trade(
        risk=Risk(initial_stop=D(90), r=D(1)),
        excursion=Excursion(mae_r=D("0.1"), mfe_r=D("3"), capture=D("0.3333")),
    )
    facts, suggestions = codes(by_rules(winner, None, {}, (), at=NOON))
    assert facts == ["R", "MAE_MFE", "CAPTURE"]
    assert suggestions == ["STOP_WIDE", "GIVEN_BACK"]


def test_an_open_trade_has_no_result_and_a_declared_one_needs_no_stop() -> None:
    still = a_closed_trade(status=Status.OPEN, closed_at=None, outcome=None, r=None)
    labels = Labels(owner=OWNER, trade_id=still.id, no_stop_declared=True)
    assert codes(by_rules(still, labels, {}, (), at=NOON)) == (["OPEN"], [])
    assert codes(by_rules(a_closed_trade(r=None), labels, {}, (), at=NOON))[0] == ["NO_R"]


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ({"r": "NO_STOP"}, "no stop was recorded at the entry."),
        ({"r": "ZERO_RISK"}, "the first stop left nothing at risk."),
        ({"r": "FEE_PRICE_MISSING"}, "what its fees were worth is not known."),
        ({}, "it cannot be computed."),
    ],
)
def test_why_there_is_no_r_is_said_as_the_trade_says_it(reasons: dict[str, str], said: str) -> None:
    trade = a_closed_trade(r=None, reasons=reasons)
    (fact,) = by_rules(trade, None, {}, (), at=NOON).facts
    assert (fact.code, fact.text) == ("NO_R", f"R is not known: {said}")
