"""The desk's own orders at a venue: their fills are the desk's already, and are skipped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.core.ids import ClientOrderId, InstrumentId, UserId
from nightdesk.journal.importing.draft import Draft
from nightdesk.trading.order import Mode, Order
from nightdesk.trading.ports import Desk

AT_ONCE = 200

RESTING = timedelta(days=30)
"""An order may have rested so long before it was filled."""

ClientIds = Callable[[Sequence[tuple[InstrumentId, str]]], Mapping[str, ClientOrderId]]
OwnFills = Callable[[Sequence[Draft], ClientIds], frozenset[int]]
"""Tells the places of the desk's own fills."""


@dataclass(frozen=True, slots=True)
class OwnOrders:
    """Finds the fills of the desk's own live orders among what a venue tells."""

    desk: Desk

    def of(self, owner: UserId, venue: str, since: datetime, until: datetime) -> OwnFills:
        """Return what tells the places of the desk's own fills, made between these moments.

        An order is known by the venue's id of it, or by its client order id: the venue is asked
        for that one only where an order that was sent to it has no id of the venue yet.
        """
        ours = self._live(owner, venue, since - RESTING, until)
        named = {
            _named(order.instrument_id, order.venue_order_id)
            for order in ours
            if order.venue_order_id
        }
        loose = [order for order in ours if not order.venue_order_id and order.sent_at]
        unnamed = {order.client_order_id for order in loose}
        open_in = {order.instrument_id for order in loose}

        def found(drafts: Sequence[Draft], client_ids: ClientIds) -> frozenset[int]:
            own = {
                n
                for n, one in enumerate(drafts)
                if one.order and _named(one.instrument, one.order) in named
            }
            asked = {
                (one.instrument, one.order)
                for n, one in enumerate(drafts)
                if n not in own and one.order and one.instrument in open_in and one.instrument
            }
            if asked:
                told = client_ids(sorted(asked))
                mine = {order for order, name in told.items() if name in unnamed}
                own |= {n for n, one in enumerate(drafts) if one.order in mine}
            return frozenset(own)

        return found

    def _live(self, owner: UserId, venue: str, since: datetime, until: datetime) -> Sequence[Order]:
        found: list[Order] = []
        after: str | None = None
        while True:
            page = self.desk.owner_orders_page(
                owner, limit=AT_ONCE, after=after, since=since, until=until
            )
            found += [
                one
                for one in page.items
                if one.mode is Mode.LIVE and one.instrument_id.partition("@")[2] == venue
            ]
            if (after := page.next_key) is None:
                return found


def _named(instrument: InstrumentId | None, order: str) -> tuple[str, str]:
    """Return what a venue's id of an order is unique in: Binance counts them market by market."""
    return (instrument or "") if order.isdigit() else "", order
