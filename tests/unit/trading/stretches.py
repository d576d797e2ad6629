"""Stretches of the record in which something happens, and what must hold at any moment of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.core.clock import from_iso
from nightdesk.trading import invariants
from nightdesk.trading.order import Leg, Side
from tests.fakes.clock import FakeClock
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import Strikes, quick, run

DAY = timedelta(days=1)


def days(first: str, count: int) -> list[datetime]:
    """Return midnights from `first` on."""
    return [from_iso(f"{first}T00:00:00Z") + n * DAY for n in range(count)]


@dataclass(frozen=True)
class Stretch:
    """A strategy on an instrument, and the closes at which it is run."""

    strategy: str
    instrument: str
    closes: Sequence[datetime]

    def desk(self) -> MemoryDesk:
        """Return a desk with the bot, before the first close."""
        memory = quick(MemoryDesk(clock=FakeClock(self.closes[0])))
        memory.bot(self.strategy, self.instrument)
        return memory


BREAKOUT = Stretch(
    "donchian@1", "ETH/USD@bitstamp", [*days("2019-02-10", 4), *days("2019-03-03", 5)]
)
"""Buys on 2019-02-11, sells by its rule on 2019-03-05."""
TREND = Stretch("ma_cross@1", "BTC/USD@bitstamp", days("2019-02-10", 19))
"""Buys on 2019-02-11, trails its stop from 2019-02-19 on, is stopped out on 2019-02-25."""


def close(
    memory: MemoryDesk, as_of: datetime, holder: str = "worker", strikes: Strikes | None = None
) -> None:
    """Run one close at its own time."""
    memory.clock.moment = max(memory.clock.moment, as_of)
    run(memory, as_of, strikes=strikes, holder=holder)


def check(memory: MemoryDesk) -> None:
    """Check every book against its own history, and that what is held is protected."""
    for owner, bot_id in memory.desk.kept:
        check_bot(memory, bot_id, owner)


def check_bot(memory: MemoryDesk, bot_id: str = "bot_1", owner: str = OWNER) -> None:
    """Check one book."""
    desk, key = memory.desk, (owner, bot_id)
    book = next(one for at, one in desk.kept.items() if at == key)
    orders = [one for place, one in desk.kept_orders.items() if place[:2] == key]
    fills = [one for place, one in desk.kept_fills.items() if place[:2] == key]
    postings = [one for place, one in desk.kept_postings.items() if place[:2] == key]
    mark = fills[-1].price if fills else orders[-1].reference if orders else book.net_capital
    still = [order for order in orders if order.status.open]
    assert invariants.of_book(book, still, mark) == ()
    assert invariants.of_history(book, postings, fills) == ()
    assert {order.client_order_id for order in still} == set(book.open_orders)
    flying = [order for order in still if order.sent_at is not None]
    assert {order.client_order_id for order in flying} == set(book.in_flight)
    for order in orders:
        own = [one.quantity for one in fills if one.client_order_id == order.client_order_id]
        assert sum(own) == order.filled
    entries = [order for order in orders if order.leg is Leg.ENTRY and order.filled]
    assert len(entries) == book.tally.trips + (book.position is not None)
    selling = sum(order.remaining for order in flying if order.side is Side.SELL)
    if book.position is None:
        assert selling == 0
        return
    assert selling <= book.position.quantity
    assert selling or Leg.STOP in {order.leg for order in still}
