"""What quote currency is worth in account currency, from stored candles; and from nowhere else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import ONE
from nightdesk.journal.closes import Closes
from nightdesk.journal.exactly import ratio
from nightdesk.journal.trade import Rate

SAME = "same"
PAR = "par"
"""Source of a rate that assumes that a coin keeps to the money it is pegged to."""
BRIDGES = ("BTC", "ETH")
"""Traded against nearly everything: two of their prices make a rate."""
PEGGED: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "DAI", "PYUSD", "USDP"), "USD")
    | dict.fromkeys(("EURC", "EURI", "EURS", "EURT"), "EUR")
)


def same_money(one: str, other: str) -> bool:
    """Tell whether two currencies are the same money, a coin and what it is pegged to too."""
    return PEGGED.get(one, one) == PEGGED.get(other, other)


@dataclass(frozen=True, slots=True)
class CandleRates:
    """The port Rates, over the candles of these venues.

    A market of the two, then two markets of a bridge, then the money that a coin is pegged to.
    """

    closes: Closes
    venues: Sequence[str]

    def __call__(self, quote: str, currency: str, at: datetime) -> Rate | None:
        """Return units of `currency` per unit of `quote`, None where no price says it."""
        if quote == currency:
            return Rate(value=ONE, source=SAME, at=at)
        found = self._traded(quote, currency, at)
        pegged, to = PEGGED.get(quote, quote), PEGGED.get(currency, currency)
        if found is not None or (pegged, to) == (quote, currency):
            return found
        if pegged == to:
            return Rate(value=ONE, source=PAR, at=at)
        found = self._traded(pegged, to, at)
        if found is None:
            return None
        return Rate(value=found.value, source=f"{PAR}, {found.source}", at=found.at)

    def _traded(self, quote: str, currency: str, at: datetime) -> Rate | None:
        for venue in self.venues:
            if (direct := self._price(quote, currency, venue, at)) is not None:
                return direct
            if (other := self._price(currency, quote, venue, at)) is not None:
                return Rate(value=ratio(ONE, other.value), source=other.source, at=other.at)
        return next(self._bridged(quote, currency, at), None)

    def _bridged(self, quote: str, currency: str, at: datetime) -> Iterator[Rate]:
        for bridge in BRIDGES:
            if bridge in {quote, currency}:
                continue
            paid, got = self._anywhere(bridge, quote, at), self._anywhere(bridge, currency, at)
            if paid is not None and got is not None:
                source = f"{got.source}, {paid.source}"
                value = ratio(got.value, paid.value)
                yield Rate(value=value, source=source, at=min(paid.at, got.at))

    def _anywhere(self, base: str, quote: str, at: datetime) -> Rate | None:
        found = (self._price(base, quote, venue, at) for venue in self.venues)
        return next((one for one in found if one is not None), None)

    def _price(self, base: str, quote: str, venue: str, at: datetime) -> Rate | None:
        instrument = InstrumentId(f"{base}/{quote}@{venue}")
        found = self.closes(instrument, at)
        if found is None:
            return None
        return Rate(value=found.price, source=f"{instrument} {found.timeframe}", at=found.at)
