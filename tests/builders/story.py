"""A bot's life as trading itself writes it: funded, entered, stopped out, settled."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nightdesk.core.ids import BotId, FillId, UserId
from nightdesk.strategies.signal import Action
from nightdesk.trading import booking
from nightdesk.trading.decision import Decision
from nightdesk.trading.identity import client_order_id, decision_id
from nightdesk.trading.mandate import EquityPoint, settled
from nightdesk.trading.order import Answer, Fill, Leg, Order, OrderStatus
from nightdesk.trading.ports import Change
from tests.builders.decisions import a_hold, an_entry
from tests.builders.trading import (
    AS_OF,
    BOT,
    BTC,
    OWNER,
    a_buy,
    a_trading_fill,
    an_empty_book,
    trading_rules,
)
from tests.fakes.clock import FakeClock
from tests.fakes.trading import FakeDecisions, FakeDesk, FakeEquity, FakeLeases, FakePool

D = Decimal
HOUR = timedelta(hours=1)
QUARTER = timedelta(milliseconds=250)
RULES = trading_rules()


@dataclass
class World:
    """What is stored of all owners."""

    desk: FakeDesk = field(default_factory=lambda: FakeDesk(FakeLeases(FakeClock())))
    decisions: FakeDecisions = field(default_factory=FakeDecisions)
    equity: FakeEquity = field(default_factory=FakeEquity)
    pools: FakePool = field(default_factory=FakePool)

    def bots(self, owner: UserId) -> Sequence[BotId]:
        return sorted(bot for user, bot in self.desk.kept if user == owner)


@dataclass
class Life:
    """One bot. What it does is committed under a lease, as the cycle does."""

    world: World
    owner: UserId = OWNER
    bot_id: BotId = BOT

    def funded(self, amount: int = 10_000) -> "Life":
        book = an_empty_book(owner=self.owner, bot_id=self.bot_id)
        book, posting = book.funded("capital:initial", D(amount), AS_OF)
        self._commit(Change(book=book, postings=(posting,)), AS_OF)
        return self

    def held(self, as_of: datetime, **changes: Any) -> Decision:
        """Decide to do nothing."""
        return self.world.decisions.put(a_hold(as_of, self.bot_id, owner=self.owner, **changes))

    def denied(self, as_of: datetime, decision: Decision) -> Decision:
        """Store an entry that risk refused, with its order."""
        stored = self.world.decisions.put(decision)
        book = self.world.desk.book(self.owner, self.bot_id)
        for order in decision.orders:
            self._commit(booking.denial(book, order, decision.code or "", as_of, ()), as_of)
        return stored

    def wanted(self, as_of: datetime, **changes: Any) -> Decision:
        """Return an entry of 0.1 BTC at 10,000, not stored."""
        ident = decision_id(self.bot_id, BTC, as_of, "d" * 64, Action.ENTER)
        order = a_buy(
            owner=self.owner,
            bot_id=self.bot_id,
            decision_id=ident,
            client_order_id=client_order_id(self.owner, self.bot_id, ident, Leg.ENTRY),
            created_at=as_of,
            updated_at=as_of,
            sent_at=None,
        )
        fields: dict[str, Any] = {
            "owner": self.owner,
            "bot_id": self.bot_id,
            "decision_id": ident,
            "orders": (order,),
        }
        return an_entry(as_of, **(fields | changes))

    def entered(self, as_of: datetime) -> Decision:
        """Buy 0.1 BTC at 10,000 for a fee of 4, under a stop at 9,500 and a target at 11,000."""
        decision = self.world.decisions.put(self.wanted(as_of))
        (order,) = decision.orders
        book = self.world.desk.book(self.owner, self.bot_id)
        self._commit(booking.intent(book, order, as_of), as_of)
        self._answered(order, D(10_000), D(4), as_of)
        return decision

    def stopped(self, at: datetime) -> Fill:
        """Sell at the stop, at 9,490 for a fee of 3.8."""
        book = self.world.desk.book(self.owner, self.bot_id)
        orders = self.world.desk.orders(self.owner, self.bot_id, book.open_orders)
        stop = next(order for order in orders if order.leg is Leg.STOP)
        self._commit(booking.sending(book, stop, at), at)
        return self._answered(stop, D(9_490), D("3.8"), at)

    def settled(self, as_of: datetime, mark: int) -> EquityPoint:
        """Mark to market."""
        book = self.world.desk.book(self.owner, self.bot_id)
        before = self.world.equity.latest(self.owner, self.bot_id)
        point = settled(book, D(mark), as_of, before)
        self.world.equity.put([point])
        return point

    def _answered(self, order: Order, price: Decimal, fee: Decimal, at: datetime) -> Fill:
        desk = self.world.desk
        book = desk.book(self.owner, self.bot_id)
        sent = desk.order(self.owner, self.bot_id, order.client_order_id)
        others = [one for one in book.open_orders if one != order.client_order_id]
        fill = a_trading_fill(
            sent,
            fill_id=FillId(f"{order.client_order_id}-1"),
            price=price,
            fee=fee,
            fee_value=fee,
            at=at + QUARTER,
        )
        change = booking.answered(
            book,
            sent,
            Answer(status=OrderStatus.FILLED, fills=(fill,)),
            rules=RULES,
            booked=frozenset(),
            resting=desk.orders(self.owner, self.bot_id, others),
            at=at,
        )
        assert change is not None
        self._commit(change, at)
        return fill

    def _commit(self, change: Change, at: datetime) -> None:
        lease = self.world.desk.leases.take(self.owner, self.bot_id, "story", at)
        self.world.desk.commit(replace(change, entry=False), lease)
