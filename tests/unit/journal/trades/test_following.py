"""What follows from stored trades: each part once, whatever is cut off, late or repeated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.journal_owed import DynamoOwedLooks
from nightdesk.core.errors import Conflict, StaleWrite, StoreUnavailable
from nightdesk.core.ids import BotId, InstrumentId, TradeId, UserId
from nightdesk.journal.behaviour.gathering import GatherHistory
from nightdesk.journal.behaviour.judging import JudgeDay, JudgeTrades
from nightdesk.journal.finding import DetectorId, Finding
from nightdesk.journal.following import Followed, FollowTrades, LockPlans, LookAgain, ScoreDay
from nightdesk.journal.hand_fills import FillDraft
from nightdesk.journal.keeping import MeasureStored
from nightdesk.journal.labelling import LabelChanges
from nightdesk.journal.manual_trade import (
    EditTrade,
    EnterTrade,
    HideTrade,
    RestoreTrade,
    shown_version,
)
from nightdesk.journal.owed import CallOwed, Owed, OwedLooks
from nightdesk.journal.period import ReviewKind, period_named
from nightdesk.journal.place import Place
from nightdesk.journal.plan import LockedBy, SessionPlan, Wish
from nightdesk.journal.planned import NotePlanned, TellPlanned
from nightdesk.journal.planning import WritePlan
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.preferring import ReadPlace
from nightdesk.journal.review import Review
from nightdesk.journal.reviewing.staling import MarkStale
from nightdesk.journal.stored import Stored, built_from
from nightdesk.journal.task import Refresh, Score, Task
from nightdesk.journal.trade import Action, After, JournalTrade, Labels, Origin
from nightdesk.market.candles import Candles
from nightdesk.trading.order import Mode
from tests.aws import dynamodb
from tests.builders.journal_trades import AT, HOUR, MINUTE, D, bars
from tests.builders.market import MemoryCandles
from tests.builders.reviews import a_ready_review
from tests.builders.writing import a_plan
from tests.contracts.journal_owed import OwedLooksContract
from tests.fakes.findings import FakeDetectorSettings, FakeEquity, FakeFindings, FakeMoods
from tests.fakes.imports import FakeExternalRecords
from tests.fakes.journal import FakePlans, FakeTags
from tests.fakes.journal_trades import FakeOwedLooks, FakeTrades
from tests.fakes.reviews import FakeReviews
from tests.unit.journal.trades.rig import Rig, a_draft

OWNER, OTHER = UserId("usr_1"), UserId("usr_2")
DAY = AT.date()
LATER = AT + timedelta(days=2)


class Cut(Exception):
    """The worker was killed."""


@dataclass
class Room:
    """All that follows, in memory, over the rig that builds and keeps trades."""

    rig: Rig = field(default_factory=Rig)
    plans: FakePlans = field(default_factory=FakePlans)
    reviews: FakeReviews = field(default_factory=FakeReviews)
    findings: FakeFindings = field(default_factory=FakeFindings)
    looks: FakeOwedLooks = field(default_factory=FakeOwedLooks)
    sent: list[Task] = field(default_factory=list)

    def preferences(self, owner: UserId) -> Preferences:
        return Preferences(owner=owner, places=(Place(zone="UTC"),))

    @property
    def place(self) -> ReadPlace:
        return ReadPlace(lambda owner, now: self.preferences(owner))  # type: ignore[arg-type]

    def send(self, tasks: Sequence[Task], *, now: datetime) -> None:
        self.sent += tasks

    @property
    def follow(self) -> FollowTrades:
        gather = GatherHistory(
            self.rig.trades,
            self.preferences,
            self.plans,
            self.rig.candles,
            FakeEquity(),
            FakeMoods(),
            FakeTags(),
        )
        settings = FakeDetectorSettings()
        day = JudgeDay(gather, self.preferences, settings, self.findings)
        return FollowTrades(
            trades=self.rig.trades,
            keep=self.rig.keep,
            preferences=self.preferences,
            lock=LockPlans(self.plans, self.preferences),
            plan=NotePlanned(
                self.rig.trades, TellPlanned(self.plans, self.rig.tags, self.preferences)
            ),
            mark=MarkStale(self.reviews, self.preferences),
            looks=self.looks,
            judge=JudgeTrades(gather, settings, self.findings),
            score=ScoreDay(day, self.looks),
        )

    def entered(self, minute: float, price: int, *, stop: int | None = None) -> TradeId:
        """Write down a trade of half an hour, from 100 to `price`; return its id."""
        at = AT + minute * MINUTE
        fills = (
            FillDraft(at=at, side=Action.BUY, quantity=D(1), price=D(100)),
            FillDraft(at=at + 30 * MINUTE, side=Action.SELL, quantity=D(1), price=D(price)),
        )
        draft = a_draft(fills=fills, stop=None if stop is None else D(stop))
        return EnterTrade(self.rig.by_hand)(OWNER, draft, now=LATER).trade.id

    def found(self) -> set[tuple[DetectorId, TradeId]]:
        return {(one.detector, one.trades[0]) for one in self.findings.kept.values()}


@pytest.fixture
def room() -> Room:
    return Room()


def a_bots(room: Room, name: TradeId) -> JournalTrade:
    """Turn a stored trade into one of a bot."""
    stored = room.rig.trades.kept[OWNER, name]
    bots = replace(stored.trade, origin=Origin.BOT, bot_id=BotId("bot_1"))
    room.rig.trades.kept[OWNER, name] = replace(stored, trade=bots)
    return bots


# that it is asked for


def test_following_is_asked_for_before_a_trade_is_stored(room: Room) -> None:
    class Full(FakeTrades):
        def save(
            self, stored: Stored, before: Stored | None, *, labels: Labels | None = None
        ) -> Stored:
            raise StoreUnavailable("gone")

    room.rig.trades = Full()
    with pytest.raises(StoreUnavailable):
        room.entered(0, 110)
    (asked,) = room.rig.follow.asked
    assert room.follow(OWNER, [asked], now=LATER) == Followed()


def test_trades_entered_after_one_learn_that_it_was_written_down_moved_or_hidden(
    room: Room,
) -> None:
    def told() -> tuple[int | None, After | None]:
        asked, room.rig.follow.asked = room.rig.follow.asked, []
        room.follow(OWNER, asked, now=LATER)
        context = room.rig.trades.get(OWNER, last).trade.context
        return context.nth_of_day, context.after

    last = room.entered(120, 110)
    assert told() == (1, After.NONE)
    first = room.entered(0, 90)
    assert told() == (2, After.LOSS)
    HideTrade(room.rig.by_hand)(OWNER, first, now=LATER)
    assert told() == (1, After.NONE)
    RestoreTrade(room.rig.by_hand, FakeExternalRecords())(OWNER, first, now=LATER)
    assert told() == (2, After.LOSS)
    moved = a_draft().fills
    later = tuple(replace(one, at=one.at + timedelta(hours=5)) for one in moved)
    version = shown_version(room.rig.trades.get(OWNER, first))
    edit = EditTrade(room.rig.by_hand)
    edit(OWNER, first, LabelChanges(), version=version, now=LATER, fills=later)
    assert told() == (1, After.NONE)


def test_a_trade_by_hand_is_measured_before_following_is_asked_for(room: Room) -> None:
    done: list[str] = []

    class Slow(MemoryCandles):
        def between(self, *args: Any) -> Candles:
            done.append("measured")
            return super().between(*args)

    def follow(owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime) -> None:
        assert room.rig.trades.kept == {}
        done.append("asked")

    room.rig.candles, room.rig.follow = Slow(), follow  # type: ignore[assignment]
    EnterTrade(room.rig.by_hand)(OWNER, a_draft(), now=LATER)
    assert (done[-1], done.count("asked")) == ("asked", 1)
    assert "measured" in done
    assert room.rig.trades.kept


def test_what_a_store_does_not_take_a_queue_that_is_down_does_not_lose(room: Room) -> None:
    def down(owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime) -> None:
        raise StoreUnavailable("the queue")

    room.rig.follow = down  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        room.entered(0, 110)
    assert room.rig.trades.kept == {}


# plans


def a_days_plan() -> SessionPlan:
    begins = datetime.combine(DAY, datetime.min.time(), UTC)
    return a_plan(
        owner=OWNER,
        day=DAY,
        begins=begins,
        ends=begins + timedelta(days=1),
        written_at=begins - HOUR,
    )


def test_the_first_entry_locks_the_plan_of_its_day_for_good(room: Room) -> None:
    room.plans.save(a_days_plan())
    late, first = room.entered(60, 110, stop=95), room.entered(0, 110, stop=95)
    for name in (late, first, late):
        room.follow(OWNER, [name], now=LATER)
    plan = room.plans.kept[OWNER, DAY]
    assert plan.entered_at == AT
    assert plan.locked((), AT + MINUTE) is LockedBy.ENTRY
    for name in (late, first):
        HideTrade(room.rig.by_hand)(OWNER, name, now=LATER)
    write = WritePlan(room.plans, room.rig.trades, FakeTags(), room.place)
    with pytest.raises(Conflict) as refused:
        write(OWNER, DAY, replace(plan.wish, max_trades=9), version=plan.version, now=AT + MINUTE)
    assert refused.value.code == "PLAN_LOCKED"


def test_entries_of_bots_and_of_other_days_lock_no_plan(room: Room) -> None:
    room.plans.save(a_days_plan())
    bots, other = room.entered(0, 110, stop=95), room.entered(60 * 24, 110, stop=95)
    a_bots(room, bots)
    room.follow(OWNER, [bots, other], now=LATER + timedelta(days=1))
    assert room.plans.kept[OWNER, DAY].entered_at is None


def test_a_plan_that_its_owner_writes_at_this_moment_is_locked_all_the_same(room: Room) -> None:
    class Busy(FakePlans):
        rivals = 2

        def save(self, plan: SessionPlan) -> SessionPlan:
            if plan.entered_at and self.rivals:
                self.rivals -= 1
                super().save(replace(self.kept[OWNER, DAY], written_at=AT - self.rivals * MINUTE))
            return super().save(plan)

    room.plans = Busy()
    room.plans.save(a_days_plan())
    room.follow(OWNER, [room.entered(0, 110, stop=95)], now=LATER)
    assert room.plans.kept[OWNER, DAY].entered_at == AT


def planned_of(room: Room, name: TradeId) -> bool | None:
    return room.rig.trades.labels(OWNER, name).planned


def unnoted(room: Room, name: TradeId) -> TradeId:
    """Take away what was noted as it was entered: an import or a sync notes nothing."""
    labels = room.rig.trades.labels(OWNER, name)
    room.rig.trades.save_labels(replace(labels, planned=None))
    return name


def test_whether_a_persons_trade_was_planned_is_noted_once(room: Room) -> None:
    wish = Wish(instruments=(InstrumentId("BTC/USDT@binance"),))
    room.plans.save(replace(a_days_plan(), wish=wish))
    inside, outside = room.entered(0, 110, stop=95), room.entered(60 * 24, 110, stop=95)
    bots = room.entered(120, 110, stop=95)
    for name in (inside, outside, bots):
        unnoted(room, name)
    a_bots(room, bots)
    for _ in range(2):
        room.follow(OWNER, [inside, outside, bots], now=LATER + timedelta(days=1))
    assert [planned_of(room, name) for name in (inside, outside, bots)] == [True, False, None]
    version = room.rig.trades.labels(OWNER, inside).version
    room.follow(OWNER, [inside], now=LATER + timedelta(days=1))
    assert room.rig.trades.labels(OWNER, inside).version == version


def test_noting_that_a_trade_was_planned_keeps_what_its_owner_writes_meanwhile(room: Room) -> None:
    class Busy(FakeTrades):
        rivals = 2

        def save_labels(self, labels: Labels) -> Labels:
            if labels.planned is not None and self.rivals:
                self.rivals -= 1
                there = self.labels(OWNER, labels.trade_id)
                super().save_labels(replace(there, note=f"{self.rivals}", planned=None))
            return super().save_labels(labels)

    name = unnoted(room, room.entered(0, 110, stop=95))
    busy = Busy()
    busy.kept, busy.written = room.rig.trades.kept, room.rig.trades.written
    room.rig.trades = busy
    room.follow(OWNER, [name], now=LATER)
    labels = busy.labels(OWNER, name)
    assert (labels.planned, labels.note) == (False, "0")


def test_detectors_are_told_that_a_trade_was_not_planned(room: Room) -> None:
    lost = room.entered(0, 90, stop=95)
    at = AT + 35 * MINUTE
    fills = (
        FillDraft(at=at, side=Action.BUY, quantity=D(1), price=D(100)),
        FillDraft(at=at + HOUR, side=Action.SELL, quantity=D(1), price=D(110)),
    )
    draft = a_draft(instrument="ETH/USDT@binance", fills=fills)
    soon = EnterTrade(room.rig.by_hand)(OWNER, draft, now=LATER).trade.id
    for name in (lost, soon):
        unnoted(room, name)
        room.follow(OWNER, [name], now=LATER)
    (found,) = (one for one in room.findings.kept.values() if one.detector is DetectorId.REVENGE)
    assert (found.trades[0], found.figures["factors"]) == (soon, ["no_plan"])


# reviews


def a_made_review(room: Room, kind: ReviewKind, label: str) -> None:
    period = period_named(kind, label, [Place()])
    review = a_ready_review(
        owner=OWNER,
        kind=kind,
        label=label,
        since=period.since,
        until=period.until,
        experiment=None,
        revision=1,
    )
    room.reviews.rows[OWNER, kind, label, 1] = review


def stale(room: Room) -> list[Review]:
    return [one for one in room.reviews.rows.values() if one.stale]


def test_a_late_trade_marks_the_reviews_of_its_periods_whoever_traded(room: Room) -> None:
    a_made_review(room, ReviewKind.DAY, DAY.isoformat())
    a_made_review(room, ReviewKind.DAY, (DAY + timedelta(days=1)).isoformat())
    name = room.entered(0, 110, stop=95)
    a_bots(room, name)
    assert room.follow(OWNER, [name], now=LATER).stale == 1
    assert [one.label for one in stale(room)] == [DAY.isoformat()]
    assert room.follow(OWNER, [name], now=LATER).stale == 0


def test_a_second_look_marks_no_review(room: Room) -> None:
    a_made_review(room, ReviewKind.DAY, DAY.isoformat())
    name = room.entered(0, 110, stop=95)
    again = LookAgain(MeasureStored(room.rig.keep), room.follow)
    again(OWNER, [name], now=LATER, arrived=False)
    assert stale(room) == []
    again(OWNER, [name], now=LATER, arrived=True)
    assert len(stale(room)) == 1


# findings


def test_a_closed_trade_of_a_person_is_judged_and_told_of_once(room: Room) -> None:
    name = room.entered(0, 110)
    for _ in range(3):
        room.follow(OWNER, [name], now=LATER)
    assert (DetectorId.NO_STOP, name) in room.found()
    told = [one.data["trade_id"] for one in room.findings.events]
    assert told == [name]


def test_trades_of_bots_and_open_ones_are_not_judged(room: Room) -> None:
    bots = room.entered(0, 110)
    a_bots(room, bots)
    buy = FillDraft(at=AT + 5 * HOUR, side=Action.BUY, quantity=D(1), price=D(100))
    draft = a_draft(fills=(buy,), stop=None)
    opened = EnterTrade(room.rig.by_hand)(OWNER, draft, now=LATER).trade.id
    room.follow(OWNER, [bots, opened], now=LATER)
    assert room.findings.kept == {}


def test_a_loss_that_arrives_late_is_seen_in_the_trade_after_it(room: Room) -> None:
    after = room.entered(36, 90, stop=80)
    room.follow(OWNER, [after], now=LATER)
    assert (DetectorId.REVENGE, after) not in room.found()
    before = room.entered(0, 80, stop=70)
    room.follow(OWNER, [before], now=LATER)
    assert (DetectorId.REVENGE, after) in room.found()

    in_order = Room()
    ids = [in_order.entered(0, 80, stop=70), in_order.entered(36, 90, stop=80)]
    for name in ids:
        in_order.follow(OWNER, [name], now=LATER)
    assert in_order.found() == room.found()


def test_another_owners_trade_is_nothing_to_follow(room: Room) -> None:
    assert room.follow(OTHER, [room.entered(0, 110)], now=LATER) == Followed()


def test_a_detector_that_fails_costs_neither_plan_nor_review_nor_look(room: Room) -> None:
    def failing(owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime) -> list[Finding]:
        raise ZeroDivisionError

    room.plans.save(a_days_plan())
    a_made_review(room, ReviewKind.DAY, DAY.isoformat())
    name = room.entered(0, 110)
    with pytest.raises(ZeroDivisionError):
        replace(room.follow, judge=failing)(OWNER, [name], now=LATER)  # type: ignore[arg-type]
    assert room.plans.kept[OWNER, DAY].entered_at == AT
    assert len(stale(room)) == 1
    assert len(room.looks.kept) == 1
    assert room.rig.trades.get(OWNER, name).trade.id == name


PARTS = ("lock", "mark", "put", "judge", "score")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_cut_off_before_or_after_any_part_the_next_try_ends_the_same(
    part: str, *, after: bool
) -> None:
    def story() -> tuple[Room, list[TradeId]]:
        room = Room()
        room.plans.save(a_days_plan())
        a_made_review(room, ReviewKind.DAY, DAY.isoformat())
        ids = [room.entered(0, 80, stop=70), room.entered(36, 90), room.entered(72, 80)]
        return room, ids

    whole, ids = story()
    whole.follow(OWNER, ids, now=LATER)
    room, ids = story()

    class Dying:
        def __init__(self, real: object) -> None:
            self.real = real

        def __call__(self, *given: object, **named: object) -> object:
            if after:
                self.real(*given, **named)  # type: ignore[operator]
            raise Cut

    follow = room.follow
    if part == "put":
        looks = FakeOwedLooks(kept=room.looks.kept)
        looks.put = Dying(room.looks.put)  # type: ignore[method-assign, assignment]
        cut = replace(follow, looks=looks)
    else:
        cut = replace(follow, **{part: Dying(getattr(follow, part))})  # type: ignore[arg-type]
    with pytest.raises(Cut):
        cut(OWNER, ids, now=LATER)
    room.follow(OWNER, ids, now=LATER)
    assert room.plans.kept[OWNER, DAY].entered_at == whole.plans.kept[OWNER, DAY].entered_at
    assert [one.stale for one in room.reviews.rows.values()] == [True]
    assert room.findings.kept == whole.findings.kept
    assert room.looks.kept == whole.looks.kept
    assert len(room.findings.events) == len(whole.findings.events)
    assert DetectorId.TILT in {one.detector for one in room.findings.kept.values()}


# second looks


def test_a_day_that_is_not_over_is_scored_when_it_is(room: Room) -> None:
    ids = [room.entered(0, 80, stop=70), room.entered(36, 90), room.entered(72, 80)]
    evening = AT + 3 * HOUR
    room.follow(OWNER, ids, now=evening)
    midnight = datetime.combine(DAY + timedelta(days=1), datetime.min.time(), UTC)
    look = Owed(owner=OWNER, at=midnight, day=DAY, mode=Mode.LIVE)
    assert look in room.looks.kept.values()
    assert DetectorId.TILT not in {one for one, _ in room.found()}

    call = CallOwed(room.looks, room)
    assert call(midnight - MINUTE) == 1  # the candles after those exits
    room.sent.clear()
    call(midnight)
    score = Score(owner=OWNER, day=DAY, mode=Mode.LIVE)
    assert score in room.sent
    assert room.follow.score(OWNER, DAY, Mode.LIVE, now=midnight) is not None
    assert look not in room.looks.kept.values()


def test_candles_that_come_later_are_looked_for_until_they_tell_no_more(room: Room) -> None:
    name = room.entered(0, 110, stop=95)
    closed = AT + 30 * MINUTE
    room.follow(OWNER, [name], now=closed + MINUTE)
    (owed,) = [one for one in room.looks.kept.values() if one.trade_id]
    assert owed.at == closed + 15 * MINUTE

    call, again = CallOwed(room.looks, room), LookAgain(MeasureStored(room.rig.keep), room.follow)
    assert call(owed.at) == 1
    assert room.sent == [Refresh(owner=OWNER, trade_ids=(name,))]
    again(OWNER, [name], now=owed.at + MINUTE, arrived=False)
    (owed,) = [one for one in room.looks.kept.values() if one.trade_id]
    assert owed.at == closed + HOUR

    room.rig.candles.put(bars([(AT + n * MINUTE, 100, 130, 95, 105) for n in range(32 * 60)]))
    again(OWNER, [name], now=closed + 25 * HOUR, arrived=False)
    assert [one for one in room.looks.kept.values() if one.trade_id] == []
    trade = room.rig.trades.get(OWNER, name).trade
    assert (trade.excursion.mfe, trade.excursion.excursion_resolution) == (D(30), "1m")
    assert len(trade.excursion.after_exit) == 4


def test_candles_that_never_come_are_waited_for_a_week(room: Room) -> None:
    name = room.entered(0, 110, stop=95)
    now, looks = AT + HOUR, 0
    while True:
        room.follow(OWNER, [name], now=now, arrived=False)
        owed = [one for one in room.looks.kept.values() if one.trade_id]
        if not owed:
            break
        now, looks = owed[0].at, looks + 1
    assert timedelta(days=7) < now - AT < timedelta(days=8)
    assert looks < 40


def test_many_trades_are_looked_at_by_few_tasks(room: Room) -> None:
    for n in range(120):
        room.looks.put(Owed(owner=OWNER, at=AT, trade_id=TradeId(f"jt_{n:03}")))
    room.looks.put(Owed(owner=OTHER, at=AT, trade_id=TradeId("jt_1")))
    assert CallOwed(room.looks, room)(AT) == 120 / 20 + 1
    assert sum(len(one.trade_ids) for one in room.sent if isinstance(one, Refresh)) == 121


def test_a_stale_trade_is_measured_by_who_wrote_it(room: Room) -> None:
    class Rivalled(FakeTrades):
        def save(
            self, stored: Stored, before: Stored | None, *, labels: Labels | None = None
        ) -> Stored:
            if before is not None:
                raise StaleWrite(stored.trade.id)
            return super().save(stored, before, labels=labels)

    room.rig.trades = Rivalled()
    name = room.entered(0, 110, stop=95)
    room.rig.candles.put(bars([(AT + n * MINUTE, 100, 130, 95, 105) for n in range(60)]))
    LookAgain(MeasureStored(room.rig.keep), room.follow)(OWNER, [name], now=LATER, arrived=False)
    stored = room.rig.trades.kept[OWNER, name]
    assert stored.fills_hash == built_from(stored.trade)


def test_a_look_is_at_one_thing() -> None:
    for wrong in (
        {},
        {"day": DAY},
        {"mode": Mode.LIVE},
        {"trade_id": TradeId("jt_1"), "day": DAY, "mode": Mode.LIVE},
    ):
        with pytest.raises(ValueError, match="second look"):
            Owed(owner=OWNER, at=AT, **wrong)


@pytest.fixture
def desk_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty desk table inside this process."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with dynamodb():
        tables.disconnect()
        tables.bind_desk("desk-test")
        tables.DeskItem.create_table(billing_mode="PAY_PER_REQUEST")
        yield
        tables.disconnect()


class TestFakeOwedLooks(OwedLooksContract):
    @pytest.fixture
    def looks(self) -> OwedLooks:
        return FakeOwedLooks()


class TestDynamoOwedLooks(OwedLooksContract):
    @pytest.fixture
    def looks(self, desk_table: None) -> OwedLooks:
        return DynamoOwedLooks()
