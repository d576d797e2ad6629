"""What the assets of one account were worth: by candles, or else by what is known of before.

Prices spread from money outwards: what was traded for money is priced first, then what was traded
for that.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nightdesk.core.ids import InstrumentId
from nightdesk.journal.prices import Prices
from nightdesk.journal.rates import same_money
from nightdesk.journal.statement import Statement
from nightdesk.market.candles import Bools, Floats, Millis
from nightdesk.performance.groups import Ints

MONEY = ("USD", "USDT", "USDC", "EUR", "EURC")
"""What coins are priced in most."""
STEPS = 3
"""From money to a coin, to what was traded for that coin, to what was traded for this."""


@dataclass(slots=True, kw_only=True)
class Marking:
    """Prices of an account's assets in one currency, at rising `times`.

    `wanted` says of which asset and when, shape (n,) each; `shown` what figures are made of. There
    an asset is `stale` that stood at an older price, or `unpriced` without any.
    """

    read: Prices
    statement: Statement
    currency: str
    times: Millis
    wanted: Mapping[str, Bools]
    shown: Bools
    stale: set[str] = field(default_factory=set)
    unpriced: set[str] = field(default_factory=set)
    _known: dict[str, Floats] = field(default_factory=dict)
    _needs: dict[str, Bools] = field(default_factory=dict)

    def prices(self) -> Mapping[str, Floats]:
        """Return the prices of what is wanted, shape (n,) each; 0 where there is none."""
        self._take_needs()
        own = self._latest_first()
        closes = {one: self._closes(one) for one in own}
        self._spread(closes)
        for asset in self._needs:
            self._from_elsewhere(asset)
        self._spread(closes)
        self._judge(self.stale)
        for _ in range(STEPS):
            for asset in self._needs:
                self._from_before(asset, [one for one in own if _pair(one)[0] == asset])
        self._judge(self.unpriced)
        return {
            asset: np.where(wanted, np.nan_to_num(self._known[asset]), 0.0)
            for asset, wanted in self.wanted.items()
        }

    def _take_needs(self) -> None:
        """Note when which asset must have a price: also what wanted ones were traded for."""
        self._needs = {asset: wanted.copy() for asset, wanted in sorted(self.wanted.items())}
        for _ in range(STEPS):
            for instrument in self.statement.traded:
                base, quote = _pair(instrument)
                if base in self._needs and self._needs[base].any():
                    there = self._needs.get(quote, np.zeros(self.times.size, dtype=np.bool_))
                    self._needs[quote] = there | self._needs[base]
        for asset in self._needs:
            worth = 1.0 if same_money(asset, self.currency) else np.nan
            self._known[asset] = np.full(self.times.size, worth)

    def _latest_first(self) -> list[InstrumentId]:
        """Return the markets that the account traded in what must have a price."""
        traded = self.statement.traded
        found = [one for one in traded if _pair(one)[0] in self._needs]
        return sorted(found, key=lambda one: (-traded[one][-1][0], one))

    def _closes(self, instrument: InstrumentId) -> Floats:
        """Return the closes of a market wherever its base must have a price, else NaN."""
        needed = self._missing(_pair(instrument)[0])
        found = np.full(self.times.size, np.nan)
        if needed.any():
            found[needed] = self.read.of(instrument, self.times[needed])
        return found

    def _spread(self, closes: Mapping[InstrumentId, Floats]) -> None:
        """Price what was traded for what has a price."""
        for _ in range(STEPS):
            for instrument, prices in closes.items():
                base = _pair(instrument)[0]
                missing = self._missing(base)
                self._known[base][missing] = (prices * self._worth(instrument))[missing]

    def _from_elsewhere(self, asset: str) -> None:
        """Price what still has none by other markets in like money, then by rates."""
        for market in self._elsewhere(asset):
            missing = self._missing(asset)
            if missing.any():
                self._known[asset][missing] = self.read.of(market, self.times[missing])
        missing = self._missing(asset)
        if missing.any():
            found = self.read.rates(asset, self.currency, self.times[missing])
            self._known[asset][missing] = found

    def _elsewhere(self, asset: str) -> list[InstrumentId]:
        """Return stored markets of an asset in the currency of all, or in money alike."""
        alike = [one for one in MONEY if same_money(one, self.currency)]
        found = (
            InstrumentId(f"{asset}/{quote}@{venue}")
            for quote in dict.fromkeys((self.currency, *alike))
            for venue in self.read.venues
        )
        return [one for one in found if one in self.read.stored]

    def _from_before(self, asset: str, own: list[InstrumentId]) -> None:
        """Price what has none at the newest price known of before, or else the first one after.

        Fills tell prices, and candles however old.
        """
        missing = np.flatnonzero(self._missing(asset))
        if not missing.size:
            return
        times, known = self.times[missing], self._known[asset]
        there = np.flatnonzero(np.isfinite(known))
        newest = np.full(times.size, -1, dtype=np.int64)
        for market in dict.fromkeys((*own, *self._elsewhere(asset))):
            at, prices = self.read.newest(market, times)
            prices = prices * self._worth(market)[missing]
            later = np.isfinite(prices) & (at > newest)
            newest[later], known[missing[later]] = at[later], prices[later]
        for market in own:
            moments, told = zip(*self.statement.traded[market], strict=True)
            place = np.searchsorted(np.array(moments), times, side="right") - 1
            at = np.where(place >= 0, np.array(moments)[place], -1)
            prices = np.array(told)[place] * self._worth(market)[missing]
            later = np.isfinite(prices) & (at > newest)
            newest[later], known[missing[later]] = at[later], prices[later]
        for left in np.flatnonzero(self._missing(asset)).tolist():
            known[left] = self._first_after(left, own, there, known)

    def _first_after(
        self, place: int, own: list[InstrumentId], there: Ints, known: Floats
    ) -> float:
        """Return the first price known after one of the times, NaN where there is none."""
        found, first = np.nan, np.inf
        later = there[there > place]
        if later.size:
            found, first = known[later[0]], self.times[later[0]]
        for market in own:
            told, worth = self.statement.traded[market], self._worth(market)[place]
            after = bisect_right(told, (self.times[place], np.inf))
            if after < len(told) and told[after][0] < first and np.isfinite(worth):
                first, price = told[after]
                found = price * worth
        return float(found)

    def _worth(self, market: InstrumentId) -> Floats:
        """Return the price of what a market is quoted in."""
        quote = _pair(market)[1]
        if same_money(quote, self.currency):
            return np.ones(self.times.size)
        return self._known[quote]

    def _missing(self, asset: str) -> Bools:
        """Return where an asset must have a price and has none."""
        missing: Bools = self._needs[asset] & np.isnan(self._known[asset])
        return missing

    def _judge(self, found: set[str]) -> None:
        """Note what has no price where figures are made of it."""
        for asset, wanted in self.wanted.items():
            if (wanted & self.shown & np.isnan(self._known[asset])).any():
                found.add(asset)


def _pair(instrument: InstrumentId) -> tuple[str, str]:
    """Return what was traded, and for what."""
    base, _, rest = instrument.partition("/")
    return base, rest.partition("@")[0]
