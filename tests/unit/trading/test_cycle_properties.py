"""Any days, strategies, instruments, moods of the venue, and workers that die anywhere."""

from datetime import timedelta

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
from nightdesk.trading.assumptions import Assumptions
from nightdesk.trading.order import Leg
from tests.fakes.clock import FakeClock
from tests.fakes.desk import MemoryDesk
from tests.fakes.faults import Killed, Strikes, quick, run
from tests.unit.trading.stretches import check

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FIRST = from_iso("2018-09-01T00:00:00Z")
STRATEGIES = st.sampled_from(["donchian@1", "ma_cross@1", "macd_trend@1", "rsi_reversion@1"])
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


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
        strategy, instrument = data.draw(STRATEGIES), data.draw(INSTRUMENTS)
        capital = data.draw(st.sampled_from(["60", "1000", "9000000"]))
        memory.bot(strategy, instrument, bot_id=f"bot_{n}", capital=capital, at=FIRST)
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
