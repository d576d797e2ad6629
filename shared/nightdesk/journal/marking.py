"""What the assets of one account were worth: by candles, or else by the prices of its own fills."""

from dataclasses import dataclass, field

import numpy as np

from nightdesk.core.ids import InstrumentId
from nightdesk.journal.prices import ReadPrices, last_known
from nightdesk.journal.rates import same_money
from nightdesk.journal.statement import Statement
from nightdesk.market.candles import Bools, Floats, Millis

MONEY = ("USD", "USDT", "USDC", "EUR", "EURC")
"""What coins are priced in that an account holds and never traded."""


@dataclass(slots=True, kw_only=True)
class Marking:
    """Prices in one currency, and what had to be taken for want of candles.

    `stale`: assets that stood at an older price, that of a fill or of candles before; `unpriced`:
    those that had none at all.
    """

    read: ReadPrices
    statement: Statement
    currency: str
    stale: set[str] = field(default_factory=set)
    unpriced: set[str] = field(default_factory=set)

    def prices(self, asset: str, times: Millis, wanted: Bools) -> Floats:
        """Return the price of an asset at those of the rising `times` that are wanted, else 0.

        A price that is missing is the one before it, or else the one after; without any it is 0.
        """
        found = np.zeros(times.size)
        if wanted.any():
            known = self._prices(asset, times[wanted], ())
            there = np.flatnonzero(np.isfinite(known))
            if there.size < known.size:
                (self.stale if there.size else self.unpriced).add(asset)
            if there.size:
                place = np.searchsorted(there, np.arange(known.size), side="right") - 1
                found[wanted] = known[there[np.maximum(place, 0)]]
        return found

    def _prices(self, asset: str, times: Millis, asked: tuple[str, ...]) -> Floats:
        """Return units of the currency per unit. `asked` are the assets that wait for it."""
        if same_money(asset, self.currency):
            return np.ones(times.size)
        if asset in asked:
            return np.full(times.size, np.nan)
        own = self._own(asset)
        found = np.full(times.size, np.nan)
        for instrument in own or self._elsewhere(asset):
            missing = np.isnan(found)
            if not missing.any():
                return found
            closes = self.read.of(instrument, times[missing])
            found[missing] = self._priced(instrument, closes, times[missing], (*asked, asset))
        missing = np.isnan(found)
        if missing.any() and (not own or asset in self.statement.quotes):
            found[missing] = self.read.rates(asset, self.currency, times[missing])
        return self._by_fills(asset, own, times, found, asked)

    def _by_fills(
        self,
        asset: str,
        own: list[InstrumentId],
        times: Millis,
        found: Floats,
        asked: tuple[str, ...],
    ) -> Floats:
        """Fill up with the newest price that a fill had, before the first one with that one's."""
        for instrument in own:
            missing = np.isnan(found)
            if not missing.any():
                break
            moments, prices = zip(*self.statement.traded[instrument], strict=True)
            known = last_known(moments, prices, times[missing])
            found[missing] = self._priced(instrument, known, times[missing], (*asked, asset))
            if np.isfinite(found[missing]).any():
                self.stale.add(asset)
        return found

    def _priced(
        self, instrument: InstrumentId, prices: Floats, times: Millis, asked: tuple[str, ...]
    ) -> Floats:
        """Return prices of an instrument in the currency of all."""
        known = np.isfinite(prices)
        found = np.full(times.size, np.nan)
        if known.any():
            quote = instrument.partition("/")[2].partition("@")[0]
            found[known] = prices[known] * self._prices(quote, times[known], asked)
        return found

    def _own(self, asset: str) -> list[InstrumentId]:
        """Return the markets that the account traded an asset in, the latest one first."""
        found = [one for one in self.statement.traded if one.partition("/")[0] == asset]
        return sorted(found, key=lambda one: (-self.statement.traded[one][-1][0], one))

    def _elsewhere(self, asset: str) -> list[InstrumentId]:
        """Return markets of an asset in money that is the currency of all, or as good."""
        alike = [one for one in MONEY if same_money(one, self.currency)]
        return [
            InstrumentId(f"{asset}/{quote}@{venue}")
            for quote in dict.fromkeys((self.currency, *alike))
            for venue in self.read.venues
        ]
