from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.errors import Conflict
from nightdesk.core.ids import TradeId
from nightdesk.journal.discipline import discipline
from nightdesk.journal.following import LockPlans
from nightdesk.journal.place import Place
from nightdesk.journal.plan import (
    LockedBy,
    LossUnit,
    MaxLoss,
    SessionPlan,
    Wish,
    planned,
)
from nightdesk.journal.planned import TellPlanned
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.trade import Check, JournalTrade, Labels, Origin, Status
from nightdesk.journal.verdict import Naming, State, Verdict, judge
from nightdesk.trading.order import Mode
from tests.builders.writing import BTC, NOON, OWNER, a_closed_trade, a_plan
from tests.fakes.journal import FakePlans, FakeTags

D = Decimal
AFTER = datetime(2025, 3, 6, tzinfo=UTC)


def trades(*nets: str | None, **changes: Any) -> list[JournalTrade]:
    """Return trades an hour apart, each closed an hour after its entry."""
    return [
        a_closed_trade(f"jt_{n}", net=net, r=net, opened_at=NOON + timedelta(hours=n), **changes)
        for n, net in enumerate(nets)
    ]


def judged(wish: Wish, found: list[JournalTrade], **labels: Labels) -> Verdict:
    by_id = {one.id: labels[one.id] for one in found if one.id in labels}
    return judge(a_plan(wish=wish), found, found, by_id, AFTER)


def test_without_a_plan_nothing_is_judged_and_before_the_end_it_is_pending() -> None:
    assert judge(None, [], [], {}, AFTER).state is State.NO_PLAN
    assert judge(a_plan(), [], [], {}, AFTER - timedelta(seconds=1)).state is State.PENDING
    assert judge(a_plan(), [], [], {}, AFTER).state is State.JUDGED


def test_too_many_trades_break_the_plan_by_those_that_were_too_many() -> None:
    (item,) = judged(Wish(max_trades=2), trades("1", "1", "1")).items
    assert (item.check, item.trades) == (Check.BROKEN, ("jt_2",))
    (item,) = judged(Wish(max_trades=3), trades("1", "1", "1")).items
    assert (item.check, item.trades) == (Check.KEPT, ())


def test_bots_and_void_trades_do_not_count() -> None:
    found = [
        *trades("1", origin=Origin.BOT),
        *trades("1", status=Status.VOID, closed_at=None),
    ]
    (item,) = judged(Wish(max_trades=0), found).items
    assert item.check is Check.KEPT


def test_paper_and_live_are_never_judged_together() -> None:
    wish = Wish(max_trades=1, max_loss=MaxLoss(amount=D(100)))
    (live,) = trades("-60")
    (paper,) = trades("-90", mode=Mode.PAPER)
    both = judged(wish, [live, replace(paper, id=TradeId("jt_9"))])
    assert [one.check for one in both.items] == [Check.KEPT, Check.KEPT]
    assert (both.mode, both.net, both.named) == (Mode.LIVE, D(-60), Naming.DISCIPLINE)
    alone = judged(wish, trades("-90", "-90", mode=Mode.PAPER))
    assert [one.check for one in alone.items] == [Check.BROKEN, Check.BROKEN]
    assert (alone.mode, alone.net) == (Mode.PAPER, D(-180))
    assert judged(wish, []).mode is Mode.LIVE
    bots = trades("-60", origin=Origin.BOT)
    assert judged(wish, [*bots, *trades("-1", mode=Mode.PAPER)]).mode is Mode.PAPER


def test_a_limit_of_losses_is_broken_once_the_running_result_passes_it() -> None:
    wish = Wish(max_loss=MaxLoss(amount=D(100)))
    verdict = judged(wish, trades("-60", "-41", "300"))
    assert verdict.items[0].trades == ("jt_1",)
    assert (verdict.net, verdict.named) == (D(199), Naming.LUCK)
    reached = judged(wish, trades("-60", "-40"))
    assert (reached.items[0].check, reached.named) == (Check.KEPT, Naming.DISCIPLINE)
    lost = judged(wish, trades("-101"))
    assert (lost.items[0].check, lost.named) == (Check.BROKEN, None)
    assert judged(wish, trades("5")).named is None


def test_only_realised_losses_count() -> None:
    open_trade = replace(
        trades("-500")[0], status=Status.OPEN, closed_at=None, outcome=None, exit_reason=None
    )
    verdict = judge(
        a_plan(wish=Wish(max_loss=MaxLoss(amount=D(1)))), [open_trade], [open_trade], {}, AFTER
    )
    assert (verdict.items[0].check, verdict.net) == (Check.KEPT, D(0))


def test_a_result_that_nobody_knows_leaves_the_limit_unknown_unless_it_is_broken() -> None:
    in_r = Wish(max_loss=MaxLoss(amount=D(2), unit=LossUnit.R))
    unknown = trades("-1", None)
    (item,) = judged(in_r, unknown).items
    assert (item.check, item.reason, item.trades) == (Check.UNKNOWN, "NO_STOP", ("jt_1",))
    assert judged(in_r, unknown).named is None
    (item,) = judged(in_r, trades("-3", None)).items
    assert item.check is Check.BROKEN
    (item,) = judged(Wish(max_loss=MaxLoss(amount=D(2))), unknown).items
    assert item.reason == "NO_RATE"


def test_instruments_and_setups_outside_the_plan_break_it() -> None:
    first, second = trades("1", "1")
    labels = {"jt_0": Labels(owner=OWNER, trade_id=first.id, setup_id="breakout")}
    wish = Wish(instruments=(BTC,), setups=("breakout",))
    items = {one.name: one for one in judged(wish, [first, second], **labels).items}
    assert items["instruments"].check is Check.KEPT
    assert items["setups"].trades == ("jt_1",)


def test_a_plan_written_after_the_days_first_entry_is_not_judged() -> None:
    wish = Wish(max_trades=5, max_loss=MaxLoss(amount=D(100)), instruments=(BTC,))
    found = trades("-60", "-10")
    plan = a_plan(wish=wish, written_at=NOON + timedelta(minutes=1))
    verdict = judge(plan, found, found, {}, AFTER)
    assert {(one.check, one.reason, one.trades) for one in verdict.items} == {
        (Check.UNKNOWN, "WRITTEN_LATE", ("jt_0",))
    }
    assert (verdict.net, verdict.named) == (D(-70), None)
    assert discipline(one.check for one in verdict.items).reason == "NO_CHECKS"
    broken = judge(plan, trades("-600"), trades("-600", "900"), {}, AFTER)
    assert (broken.items[1].check, broken.named) == (Check.UNKNOWN, None)


def test_only_an_entry_of_a_persons_before_the_writing_makes_a_plan_late() -> None:
    wish = Wish(max_trades=5)
    plan = a_plan(wish=wish, written_at=NOON)
    bots = trades("1", origin=Origin.BOT)
    for early in (trades("1"), [replace(bots[0], opened_at=NOON - timedelta(hours=1))]):
        assert judge(plan, early, [], {}, AFTER).items[0].check is Check.KEPT
    hidden = plan.entered(NOON - timedelta(seconds=1))
    (item,) = judge(hidden, trades("1"), [], {}, AFTER).items
    assert (item.check, item.reason, item.trades) == (Check.UNKNOWN, "WRITTEN_LATE", ())


def test_a_plan_is_locked_by_hand_by_an_entry_or_by_the_days_end() -> None:
    plan, morning = a_plan(), NOON - timedelta(hours=3)
    assert plan.locked([], morning) is None
    assert plan.by_hand(morning).locked([], morning) is LockedBy.HAND
    assert plan.locked(trades("1"), NOON) is LockedBy.ENTRY
    assert plan.locked(trades("1", origin=Origin.BOT), NOON) is None
    assert plan.locked([], plan.ends) is LockedBy.DAY_OVER
    assert plan.by_hand(morning).by_hand(NOON).locked_at == morning


def test_what_has_locked_a_plan_first_is_what_locked_it() -> None:
    plan, later = a_plan(), NOON + timedelta(hours=1)
    entered = plan.entered(NOON)
    assert entered.by_hand(later) == entered
    assert plan.by_hand(plan.ends) == plan
    untold = plan.by_hand(later)  # by then nobody had told of the entry
    assert untold.locked(trades("1"), later) is LockedBy.ENTRY
    assert untold.locked([], later) is LockedBy.HAND


def test_what_is_locked_takes_notes_alone() -> None:
    plan = a_plan().by_hand(NOON)
    with pytest.raises(Conflict) as refused:
        plan.says(Wish(), [], NOON)
    assert refused.value.code == "PLAN_LOCKED"
    assert plan.says(plan.wish, [], NOON) == plan
    for n in range(20):
        plan = plan.noted(f"{n}", NOON)
    with pytest.raises(Conflict):
        plan.noted("one more", NOON)


def test_a_written_plan_says_when_its_content_changed_last() -> None:
    plan = a_plan().says(Wish(max_trades=9), [], NOON)
    assert (plan.wish.max_trades, plan.written_at) == (9, NOON)


EARLY, LATE = NOON - timedelta(minutes=1), NOON + timedelta(minutes=1)


def plan_for(wish: Wish, written_at: datetime = EARLY) -> SessionPlan:
    return a_plan(wish=wish, written_at=written_at)


@pytest.mark.parametrize(
    ("wish", "written", "setup", "labelled", "expected"),
    [
        (Wish(instruments=(BTC,)), EARLY, None, None, True),
        (Wish(instruments=(BTC,)), LATE, None, None, False),
        (Wish(setups=("gap",)), EARLY, None, None, False),
        (Wish(setups=("gap",)), EARLY, "gap", LATE, True),
        (Wish(setups=("gap",)), EARLY, "news", LATE, False),
        (Wish(instruments=(BTC,), setups=("gap",)), EARLY, "news", LATE, False),
        (Wish(max_trades=3), EARLY, None, None, False),
        (Wish(), EARLY, "gap", EARLY, True),
        (Wish(), EARLY, "gap", LATE, False),
    ],
)
def test_planned_is_what_named_a_setup_or_matched_the_plan_before_the_first_fill(
    wish: Wish, written: datetime, setup: str | None, labelled: datetime | None, expected: bool
) -> None:
    trade = a_closed_trade()
    labels = Labels(owner=OWNER, trade_id=trade.id, setup_id=setup, updated_at=labelled)
    assert planned(plan_for(wish, written), trade, labels) is expected


def test_a_trade_was_planned_by_the_plan_in_whose_bounds_it_was_entered() -> None:
    monday = datetime(2025, 3, 3, tzinfo=UTC)
    places = (Place(zone="Pacific/Kiritimati"), Place(zone="UTC", since=monday))
    sunday = a_plan(
        day=date(2025, 3, 2),
        begins=monday - timedelta(hours=38),
        ends=monday,
        wish=Wish(instruments=(BTC,)),
        written_at=monday - timedelta(days=3),
    )
    plans = FakePlans({(OWNER, sunday.day): sunday})
    tell = TellPlanned(plans, FakeTags(), lambda _: Preferences(owner=OWNER, places=places))
    trade = a_closed_trade(opened_at=monday - timedelta(hours=2))  # in Kiritimati it is Monday
    assert tell(trade, Labels(owner=OWNER, trade_id=trade.id)).planned is True
    lock = LockPlans(plans, lambda _: Preferences(owner=OWNER, places=places))
    assert lock(OWNER, [trade]) == 1
    assert plans.kept[OWNER, sunday.day].entered_at == trade.opened_at


def test_a_plan_of_another_day_plans_nothing() -> None:
    trade = a_closed_trade(opened_at=NOON + timedelta(days=1))
    assert planned(plan_for(Wish(instruments=(BTC,))), trade, None) is False
    assert planned(None, trade, None) is False
