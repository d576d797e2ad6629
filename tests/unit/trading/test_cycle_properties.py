"""Any days, strategies, instruments, moods of the venue, and workers that die anywhere."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import (
    Fault,
    LeaseTaken,
    OutcomeUnknown,
    StaleWrite,
    StoreUnavailable,
    Transient,
    VenueUnavailable,
)
from nightdesk.strategies.definition import Definition
from nightdesk.trading.assumptions import Assumptions
from nightdesk.trading.order import Leg
from tests.fakes.clock import FakeClock
from tests.fakes.desk import MemoryDesk
from tests.fakes.faults import Killed, Strikes, quick, run
from tests.unit.trading.stretches import check

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FIRST = from_iso("2018-09-01T00:00:00Z")
EAGER: dict[str, Any] = {
    "schema": 1,
    "name": "Eager",
    "kind": "rules",
    "timeframe": "1d",
    "entry": {"gt": ["close", "close[-1]"]},
    "repeat": True,
    "weekly_gate": False,
    "stop": {"pct": 0.06},
}
"""Buys whatever rose, so that short histories hold many trades."""
WAYS_OUT: list[dict[str, Any]] = [
    {"exit": {"lt": ["close", "close[-1]"]}},
    {"target": {"r": 2}, "breakeven": {"at_r": 0.5, "offset": 0}},
    {"trailing": {"pct": 0.05, "activate": {"r": 0.5}}},
    {"trailing": {"pct": 0.04}, "time_stop": {"bars": 6}},
    {"exit": {"lt": ["close", "close[-1]"]}, "target": {"r": 3}, "time_stop": {"bars": 3}},
]
STRATEGIES = st.sampled_from(["donchian@1", "ma_cross@1", *range(len(WAYS_OUT)), 0, 1, 2, 3, 4])
INSTRUMENTS = st.sampled_from(["BTC/USD@bitstamp", "ETH/USD@bitstamp", "LTC/USD@bitstamp"])
FAULTS = st.sampled_from([Killed, StoreUnavailable, VenueUnavailable, OutcomeUnknown, StaleWrite])
WHAT = st.sampled_from(["close", "close", "close", "twice", "retry", "late", "watch", "skip"])


def attempt(
    memory: MemoryDesk, strikes: Strikes | None, holder: str, *, hours: int, late: bool
) -> bool:
    """Run one close; tell whether its worker asks to be run again, or died."""
    as_of = FIRST + timedelta(hours=hours)
    memory.clock.moment = max(memory.clock.moment, as_of)
    try:
        run(memory, as_of, strikes=strikes, holder=holder, protect_only=late)
    except (Killed, Transient):
        return True
    except Fault:
        return False
    return False


def a_bot(memory: MemoryDesk, data: st.DataObject, n: int) -> None:
    """Put a bot of any strategy on the desk."""
    chosen, instrument = data.draw(STRATEGIES), data.draw(INSTRUMENTS)
    capital = data.draw(st.sampled_from(["60", "1000", "9000000"]))
    eager = isinstance(chosen, int)
    name = "donchian@1" if eager else str(chosen)
    mandate = memory.bot(name, instrument, bot_id=f"bot_{n}", capital=capital, at=FIRST)
    if eager:
        definition = Definition.model_validate(EAGER | WAYS_OUT[int(chosen)])
        memory.bots.mandates[-1] = replace(
            mandate, definition=definition, definition_hash=definition.hash, parameters={}
        )


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_invariants_hold_after_each_cycle_whatever_happens(data: st.DataObject) -> None:
    assumed = Assumptions(
        seed=str(data.draw(st.integers(0, 10**6), label="seed")),
        lost_rate=data.draw(st.sampled_from([0.0, 0.2, 0.5]), label="lost"),
        rejection_rate=data.draw(st.sampled_from([0.0, 0.1]), label="rejected"),
        volume_share=data.draw(st.sampled_from([0.05, 0.005]), label="share"),
    )
    memory = quick(MemoryDesk(assumptions=assumed, clock=FakeClock(FIRST)))
    count = data.draw(st.integers(1, 3), label="bots")
    for n in range(count):
        a_bot(memory, data, n)
    day = data.draw(st.integers(0, 400), label="first day")
    for step in range(data.draw(st.integers(10, 30), label="days")):
        what = data.draw(WHAT)
        day += 1
        if what == "skip":
            continue
        strikes = Strikes(
            at=data.draw(st.integers(1, 14)),
            fault=data.draw(FAULTS),
            after=data.draw(st.booleans()),
        )
        struck = strikes if what in {"retry", "late"} else None
        again = attempt(memory, struck, f"{step}", hours=24 * day, late=what == "late")
        check(memory)
        if what == "twice" or (again and what == "retry"):
            memory.clock.forward(100)
            attempt(memory, None, f"{step} again", hours=24 * day, late=False)
            check(memory)
        if what == "watch":
            memory.clock.forward(100)
            as_of = FIRST + day * DAY + 5 * MINUTE
            if memory.watch(as_of=as_of):
                run(memory, as_of, protect_only=True, holder=f"{step} watch")
            check(memory)
    settle_down(memory, day)


def settle_down(memory: MemoryDesk, day: int) -> None:
    """Leave the desk alone with a venue in a good mood: nothing stays unresolved."""
    memory.clock.moment = max(memory.clock.moment, FIRST + day * DAY) + MINUTE
    for n in range(10, 22):
        as_of = FIRST + day * DAY + n * MINUTE
        memory.clock.moment = max(memory.clock.moment, as_of)
        if memory.watch(as_of=as_of):
            try:
                run(memory, as_of, protect_only=True, holder=f"last {n}")
            except LeaseTaken:
                continue
        check(memory)
    for book in memory.desk.kept.values():
        assert book.reserved == 0
        entries = [
            order
            for order in memory.desk.kept_orders.values()
            if order.bot_id == book.bot_id and order.leg is Leg.ENTRY
        ]
        assert all(not order.status.open for order in entries)
