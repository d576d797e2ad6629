"""What quote currency is worth in account currency, from stored candles; and from nowhere else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import product
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How prices make a rate: what `got` is at over what `paid` is at, each 1 where there is none.

    `pegged`: it takes a coin for the money that it is pegged to.
    """

    got: InstrumentId | None = None
    paid: InstrumentId | None = None
    pegged: bool = False


@lru_cache(maxsize=1_000)
def routes(quote: str, currency: str, venues: tuple[str, ...]) -> tuple[Route, ...]:
    """Return the ways to the worth of one unit of `quote` in another `currency`, best first.

    A market of the two, then two markets of a bridge, then the money that a coin is pegged to.
    """
    traded = tuple(_traded(quote, currency, venues))
    pegged, to = PEGGED.get(quote, quote), PEGGED.get(currency, currency)
    if pegged == to:
        return (*traded, Route(pegged=True))
    if (pegged, to) == (quote, currency):
        return traded
    return (*traded, *(replace(one, pegged=True) for one in _traded(pegged, to, venues)))


def _traded(quote: str, currency: str, venues: tuple[str, ...]) -> Iterator[Route]:
    for venue in venues:
        yield Route(got=_market(quote, currency, venue))
        yield Route(paid=_market(currency, quote, venue))
    for bridge in BRIDGES:
        if bridge not in {quote, currency}:
            for paid, got in product(venues, venues):
                yield Route(got=_market(bridge, currency, got), paid=_market(bridge, quote, paid))


def _market(base: str, quote: str, venue: str) -> InstrumentId:
    return InstrumentId(f"{base}/{quote}@{venue}")


@dataclass(frozen=True, slots=True)
class CandleRates:
    """The port Rates, over the candles of these venues, by the first of `routes` that is known."""

    closes: Closes
    venues: tuple[str, ...]

    def __call__(self, quote: str, currency: str, at: datetime) -> Rate | None:
        """Return units of `currency` per unit of `quote`, None where no price says it."""
        if quote == currency:
            return Rate(value=ONE, source=SAME, at=at)
        for route in routes(quote, currency, self.venues):
            if (found := self._along(route, at)) is not None:
                return found
        return None

    def _along(self, route: Route, at: datetime) -> Rate | None:
        """Return what the prices of a route say; None where one is not known."""
        prices: list[Decimal] = []
        told, oldest = [PAR] if route.pegged else [], at
        for market in (route.got, route.paid):
            found = None if market is None else self.closes(market, at)
            if found is None and market is not None:
                return None
            prices.append(ONE if found is None else found.price)
            if found is not None:
                told.append(f"{market} {found.timeframe}")
                oldest = min(oldest, found.at)
        got, paid = prices
        value = got if route.paid is None else ratio(got, paid)
        return Rate(value=value, source=", ".join(told), at=oldest)
