"""A bot's holdings become journal trades: once, in whatever order the desk tells of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import BotId, ClientOrderId, FillId, TradeId, UserId
from nightdesk.journal.capture import CaptureTrip
from nightdesk.journal.keeping import joined
from nightdesk.journal.ports.trades import By
from nightdesk.journal.round_trips import build
from nightdesk.journal.stored import Stored, built_from
from nightdesk.journal.task import Filled, TripClosed, task_of
from nightdesk.journal.trade import (
    ExitReason,
    JournalTrade,
    Labels,
    Origin,
    Outcome,
    Session,
    Source,
    Status,
    StopMark,
)
from nightdesk.names import EventType
from nightdesk.trading.explaining import protecting, version_at_exit
from nightdesk.trading.identity import exit_kind, position_id, protective_decision
from nightdesk.trading.order import Leg, Order
from tests.builders.journal_trades import a_book, bought
from tests.builders.story import HOUR, QUARTER, Life, World
from tests.builders.trading import AS_OF, BOT, OWNER
from tests.fakes.journal_trades import FakeTrades
from tests.unit.journal.trades.rig import Rig

D = Decimal
LATER = AS_OF + timedelta(days=1)
OTHER = UserId("usr_2")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def life(world: World) -> Life:
    return Life(world).funded()


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.rates.of["USD", "USDT"] = D("0.5")
    return made


def capture_over(world: World, rig: Rig) -> CaptureTrip:
    return CaptureTrip(
        desk=world.desk,
        decisions=world.decisions,
        trades=rig.trades,
        keep=rig.keep,
        rates=rig.rates,
        preferences=rig.preferences,
    )


def trips(world: World) -> list[Event]:
    return [one for one in world.desk.events if one.type == EventType.ROUND_TRIP_CLOSED]


def filled_orders(world: World) -> list[ClientOrderId]:
    return [
        ClientOrderId(str(one.data["client_order_id"]))
        for one in world.desk.events
        if one.type == EventType.FILL_BOOKED
    ]


def told(capture: CaptureTrip, event: Event, now: datetime = LATER) -> None:
    """Do with an event what the queue's worker does."""
    task = task_of(event)
    if isinstance(task, TripClosed):
        capture.closed(task, now=now)
    else:
        assert isinstance(task, Filled)
        capture.filled(task.owner, task.bot_id, task.order_id, now=now)


def stored(rig: Rig) -> list[JournalTrade]:
    kept = [one.trade for one in rig.trades.kept.values() if one.moved_to is None]
    return sorted(kept, key=lambda one: one.opened_at)


def test_a_trade_appears_with_its_first_fill(world: World, life: Life, rig: Rig) -> None:
    decision = life.entered(AS_OF + HOUR)
    capture = capture_over(world, rig)
    capture.filled(OWNER, BOT, filled_orders(world)[0], now=LATER)
    (trade,) = stored(rig)
    assert (trade.status, trade.side, trade.source, trade.origin) == (
        Status.OPEN,
        "long",
        Source.DESK,
        Origin.BOT,
    )
    assert (trade.bot_id, trade.decision_ids) == (BOT, (decision.decision_id,))
    assert (trade.risk.initial_stop, trade.risk.target) == (D(9_500), D(11_000))
    assert trade.risk.initial_risk == D(50)
    assert trade.context.regime == decision.regime
    assert trade.context.session is Session.EUROPE
    assert (trade.reasons["r"], trade.reasons["mae"]) == ("OPEN", "OPEN")


def test_a_closed_round_trip_is_what_trading_counted(world: World, life: Life, rig: Rig) -> None:
    life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    (event,) = trips(world)
    told(capture_over(world, rig), event)
    (trade,) = stored(rig)
    assert trade.id == event.data["journal_trade_id"]
    for name in ("gross", "fees", "net", "slippage"):
        assert getattr(trade.money, name) == D(str(event.data[name])), name
    # sold at 9,490 what was bought at 10,000: 0.1 * -510 - 7.8, and that over the 50 of the stop
    assert (trade.money.net, trade.risk.r) == (D("-58.8"), D("-1.176"))
    assert trade.risk.planned_risk == D(str(event.data["planned_risk"]))
    assert (trade.outcome, trade.exit_reason) == (Outcome.LOSS, ExitReason.STOP)
    assert trade.closed_at == AS_OF + 3 * HOUR + QUARTER
    # 0.5 account currency for each dollar, at each fill
    assert trade.money.net_account == D("-29.4")
    assert trade.strategy_version == event.data["strategy"]


def test_protective_orders_are_found_without_looking_for_many_that_never_were(
    world: World, life: Life, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each order that is asked for is paid for, whether it is there or not."""
    life.entered(AS_OF + HOUR)
    capture = capture_over(world, rig)
    asked: list[int] = []
    orders = type(world.desk).orders

    def counted(desk: Any, owner: UserId, bot_id: BotId, ids: Sequence[Any]) -> Sequence[Order]:
        asked.append(len(ids))
        return orders(desk, owner, bot_id, ids)

    monkeypatch.setattr(type(world.desk), "orders", counted)
    capture.filled(OWNER, BOT, filled_orders(world)[0], now=LATER)
    # the orders of the trip, then stop and target of version 1 and the two after it
    assert asked == [1, 6]
    life.stopped(AS_OF + 3 * HOUR)
    (event,) = trips(world)
    asked.clear()
    told(capture, event)
    assert asked == [2, 6]
    task = task_of(event)
    assert isinstance(task, TripClosed)
    entry, last = orders(world.desk, OWNER, BOT, task.orders)
    assert version_at_exit(entry, last) == 1
    found = list(protecting(world.desk, entry, newest=1))
    assert [one.leg for one in found] == [Leg.STOP, Leg.TARGET]
    assert found == list(protecting(world.desk, entry))


def test_the_version_at_exit_follows_from_who_sent_it(world: World, life: Life) -> None:
    life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    (task,) = [task_of(event) for event in trips(world)]
    assert isinstance(task, TripClosed)
    entry, last = world.desk.orders(OWNER, BOT, task.orders)
    position = position_id(entry.client_order_id)
    late = protective_decision(position, 7, exit_kind(last.created_at))
    by_time = replace(last, leg=Leg.EXIT, decision_id=late)
    assert version_at_exit(entry, by_time) == 7
    by_signal = replace(last, leg=Leg.EXIT, decision_id=entry.decision_id)
    assert version_at_exit(entry, by_signal) is None


def test_events_in_any_order_and_twice_make_each_trade_once(
    world: World, life: Life, rig: Rig
) -> None:
    for hour in (1, 5):
        life.entered(AS_OF + hour * HOUR)
        life.stopped(AS_OF + (hour + 2) * HOUR)
    kinds = {EventType.FILL_BOOKED, EventType.ROUND_TRIP_CLOSED}
    events = [one for one in world.desk.events if one.type in kinds]
    results = []
    for order in list(permutations(events))[::47]:
        anew = replace(rig, trades=FakeTrades())
        capture = capture_over(world, anew)
        for event in (*order, *order[:3]):
            told(capture, event)
        results.append([replace(one, version=0) for one in stored(anew)])
        # the later one may have to learn that another came before it
        assert anew.trades.saves <= 3
    assert all(one == results[0] for one in results)
    assert [one.status for one in results[0]] == [Status.CLOSED] * 2


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_an_exit_of_the_very_moment_of_its_entry_closes_the_trade(
    world: World, life: Life, rig: Rig, names: tuple[str, str]
) -> None:
    life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    fills = sorted(world.desk.kept_fills.values(), key=lambda one: one.at)
    world.desk.kept_fills.clear()
    for fill, name in zip(fills, names, strict=True):
        anew = replace(fill, fill_id=FillId(name), at=fills[0].at)
        world.desk.kept_fills[OWNER, BOT, anew.fill_id] = anew
    told(capture_over(world, rig), trips(world)[0])
    (trade,) = stored(rig)
    assert (trade.status, trade.fill_ids) == (Status.CLOSED, names)
    assert (trade.opened_at, trade.closed_at) == (fills[0].at, fills[0].at)
    assert trade.money.net == D("-58.8")


def test_a_repeat_after_the_close_looks_no_rate_up_again(
    world: World, life: Life, rig: Rig
) -> None:
    life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    capture = capture_over(world, rig)
    told(capture, trips(world)[0])
    before, asked = stored(rig), rig.rates.asked
    rig.rates.of["USD", "USDT"] = D("0.7")
    told(capture, trips(world)[0])
    assert (stored(rig), rig.rates.asked) == (before, asked)


def test_an_open_trade_of_before_does_not_come_back_after_its_end(
    world: World, life: Life, rig: Rig
) -> None:
    life.entered(AS_OF + HOUR)
    capture = capture_over(world, rig)
    entry = filled_orders(world)[0]
    held = world.desk.book(OWNER, BOT)
    life.stopped(AS_OF + 3 * HOUR)
    told(capture, trips(world)[0])
    ended = world.desk.book(OWNER, BOT)
    world.desk.kept[OWNER, BOT] = held  # as a slow worker has read it
    capture.filled(OWNER, BOT, entry, now=LATER)
    world.desk.kept[OWNER, BOT] = ended
    (trade,) = stored(rig)
    assert trade.status is Status.CLOSED


def test_labels_stay_with_a_trade_that_is_built_again(world: World, life: Life, rig: Rig) -> None:
    life.entered(AS_OF + HOUR)
    capture = capture_over(world, rig)
    capture.filled(OWNER, BOT, filled_orders(world)[0], now=LATER)
    (trade,) = stored(rig)
    written = rig.trades.save_labels(Labels(owner=OWNER, trade_id=trade.id, note="calm"))
    life.stopped(AS_OF + 3 * HOUR)
    told(capture, trips(world)[0])
    assert rig.trades.get(OWNER, trade.id).labels == written


def test_a_late_fill_that_came_first_takes_along_what_was_written(
    world: World, life: Life, rig: Rig
) -> None:
    life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    capture = capture_over(world, rig)
    told(capture, trips(world)[0])
    (old,) = stored(rig)
    rig.trades.save_labels(Labels(owner=OWNER, trade_id=old.id, note="mine", tags=("t",)))
    # a part of the entry that the venue told of only now, and that was filled before
    order = trips(world)[0].data["orders"]
    assert isinstance(order, list)
    (fill,) = world.desk.fills_of(OWNER, BOT, order[0])
    early = replace(fill, fill_id=FillId("early"), at=fill.at - QUARTER, quantity=D("0.01"))
    world.desk.kept_fills[OWNER, BOT, "early"] = early
    told(capture, trips(world)[0])
    (new,) = stored(rig)
    assert (new.id != old.id, new.legs[0].fill_id) == (True, "early")
    found = rig.trades.get(OWNER, old.id)
    assert (found.trade.id, found.labels.note, found.labels.tags) == (new.id, "mine", ("t",))


def test_a_late_fill_is_found_behind_any_number_of_open_trades_of_other_accounts(
    world: World, life: Life, rig: Rig
) -> None:
    life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    capture = capture_over(world, rig)
    told(capture, trips(world)[0])
    (before,) = stored(rig)
    for n in range(25):
        fills = [bought(f"open{n}", "1", "100", at=AS_OF + n * HOUR)]
        (held,) = build(fills, a_book(account="kraken:main:live")).trades
        rig.trades.save(Stored(trade=held, fills_hash=built_from(held)), None)
    for order_id in filled_orders(world):
        (fill, *_) = world.desk.fills_of(OWNER, BOT, order_id)
        late = replace(fill, fill_id=FillId(f"late-{order_id}"), quantity=D("0.01"))
        world.desk.kept_fills[OWNER, BOT, late.fill_id] = late
    capture.filled(OWNER, BOT, filled_orders(world)[0], now=LATER)
    after = rig.trades.get(OWNER, before.id).trade
    assert len(after.legs) == len(before.legs) + 2


def test_nothing_is_captured_of_another_owners_bot(world: World, life: Life, rig: Rig) -> None:
    life.entered(AS_OF + HOUR)
    capture = capture_over(world, rig)
    with pytest.raises(Missing):
        capture.filled(OTHER, BOT, filled_orders(world)[0], now=LATER)
    assert not rig.trades.page(OTHER, by=By.OPENED, limit=9, after=None).items


def test_a_rival_writer_costs_a_new_look_and_nothing_else(
    world: World, life: Life, rig: Rig
) -> None:
    class Rivalled(FakeTrades):
        rivals = 2

        def save(
            self, stored: Stored, before: Stored | None, *, labels: Labels | None = None
        ) -> Stored:
            if self.rivals:
                self.rivals -= 1
                raise StaleWrite("somebody was faster")
            return super().save(stored, before, labels=labels)

    rig.trades = Rivalled()
    life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    told(capture_over(world, rig), trips(world)[0])
    assert len(stored(rig)) == 1


def test_joining_labels_twice_adds_nothing() -> None:
    mark = StopMark(at=AS_OF, price=D(9))
    there = Labels(owner=OWNER, trade_id=TradeId("a"), note="new", tags=("x",))
    other = Labels(
        owner=OWNER, trade_id=TradeId("b"), note="old", tags=("y",), stops=(mark,), planned=True
    )
    once = joined(there, other)
    assert joined(once, other) == once
    assert (once.note, once.tags, once.planned) == ("new\n\nold", ("x", "y"), True)
