"""Public market data of exchanges, through ccxt.

An invocation that wants candles or a price does not load the venue's market list: the one market
it needs is built from the symbol in the stored rules. The list is read for the rules alone.
"""

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from nightdesk.adapters.venues.markets import to_rules
from nightdesk.core.clock import ceil_millis, from_millis
from nightdesk.core.errors import Fault, RateLimited, UnknownInstrument, VenueUnavailable
from nightdesk.core.ids import InstrumentId
from nightdesk.market import fees
from nightdesk.market.candles import Candles, Floats
from nightdesk.market.instruments import Instrument, Quote, Rules
from nightdesk.market.ports import RulesStore
from nightdesk.market.series import arrange
from nightdesk.market.timeframe import Timeframe

OPTIONS = {
    "defaultType": "spot",
    "adjustForTimeDifference": False,
    "fetchMarkets": {"types": ["spot"], "fetchTickersFees": False},
}
UNKNOWN = re.compile(r"unknown asset pair|unknown symbol|invalid symbol", re.IGNORECASE)
_CANDLE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CcxtVenue:
    """One exchange's public data. `exchange` is a ccxt exchange whose numbers are Decimals."""

    name: str
    exchange: Any
    stored: RulesStore

    def candles(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        """Return one page of candles; rows in any order come out sorted, the last of twins stays.

        Raises as the port says.
        """
        start, end = ceil_millis(since), ceil_millis(until)
        limit = min(fees.facts(self.name).candles_per_call, -(-(end - start) // timeframe.ms))
        symbol = self._known(instrument_id)
        with translated(self.exchange):
            rows = self.exchange.fetch_ohlcv(symbol, timeframe.value, start, max(1, limit))
            table = _table(self.exchange, rows)
        inside = (table[:, 0] >= start) & (table[:, 0] < end)
        times = table[inside, 0].astype(np.int64)
        return arrange(instrument_id, timeframe, times, table[inside, 1:]).candles

    def rules(self, instrument_id: InstrumentId, as_of: datetime) -> Rules:
        """Read the venue's market list for one instrument. Raises as the port says."""
        for rules in self.instruments(as_of):
            if rules.instrument.id == instrument_id:
                return rules
        raise UnknownInstrument(f"{instrument_id} is not in the market list")

    def instruments(self, as_of: datetime) -> Sequence[Rules]:
        """Read the venue's market list. Raises as the port says."""
        with translated(self.exchange):
            markets = self.exchange.fetch_markets()
        return to_rules(self.name, markets, self.exchange.precisionMode, as_of)

    def quote(self, instrument_id: InstrumentId, at: datetime) -> Quote:
        """Return last, bid and ask as the venue says them now. Raises as the port says."""
        symbol = self._known(instrument_id)
        with translated(self.exchange):
            ticker = self.exchange.fetch_ticker(symbol)
        last = ticker.get("last")
        if last is None:
            raise VenueUnavailable(f"{instrument_id}: the venue says no price")
        said = ticker.get("timestamp")
        return Quote(
            instrument_id=instrument_id,
            at=at if said is None else from_millis(int(said)),
            last=Decimal(last),
            bid=_price(ticker.get("bid")),
            ask=_price(ticker.get("ask")),
        )

    def _known(self, instrument_id: InstrumentId) -> str:
        """Tell ccxt the one market, from the stored symbol. Raises UnknownInstrument."""
        instrument = self.stored.get(instrument_id).instrument
        unified = f"{instrument.base}/{instrument.quote}"
        known = self.exchange.markets or {}
        if unified not in known:
            self.exchange.set_markets([*known.values(), _market(instrument)])
        return unified


@dataclass(frozen=True, slots=True, kw_only=True)
class CcxtVenues:
    """The port CandleVenues over the exchanges that this desk has enabled.

    `base_urls` sends a venue's calls elsewhere (a proxy, a test). `throttle` keeps ccxt's own
    pace between calls of this process.
    """

    enabled: Sequence[str]
    stored: RulesStore
    timeout_seconds: float
    base_urls: Mapping[str, str] = field(default_factory=dict)
    throttle: bool = True
    _made: dict[str, CcxtVenue] = field(default_factory=dict, init=False)

    def __call__(self, name: str) -> CcxtVenue:
        """Return the venue of this name. Raises UnknownInstrument if it is not enabled."""
        if name not in self.names():
            raise UnknownInstrument(f"the venue {name} is not enabled")
        if name not in self._made:
            exchange = self._exchange(name)
            self._made[name] = CcxtVenue(name=name, exchange=exchange, stored=self.stored)
        return self._made[name]

    def names(self) -> Sequence[str]:
        """Return the enabled venues that ccxt speaks for, sorted."""
        known = fees.venues()
        return sorted(
            name for name in self.enabled if name in known and known[name].adapter == "ccxt"
        )

    def timeframes(self, instrument_id: InstrumentId) -> Sequence[Timeframe]:
        """Return the timeframes that the venue offers. Raises UnknownInstrument."""
        return fees.facts(instrument_id.partition("@")[2]).timeframes

    def _exchange(self, name: str) -> Any:
        settings = {
            "timeout": int(self.timeout_seconds * 1000),
            "enableRateLimit": self.throttle,
            "number": Decimal,
            "enableLastJsonResponse": True,
            "options": OPTIONS,
        }
        exchange = exchange_class(name)(settings)
        if name in self.base_urls:
            exchange.urls["api"] = _redirected(exchange.urls["api"], self.base_urls[name])
        return exchange


def exchange_class(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """Import one exchange of ccxt alone.

    The package's own `__init__` imports all of them, 1.5 s on top of 0.7; a shell of the same
    name and path in its place keeps Python from running it.
    """
    if "ccxt" not in sys.modules:
        spec = importlib.util.find_spec("ccxt")
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError("ccxt is not installed")
        shell = ModuleType("ccxt")
        shell.__path__ = list(spec.submodule_search_locations)
        shell.__spec__ = spec
        sys.modules["ccxt"] = shell
    made: Callable[[Mapping[str, Any]], Any] = getattr(
        importlib.import_module(f"ccxt.{name}"), name
    )
    return made


@contextmanager
def translated(exchange: Any) -> Iterator[None]:
    """Turn ccxt's errors into ours. An answer that ccxt cannot read is no answer."""
    errors = importlib.import_module("ccxt.base.errors")
    try:
        yield
    except errors.BaseError as error:
        raise _fault(errors, error, exchange) from error
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise VenueUnavailable(f"{exchange.id} answered what nobody can read: {error!r}") from error


def _fault(errors: ModuleType, error: Exception, exchange: Any) -> Fault:
    text = f"{exchange.id}: {str(error)[:300]}"
    if isinstance(error, errors.RateLimitExceeded | errors.DDoSProtection):
        return RateLimited(text, retry_after=_retry_after(exchange))
    if isinstance(error, errors.BadSymbol | errors.NotSupported) or UNKNOWN.search(text):
        return UnknownInstrument(text)
    return VenueUnavailable(text)


def _retry_after(exchange: Any) -> float | None:
    headers = exchange.last_response_headers or {}
    said = next((v for k, v in headers.items() if k.lower() == "retry-after"), None)
    try:
        return None if said is None else float(said)
    except ValueError:
        return None


def _market(instrument: Instrument) -> dict[str, Any]:
    return {
        "id": instrument.symbol,
        "symbol": f"{instrument.base}/{instrument.quote}",
        "base": instrument.base,
        "quote": instrument.quote,
        "baseId": instrument.base,
        "quoteId": instrument.quote,
        "type": "spot",
        "spot": True,
        "margin": False,
        "swap": False,
        "future": False,
        "option": False,
        "contract": False,
        "active": True,
        "precision": {"amount": None, "price": None},
        "limits": {},
        "info": {},
    }


def _table(exchange: Any, rows: Sequence[Sequence[Any]]) -> Floats:
    """Return rows as (n, 6). Raises ValueError for an answer that is no list of candles.

    A price that cannot be read is NaN, and refused at the door; a time that cannot is a fault.
    """
    if exchange.last_json_response is None:
        raise ValueError("no JSON")
    table = np.array([row[:_CANDLE] for row in rows], dtype=np.float64).reshape(-1, _CANDLE)
    if not np.isfinite(table[:, 0]).all():
        raise ValueError("a candle without a time")
    return table


def _price(value: object) -> Decimal | None:
    return Decimal(str(value)) if value is not None and Decimal(str(value)) > 0 else None


def _redirected(urls: Any, base: str) -> Any:
    """Return the same tree of addresses with another scheme and host."""
    if isinstance(urls, Mapping):
        return {name: _redirected(url, base) for name, url in urls.items()}
    return base + urlsplit(urls).path if isinstance(urls, str) else urls
