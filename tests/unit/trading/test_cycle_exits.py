"""What is to be sold gets sold: refusals, part fills, lost answers and dead workers between."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import OutcomeUnknown
from nightdesk.market.instruments import Rules
from nightdesk.trading.assumptions import Assumptions
from nightdesk.trading.order import Answer, Leg, Order, OrderStatus, Side
from nightdesk.trading.ports import Exchange
from tests.fakes.clock import FakeClock
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import Killed, Saved, Strikes, quick, record, run
from tests.unit.trading.stretches import BREAKOUT, TREND, check, close, days

EXIT_DAY = from_iso("2019-03-05T00:00:00Z")
"""donchian@1 sells its ETH at this midnight."""
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

Deal = Callable[["Moody", Order, Rules], Answer]


@dataclass
class Moody:
    """An exchange that treats the first sales as told, and then does its work."""

    real: Exchange
    moods: list[Deal] = field(default_factory=list)
    told: dict[str, Answer | None] = field(default_factory=dict)

    def submit(self, order: Order, rules: Rules) -> Answer:
        if order.side is Side.SELL and order.client_order_id not in self.told and self.moods:
            mood = self.moods.pop(0)
            return mood(self, order, rules)
        return self.real.submit(order, rules)

    def look_up(self, order: Order, rules: Rules) -> Answer | None:
        if order.client_order_id in self.told:
            return self.told[order.client_order_id]
        return self.real.look_up(order, rules)

    def cancel(self, order: Order, rules: Rules) -> Answer:
        return self.real.cancel(order, rules)


def refused(venue: Moody, order: Order, rules: Rules) -> Answer:
    answer = Answer(status=OrderStatus.REJECTED, reason="SIMULATED_REJECTION")
    venue.told[order.client_order_id] = answer
    return answer


def half(venue: Moody, order: Order, rules: Rules) -> Answer:
    """Fill half of it, and let the rest expire."""
    part = replace(order, quantity=(order.quantity / 2).quantize(rules.lot))
    fills = venue.real.submit(part, rules).fills
    answer = Answer(status=OrderStatus.EXPIRED, fills=fills, reason="NO_LIQUIDITY")
    venue.told[order.client_order_id] = answer
    return answer


def lost(then: Deal | None) -> Deal:
    """Lose the answer; the order went the way of `then`, or never arrived."""

    def mood(venue: Moody, order: Order, rules: Rules) -> Answer:
        venue.told[order.client_order_id] = None
        if then is not None:
            then(venue, order, rules)
        raise OutcomeUnknown("no answer")

    return mood


def breakout(moods: list[Deal]) -> tuple[MemoryDesk, Moody]:
    """Return the desk with its ETH just before the exit, and the venue that it meets then."""
    memory = BREAKOUT.desk()
    for as_of in BREAKOUT.closes:
        if as_of < EXIT_DAY:
            close(memory, as_of)
    (mandate,) = memory.bots.mandates
    venue = Moody(memory.exchange(mandate.timeframe), moods)
    memory.exchange = lambda timeframe: venue  # type: ignore[method-assign]
    memory.trade = replace(memory.trade, exchange=memory.exchange)
    return memory, venue


def sold(memory: MemoryDesk) -> Decimal:
    fills = memory.desk.kept_fills.values()
    return sum((one.quantity for one in fills if one.side is Side.SELL), Decimal(0))


def bought(memory: MemoryDesk) -> Decimal:
    fills = memory.desk.kept_fills.values()
    return sum((one.quantity for one in fills if one.side is Side.BUY), Decimal(0))


def watch(memory: MemoryDesk, as_of: datetime) -> None:
    """Run the watch pass of one minute, and whatever it finds."""
    memory.clock.moment = max(memory.clock.moment, as_of)
    if memory.watch(as_of=as_of):
        run(memory, as_of, protect_only=True, holder=f"watch {as_of}")


MOODS: dict[str, list[Deal]] = {
    "refused once": [refused],
    "refused twice": [refused, refused],
    "half, then the rest": [half],
    "half, refused, the rest": [half, refused],
    "answer lost": [lost(None)],
    "refusal lost": [lost(refused)],
    "half lost": [lost(half)],
    "refused, then lost": [refused, lost(None)],
    "refused thrice": [refused, refused, refused],
    "halves thrice": [half, half, half],
}


@pytest.mark.parametrize("name", MOODS)
def test_an_exit_ends_flat_whatever_the_venue_does(name: str) -> None:
    memory, _ = breakout(list(MOODS[name]))
    close(memory, EXIT_DAY)
    check(memory)
    for n in range(1, 5):
        watch(memory, EXIT_DAY + n * MINUTE)
        check(memory)
    book = memory.desk.book(OWNER, memory.bots.mandates[0].bot_id)
    assert book.flat
    assert book.tally.trips == 1
    assert sold(memory) == bought(memory)
    (trip,) = [one for one in memory.desk.events if one.type == "round_trip_closed"]
    assert trip.data["exit_reason"] == "signal"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", ["refused once", "refused thrice", "half, then the rest"])
def test_a_worker_killed_between_two_tries_leaves_the_exit_to_the_next(
    name: str, *, after: bool
) -> None:
    memory, venue = breakout(list(MOODS[name]))
    saved = Saved.of(memory)
    count = Strikes()
    close(memory, EXIT_DAY, strikes=count)
    for n in range(1, count.seen + 1):
        saved.back(memory)
        venue.moods[:], venue.told = MOODS[name], {}
        with pytest.raises(Killed):
            close(memory, EXIT_DAY, strikes=Strikes(at=n, after=after))
        check(memory)
        memory.clock.forward(100)
        close(memory, EXIT_DAY, holder="the retry")
        for minute in range(1, 4):
            check(memory)
            watch(memory, EXIT_DAY + minute * MINUTE)
        check(memory)
        book = memory.desk.book(OWNER, memory.bots.mandates[0].bot_id)
        assert book.flat, (n, count.log[n - 1])
        assert sold(memory) == bought(memory)


def test_an_exit_cut_off_after_its_refusal_goes_on_though_nobody_retries() -> None:
    memory, _ = breakout([refused])
    with pytest.raises(Killed):
        close(memory, EXIT_DAY, strikes=Strikes(at=2, after=True, only=frozenset({"commit"})))
    book = memory.desk.book(OWNER, memory.bots.mandates[0].bot_id)
    assert book.position is not None
    assert book.position.protection.leaving == "signal"
    check(memory)
    memory.clock.forward(100)
    watch(memory, EXIT_DAY + MINUTE)
    assert memory.desk.book(OWNER, book.bot_id).flat
    check(memory)


@pytest.mark.parametrize("seed", range(8))
def test_lost_answers_and_rejections_heal_and_exits_end_flat(seed: int) -> None:
    assumed = Assumptions(seed=f"moody {seed}", lost_rate=0.5, rejection_rate=0.1)
    memory = quick(MemoryDesk(assumptions=assumed, clock=FakeClock(BREAKOUT.closes[0])))
    memory.bot(BREAKOUT.strategy, BREAKOUT.instrument)
    memory.bot(TREND.strategy, TREND.instrument, bot_id="bot_2")
    for as_of in [*days("2019-02-10", 4), *days("2019-02-19", 8), *days("2019-03-04", 3)]:
        close(memory, as_of)
        check(memory)
        for n in range(1, 12):
            watch(memory, as_of + n * MINUTE)
            check(memory)
    for book in memory.desk.kept.values():
        assert book.flat
        assert book.reserved == 0
    legs = [order.leg for order in memory.desk.kept_orders.values() if order.filled]
    assert legs.count(Leg.ENTRY) == sum(book.tally.trips for book in memory.desk.kept.values())


def test_the_same_close_twice_does_not_move_the_stop_of_what_was_just_bought() -> None:
    """A trail that is armed at once follows closes after the entry, not the entry's own."""
    memory = TREND.desk()
    (mandate,) = memory.bots.mandates
    trailing: Any = mandate.definition.trailing
    definition = mandate.definition.model_copy(
        update={
            "trailing": trailing.model_copy(
                update={"activate": None, "atr": None, "pct": Decimal("0.01")}
            )
        }
    )
    memory.bots.mandates[:] = [replace(mandate, definition=definition)]
    first, entry, *following = TREND.closes
    close(memory, first)
    close(memory, entry)
    once = record(memory)
    close(memory, entry)
    assert record(memory) == once
    for as_of in following:
        close(memory, as_of)
    (trip,) = [one for one in memory.desk.events if one.type == "round_trip_closed"]
    assert trip.data["exit_reason"] == "trail"
    check(memory)
