"""A stop engaged at any moment of a cycle: no entry order follows it, whatever runs afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.emergency_stop import Engage
from nightdesk.accounts.stop import Level
from nightdesk.core.clock import from_iso
from nightdesk.core.ids import SYSTEM, UserId
from nightdesk.trading.order import Leg, OrderStatus
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import Saved, quick, run
from tests.fakes.stops import FakeStopGates, FakeStopRunner
from tests.unit.trading.stretches import check

INTERLEAVINGS = 1_000
ENTRY_DAY = from_iso("2019-02-11T00:00:00Z")
"""donchian@1 buys ETH at this midnight of the record."""
DAY = timedelta(days=1)
OTHER = UserId("01OTHER")


@dataclass
class Hooked:
    """Ports whose every call, reads too, is a moment at which something may happen."""

    at: int
    act: Callable[[], object]
    seen: int = 0

    def over(self, port: object) -> Any:
        hook = self

        class Port:
            def __getattr__(self, name: str) -> Any:
                method = getattr(port, name)

                def call(*args: Any, **named: Any) -> Any:
                    if hook.seen == hook.at:
                        hook.act()
                    hook.seen += 1
                    return method(*args, **named)

                return call

        return Port()


def hooked(memory: MemoryDesk, hook: Hooked) -> None:
    """Run the entry day, with something that happens in the middle."""
    calm = memory.trade
    memory.trade = replace(
        calm,
        desk=hook.over(calm.desk),
        leases=hook.over(calm.leases),
        decisions=hook.over(calm.decisions),
        equity=hook.over(calm.equity),
        gates=hook.over(calm.gates),
        pools=hook.over(calm.pools),
        exchange=lambda timeframe: hook.over(calm.exchange(timeframe)),
    )
    memory.rules.as_of = ENTRY_DAY
    due = {(one, tf): () for one, tfs in memory.bots.markets().items() for tf in tfs}
    try:
        memory.trade(due, as_of=ENTRY_DAY, now=ENTRY_DAY, holder="worker")
    finally:
        memory.trade = calm


def entries(memory: MemoryDesk, owners: set[UserId]) -> set[str]:
    """Return the entry orders that were more than refused."""
    return {
        str(one.client_order_id)
        for one in memory.desk.kept_orders.values()
        if one.leg is Leg.ENTRY and one.status is not OrderStatus.DENIED and one.owner in owners
    }


def test_of_a_thousand_interleavings_none_enters_after_the_stop() -> None:
    memory = quick(MemoryDesk())
    for n, owner in enumerate((OWNER, OTHER), start=1):
        memory.bot(bot_id=f"bot_{n}", owner=owner)
    start, chance = Saved.of(memory), Random(20_261_121)
    counted = Hooked(at=-1, act=lambda: None)
    hooked(memory, counted)
    assert len(entries(memory, {OWNER, OTHER})) == 2, "all of them would have entered"
    before: list[int] = []
    for n in range(INTERLEAVINGS):
        start.back(memory)
        memory.gates.codes.clear()
        scope, level = chance.choice((OWNER, SYSTEM)), chance.choice(list(Level))
        stopped = {OWNER} if scope == OWNER else {OWNER, OTHER}
        entered: list[set[str]] = []
        gates = FakeStopGates(memory.gates)
        stop = Engage(gates, FakeStopRunner())

        def engage(
            stop: Engage = stop, scope: UserId = scope, level: Level = level, n: int = n
        ) -> None:
            stop(
                scope,
                level=level,
                reason="",
                admin=scope == SYSTEM,
                origin=Origin(
                    kind=ActorKind.USER, actor=scope, source=Source.API, request_id=str(n)
                ),
                now=ENTRY_DAY,
            )
            entered.append(entries(memory, stopped))  # noqa: B023 - called within this turn

        hooked(memory, Hooked(at=chance.randrange(counted.seen), act=engage))
        if n % 10 == 0:
            # the schedule fires again: a repeat of the close by another worker, and the next one
            memory.clock.forward(100)
            run(memory, ENTRY_DAY, holder="again")
            run(memory, ENTRY_DAY + DAY, holder="next")
            check(memory)
        assert entries(memory, stopped) == entered[0]
        assert memory.gates.shut(OWNER) == "EMERGENCY_STOP"
        before.append(len(entered[0]))
    # the stop came before any entry, between them, and after them all
    assert {0, 1, 2} <= set(before)
