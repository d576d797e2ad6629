"""Finding what candles tell of a trade: its excursions, and the market that it was entered in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from nightdesk.core.ids import UserId
from nightdesk.journal.context import surroundings, volatility
from nightdesk.journal.excursions import CANDLES_MISSING, FINEST_FIRST, LONGER, measured
from nightdesk.journal.nearby import Nearby, read
from nightdesk.journal.place import in_force
from nightdesk.journal.ports.trades import PreferencesOf, Trades
from nightdesk.journal.trade import JournalTrade, Status
from nightdesk.market.ports import CandleStore
from nightdesk.market.timeframe import Timeframe

if TYPE_CHECKING:  # candles load numpy, which the API starts without
    from nightdesk.market.candles import Candles

MOST_CANDLES = 50_000
"""A trade that lasted longer is measured with coarser candles."""
WARM_UP = 400
"""Candles that regime and volatility at entry are told from."""
SETTLED = timedelta(days=7)
"""Candles that are not there after so long are not waited for."""


@dataclass(frozen=True, slots=True)
class MeasureTrade:
    """Complete a built trade with what is not in its fills."""

    candles: CandleStore
    trades: Trades
    preferences: PreferencesOf

    def __call__(
        self, trade: JournalTrade, nearby: Nearby, *, regime: str | None = None
    ) -> JournalTrade:
        """Return it with excursions and context; `regime`: as its decision saw it, if one did."""
        return self.surrounded(self.excursed(trade), nearby, regime=regime)

    def nearby(self, owner: UserId, trades: Sequence[JournalTrade]) -> Nearby:
        """Return the owner's trades that tell the places of these."""
        return read(self.trades, owner, self.preferences(owner), trades)

    def excursed(self, trade: JournalTrade) -> JournalTrade:
        """Return it with its excursions, by the finest candles that are stored."""
        if trade.status is not Status.CLOSED or trade.closed_at is None:
            return measured(trade, ())
        later = list(self._later(trade, trade.closed_at))
        series: list[Candles] = []
        found = measured(trade, series, later)
        for timeframe in FINEST_FIRST:
            if CANDLES_MISSING not in found.incomplete:
                break
            hold = trade.closed_at - trade.opened_at
            if hold / timeframe.length <= MOST_CANDLES:
                series.append(self._between(trade, timeframe, trade.opened_at, trade.closed_at))
                found = measured(trade, series, later)
        return found

    def surrounded(
        self, trade: JournalTrade, nearby: Nearby, *, regime: str | None = None
    ) -> JournalTrade:
        """Return it with its context, told from what was known at its entry."""
        before = self._before(trade, nearby.preferences.default_timeframe)
        return surroundings(
            trade,
            earlier=nearby.earlier(trade),
            place=in_force(nearby.preferences.places, trade.opened_at),
            regime=regime or (_regime(before) if before is not None else None),
            volatility=_volatility(before),
        )

    def placed(self, trade: JournalTrade, nearby: Nearby) -> JournalTrade:
        """Return it with its place among other trades told anew; candles are not asked again."""
        return surroundings(
            trade,
            earlier=nearby.earlier(trade),
            place=in_force(nearby.preferences.places, trade.opened_at),
            regime=trade.context.regime,
            volatility=trade.context.volatility,
        )

    def _before(self, trade: JournalTrade, wanted: Timeframe) -> "Candles | None":
        """Return the candles closed at entry of the first timeframe that has some."""
        others = [one for one in (Timeframe.H1, *FINEST_FIRST) if one is not wanted]
        for timeframe in (wanted, *others):
            found = self.candles.load(
                trade.instrument, timeframe, as_of=trade.opened_at, limit=WARM_UP
            )
            if len(found) and trade.opened_at - found.last_open < 2 * timeframe.length:
                return found
        return None

    def _later(self, trade: JournalTrade, closed: datetime) -> "Iterator[Candles]":
        end = closed + timedelta(minutes=LONGER[-1])
        for timeframe in FINEST_FIRST:
            yield self._between(trade, timeframe, closed, end)

    def _between(
        self, trade: JournalTrade, timeframe: Timeframe, since: datetime, until: datetime
    ) -> "Candles":
        return self.candles.between(trade.instrument, timeframe, since, until)


def unsettled(trade: JournalTrade, now: datetime) -> bool:
    """Tell whether candles that arrive later may still tell more of a closed trade."""
    if trade.closed_at is None or now - trade.closed_at > SETTLED:
        return False
    told = len(trade.excursion.after_exit) == len(LONGER)
    return not told or CANDLES_MISSING in trade.incomplete


def _regime(before: "Candles") -> str | None:
    from nightdesk.analysis.labels import Regime  # noqa: PLC0415 - TA-Lib stays out of the API
    from nightdesk.analysis.regime import regime  # noqa: PLC0415

    found = regime(before)
    return None if found is Regime.UNKNOWN else found.value


def _volatility(before: "Candles | None") -> Decimal | None:
    return None if before is None else volatility(before)
