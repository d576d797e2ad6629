"""The minutes between closes: which bots want a hand, and what a pass then does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import RateLimited, StoreUnavailable, VenueUnavailable
from nightdesk.core.ids import BotId, InstrumentId
from nightdesk.market.instruments import Quote
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Leg
from nightdesk.trading.plan import Batch
from nightdesk.trading.position import Protection
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import Killed, Strikes, quick, run
from tests.unit.trading.stretches import check, close

D = Decimal
ENTRY_DAY = from_iso("2019-02-11T00:00:00Z")
"""At this midnight donchian@1 buys ETH and ma_cross@1 buys BTC."""
NOON = ENTRY_DAY + timedelta(hours=12)
ETH, BTC = InstrumentId("ETH/USD@bitstamp"), InstrumentId("BTC/USD@bitstamp")


@dataclass
class Prices:
    """The prices right now; an exception is what the venue answers instead."""

    last: Mapping[InstrumentId, str | Exception]

    def __call__(self, instrument_id: InstrumentId, at: datetime) -> Quote:
        answer = self.last[instrument_id]
        if isinstance(answer, Exception):
            raise answer
        return Quote(instrument_id=instrument_id, at=at, last=D(answer))


@pytest.fixture
def memory() -> MemoryDesk:
    """Return a desk whose two bots hold ETH (stop 106.60) and BTC (stop 3,449.68)."""
    memory = quick(MemoryDesk())
    memory.bot(bot_id="bot_eth")
    memory.bot("ma_cross@1", BTC, bot_id="bot_btc")
    close(memory, ENTRY_DAY)
    return memory


def watched(
    memory: MemoryDesk, eth: str | Exception = "120", btc: str | Exception = "3600"
) -> list[str]:
    batches = replace(memory.watch, quotes=Prices({ETH: eth, BTC: btc}))(as_of=NOON)
    return [market.instrument_id for batch in batches for market in batch.markets]


def protection(memory: MemoryDesk, bot_id: str, **changes: object) -> None:
    """Change what protects a bot's position."""
    key = (OWNER, BotId(bot_id))
    book = memory.desk.kept[key]
    assert book.position is not None
    fields: dict[str, object] = changes
    changed: Protection = replace(book.position.protection, **fields)  # type: ignore[arg-type]
    memory.desk.kept[key] = replace(book, position=replace(book.position, protection=changed))


def test_nothing_wants_a_hand_while_prices_lie_between_stop_and_target(memory: MemoryDesk) -> None:
    assert watched(memory) == []


@pytest.mark.parametrize(("price", "found"), [("106.60", [ETH]), ("106.61", []), ("90", [ETH])])
def test_a_stop_is_touched_at_its_price_and_below(
    memory: MemoryDesk, price: str, found: list[str]
) -> None:
    assert watched(memory, eth=price) == found


@pytest.mark.parametrize(("price", "found"), [("139.99", []), ("140", [ETH]), ("150", [ETH])])
def test_a_target_is_touched_at_its_price_and_above(
    memory: MemoryDesk, price: str, found: list[str]
) -> None:
    protection(memory, "bot_eth", target=D(140))
    assert watched(memory, eth=price) == found


def test_a_time_stop_and_an_exit_that_failed_want_a_hand_without_any_price(
    memory: MemoryDesk,
) -> None:
    protection(memory, "bot_eth", expires_at=NOON)
    protection(memory, "bot_btc", leaving="signal")
    down = VenueUnavailable("down")
    assert watched(memory, eth=down, btc=down) == [BTC, ETH]


@pytest.mark.parametrize("fault", [VenueUnavailable("down"), RateLimited("later")])
def test_one_venue_that_is_down_keeps_no_other_stop_from_firing(
    memory: MemoryDesk, fault: Exception
) -> None:
    assert watched(memory, eth=fault, btc="3000") == [BTC]


def test_a_programming_error_of_a_venue_is_not_hidden(memory: MemoryDesk) -> None:
    with pytest.raises(KeyError):
        watched(memory, eth=KeyError("no such symbol"))


def test_a_desk_that_cannot_be_read_is_tried_again(memory: MemoryDesk) -> None:
    class Down:
        def books(self, keys: object) -> object:
            raise StoreUnavailable("throttled")

    desk: object = Down()
    with pytest.raises(StoreUnavailable):
        replace(memory.watch, desk=desk)(as_of=NOON)  # type: ignore[arg-type]


def test_an_order_in_flight_wants_a_hand_though_nothing_is_held() -> None:
    memory = quick(MemoryDesk())
    memory.bot(bot_id="bot_eth")
    with pytest.raises(Killed):
        run(memory, ENTRY_DAY, strikes=Strikes(at=1, after=True, only=frozenset({"commit"})))
    assert memory.desk.book(OWNER, BotId("bot_eth")).position is None
    assert watched(memory) == [ETH]


def test_what_is_found_is_only_protected(memory: MemoryDesk) -> None:
    batches = replace(memory.watch, quotes=Prices({ETH: "1", BTC: "1"}))(as_of=NOON)
    assert all(batch.protect_only for batch in batches)
    (batch,) = batches
    assert isinstance(batch, Batch)
    assert {market.timeframes for market in batch.markets} == {(Timeframe.D1,)}


def test_each_instrument_is_asked_for_its_price_once(memory: MemoryDesk) -> None:
    memory.bot(bot_id="bot_eth_2", instrument=ETH)
    key, other = (OWNER, BotId("bot_eth")), (OWNER, BotId("bot_eth_2"))
    held = memory.desk.kept[key]
    memory.desk.kept[other] = replace(held, bot_id=BotId("bot_eth_2"))
    asked: list[InstrumentId] = []

    def quotes(instrument_id: InstrumentId, at: datetime) -> Quote:
        asked.append(instrument_id)
        return Quote(instrument_id=instrument_id, at=at, last=D(5_000))

    replace(memory.watch, quotes=quotes)(as_of=NOON)
    assert sorted(asked) == [BTC, ETH]


def test_a_touched_stop_is_sold_at_the_price_of_the_minute(memory: MemoryDesk) -> None:
    quotes = Prices({ETH: "100", BTC: "3600"})
    memory.trade = replace(memory.trade, quotes=quotes)
    real = memory.exchange

    def exchange(timeframe: Timeframe) -> object:
        return replace(real(timeframe), quotes=quotes)  # type: ignore[type-var]

    memory.trade = replace(memory.trade, exchange=exchange)  # type: ignore[arg-type]
    done = run(memory, NOON, protect_only=True, holder="watch")
    assert (done.fills, done.decisions) == (1, 0)
    (sold,) = [fill for fill in memory.desk.kept_fills.values() if fill.leg is Leg.STOP]
    assert sold.instrument_id == ETH
    assert D(99) < sold.price < D(100)
    assert sold.at == NOON + timedelta(milliseconds=250)
    check(memory)
    again = run(memory, NOON, protect_only=True, holder="watch again")
    assert again.fills == 0
