"""Mark every bot of some markets to market: one equity point per close (step 13)."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import exact
from nightdesk.market.ports import CandleStore, RulesStore
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.book import Book
from nightdesk.trading.mandate import EquityPoint, settled
from nightdesk.trading.ports import BotKey, Departures, Desk, DueBots, Equity

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settle:
    """Write the equity points of a close. Doing it again writes the same points.

    A bot that may not enter and holds nothing any more leaves its market after its last point: so
    no later cycle works it.
    """

    desk: Desk
    bots: DueBots
    equity: Equity
    candles: CandleStore
    rules: RulesStore
    leave: Departures

    def __call__(
        self, markets: Sequence[tuple[InstrumentId, Timeframe]], *, as_of: datetime
    ) -> int:
        """Return how many points were written.

        A bot whose book has changed since, and that was settled since, is left alone.
        """
        points: list[EquityPoint] = []
        done: list[Book] = []
        for market in markets:
            keys: list[BotKey] = [(bot.owner, bot.bot_id) for bot in self.bots.of(*market)]
            books = self.desk.books(keys) if keys else {}
            mark = self._mark(market, as_of) if books else None
            done += [book for book in books.values() if book.entries_blocked and book.flat]
            if mark is None:
                continue
            points += self._points(books, mark, as_of)
        self.equity.put(points)
        for book in done:
            self._leave(book)
        return len(points)

    def _points(
        self, books: Mapping[BotKey, Book], mark: Decimal, as_of: datetime
    ) -> Iterator[EquityPoint]:
        """Yield the points of one market's bots at its mark.

        A book that nobody has written since is what it was at `as_of`: its point comes out the
        same again, whatever was settled after it. Of the others the newest point must be older.
        """
        still = {key: book.timeframe for key, book in books.items() if book.updated_at <= as_of}
        known = self.equity.before(still, as_of) if still else {}
        for key, book in books.items():
            before = known.get(key) if key in still else self.equity.latest(*key)
            if before is None or before.as_of < as_of:
                yield settled(book, mark, as_of, before)

    def _leave(self, book: Book) -> None:
        try:
            self.leave(book.owner, book.bot_id)
        except StaleWrite:
            logger.info("bot %s leaves its market at a later close", book.bot_id)

    def _mark(self, market: tuple[InstrumentId, Timeframe], as_of: datetime) -> Decimal | None:
        """Return the newest close, None where there is no candle yet."""
        candles = self.candles.load(*market, as_of=as_of, limit=1)
        if not len(candles):
            return None
        return exact(candles.close[-1], self.rules.get(market[0]).tick)
