"""Two workers on one bot: it trades once, and who lost the lease writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from nightdesk.core.errors import Fenced, LeaseTaken
from nightdesk.trading.order import Leg
from tests.fakes.desk import MemoryDesk
from tests.fakes.faults import EFFECTS, Killed, Saved, Strikes, record, run
from tests.unit.trading.stretches import BREAKOUT, TREND, Stretch, check, close

LEASE = 100
"""Seconds after which a lease has run out."""
busy_closes = pytest.mark.parametrize(
    ("stretch", "day"),
    [(BREAKOUT, 1), (BREAKOUT, 6), (TREND, 9), (TREND, 15)],
    ids=["entry", "rule exit", "trail", "stop"],
)


@dataclass
class Interrupted(Strikes):
    """Lets somebody else run right before the `at`-th side effect, or right after it."""

    other: Callable[[], None] = field(kw_only=True)

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        if name not in self.only:
            return act()
        self.seen += 1
        mine = self.seen == self.at
        if mine and not self.after:
            self.other()
        answer = act()
        if mine and self.after:
            self.other()
        return answer


@dataclass
class Second:
    """Another worker at the same close."""

    memory: MemoryDesk
    stretch: Stretch
    day: int
    wait: float = 0
    held_off: bool = False
    left: str = ""
    """What is stored when it is done."""

    def __call__(self) -> None:
        self.memory.clock.forward(self.wait)
        try:
            run(self.memory, self.stretch.closes[self.day], holder="second")
        except LeaseTaken:
            self.held_off = True
        self.left = record(self.memory, fences=True)


def traded(stored: str) -> list[str]:
    """Return what trading wrote; settling knows no lease, and its point is one in any case."""
    return [line for line in stored.splitlines() if not line.startswith("equity")]


def before(stretch: Stretch, day: int) -> MemoryDesk:
    memory = stretch.desk()
    for as_of in stretch.closes[:day]:
        close(memory, as_of)
    return memory


def plain(stretch: Stretch, day: int) -> tuple[str, int]:
    """Return what one worker alone leaves, and with how many side effects."""
    memory, strikes = before(stretch, day), Strikes()
    close(memory, stretch.closes[day], strikes=strikes)
    return record(memory), strikes.seen


@busy_closes
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_second_cycle_at_any_side_effect_of_the_first_trades_nothing_twice(
    stretch: Stretch, day: int, *, after: bool
) -> None:
    wanted, effects = plain(stretch, day)
    memory = before(stretch, day)
    saved = Saved.of(memory)
    held_off = 0
    for n in range(1, effects + 1):
        saved.back(memory)
        second = Second(memory, stretch, day)
        close(memory, stretch.closes[day], strikes=Interrupted(at=n, after=after, other=second))
        assert record(memory) == wanted, n
        check(memory)
        held_off += second.held_off
    assert held_off >= effects - 3, "all but before it, at its end, and in the settle"


@busy_closes
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_that_slept_through_its_lease_writes_nothing_more(
    stretch: Stretch, day: int, *, after: bool
) -> None:
    wanted, effects = plain(stretch, day)
    memory = before(stretch, day)
    saved = Saved.of(memory)
    for n in range(1, effects + 1):
        saved.back(memory)
        second = Second(memory, stretch, day, wait=LEASE)
        close(memory, stretch.closes[day], strikes=Interrupted(at=n, after=after, other=second))
        assert record(memory) == wanted, n
        assert not second.held_off
        assert traded(record(memory, fences=True)) == traded(second.left)
        check(memory)


def test_a_sleeper_is_fenced_at_its_next_write_and_counts_as_busy() -> None:
    memory = before(BREAKOUT, 1)
    second = Second(memory, BREAKOUT, 1, wait=LEASE)
    strikes = Interrupted(at=1, other=second, only=frozenset({"commit"}))
    done = run(memory, BREAKOUT.closes[1], strikes=strikes)
    assert (done.busy, done.failed, done.fills) == (1, 0, 0)
    assert record(memory, fences=True) == second.left
    assert [fill.leg for fill in memory.desk.kept_fills.values()] == [Leg.ENTRY]


def test_the_fence_of_the_newest_lease_refuses_every_older_one() -> None:
    memory = before(BREAKOUT, 1)
    (mandate,) = memory.bots.mandates
    as_of = BREAKOUT.closes[1]
    old = memory.leases.take(mandate.owner, mandate.bot_id, "first", as_of)
    memory.clock.forward(LEASE)
    memory.leases.take(mandate.owner, mandate.bot_id, "second", as_of)
    with pytest.raises(Fenced):
        memory.leases.renew(old)
    memory.leases.free(old)
    with pytest.raises(LeaseTaken):
        memory.leases.take(mandate.owner, mandate.bot_id, "third", as_of)


def test_a_bot_that_another_worker_holds_is_tried_again_and_meanwhile_left_alone() -> None:
    memory = before(BREAKOUT, 1)
    other = memory.bot(bot_id="bot_2")
    (mandate, _) = memory.bots.mandates
    as_of = BREAKOUT.closes[1]
    held = memory.leases.take(mandate.owner, mandate.bot_id, "another", as_of)
    with pytest.raises(LeaseTaken):
        run(memory, as_of)
    fills = memory.desk.kept_fills.values()
    assert [fill.bot_id for fill in fills] == [other.bot_id]
    memory.leases.free(held)
    done = run(memory, as_of, holder="the retry")
    assert (done.bots, done.busy, done.fills) == (2, 0, 1)
    check(memory)


def test_a_dead_worker_keeps_its_bot_until_its_lease_runs_out() -> None:
    memory = before(BREAKOUT, 1)
    as_of = BREAKOUT.closes[1]
    with pytest.raises(Killed):
        close(memory, as_of, strikes=Strikes(at=3, only=EFFECTS))
    stands = record(memory, fences=True)
    with pytest.raises(LeaseTaken):
        run(memory, as_of, holder="too early")
    assert record(memory, fences=True) == stands
    memory.clock.forward(LEASE)
    close(memory, as_of, holder="in time")
    assert record(memory) == plain(BREAKOUT, 1)[0]


def test_the_same_holder_takes_its_bot_back_at_once() -> None:
    """A retry that carries the worker's name need not wait: the fence keeps the dead one out."""
    memory = before(BREAKOUT, 1)
    as_of = BREAKOUT.closes[1]
    with pytest.raises(Killed):
        close(memory, as_of, strikes=Strikes(at=3))
    close(memory, as_of)
    assert record(memory) == plain(BREAKOUT, 1)[0]
