"""The same history twice, a close twice, a close too late: nothing more than once."""

from datetime import timedelta

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.trading.order import Leg, OrderStatus
from tests.fakes.clock import FakeClock
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import Killed, Strikes, quick, record, run
from tests.unit.trading.stretches import BREAKOUT, TREND, Stretch, check, close, days

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ENTRY_DAY = from_iso("2019-02-11T00:00:00Z")
EXIT_DAY = from_iso("2019-03-05T00:00:00Z")
STOP_DAY = from_iso("2019-02-25T00:00:00Z")
both_stretches = pytest.mark.parametrize("stretch", [BREAKOUT, TREND], ids=["breakout", "trend"])


def three_bots() -> MemoryDesk:
    memory = quick(MemoryDesk())
    memory.bot(BREAKOUT.strategy, BREAKOUT.instrument)
    memory.bot(TREND.strategy, TREND.instrument, bot_id="bot_2")
    memory.bot("donchian@1", "LTC/USD@bitstamp", bot_id="bot_3")
    return memory


def test_the_same_replay_twice_gives_the_same_bytes() -> None:
    records = []
    for _ in range(2):
        memory = three_bots()
        for as_of in days("2019-02-01", 35):
            close(memory, as_of)
        check(memory)
        records.append(record(memory, fences=True).encode())
        legs = {fill.leg for fill in memory.desk.kept_fills.values()}
        assert legs == {Leg.ENTRY, Leg.EXIT, Leg.STOP}
    assert records[0] == records[1]


def test_the_order_in_which_bots_are_listed_changes_nothing() -> None:
    records = []
    for turned in (False, True):
        memory = three_bots()
        if turned:
            memory.bots.mandates.reverse()
        for as_of in days("2019-02-01", 26):
            close(memory, as_of)
        records.append(sorted(record(memory).splitlines()))
    own = [[line for line in one if line.startswith("fill")] for one in records]
    assert own[0] == own[1]


@both_stretches
def test_each_close_twice_leaves_what_each_close_once_leaves(stretch: Stretch) -> None:
    once, twice = stretch.desk(), stretch.desk()
    for as_of in stretch.closes:
        close(once, as_of)
        close(twice, as_of)
        close(twice, as_of, holder="a second delivery")
        assert record(twice) == record(once), as_of


@both_stretches
def test_a_close_of_the_past_changes_nothing(stretch: Stretch) -> None:
    memory = stretch.desk()
    for n, as_of in enumerate(stretch.closes):
        close(memory, as_of)
        before = record(memory, fences=True)
        for old in stretch.closes[:n][-2:]:
            done = run(memory, old, holder="a late delivery")
            assert (done.bots, done.busy, done.decisions) == (0, 1, 0)
        assert record(memory, fences=True) == before


def test_an_approval_that_nobody_placed_is_not_placed_once_a_later_close_was_worked() -> None:
    """A retry long after must not buy at the price of its own day."""
    memory = BREAKOUT.desk()
    close(memory, ENTRY_DAY - DAY)
    with pytest.raises(Killed):
        close(memory, ENTRY_DAY, strikes=Strikes(at=1, only=frozenset({"commit"})))
    (approved,) = [one for one in memory.decisions.kept.values() if one.as_of == ENTRY_DAY]
    assert approved.orders
    assert not approved.denied
    close(memory, ENTRY_DAY + DAY, holder="the next")
    done = run(memory, ENTRY_DAY, holder="the retry, too late")
    assert done.busy == 1
    assert memory.desk.kept_orders == {}
    close(memory, ENTRY_DAY + 2 * DAY)
    assert memory.desk.kept_fills == {}
    check(memory)


@pytest.mark.parametrize("planned_late", [True, False])
def test_an_approval_that_nobody_placed_expires_in_a_late_cycle(planned_late: bool) -> None:
    memory = BREAKOUT.desk()
    with pytest.raises(Killed):
        close(memory, ENTRY_DAY, strikes=Strikes(at=1, only=frozenset({"commit"})))
    for tries in range(2):
        memory.clock.forward(180)
        done = run(
            memory,
            ENTRY_DAY,
            now=ENTRY_DAY + timedelta(seconds=121),
            holder=f"late {tries}",
            protect_only=planned_late,
        )
        assert (done.bots, done.decisions) == (1, 0)
        (order,) = memory.desk.kept_orders.values()
        assert (order.status, order.reason) == (OrderStatus.DENIED, "EXPIRED_DECISION")
    assert memory.desk.kept_fills == {}
    check(memory)


def test_an_approval_is_placed_by_a_retry_while_its_candle_is_current() -> None:
    memory = BREAKOUT.desk()
    with pytest.raises(Killed):
        close(memory, ENTRY_DAY, strikes=Strikes(at=1, only=frozenset({"commit"})))
    run(memory, ENTRY_DAY, now=ENTRY_DAY + timedelta(seconds=120))
    (order,) = [one for one in memory.desk.kept_orders.values() if one.leg is Leg.ENTRY]
    assert order.status is OrderStatus.FILLED
    check(memory)


def test_an_exit_that_was_decided_in_time_is_placed_by_a_late_cycle() -> None:
    """A daily bot would else hold for a day what its strategy has left."""
    memory = BREAKOUT.desk()
    for as_of in BREAKOUT.closes:
        if as_of == EXIT_DAY:
            break
        close(memory, as_of)
    with pytest.raises(Killed):
        close(memory, EXIT_DAY, strikes=Strikes(at=1, only=frozenset({"commit"})))
    run(memory, EXIT_DAY, now=EXIT_DAY + timedelta(minutes=10))
    (book,) = memory.desk.kept.values()
    assert book.position is None
    check(memory)


def test_a_denial_that_has_no_size_is_told_once() -> None:
    """It has no order beside which it could be told."""
    memory = quick(MemoryDesk(clock=FakeClock(ENTRY_DAY)))
    memory.bot(BREAKOUT.strategy, BREAKOUT.instrument, capital="0.000001")
    for _ in range(2):
        close(memory, ENTRY_DAY)
    (decision,) = memory.decisions.kept.values()
    assert (decision.denied, decision.orders) == (True, ())
    (told,) = memory.decisions.events
    assert (told.type, told.data["code"]) == ("decision_made", decision.code)
    assert memory.desk.events == []


def test_a_late_cycle_decides_nothing() -> None:
    memory = BREAKOUT.desk()
    run(memory, ENTRY_DAY, protect_only=True)
    assert memory.decisions.kept == {}
    assert memory.desk.kept_orders == {}


def test_a_late_cycle_fires_the_stop_that_was_reached_and_moves_none() -> None:
    memory = TREND.desk()
    for as_of in TREND.closes:
        if as_of == STOP_DAY:
            break
        close(memory, as_of)
    (position,) = [book.position for book in memory.desk.kept.values()]
    run(memory, STOP_DAY, protect_only=True)
    (stop,) = [one for one in memory.desk.kept_fills.values() if one.leg is Leg.STOP]
    assert position is not None
    assert stop.price < position.protection.stop
    assert max(one.as_of for one in memory.decisions.kept.values()) == STOP_DAY - DAY
    check(memory)


def test_a_late_cycle_leaves_a_trail_to_the_next_close() -> None:
    late, memory = TREND.closes[9], TREND.desk()
    for as_of in TREND.closes[:9]:
        close(memory, as_of)
    before = record(memory)
    run(memory, late, protect_only=True)
    assert record(memory) == before
    close(memory, late + DAY)
    book = memory.desk.book(OWNER, memory.bots.mandates[0].bot_id)
    assert book.position is not None
    assert book.position.protection.trailed
    check(memory)


def test_an_unknown_entry_blocks_the_next_and_is_found_by_the_watch() -> None:
    memory = BREAKOUT.desk()
    strikes = Strikes(at=1, after=True, only=frozenset({"commit"}))
    with pytest.raises(Killed):
        close(memory, ENTRY_DAY, strikes=strikes)
    (order,) = memory.desk.kept_orders.values()
    assert (order.status, order.sent_at) == (OrderStatus.INITIALIZED, ENTRY_DAY)
    memory.clock.forward(100)
    assert memory.watch(as_of=ENTRY_DAY + MINUTE)
    run(memory, ENTRY_DAY + MINUTE, holder="watch", protect_only=True)
    (fill,) = memory.desk.kept_fills.values()
    assert fill.at.date() == ENTRY_DAY.date()
    assert memory.watch(as_of=ENTRY_DAY + 2 * MINUTE) == ()
    check(memory)
