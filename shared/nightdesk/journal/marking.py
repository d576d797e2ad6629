"""What the assets of one account were worth: by candles, or else by what is known of before.

Prices spread from money outwards: what was traded for money is priced first, then what was traded
for that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nightdesk.core.ids import InstrumentId
from nightdesk.journal.prices import Prices
from nightdesk.journal.rates import same_money
from nightdesk.journal.statement import Statement
from nightdesk.market.candles import Bools, Floats, Millis

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
                base, quote = _pair(instrument)
                missing = self._missing(base)
                self._known[base][missing] = (prices * self._known[quote])[missing]

    def _from_elsewhere(self, asset: str) -> None:
        """Price what still has none by other markets in like money, then by rates."""
        alike = dict.fromkeys((self.currency, *MONEY))
        for quote in (one for one in alike if same_money(one, self.currency)):
            for venue in self.read.venues:
                missing = self._missing(asset)
                if missing.any():
                    market = InstrumentId(f"{asset}/{quote}@{venue}")
                    self._known[asset][missing] = self.read.of(market, self.times[missing])
        missing = self._missing(asset)
        if missing.any():
            found = self.read.rates(asset, self.currency, self.times[missing])
            self._known[asset][missing] = found

    def _from_before(self, asset: str, own: list[InstrumentId]) -> None:
        """Price what has none at the newest price known of before, or else the first one after.

        That is one of another time asked about, or that of a fill.
        """
        missing = np.flatnonzero(self._missing(asset))
        known = self._known[asset]
        there = np.flatnonzero(np.isfinite(known))
        fills = sorted(
            (at, price, number)
            for number, one in enumerate(own)
            for at, price in self.statement.traded[one]
        )
        if not missing.size or not (there.size or fills):
            return
        moments = np.array([at for at, _, _ in fills], dtype=np.int64)
        for place in missing.tolist():
            at = self.times[place]
            close = int(np.searchsorted(there, place)) - 1
            fill = int(np.searchsorted(moments, at, side="right")) - 1
            if close < 0 and fill < 0:
                earlier = there.size and (not fills or self.times[there[0]] < moments[0])
                close, fill = (0, -1) if earlier else (-1, 0)
            if fill >= 0 and (close < 0 or moments[fill] > self.times[there[close]]):
                _, price, number = fills[fill]
                known[place] = price * self._known[_pair(own[number])[1]][place]
            else:
                known[place] = known[there[close]]

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
