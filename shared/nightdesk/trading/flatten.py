"""Stop one bot: its resting entries are cancelled, and what it holds is sold if so wanted."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.errors import Fenced, OutOfOrder, StaleWrite
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.money import ZERO
from nightdesk.market.instruments import Quote
from nightdesk.market.ports import RulesStore
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.book import Book, sellable
from nightdesk.trading.execution import Execute, Work, open_orders
from nightdesk.trading.order import Order, OrderStatus, Side
from nightdesk.trading.ports import Desk, Exchange, Leases

logger = logging.getLogger(__name__)

EMERGENCY = "emergency"
"""Why a sale was made, in the journal's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What one try to stop a bot came to. `done`: nothing is left to do."""

    done: bool
    cancelled: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class LeftToStop:
    """Find what a stop has still to do."""

    desk: Desk
    rules: RulesStore

    def __call__(self, books: Iterable[Book], *, flatten: bool) -> list[Book]:
        """Return the books with something to do, the largest planned risk first.

        Risks of several quote currencies are compared as figures.
        """
        left = [book for book in books if self.of(book, flatten=flatten)]
        return sorted(left, key=lambda book: (-_risk(book), book.bot_id))

    def of(self, book: Book, *, flatten: bool) -> bool:
        """Tell whether a buy is open or may be, or to `flatten` a position that can be sold."""
        held = book.position
        if flatten and held is not None:
            return sellable(held.quantity, self.rules.get(book.instrument_id)) > ZERO
        if not book.in_flight and (held is not None or not book.open_orders):
            return False  # what waits at the desk beside a position protects it
        return bool(_buys(open_orders(self.desk, book)))


@dataclass(frozen=True, slots=True, kw_only=True)
class StopBot:
    """One try, under the bot's lease: resolve, cancel entries, sell. Again, it goes on."""

    left: LeftToStop
    desk: Desk
    leases: Leases
    rules: RulesStore
    quotes: Callable[[InstrumentId, datetime], Quote]
    exchange: Callable[[Timeframe], Exchange]

    def __call__(
        self,
        owner: UserId,
        bot_id: BotId,
        *,
        reason: str,
        flatten: bool,
        at: datetime,
        holder: str,
    ) -> Stopped:
        """Return what was done; `reason` is the code that cancelled orders carry.

        What cannot be finished now (an order that nobody can say is placed, a sale that does not
        fill) is left to the next try. Raises LeaseTaken and other Transient faults, Missing.
        """
        if not self.left.of(self.desk.book(owner, bot_id), flatten=flatten):
            return Stopped(done=True)
        try:
            # a cycle of this minute may come later, and must find the bot in its order
            lease = self.leases.take(owner, bot_id, holder, at.replace(second=0, microsecond=0))
        except OutOfOrder:
            return Stopped(done=False)
        try:
            # read under the lease: whoever had it before may have written
            book = self.desk.book(owner, bot_id)
            work = Work(
                desk=self.desk,
                lease=lease,
                rules=self.rules.get(book.instrument_id),
                book=book,
                orders={one.client_order_id: one for one in open_orders(self.desk, book)},
            )
            return self._stop(work, reason, flatten=flatten, at=at)
        except (Fenced, StaleWrite) as fault:
            logger.info("bot %s is stopped at the next try: %s", bot_id, fault)
            return Stopped(done=False)
        finally:
            self.leases.free(lease)

    def _stop(self, work: Work, reason: str, *, flatten: bool, at: datetime) -> Stopped:
        execute = Execute(self.exchange(work.book.timeframe))
        buys, trips = _buys(work.orders.values()), work.book.tally.trips
        execute.resolve(work, at)
        execute.withdraw(work, reason, at)
        held = work.book.position
        if flatten and held is not None and not work.selling:
            price = self.quotes(work.book.instrument_id, at).last
            if sellable(held.quantity, work.rules):
                order = execute.closing(work, held, EMERGENCY, price, at)
                execute.sell(work, order, at)
        gone = self.desk.orders(
            work.book.owner, work.book.bot_id, [o.client_order_id for o in buys]
        )
        return Stopped(
            done=not self.left.of(work.book, flatten=flatten),
            cancelled=sum(one.status is OrderStatus.CANCELED for one in gone),
            closed=work.book.tally.trips - trips,
        )


def _buys(orders: Iterable[Order]) -> list[Order]:
    return [order for order in orders if order.side is Side.BUY]


def _risk(book: Book) -> Decimal:
    return ZERO if book.position is None else book.position.planned_risk
