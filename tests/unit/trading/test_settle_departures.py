"""Settle takes bots out of their market once they may not enter and hold nothing."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import BotId, UserId
from nightdesk.trading.mandate import Mandate
from nightdesk.trading.ports import BotKey
from tests.fakes.desk import OWNER, MemoryDesk

ENTRY_DAY = from_iso("2019-02-11T00:00:00Z")
"""donchian@1 buys ETH at this midnight of the record."""
DAY = timedelta(days=1)


@dataclass
class Asked:
    """The port Departures; it notes who was asked to leave, and what was stored by then."""

    memory: MemoryDesk
    stale: bool = False
    asked: list[BotKey] = field(default_factory=list)

    def __call__(self, owner: UserId, bot_id: BotId) -> bool:
        assert self.memory.equity.latest(owner, bot_id) is not None
        self.asked.append((owner, bot_id))
        if self.stale:
            raise StaleWrite(bot_id)
        return True


@pytest.fixture
def memory() -> MemoryDesk:
    return MemoryDesk()


def block(memory: MemoryDesk, mandate: Mandate) -> None:
    key = (mandate.owner, mandate.bot_id)
    memory.desk.kept[key] = replace(memory.desk.kept[key], entries_blocked="BOT_NOT_ACTIVE")


def test_a_blocked_flat_bot_leaves_after_its_last_point_and_the_others_stay(
    memory: MemoryDesk,
) -> None:
    gone, stays = memory.bot(bot_id="bot_1"), memory.bot(bot_id="bot_2")
    block(memory, gone)
    leave = Asked(memory)
    market = (gone.instrument_id, gone.timeframe)
    memory.rules.as_of = ENTRY_DAY
    settle = replace(memory.settle, leave=leave)
    assert settle([market], as_of=ENTRY_DAY) == 2
    assert leave.asked == [(OWNER, gone.bot_id)]
    assert memory.equity.latest(OWNER, stays.bot_id) is not None


def test_a_blocked_bot_that_holds_leaves_at_the_close_after_its_exit(memory: MemoryDesk) -> None:
    mandate = memory.bot()
    memory.cycle(ENTRY_DAY)
    assert memory.desk.book(OWNER, mandate.bot_id).position is not None
    block(memory, mandate)
    as_of = ENTRY_DAY
    while memory.bots.mandates:
        held = memory.desk.book(OWNER, mandate.bot_id).position is not None
        assert held, "it left while it held, or stayed when it held nothing"
        as_of += DAY
        memory.cycle(as_of)
    assert memory.desk.book(OWNER, mandate.bot_id).flat
    latest = memory.equity.latest(OWNER, mandate.bot_id)
    assert latest is not None
    assert (latest.as_of, latest.trips) == (as_of, 1)


def test_a_departure_that_others_disturb_waits_for_a_later_close(memory: MemoryDesk) -> None:
    for name in ("bot_1", "bot_2"):
        block(memory, memory.bot(bot_id=name))
    leave = Asked(memory, stale=True)
    mandate = memory.bots.mandates[0]
    memory.rules.as_of = ENTRY_DAY
    settle = replace(memory.settle, leave=leave)
    market = (mandate.instrument_id, mandate.timeframe)
    assert settle([market], as_of=ENTRY_DAY) == 2
    assert leave.asked == [(OWNER, BotId("bot_1")), (OWNER, BotId("bot_2"))]
