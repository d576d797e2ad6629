"""The minutes between closes: find the bots whose stop, target or open order wants a hand."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.errors import Fault
from nightdesk.core.ids import InstrumentId
from nightdesk.market.instruments import Quote
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.book import Book
from nightdesk.trading.plan import Batch, batches
from nightdesk.trading.ports import Desk, DueBots
from nightdesk.trading.protection import expired, reached

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """One pass over all that is held or open. It decides nothing and syncs no candle."""

    desk: Desk
    bots: DueBots
    quotes: Callable[[InstrumentId, datetime], Quote]

    def __call__(self, *, as_of: datetime) -> tuple[Batch, ...]:
        """Return the markets of bots to protect or resolve now, as batches of the same map."""
        books = self.desk.books(self.bots.holding())
        quotes: dict[InstrumentId, Quote | None] = {}
        wanted: dict[InstrumentId, set[Timeframe]] = {}
        for book in books.values():
            instrument = book.instrument_id
            if book.position is not None and instrument not in quotes:
                quotes[instrument] = self._quote(instrument, as_of)
            if self._wants_a_hand(book, quotes.get(instrument), as_of):
                wanted.setdefault(instrument, set()).add(book.timeframe)
        return batches(wanted, protect_only=True)

    def _wants_a_hand(self, book: Book, quote: Quote | None, as_of: datetime) -> bool:
        if book.in_flight:
            return True
        held = book.position
        if held is None:
            return False
        touched = quote is not None and reached(held, quote) is not None
        return touched or expired(held, as_of)

    def _quote(self, instrument: InstrumentId, as_of: datetime) -> Quote | None:
        try:
            return self.quotes(instrument, as_of)
        except Fault as fault:
            # one venue that is down must not keep the others' stops from firing
            logger.warning("no quote of %s: %s", instrument, fault)
            return None
