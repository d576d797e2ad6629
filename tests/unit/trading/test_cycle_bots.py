"""Many bots and markets in one call: each fault costs only whom it befalls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import LeaseTaken, Missing, OutcomeUnknown, StoreUnavailable
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.trading.mandate import Mandate
from nightdesk.trading.order import Leg
from nightdesk.trading.trade_bots import TradeBots
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import quick, run
from tests.unit.trading.stretches import TREND, check, close

ENTRY_DAY = from_iso("2019-02-11T00:00:00Z")
"""At this midnight donchian@1 buys ETH and ma_cross@1 buys BTC."""
STOP_DAY = from_iso("2019-02-25T00:00:00Z")
"""The trailing stop of ma_cross@1 on BTC was reached on the day before."""


@dataclass
class Failing:
    """A port one of whose methods fails for some bots; the rest is the port's own."""

    port: Any
    method: str
    fault: Exception
    bots: Sequence[str] = ()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.port, name)
        if name != self.method:
            return real

        def call(*args: Any, **named: Any) -> Any:
            if not self.bots or any(bot in repr(args) for bot in self.bots):
                raise self.fault
            return real(*args, **named)

        return call


@pytest.fixture
def memory() -> MemoryDesk:
    return quick(MemoryDesk())


@pytest.fixture
def bots(memory: MemoryDesk) -> list[Mandate]:
    return [memory.bot(bot_id=f"bot_{n}") for n in (1, 2, 3)]


def with_port(memory: MemoryDesk, **ports: Any) -> TradeBots:
    changes: dict[str, Any] = ports
    return replace(memory.trade, **changes)


def trade(memory: MemoryDesk, use: TradeBots, as_of: datetime = ENTRY_DAY) -> Any:
    memory.rules.as_of = as_of
    markets = [(one, tf) for one, tfs in memory.bots.markets().items() for tf in tfs]
    return use(dict.fromkeys(markets, ()), as_of=as_of, now=as_of, holder="worker")


def holders(memory: MemoryDesk) -> list[str]:
    return [bot_id for (_, bot_id), book in memory.desk.kept.items() if book.position]


def breaks(memory: MemoryDesk, bot_id: str) -> None:
    """Give a bot parameters that its strategy does not know."""
    memory.bots.mandates[:] = [
        replace(one, parameters={"nonsense": 1}) if one.bot_id == bot_id else one
        for one in memory.bots.mandates
    ]


@pytest.mark.usefixtures("bots")
def test_a_bot_whose_rules_break_costs_the_others_nothing(
    memory: MemoryDesk, caplog: pytest.LogCaptureFixture
) -> None:
    breaks(memory, "bot_1")
    done = run(memory, ENTRY_DAY)
    assert (done.bots, done.failed, done.entries) == (3, 1, 2)
    assert holders(memory) == ["bot_2", "bot_3"]
    assert "bot_id=bot_1" in caplog.text


def test_a_bot_whose_rules_break_while_it_holds_is_protected_all_the_same() -> None:
    memory = TREND.desk()
    for as_of in TREND.closes:
        if as_of == STOP_DAY:
            breaks(memory, "bot_1")
        close(memory, as_of)
        if as_of == STOP_DAY:
            break
    assert [fill.leg for fill in memory.desk.kept_fills.values()] == [Leg.ENTRY, Leg.STOP]
    check(memory)


Port = Callable[[MemoryDesk], dict[str, Any]]


def one_port(port: str, method: str, fault: Exception) -> Port:
    """Return what fails for bot_1 alone."""
    return lambda memory: {port: Failing(getattr(memory.trade, port), method, fault, ["bot_1'"])}


@pytest.mark.usefixtures("bots")
@pytest.mark.parametrize(
    "port",
    [
        one_port("leases", "take", StoreUnavailable("throttled")),
        one_port("leases", "take", LeaseTaken("held")),
        one_port("desk", "commit", StoreUnavailable("throttled")),
        one_port("decisions", "put", StoreUnavailable("throttled")),
    ],
    ids=["take", "held", "commit", "decision"],
)
def test_a_transient_fault_of_one_bot_lets_the_others_finish_and_is_raised_for_the_retry(
    memory: MemoryDesk, port: Port
) -> None:
    with pytest.raises((StoreUnavailable, LeaseTaken)):
        trade(memory, with_port(memory, **port(memory)))
    assert holders(memory) == ["bot_2", "bot_3"]
    assert memory.leases.held == {}
    done = trade(memory, memory.trade)
    assert done.failed == done.busy == 0
    assert holders(memory) == ["bot_1", "bot_2", "bot_3"]
    assert len(memory.desk.kept_fills) == 3
    check(memory)


@pytest.mark.usefixtures("bots")
def test_leases_are_given_back_when_the_books_cannot_be_read(memory: MemoryDesk) -> None:
    desk = Failing(memory.desk, "books", StoreUnavailable("throttled"))
    with pytest.raises(StoreUnavailable):
        trade(memory, with_port(memory, desk=desk))
    assert memory.leases.held == {}


@pytest.mark.usefixtures("bots")
def test_leases_are_given_back_when_taking_one_breaks(memory: MemoryDesk) -> None:
    leases = Failing(memory.leases, "take", OutcomeUnknown("not retried"), ["bot_3"])
    with pytest.raises(OutcomeUnknown):
        trade(memory, with_port(memory, leases=leases))
    assert memory.leases.held == {}


@pytest.mark.usefixtures("bots")
def test_a_lease_that_cannot_be_freed_costs_no_other_bot_its_turn(memory: MemoryDesk) -> None:
    leases = Failing(memory.leases, "free", StoreUnavailable("throttled"), ["bot_1'"])
    done = trade(memory, with_port(memory, leases=leases))
    assert (done.bots, done.entries, done.failed) == (3, 3, 0)
    assert [bot_id for _, bot_id in memory.leases.held] == ["bot_1"]


@pytest.mark.usefixtures("bots")
def test_a_market_without_rules_does_not_stop_the_next_market(memory: MemoryDesk) -> None:
    memory.bot("ma_cross@1", "BTC/USD@bitstamp", bot_id="bot_btc")

    class NoRules:
        def get(self, instrument_id: InstrumentId) -> Any:
            if instrument_id.startswith("BTC"):
                raise Missing(instrument_id)
            return memory.rules.get(instrument_id)

    with pytest.raises(Missing):
        trade(memory, with_port(memory, rules=NoRules()))
    assert holders(memory) == ["bot_1", "bot_2", "bot_3"]


@pytest.mark.usefixtures("bots")
def test_a_fault_worth_a_retry_is_raised_before_one_that_is_not(memory: MemoryDesk) -> None:
    memory.bot("ma_cross@1", "BTC/USD@bitstamp", bot_id="bot_btc")

    class NoRules:
        def get(self, instrument_id: InstrumentId) -> Any:
            if instrument_id.startswith("BTC"):
                raise Missing(instrument_id)
            raise StoreUnavailable(instrument_id)

    with pytest.raises(StoreUnavailable):
        trade(memory, with_port(memory, rules=NoRules()))


def test_two_markets_in_one_call_are_both_worked(memory: MemoryDesk) -> None:
    memory.bot(bot_id="bot_eth")
    memory.bot("ma_cross@1", "BTC/USD@bitstamp", bot_id="bot_btc")
    done = trade(memory, memory.trade)
    assert (done.bots, done.entries, done.fills) == (2, 2, 2)
    assert sorted(holders(memory)) == ["bot_btc", "bot_eth"]


def test_a_market_without_a_candle_is_left_alone(memory: MemoryDesk) -> None:
    mandate = memory.bot()
    unlisted = InstrumentId("BTC/USD@coinbase")
    memory.bots.mandates[:] = [replace(mandate, instrument_id=unlisted)]
    done = trade(memory, memory.trade)
    assert done.bots == 0
    assert memory.leases.fences == {}


def test_a_bot_without_a_book_fails_alone(memory: MemoryDesk) -> None:
    memory.bot(bot_id="bot_1")
    memory.bot(bot_id="bot_2")
    del memory.desk.kept[OWNER, BotId("bot_1")]
    done = trade(memory, memory.trade)
    assert (done.failed, done.entries) == (1, 1)
    assert memory.leases.held == {}


def test_bots_of_two_owners_do_not_see_each_other(memory: MemoryDesk) -> None:
    memory.bot(bot_id="bot_1")
    memory.bot(bot_id="bot_1", owner=UserId("01OTHER"))
    done = trade(memory, memory.trade)
    assert done.entries == 2
    owners = {fill.owner for fill in memory.desk.kept_fills.values()}
    assert owners == {OWNER, UserId("01OTHER")}
    assert len({fill.client_order_id for fill in memory.desk.kept_fills.values()}) == 2
