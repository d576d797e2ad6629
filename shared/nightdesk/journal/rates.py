"""What quote currency is worth in account currency, from stored candles; and from nowhere else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from nightdesk.core.clock import from_millis, millis
from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import ONE, as_written
from nightdesk.journal.exactly import ratio
from nightdesk.journal.trade import Rate
from nightdesk.market.candles import Candles, no_candles
from nightdesk.market.ports import CandleStore
from nightdesk.market.timeframe import Timeframe

SAME = "same"
PAR = "par"
"""Source of a rate that assumes that a coin keeps to the money it is pegged to."""
BRIDGES = ("BTC", "ETH")
"""Traded against nearly everything: two of their prices make a rate."""
LOOKED_AT = (Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1)
OLD = 2
"""A close older than so many of its candles is no present price."""
WINDOW = 240
"""Candles that are read at once: as many as the store keeps together."""
_Series = tuple[InstrumentId, Timeframe]
PEGGED: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "DAI", "PYUSD", "USDP"), "USD")
    | dict.fromkeys(("EURC", "EURI", "EURS", "EURT"), "EUR")
)


def same_money(one: str, other: str) -> bool:
    """Tell whether two currencies are the same money, a coin and what it is pegged to too."""
    return PEGGED.get(one, one) == PEGGED.get(other, other)


@dataclass(frozen=True, slots=True)
class Windows:
    """Candles by windows, each read once, and markets without any, asked for once.

    For one piece of work alone: what is stored meanwhile it does not see.
    """

    candles: CandleStore
    ends: dict[_Series, datetime | None] = field(default_factory=dict)
    read: dict[tuple[_Series, int], Candles] = field(default_factory=dict)

    def newest(self, instrument: InstrumentId, timeframe: Timeframe, at: datetime) -> Candles:
        """Return the newest candle closed by `at`; none where the last two windows have none."""
        series = (instrument, timeframe)
        if series not in self.ends:
            self.ends[series] = self.candles.newest(instrument, timeframe)
        if self.ends[series] is not None:
            last = millis(timeframe.last_closed(at)) // (WINDOW * timeframe.ms)
            for number in (last, last - 1):
                found = self._window(series, number).closed(at).tail(1)
                if len(found):
                    return found
        return no_candles(instrument, timeframe)

    def _window(self, series: _Series, number: int) -> Candles:
        place = (series, number)
        if place not in self.read:
            instrument, timeframe = series
            length = WINDOW * timeframe.length
            since = from_millis(number * WINDOW * timeframe.ms)
            self.read[place] = self.candles.between(instrument, timeframe, since, since + length)
        return self.read[place]


@dataclass(frozen=True, slots=True)
class CandleRates:
    """The port Rates, over the candles of these venues.

    A market of the two, then two markets of a bridge, then the money that a coin is pegged to.
    `windows` are there where it answers many questions at once.
    """

    candles: CandleStore
    venues: Sequence[str]
    windows: Windows | None = None

    def remembering(self) -> "CandleRates":
        """Return the same, which reads each window of candles once."""
        return replace(self, windows=Windows(self.candles))

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
        """Return the newest close by then of the shortest candles that have one."""
        instrument = InstrumentId(f"{base}/{quote}@{venue}")
        for timeframe in LOOKED_AT:
            candles = self._newest(instrument, timeframe, at)
            if not len(candles):
                continue
            closed = candles.last_open + timeframe.length
            close: Decimal = as_written(float(candles.close[-1]))
            if at - closed < OLD * timeframe.length and close > 0:
                return Rate(value=close, source=f"{instrument} {timeframe}", at=closed)
        return None

    def _newest(self, instrument: InstrumentId, timeframe: Timeframe, at: datetime) -> Candles:
        if self.windows is not None:
            return self.windows.newest(instrument, timeframe, at)
        return self.candles.load(instrument, timeframe, as_of=at, limit=1)
