"""Gates that shut while a bot is worked: no entry gets through, every exit does."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import StoreUnavailable
from nightdesk.core.events import Event
from nightdesk.core.ids import SYSTEM, UserId
from nightdesk.strategies.signal import Action
from nightdesk.trading.book import Book
from nightdesk.trading.decision import Decision
from nightdesk.trading.order import Leg, OrderStatus
from nightdesk.trading.ports import Change, Lease
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import Killed, Strikes, quick, run
from tests.fakes.trading import FakeDecisions, FakeDesk, FakeGates
from tests.unit.trading.stretches import BREAKOUT, TREND, Stretch, check, close

ENTRY_DAY = from_iso("2019-02-11T00:00:00Z")
"""donchian@1 buys ETH at this midnight of the record."""
gates = pytest.mark.parametrize("gate", [SYSTEM, OWNER], ids=["desk", "owner"])


@dataclass
class Shutting(FakeDecisions):
    """Decisions, after each of which a gate falls."""

    gates: dict[UserId, str] | None = None
    gate: UserId = OWNER

    def put(self, decision: Decision, *told: Event) -> Decision:
        stands = FakeDecisions.put(self, decision, *told)
        if self.gates is not None:
            self.gates[self.gate] = "EMERGENCY_STOP"
        return stands


@pytest.fixture
def memory() -> MemoryDesk:
    memory = quick(MemoryDesk())
    memory.bot()
    return memory


def orders(memory: MemoryDesk) -> list[tuple[Leg, OrderStatus, str | None]]:
    return [(one.leg, one.status, one.reason) for one in memory.desk.kept_orders.values()]


@gates
def test_a_gate_that_was_shut_before_denies_the_entry(memory: MemoryDesk, gate: UserId) -> None:
    memory.gates.codes[gate] = "EMERGENCY_STOP"
    done = run(memory, ENTRY_DAY)
    assert (done.denied, done.entries, done.fills) == (1, 0, 0)
    assert orders(memory) == [(Leg.ENTRY, OrderStatus.DENIED, "EMERGENCY_STOP")]
    check(memory)


@gates
def test_a_gate_that_falls_between_decision_and_intent_denies_the_entry_for_good(
    memory: MemoryDesk, gate: UserId
) -> None:
    shutting = Shutting(memory.decisions.kept, gates=memory.gates.codes, gate=gate)
    calm = memory.trade
    memory.trade = replace(memory.trade, decisions=shutting)
    done = run(memory, ENTRY_DAY)
    assert (done.failed, done.fills) == (0, 0)
    refused = [(Leg.ENTRY, OrderStatus.DENIED, "EMERGENCY_STOP")]
    assert orders(memory) == refused
    told = [event.type for event in memory.desk.events]
    assert told == ["decision_made", "order_updated"]
    memory.gates.codes.clear()
    memory.trade = calm
    run(memory, ENTRY_DAY)
    assert orders(memory) == refused, "the repeat found the decision and entered"
    check(memory)


def test_an_approval_left_by_a_dead_worker_meets_the_gate_that_fell_meanwhile(
    memory: MemoryDesk,
) -> None:
    strikes = Strikes(at=1, only=frozenset({"commit"}))
    with pytest.raises(Killed):
        run(memory, ENTRY_DAY, strikes=strikes)
    ((_, decision),) = memory.decisions.kept.items()
    assert not decision.denied
    memory.gates.codes[OWNER] = "EMERGENCY_STOP"
    memory.clock.forward(100)
    run(memory, ENTRY_DAY, holder="the retry")
    assert orders(memory) == [(Leg.ENTRY, OrderStatus.DENIED, "EMERGENCY_STOP")]
    check(memory)


@pytest.mark.parametrize("stretch", [BREAKOUT, TREND], ids=["rule", "stop"])
def test_exits_work_with_every_gate_shut(stretch: Stretch) -> None:
    memory = stretch.desk()
    for as_of in stretch.closes:
        close(memory, as_of)
        if memory.desk.kept_fills:
            codes = {SYSTEM: "EMERGENCY_STOP", OWNER: "USER_BLOCKED"}
            memory.gates.codes.update(codes)
    entry, left = memory.desk.kept_fills.values()
    assert (entry.leg, left.leg) == (Leg.ENTRY, Leg.EXIT if stretch is BREAKOUT else Leg.STOP)
    book = memory.desk.book(OWNER, entry.bot_id)
    assert book.flat
    check(memory)


def test_a_gate_that_falls_before_the_booking_of_an_entry_leaves_it_booked(
    memory: MemoryDesk,
) -> None:
    calm = memory.desk

    class Falling(FakeDesk):
        def commit(self, change: Change, lease: Lease) -> Book:
            if change.fills:
                self.gates.codes[SYSTEM] = "EMERGENCY_STOP"
            return FakeDesk.commit(self, change, lease)

    desk = Falling(memory.leases, memory.gates)
    desk.kept, desk.kept_orders = calm.kept, calm.kept_orders
    desk.kept_fills, desk.kept_postings = calm.kept_fills, calm.kept_postings
    memory.trade = replace(memory.trade, desk=desk)
    done = run(memory, ENTRY_DAY)
    assert (done.failed, done.fills) == (0, 1)
    check(memory)
    run(memory, ENTRY_DAY + timedelta(days=1))
    check(memory)


@gates
def test_whatever_is_decided_meanwhile_names_the_gate(memory: MemoryDesk, gate: UserId) -> None:
    calm = ENTRY_DAY - timedelta(days=1)
    run(memory, calm - timedelta(days=1))
    memory.gates.codes[gate] = "EMERGENCY_STOP"
    for day in (calm, ENTRY_DAY):
        memory.clock.moment = day
        run(memory, day)
    named = [(one.action, one.gate) for one in memory.decisions.kept.values()]
    assert named == [
        (Action.HOLD, None),
        (Action.HOLD, "EMERGENCY_STOP"),
        (Action.ENTER, "EMERGENCY_STOP"),
    ]


def test_gates_that_cannot_be_read_keep_no_bot_from_its_turn(memory: MemoryDesk) -> None:
    class Down(FakeGates):
        def shut_of(self, owners: Collection[UserId]) -> Mapping[UserId, str]:
            raise StoreUnavailable("down")

    memory.trade = replace(memory.trade, gates=Down())
    assert run(memory, ENTRY_DAY - timedelta(days=1)).decisions == 1
