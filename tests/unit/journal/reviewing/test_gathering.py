"""What a review is made of: all of its period, of one mode, and nothing of anybody else's."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.finding import DetectorId, Scope, Severity
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.plan import Wish
from nightdesk.journal.ports.figures import AccountBot
from nightdesk.journal.predicate import Compare, Predicate
from nightdesk.journal.review import TextSource, Wording
from nightdesk.journal.review_material import Account
from nightdesk.journal.reviewing.habits import rules_of
from nightdesk.journal.reviewing.numbers import numbers_of
from nightdesk.journal.reviewing.trying import proposed
from nightdesk.journal.trade import Check, ExitReason, Origin, Status
from nightdesk.journal.verdict import State
from nightdesk.trading.external import RecordKind
from nightdesk.trading.order import Mode
from tests.builders.behaviour import a_finding
from tests.builders.decisions import an_equity_point
from tests.builders.imports import a_deposit, a_fill_outside
from tests.builders.reviews import (
    MONDAY,
    OTHER,
    OWNER,
    WEEK,
    a_period,
    a_played,
    a_review,
    a_text,
    an_experiment,
)
from tests.builders.writing import a_book, a_plan, a_rule, a_tag
from tests.fakes.journal_trades import FakeTrades
from tests.unit.journal.reviewing.journal_rig import BOT, Journal

D = Decimal
DAY = timedelta(days=1)


def names(played: object) -> list[str]:
    return [one.trade.id for one in played]  # type: ignore[attr-defined]


def test_a_week_has_what_closed_in_it_by_the_owners_clock() -> None:
    journal = Journal()
    week = a_period()
    for name, closed in (
        ("before", week.since - timedelta(milliseconds=1)),
        ("first", week.since),
        ("last", week.until - timedelta(milliseconds=1)),
        ("after", week.until),
    ):
        journal.hold(a_played(name), opened_at=closed - timedelta(hours=1), closed_at=closed)
    found = journal.material(week, MONDAY)
    assert names(found.closed) == ["jt_first", "jt_last"]
    assert names(found.past[0].closed) == ["jt_before"]
    assert (len(found.past), found.thin_n) == (12, 7)
    assert [one.period.label for one in found.past[:2]] == ["2025-W09", "2025-W08"]


def test_paper_and_live_are_not_mixed_and_what_is_left_out_is_counted() -> None:
    journal = Journal()
    live, paper = a_played("live"), a_played("paper")
    journal.hold(live)
    journal.hold(paper, mode=Mode.PAPER)
    journal.flag(live)
    journal.flag(paper)
    found = journal.material(a_period(), MONDAY)
    assert (found.mode, names(found.closed), found.other_modes) == (Mode.LIVE, ["jt_live"], 1)
    assert [one.trades[0] for one in found.findings] == ["jt_live"]
    alone = Journal()
    alone.hold(paper, mode=Mode.PAPER)
    found = alone.material(a_period(), MONDAY)
    assert (found.mode, names(found.closed), found.other_modes) == (Mode.PAPER, ["jt_paper"], 0)


def test_findings_of_a_trade_held_over_midnight_are_of_the_period_in_which_it_closed() -> None:
    journal = Journal()
    entered = a_period("2025-W11").since - timedelta(hours=4)
    closed = entered + timedelta(hours=38)
    journal.hold(a_played("swing"), opened_at=entered, closed_at=closed)
    journal.findings.add(a_finding(owner=OWNER, at=entered, trades=(TradeId("jt_swing"),)), None)
    counts = {}
    for label, kind in (
        (WEEK, ReviewKind.WEEK),
        ("2025-W11", ReviewKind.WEEK),
        ("2025-W14", ReviewKind.WEEK),
        ("2025-03-09", ReviewKind.DAY),
        ("2025-03-11", ReviewKind.DAY),
    ):
        material = journal.material(a_period(label, kind), MONDAY + 30 * DAY)
        rows = cast("list[dict[str, Any]]", numbers_of(material)["findings"])
        counts[label] = [row["count"] for row in rows]
    assert counts == {
        WEEK: [],
        "2025-W11": [1],
        "2025-W14": [],
        "2025-03-09": [],
        "2025-03-11": [1],
    }
    # four weeks before the end of W14 it was held already
    assert len(journal.material(a_period("2025-W14"), MONDAY).findings) == 1


def test_habits_of_trades_entered_before_the_four_weeks_are_candidates() -> None:
    journal, first = Journal(), a_period("2025-W07").since
    for n in range(12):
        one = a_played(f"t{n:02}", "-1" if n < 6 else "1")
        entered = first - (n + 1) * timedelta(hours=1)
        journal.hold(one, opened_at=entered, closed_at=first + timedelta(hours=n))
        if n < 6:
            found = a_finding(owner=OWNER, at=entered, trades=(one.trade.id,))
            journal.findings.add(found, None)
    chosen = proposed(journal.material(a_period(), MONDAY))
    assert chosen is not None
    assert (chosen.filter, chosen.baseline) == ({"detector": "REVENGE"}, D("0.5"))


def test_nothing_is_said_of_trades_that_were_taken_back() -> None:
    journal = Journal()
    live, gone = a_played("live"), a_played("gone", day=date(2025, 3, 6))
    journal.hold(live)
    journal.hold(gone, status=Status.VOID)
    journal.flag(live)
    journal.flag(gone)
    losses(journal, date(2025, 3, 7))
    journal.make(OWNER, ReviewKind.DAY, "2025-03-07", now=MONDAY)
    for n in range(3):
        journal.hold(a_played(f"l2025-03-07{n}", day=date(2025, 3, 7)), status=Status.VOID)
    found = journal.material(a_period(), MONDAY)
    assert [one.trades[0] for one in found.findings] == ["jt_live"]
    assert found.tilts == {}
    assert journal.make(OWNER, ReviewKind.DAY, "2025-03-06", now=MONDAY) is None


def test_a_day_on_which_trades_only_ended_keeps_its_tilt() -> None:
    journal, day = Journal(), a_period("2025-03-05", ReviewKind.DAY)
    tilt = a_finding(
        owner=OWNER,
        detector=DetectorId.TILT,
        scope=Scope.DAY,
        at=day.since,
        trades=(),
        figures={"day": day.label, "score": 40},
    )
    journal.findings.add(tilt, None)
    assert journal.material(day, MONDAY).findings == ()
    journal.hold(a_played("ended"), opened_at=day.since - DAY)
    assert journal.material(day, MONDAY).tilts == {day.first: 40}


def test_open_trades_are_held_whenever_they_began() -> None:
    journal = Journal()
    journal.open(a_played("old", day=date(2024, 1, 3)))
    journal.open(a_played("new"))
    journal.hold(a_played("done"))
    found = journal.material(a_period(), MONDAY)
    assert sorted(names(found.held)) == ["jt_new", "jt_old"]
    assert [len(one.trade.legs) for one in found.held] == [2, 2]  # lists have the first alone
    assert sorted(names(found.opened)) == ["jt_done", "jt_new"]
    assert not found.empty


def test_findings_and_plans_of_a_week_are_those_of_four() -> None:
    journal = Journal()
    for name, day in (("w6", date(2025, 2, 5)), ("w7", date(2025, 2, 12)), ("w10", None)):
        one = a_played(name, day=day) if day else a_played(name)
        journal.hold(one)
        journal.flag(one, DetectorId.NO_STOP)
    for day in (date(2025, 2, 5), date(2025, 2, 12), date(2025, 3, 5)):
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)
        wish = a_plan().wish
        journal.plans.save(
            a_plan(owner=OWNER, day=day, begins=begins, ends=begins + DAY, wish=wish)
        )
    found = journal.material(a_period(), MONDAY)
    assert [one.trades[0] for one in found.findings] == ["jt_w7", "jt_w10"]
    assert set(found.verdicts) == {date(2025, 2, 12), date(2025, 3, 5)}
    assert found.entry_days == {date(2025, 2, 12), date(2025, 3, 5)}
    verdict = found.verdicts[date(2025, 3, 5)]
    assert (verdict.state, [item.check for item in verdict.items]) == (State.JUDGED, [Check.KEPT])
    month = journal.material(a_period("2025-02", ReviewKind.MONTH), MONDAY)
    assert [one.trades[0] for one in month.findings] == ["jt_w6", "jt_w7"]
    assert [one.period.label for one in month.past] == [
        *("2025-01", "2024-12", "2024-11", "2024-10", "2024-09", "2024-08"),
    ]


def test_a_setup_that_was_merged_since_keeps_a_plan_and_a_rule_that_named_it() -> None:
    journal, day = Journal(), date(2025, 3, 5)
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)
    wish = Wish(setups=("coil",))
    journal.plans.save(a_plan(owner=OWNER, day=day, begins=begins, ends=begins + DAY, wish=wish))
    asked = Predicate(field="setup_id", compare=Compare.EQ, values=("coil",))
    journal.playbooks.put(a_book(owner=OWNER, rules=(a_rule(predicate=asked),)), None)
    for name, setup in (("old", "coil"), ("new", "squeeze")):
        journal.hold(a_played(name, setup_id=setup, playbook_id="book_1", playbook_version=1))
    journal.tags.kept = {
        (OWNER, "coil"): a_tag(owner=OWNER, id="coil", name="Coil", merged_into="squeeze"),
        (OWNER, "squeeze"): a_tag(owner=OWNER, id="squeeze", name="Squeeze"),
    }
    found = journal.material(a_period(), MONDAY)
    assert [item.check for item in found.verdicts[day].items] == [Check.KEPT]
    (rule,) = rules_of(found.books, found.closed, found.period.place).values()
    assert (sorted(names(rule.kept)), rule.broken) == (["jt_new", "jt_old"], ())


def test_bots_make_no_day_without_a_plan() -> None:
    journal = Journal()
    journal.hold(a_played("bot"), origin=Origin.BOT)
    found = journal.material(a_period(), MONDAY)
    assert (found.verdicts, found.entry_days, found.tilts) == ({}, frozenset(), {})
    journal.hold(a_played("hand"))
    found = journal.material(a_period(), MONDAY)
    assert found.verdicts[date(2025, 3, 5)].state is State.NO_PLAN


def losses(journal: Journal, day: date) -> None:
    for n in range(3):
        one = a_played(f"l{day}{n}", "-1", day=day)
        at = one.trade.opened_at + timedelta(hours=n)
        journal.hold(one, opened_at=at, closed_at=at + timedelta(minutes=30))


def test_the_last_day_is_judged_once_and_its_tilt_stands_in_digest_and_review() -> None:
    journal, sunday = Journal(), date(2025, 3, 9)
    losses(journal, sunday)
    review = journal.make(OWNER, ReviewKind.WEEK, WEEK, now=MONDAY)
    digest = journal.make(OWNER, ReviewKind.DAY, "2025-03-09", now=MONDAY)
    for made in (review, digest):
        assert made is not None
        assert made.numbers is not None
        tilt = made.numbers["tilt"]
        assert isinstance(tilt, dict)
        assert tilt["day"] == "2025-03-09"
        assert tilt["score"]["value"] >= 3 * 12
    assert [one.detector for one in journal.findings.kept.values()] == [DetectorId.TILT]


def test_other_days_are_those_that_their_digests_judged() -> None:
    journal, friday = Journal(), date(2025, 3, 7)
    losses(journal, friday)
    assert journal.material(a_period(), MONDAY).tilts == {}
    journal.make(OWNER, ReviewKind.DAY, "2025-03-07", now=MONDAY)
    assert journal.material(a_period(), MONDAY).tilts[friday] >= 3 * 12
    assert journal.material(a_period(), MONDAY).last_day is None


def early_exits(journal: Journal, n: int) -> None:
    """Hold winners closed by hand with a tenth of what they had, every other hour."""
    for place in range(n):
        one = a_played(f"e{place}", day=date(2025, 3, 4))
        at = one.trade.opened_at + timedelta(hours=2 * place)
        excursion = replace(one.trade.excursion, mfe=D(10) * (one.trade.money.gross or 0))
        journal.hold(
            one,
            opened_at=at,
            closed_at=at + timedelta(minutes=90),
            exit_reason=ExitReason.MANUAL,
            excursion=excursion,
        )


def test_a_week_keeps_what_its_last_90_days_claim_and_says_it_with_its_base() -> None:
    journal = Journal()
    early_exits(journal, 24)
    for label in (WEEK, WEEK):
        review = journal.make(OWNER, ReviewKind.WEEK, label, now=MONDAY)
    month = journal.make(
        OWNER, ReviewKind.MONTH, "2025-03", now=datetime(2025, 4, 1, 8, tzinfo=UTC)
    )
    (kept,) = (one for one in journal.findings.kept.values() if one.scope is Scope.WINDOW)
    assert (kept.detector, kept.at) == (DetectorId.EARLY_EXIT, a_period().until)
    for made in (review, month):
        assert made is not None
        assert made.numbers is not None
        rows = cast("list[dict[str, Any]]", made.numbers["findings"])
        (row,) = (one for one in rows if one["detector"] == "EARLY_EXIT")
        assert (row["claim"], row["x"], row["n"], row["days"]) == ("fires", 24, 24, 90)
        assert row["base"]["value"] == pytest.approx(0.39)
        assert row["p"]["value"] == pytest.approx(0.39**24)


def test_what_a_week_claims_makes_no_digest_of_a_monday_without_trades() -> None:
    journal, monday = Journal(), a_period().until
    claim = a_finding(owner=OWNER, severity=Severity.MEDIUM, scope=Scope.WINDOW, at=monday)
    journal.findings.add(claim, None)
    assert journal.material(a_period("2025-03-10", ReviewKind.DAY), MONDAY).findings == ()
    assert journal.make(OWNER, ReviewKind.DAY, "2025-03-10", now=MONDAY + DAY) is None


def test_a_week_without_a_persons_trade_claims_nothing() -> None:
    journal = Journal()
    early_exits(journal, 24)
    later = journal.make(OWNER, ReviewKind.WEEK, "2025-W11", now=MONDAY + 7 * DAY)
    assert later is not None
    assert later.numbers is not None
    assert later.numbers["findings"] == []
    assert journal.findings.kept == {}


def test_rules_are_read_of_the_playbooks_that_trades_keep() -> None:
    journal = Journal()
    journal.playbooks.put(a_book(owner=OWNER), None)
    journal.playbooks.put(a_book(owner=OWNER, id="book_2", name="Other"), None)
    journal.hold(a_played("kept", playbook_id="book_1", playbook_version=1))
    assert [one.id for one in journal.material(a_period(), MONDAY).books] == ["book_1"]


def test_the_account_begins_with_what_it_had_before() -> None:
    journal = Journal(bots=[AccountBot(bot_id=BOT, mode=Mode.LIVE, quote="EUR")])
    week = a_period()
    points = [
        an_equity_point(at, owner=OWNER, bot_id=BOT, equity=D(equity), net_capital=D(paid))
        for at, equity, paid in (
            (week.since - 30 * DAY, 900, 1_000),
            (week.since - DAY, 1_000, 1_000),
            (week.since + timedelta(hours=30), 1_100, 1_000),
            (week.since + timedelta(hours=60), 1_250, 1_150),
            (week.until, 5_000, 1_150),
        )
    ]
    journal.equity.put(points)
    found = journal.material(week, MONDAY).account
    assert (found.start, found.end, found.flows) == (D(1_000), D(1_250), D(150))
    assert (found.currency, found.moved, found.left_out) == ("EUR", True, ())
    assert len(found.returns) == 7
    assert [round(one, 9) for one in found.returns if one] == [0.1]
    journal.bots = [replace(journal.bots[0], quote="USDT")]
    assert journal.material(week, MONDAY).account == replace(found, currency="USDT")
    journal.bots = []
    assert journal.material(week, MONDAY).account == Account()


def test_without_bots_the_account_is_that_which_the_journal_keeps() -> None:
    journal, week = Journal(), a_period()
    for name, at, amount in (("1", -30, 1_000), ("2", 3, 100)):
        paid = a_deposit(name, owner=OWNER, at=week.since + at * DAY, quantity=D(amount))
        journal.kept.records.put(OWNER, [paid], "import:a")
    earned = a_deposit("3", owner=OWNER, at=week.since + DAY, kind=RecordKind.REWARD)
    journal.kept.records.put(OWNER, [earned], "import:a")
    found = journal.material(week, MONDAY).account
    assert (found.start, found.end, found.flows) == (D(1_000), D(1_200), D(100))
    assert (found.currency, found.untold, found.caveat) == ("EUR", (), None)
    assert [round(one, 9) for one in found.returns if one] == [0.1]
    bought = a_fill_outside("4", owner=OWNER, at=week.since, account="other")
    journal.kept.records.put(OWNER, [bought], "import:a")
    told = replace(found, untold=("other",))
    assert journal.material(week, MONDAY).account == told
    shown = numbers_of(journal.material(week, MONDAY))["account"]
    assert isinstance(shown, dict)
    assert shown["untold"] == ["other"]


def test_a_day_with_flows_alone_is_not_empty_in_whatever_currency() -> None:
    journal = Journal(bots=[AccountBot(bot_id=BOT, mode=Mode.LIVE, quote="USDT")])
    day = a_period("2025-03-05", ReviewKind.DAY)
    assert journal.material(day, MONDAY).empty
    journal.equity.put(
        [
            an_equity_point(at, owner=OWNER, bot_id=BOT, equity=D(equity), net_capital=D(paid))
            for at, equity, paid in (
                (day.since - DAY, 1_000, 1_000),
                (day.since + timedelta(hours=3), 6_000, 6_000),
                (day.since + timedelta(hours=9), 1_000, 1_000),
            )
        ]
    )
    material = journal.material(day, MONDAY)
    assert (material.account.flows, material.empty) == (D(0), False)


def test_the_experiment_that_was_tried_is_that_of_the_newest_review_before() -> None:
    journal = Journal()
    for version in (1, 2):
        begun = a_review(label="2025-W09", version=version)
        journal.reviews.begin(begun)
        tried = an_experiment(week=WEEK, text=f"Version {version}.")
        ready = replace(begun, revision=1).ready(
            {"follow_up": None}, Wording(text=a_text(), source=TextSource.RULES), tried, MONDAY
        )
        journal.reviews.save(ready, now=MONDAY)
    journal.reviews.begin(a_review(label="2025-W09", version=3))
    tried_now = journal.material(a_period(), MONDAY).tried
    assert tried_now is not None
    assert tried_now.text == "Version 2."


def test_a_month_has_the_experiments_of_the_weeks_that_ended_in_it() -> None:
    journal = Journal()
    # W13 ends on 30 March, W18 on 4 May
    for label in ("2025-W13", "2025-W14", "2025-W17", "2025-W18"):
        begun = a_review(label=label)
        journal.reviews.begin(begun)
        ready = replace(begun, revision=1).ready(
            {"follow_up": {"week": label}},
            Wording(text=a_text(), source=TextSource.RULES),
            None,
            MONDAY,
        )
        journal.reviews.save(ready, now=MONDAY)
    april = a_period("2025-04", ReviewKind.MONTH)
    found = journal.material(april, april.until).experiments
    assert [one["week"] for one in found] == ["2025-W14", "2025-W17"]


def test_another_traders_journal_is_empty() -> None:
    journal = Journal()
    one = a_played("mine")
    journal.hold(one)
    journal.flag(one)
    found = journal.material(a_period(), MONDAY, OTHER)
    assert found.empty
    assert (found.closed, found.findings, found.past[0].closed) == ((), (), ())


@dataclass
class CountedTrades(FakeTrades):
    """Trades that remember how long the stretches were that were asked for."""

    asked: list[tuple[str, timedelta]] = field(default_factory=list)

    def opened(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        self.asked.append(("opened", until - since))
        return super().opened(owner, since, until)

    def closed(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        self.asked.append(("closed", until - since))
        return super().closed(owner, since, until)


@pytest.mark.parametrize(
    ("label", "kind", "closed", "opened"),
    [
        (WEEK, ReviewKind.WEEK, 13 * 7, 4 * 7),
        ("2025-02", ReviewKind.MONTH, 31 + 30 + 31 + 30 + 31 + 31 + 28, 28),
        ("2025-03-05", ReviewKind.DAY, 1, 1),
    ],
)
def test_trades_are_read_by_two_stretches_that_have_an_end(
    label: str, kind: ReviewKind, closed: int, opened: int
) -> None:
    trades = CountedTrades()
    journal = Journal(trades=trades)
    journal.material(a_period(label, kind), MONDAY)
    # an hour more or less: Vienna moved its clock in October
    asked = [(name, round(span / DAY)) for name, span in trades.asked]
    assert asked == [("closed", closed), ("opened", opened)]
