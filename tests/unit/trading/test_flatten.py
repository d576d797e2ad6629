"""One bot is stopped: entries cancelled, positions sold if so wanted, and nothing done twice."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import LeaseTaken, OutcomeUnknown
from nightdesk.core.ids import BotId
from nightdesk.market.instruments import Rules
from nightdesk.trading.flatten import LeftToStop, StopBot, Stopped
from nightdesk.trading.mandate import Mandate
from nightdesk.trading.order import Answer, Leg, Order, OrderStatus
from nightdesk.trading.ports import Exchange
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import Killed, Strikes, Struck, quick, run
from tests.unit.trading.stretches import check
from tests.unit.trading.test_withdraw import DAY, SENT, D, rest, stored

ENTRY_DAY = from_iso("2019-02-11T00:00:00Z")
AFTER = ENTRY_DAY + timedelta(hours=5)


@dataclass
class Stops:
    memory: MemoryDesk
    exchange: Any = None
    strikes: Strikes | None = None

    def __call__(
        self,
        bot_id: str = "bot_1",
        *,
        flatten: bool = False,
        at: datetime = AFTER,
        holder: str = "stop",
    ) -> Stopped:
        memory = self.memory

        def under(port: object) -> Any:
            return port if self.strikes is None else Struck(port, self.strikes)

        stop = StopBot(
            left=LeftToStop(memory.desk, memory.rules),
            desk=under(memory.desk),
            leases=under(memory.leases),
            rules=memory.rules,
            quotes=memory.recorded.quote,
            exchange=lambda timeframe: under(self.exchange or memory.exchange(timeframe)),
        )
        memory.rules.as_of = at
        key = next(key for key in memory.desk.kept if key[1] == bot_id)
        return stop(*key, reason="EMERGENCY_STOP", flatten=flatten, at=at, holder=holder)


@pytest.fixture
def memory() -> MemoryDesk:
    return quick(MemoryDesk())


@pytest.fixture
def holding(memory: MemoryDesk) -> MemoryDesk:
    """Return a desk whose bot has bought ETH."""
    memory.bot()
    memory.clock.moment = ENTRY_DAY
    run(memory, ENTRY_DAY)
    assert memory.desk.holding()
    return memory


@pytest.fixture
def mandate(memory: MemoryDesk) -> Mandate:
    return memory.bot(capital="500000", at=SENT)


def test_to_block_leaves_a_protected_position_alone(holding: MemoryDesk) -> None:
    before = dict(holding.desk.kept_orders)
    assert Stops(holding)() == Stopped(done=True)
    assert holding.desk.kept_orders == before
    assert holding.leases.held == {}


def test_to_flatten_sells_at_market_and_takes_the_protection_away(holding: MemoryDesk) -> None:
    assert Stops(holding)(flatten=True) == Stopped(done=True, closed=1)
    sale = next(one for one in holding.desk.kept_orders.values() if one.leg is Leg.EXIT)
    assert (sale.status, sale.reason) == (OrderStatus.FILLED, "emergency")
    book = holding.desk.book(OWNER, sale.bot_id)
    assert book.flat
    trip = next(one for one in holding.desk.events if one.type == "round_trip_closed")
    assert trip.data["exit_reason"] == "emergency"
    check(holding)


def test_done_again_it_changes_nothing(holding: MemoryDesk) -> None:
    Stops(holding)(flatten=True)
    before = (dict(holding.desk.kept_orders), list(holding.desk.events))
    assert Stops(holding)(flatten=True) == Stopped(done=True)
    assert Stops(holding)(flatten=True, at=AFTER + timedelta(minutes=1)) == Stopped(done=True)
    assert (dict(holding.desk.kept_orders), list(holding.desk.events)) == before


def test_a_resting_entry_is_cancelled_and_its_cash_freed(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    order = rest(memory, mandate, price="190")
    assert Stops(memory)(at=SENT + DAY) == Stopped(done=True, cancelled=1)
    gone = stored(memory, order)
    assert (gone.status, gone.reason) == (OrderStatus.CANCELED, "EMERGENCY_STOP")
    book = memory.desk.book(OWNER, mandate.bot_id)
    assert (book.cash, book.reserved, book.in_flight) == (D(500_000), D(0), ())


@dataclass
class Silent:
    """An exchange that says nothing of an order, however often it is asked."""

    calm: Exchange

    def submit(self, order: Order, rules: Rules) -> Answer:
        raise OutcomeUnknown("no answer")

    def look_up(self, order: Order, rules: Rules) -> Answer | None:
        return None

    def cancel(self, order: Order, rules: Rules) -> Answer:
        raise OutcomeUnknown("no answer")


def test_an_entry_that_nobody_can_say_is_placed_is_resolved_first(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    order = rest(memory, mandate, price="190", status=OrderStatus.SUBMIT_UNKNOWN)
    silent = Silent(memory.exchange(mandate.timeframe))
    stops = Stops(memory, exchange=silent)
    done = [stops(at=SENT + DAY + n * timedelta(seconds=30)) for n in range(4)]
    assert [one.done for one in done] == [False, False, True, True]
    gone = stored(memory, order)
    assert (gone.status, gone.reason) == (OrderStatus.CANCELED, "NEVER_REACHED_VENUE")


def test_an_entry_that_filled_meanwhile_is_protected_or_sold(
    memory: MemoryDesk, mandate: Mandate
) -> None:
    order = rest(memory, mandate, price="198", quantity=D(100), reserved=D(20_000))
    Stops(memory)(at=SENT + DAY)
    assert stored(memory, order).filled == D(100)
    book = memory.desk.book(OWNER, mandate.bot_id)
    assert book.position is not None
    waiting = [one.leg for one in memory.desk.kept_orders.values() if one.status.open]
    assert waiting == [Leg.STOP]
    assert Stops(memory)(at=SENT + DAY, flatten=True) == Stopped(done=True, closed=1)
    assert memory.desk.book(OWNER, mandate.bot_id).flat


def test_a_bot_that_another_worker_holds_is_tried_again(holding: MemoryDesk) -> None:
    holding.leases.take(OWNER, next(iter(holding.desk.kept))[1], "a cycle", AFTER)
    with pytest.raises(LeaseTaken):
        Stops(holding)(flatten=True)
    holding.clock.forward(100)
    assert Stops(holding)(flatten=True).done


def test_a_cycle_of_the_same_minute_still_finds_its_bot_in_order(holding: MemoryDesk) -> None:
    minute = ENTRY_DAY + DAY
    Stops(holding)(at=minute + timedelta(seconds=7), flatten=True)
    holding.clock.moment = minute + timedelta(seconds=8)
    assert run(holding, minute).busy == 0
    check(holding)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_cut_off_at_any_effect_the_next_try_ends_it_once(*, after: bool) -> None:
    for at in range(1, 12):
        memory = quick(MemoryDesk())
        memory.bot()
        memory.clock.moment = ENTRY_DAY
        run(memory, ENTRY_DAY)
        strikes = Strikes(at=at, after=after)
        try:
            Stops(memory, strikes=strikes)(flatten=True, holder="first")
        except Killed:
            memory.clock.forward(100)
        for n in range(4):  # a sale that was cut off is asked about, and sold again if unknown
            moment = AFTER + timedelta(minutes=n)
            if Stops(memory)(flatten=True, at=moment, holder="second").done:
                break
        book = memory.desk.book(OWNER, next(iter(memory.desk.kept))[1])
        assert book.flat, (at, after)
        assert book.tally.trips == 1
        check(memory)
        if strikes.seen < at:
            break
    else:
        pytest.fail("there are more effects than were tried")


def test_the_largest_risk_comes_first(holding: MemoryDesk) -> None:
    (book,) = holding.desk.kept.values()
    assert book.position is not None
    books = [
        replace(
            book,
            bot_id=BotId(f"bot_{name}"),
            position=replace(book.position, planned_risk=D(risk)),
        )
        for name, risk in (("small", 1), ("large", 9), ("middle", 5))
    ]
    left = LeftToStop(holding.desk, holding.rules)
    found = [one.bot_id for one in left(books, flatten=True)]
    assert found == ["bot_large", "bot_middle", "bot_small"]
    assert left(books, flatten=False) == []
