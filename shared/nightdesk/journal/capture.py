"""Capturing trades: the desk's own from its orders, others from the records of their accounts.

What arrives twice, late or out of order changes nothing: each time the trade is built from all of
its fills and stored only if they are others than before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import (
    BotId,
    ClientOrderId,
    TradeId,
    UserId,
    account_name,
    journal_trade_id,
)
from nightdesk.journal.desk_fills import Trip, decisions_of, journal_fills, stops_of
from nightdesk.journal.fill import Book, Contract, JournalFill
from nightdesk.journal.holding import Dust
from nightdesk.journal.keeping import TRIES, KeepTrades, Kept
from nightdesk.journal.place import in_force
from nightdesk.journal.ports.trades import PreferencesOf, Rates, Trades
from nightdesk.journal.rating import with_rates
from nightdesk.journal.round_trips import build
from nightdesk.journal.stored import Stored
from nightdesk.journal.task import TripClosed
from nightdesk.journal.trade import JournalTrade, Kind, Side
from nightdesk.trading.explaining import protecting, version_at_exit
from nightdesk.trading.order import Fill, Order
from nightdesk.trading.ports import Decisions, Desk

CLOCKS = timedelta(days=1)
"""How far a fill's time may be from ours: clocks differ, and some are dated by their candle."""
AT_ONCE = 20
"""Trades that are read whole at once to find a late fill's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureTrip:
    """Build and keep the trade of one holding of a bot."""

    desk: Desk
    decisions: Decisions
    trades: Trades
    keep: KeepTrades
    rates: Rates
    preferences: PreferencesOf

    def closed(self, trip: TripClosed, *, now: datetime) -> Kept:
        """Capture a holding that has ended. Raises Missing for an unknown bot, StaleWrite."""
        return self._again(trip, ended=True, now=now)

    def filled(
        self, owner: UserId, bot_id: BotId, order_id: ClientOrderId, *, now: datetime
    ) -> Kept:
        """Capture what a fill of this order belongs to: what is held now, or ended lately.

        A holding that has ended and was not captured yet comes with its own event.
        """
        held = self.desk.book(owner, bot_id).position
        if held is not None and order_id in held.orders:
            trip = TripClosed(
                owner=owner,
                bot_id=bot_id,
                orders=held.orders,
                carried=held.carried,
                carried_cost=held.carried_cost,
            )
            return self._again(trip, ended=False, now=now, newest=held.protection.version)
        before = self._with_order(owner, bot_id, order_id, now)
        if before is None:
            return Kept()
        quantity = before.quantity
        orders = dict.fromkeys(ClientOrderId(leg.order) for leg in before.legs)
        trip = TripClosed(
            owner=owner,
            bot_id=bot_id,
            orders=tuple(orders),
            carried=quantity.qty_carried,
            carried_cost=quantity.cost_carried,
        )
        return self._again(trip, ended=True, now=now)

    def _again(
        self, trip: TripClosed, *, ended: bool, now: datetime, newest: int | None = None
    ) -> Kept:
        """Build until nobody else writes the same trade in between."""
        for left in reversed(range(TRIES)):
            try:
                return self._captured(trip, ended=ended, now=now, newest=newest)
            except StaleWrite:
                if not left:
                    raise
        raise AssertionError  # the last try returns or raises

    def _captured(
        self, closed: TripClosed, *, ended: bool, now: datetime, newest: int | None
    ) -> Kept:
        owner, bot_id = closed.owner, closed.bot_id
        trip = self._trip(owner, bot_id, closed.orders, ended=ended, newest=newest)
        if not trip.fills:
            return Kept()
        book = _book(trip)
        fills = journal_fills(trip)
        known = self._known(book, fills)
        fills = with_rates(fills, known.values(), self._currency(owner, now), book, self.rates)
        carried = []
        if closed.carried:
            carried = [
                Dust(
                    bot_id=bot_id,
                    side=Side.LONG,
                    quantity=closed.carried,
                    cost=closed.carried_cost,
                )
            ]
        built = build(
            fills,
            book,
            stops=stops_of(trip),
            carried=carried,
            breakeven_r=self.preferences(owner).breakeven_r,
        )
        if not ended and any(_further(known.get(trade.id), trade) for trade in built.trades):
            return Kept()  # its end was captured already: this was read before it
        regime = self._regime(owner, trip)
        regimes = {trade.id: regime for trade in built.trades} if regime else {}
        return self.keep(owner, built.trades, known, now=now, regimes=regimes)

    def _trip(
        self,
        owner: UserId,
        bot_id: BotId,
        order_ids: Sequence[ClientOrderId],
        *,
        ended: bool,
        newest: int | None,
    ) -> Trip:
        orders = tuple(self.desk.orders(owner, bot_id, order_ids))
        fills: list[Fill] = []
        for order in orders:
            fills += self.desk.fills_of(owner, bot_id, order.client_order_id)
        trip = Trip(orders=orders, fills=tuple(fills), protective=(), ended=ended)
        if ended:
            newest = version_at_exit(trip.entry, orders[-1])
        return replace(trip, protective=tuple(protecting(self.desk, trip.entry, newest=newest)))

    def _known(self, book: Book, fills: Iterable[JournalFill]) -> dict[TradeId, Stored]:
        """Return the trades that any of these fills may have opened before."""
        instrument = book.contract.instrument
        ids = [journal_trade_id(book.owner, book.account, instrument, fill.id) for fill in fills]
        return dict(self.trades.stored(book.owner, ids))

    def _currency(self, owner: UserId, now: datetime) -> str:
        return in_force(self.preferences(owner).places, now).currency

    def _regime(self, owner: UserId, trip: Trip) -> str | None:
        """Return the regime as the entry's decision saw it."""
        for decision_id in decisions_of([trip.entry]):
            try:
                return self.decisions.get(owner, decision_id).regime
            except Missing:
                return None
        return None

    def _with_order(
        self, owner: UserId, bot_id: BotId, order_id: ClientOrderId, now: datetime
    ) -> JournalTrade | None:
        """Return the bot's trade with this order among those that have closed since it was made."""
        for order in self.desk.orders(owner, bot_id, [order_id]):
            closed = self.trades.closed(owner, order.created_at - CLOCKS, now + CLOCKS)
            of_bot = [one.trade.id for one in closed if one.trade.bot_id == bot_id]
            for start in range(0, len(of_bot), AT_ONCE):
                some = self.trades.stored(owner, of_bot[start : start + AT_ONCE])
                for stored in some.values():
                    if any(leg.order == order_id for leg in stored.trade.legs):
                        return stored.trade
        return None


def _further(before: Stored | None, trade: JournalTrade) -> bool:
    """Tell whether what is stored has ended, and what was built now has not."""
    if before is None or before.moved_to is not None:
        return False
    return before.trade.closed_at is not None and trade.closed_at is None


def _book(trip: Trip) -> Book:
    """Return whose trip it is. What the desk ended is ended: no rules of a market are asked."""
    entry: Order = trip.entry
    pair, _, venue = entry.instrument_id.partition("@")
    base, _, quote = pair.partition("/")
    return Book(
        owner=entry.owner,
        account=account_name(venue, entry.mode),
        mode=entry.mode,
        contract=Contract(
            instrument=entry.instrument_id,
            kind=Kind.SPOT,
            base=base,
            quote=quote,
            allows_short=False,
        ),
    )
