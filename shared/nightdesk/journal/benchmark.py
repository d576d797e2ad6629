"""What holding an instrument brought on an owner's days, as stored candles tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from nightdesk.core.clock import millis
from nightdesk.core.ids import InstrumentId
from nightdesk.journal.marks import DAY as SECONDS
from nightdesk.journal.marks import EPOCH, on_clock
from nightdesk.journal.place import Place
from nightdesk.market.candles import Floats
from nightdesk.market.ports import CandleStore
from nightdesk.market.timeframe import Timeframe
from nightdesk.performance.benchmark import price_returns

BASE = "BTC"
QUOTES = ("USDT", "USD")
"""What it is priced in where it is not in the account's own currency."""
LOOKED_AT = (Timeframe.H1, Timeframe.D1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Returns of holding by day, shape (days,), NaN beside a gap; None: no venue is enabled."""

    instrument: InstrumentId | None
    returns: Floats

    @property
    def known(self) -> int:
        """Return on how many days holding has a return."""
        return int(np.isfinite(self.returns).sum())


@dataclass(frozen=True, slots=True)
class ReadHolding:
    """Tell what holding brought: a chosen instrument, or BTC at one of these venues."""

    candles: CandleStore
    venues: Sequence[str]

    def __call__(
        self,
        chosen: InstrumentId | None,
        days: Sequence[date],
        *,
        currency: str | None,
        place: Place,
        now: datetime,
    ) -> Held:
        """Return it on these days. `currency`: that of the account.

        Unless one is chosen it is the first market that tells of half the days, or else the one
        that tells of most; the first of all where none tells of any.
        """
        best: Held | None = None
        for instrument in [chosen] if chosen else self._markets(currency):
            found = Held(instrument=instrument, returns=self._returns(instrument, days, place, now))
            if best is None or found.known > best.known:
                best = found
            if 2 * best.known >= len(days):
                break
        return best or Held(instrument=None, returns=np.full(len(days), np.nan))

    def _markets(self, currency: str | None) -> Iterator[InstrumentId]:
        for quote in dict.fromkeys((currency or QUOTES[0], *QUOTES)):
            for venue in self.venues:
                yield InstrumentId(f"{BASE}/{quote}@{venue}")

    def _returns(
        self, instrument: InstrumentId, days: Sequence[date], place: Place, now: datetime
    ) -> Floats:
        """Return them from the candles that tell of most days, the finer ones where both do."""
        best = np.full(len(days), np.nan)
        for timeframe in LOOKED_AT if days else ():
            found = self._by(instrument, timeframe, days, place, now)
            if np.isfinite(found).sum() > np.isfinite(best).sum():
                best = found
            if np.isfinite(best).all():
                break
        return best

    def _by(
        self,
        instrument: InstrumentId,
        timeframe: Timeframe,
        days: Sequence[date],
        place: Place,
        now: datetime,
    ) -> Floats:
        """Return each day's return from the day before, each by its last candle's close.

        A candle is of the day that its middle lies in: one of a day is of the owner's day that it
        shares most hours with.
        """
        begin, end = place.midnight(days[0]), place.midnight(days[-1] + DAY)
        found = self.candles.between(instrument, timeframe, begin - 2 * DAY, min(end, now))
        there = int(np.searchsorted(found.open_time, millis(now) - timeframe.ms, side="right"))
        middles = (found.open_time[:there] + timeframe.ms / 2) / 1_000
        numbers = np.floor_divide(on_clock(middles, place.zone), SECONDS).astype(np.int64)
        closes = dict(zip(numbers.tolist(), found.close[:there].tolist(), strict=True))
        after = np.array([(day - EPOCH).days for day in days])
        pairs = [[closes.get(n, np.nan) for n in (after - back).tolist()] for back in (1, 0)]
        returns: Floats = price_returns(np.array(pairs))[0]
        return returns
