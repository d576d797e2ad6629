"""Mark every bot of some markets to market: one equity point per close (step 13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import exact
from nightdesk.market.ports import CandleStore, RulesStore
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.mandate import EquityPoint, settled
from nightdesk.trading.ports import BotKey, Desk, DueBots, Equity


@dataclass(frozen=True, slots=True)
class Settle:
    """Write the equity points of a close. Doing it again writes the same points."""

    desk: Desk
    bots: DueBots
    equity: Equity
    candles: CandleStore
    rules: RulesStore

    def __call__(
        self, markets: Sequence[tuple[InstrumentId, Timeframe]], *, as_of: datetime
    ) -> int:
        """Return how many points were written. A bot settled at a later moment is left alone."""
        points: list[EquityPoint] = []
        for market in markets:
            keys: list[BotKey] = [(bot.owner, bot.bot_id) for bot in self.bots.of(*market)]
            mark = self._mark(market, as_of) if keys else None
            if mark is None:
                continue
            for key, book in self.desk.books(keys).items():
                before = self.equity.latest(*key)
                if before is None or before.as_of < as_of:
                    points.append(settled(book, mark, as_of, before))
        self.equity.put(points)
        return len(points)

    def _mark(self, market: tuple[InstrumentId, Timeframe], as_of: datetime) -> Decimal | None:
        """Return the newest close, None where there is no candle yet."""
        candles = self.candles.load(*market, as_of=as_of, limit=1)
        if not len(candles):
            return None
        return exact(float(candles.close[-1]), self.rules.get(market[0]).tick)
