"""What was traded, from what a file calls it: base, quote and the kind of market."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from nightdesk.core.ids import INSTRUMENT_ID, InstrumentId
from nightdesk.journal.importing.issue import BadRow, IssueCode
from nightdesk.journal.preset import Pairs
from nightdesk.market.currencies import FIAT, STABLE, canonical
from nightdesk.trading.external import Market

ASSET = re.compile(r"[A-Z0-9]{1,15}")
CRYPTO_QUOTES = ("BTC", "XBT", "ETH", "BNB", "TRX", "KCS", "OKB", "XRP", "DOGE", "DOT", "SOL")
QUOTES = tuple(sorted({*STABLE, *FIAT, *CRYPTO_QUOTES}, key=lambda code: (-len(code), code)))
"""What a name without a separator may end with, the longest first."""
_UNUSED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "binance": frozenset(),
        **dict.fromkeys(("kraken", "bybit"), frozenset({"BUSD", "GUSD", "TUSD"})),
    }
)
_SELDOM = frozenset({"GUSD", "TUSD"})
"""Dollars that hardly any venue prices in: DOTUSD is DOT in USD, unless it is told by Binance."""
PARTS = 2
LEGACY = 8
"""Letters of Kraken's old names: four of each asset, X before coins and Z before money."""

_STAKED = re.compile(r"(\d+)?\.(?:S|M|F|B|P|T|HOLD)$")
_DATED = re.compile(r"\d{6}|\d{1,2}[A-Z]{3}\d{2}")
_FIAT_ORDER = ("EUR", "GBP", "AUD", "NZD", "USD", "CAD", "CHF", "JPY")
"""Which of two currencies is the base, by the custom of the market."""
_STABLE_ORDER = ("USDC", "USDT")
_CRYPTO_ORDER = ("BTC", "ETH", "BNB")
"""What others are priced in, first the strongest."""
_KINDS: Mapping[str, Market] = MappingProxyType(
    {"SWAP": Market.PERP, "PERP": Market.PERP, "PERPETUAL": Market.PERP}
)


@lru_cache(maxsize=4_096)
def asset(text: str, column: str = "") -> str:
    """Return the code of an asset. Raises BadRow UNKNOWN_ASSET."""
    code = text.strip().upper()
    code = _STAKED.sub("", code)
    code = canonical("ETH" if code == "ETH2" else code)
    if not ASSET.fullmatch(code):
        raise BadRow(IssueCode.UNKNOWN_ASSET, column, text)
    return code


@lru_cache(maxsize=4_096)
def instrument(
    text: str, column: str, venue: str, pairs: Pairs, market: Market
) -> tuple[InstrumentId, Market]:
    """Return what a name stands for. Raises BadRow UNKNOWN_INSTRUMENT."""
    name = text.strip().upper()
    pair, at, told = text.strip().partition("@")
    if at:
        whole = f"{pair.upper()}@{told.lower()}"
        base, _, quote = pair.upper().partition("/")
        if not INSTRUMENT_ID.fullmatch(whole) or base == quote:
            raise BadRow(IssueCode.UNKNOWN_INSTRUMENT, column, text)
        return InstrumentId(whole), market
    parts = [part for part in re.split(r"[\s/_:-]+", name) if part]
    if not parts:
        raise BadRow(IssueCode.UNKNOWN_INSTRUMENT, column, text)
    if len(parts) > 1 and (parts[-1] in _KINDS or _DATED.fullmatch(parts[-1])):
        market = _KINDS.get(parts.pop(), Market.FUTURE)
    if len(parts) == 1:
        parts = list(_split(parts[0], pairs, _UNUSED.get(venue, _SELDOM)))
    if len(parts) != PARTS:
        raise BadRow(IssueCode.UNKNOWN_INSTRUMENT, column, text)
    try:
        return of(asset(parts[0]), asset(parts[1]), venue), market
    except BadRow as bad:
        raise BadRow(IssueCode.UNKNOWN_INSTRUMENT, column, text) from bad


def of(base: str, quote: str, venue: str) -> InstrumentId:
    """Return the instrument of two assets. Raises BadRow UNKNOWN_INSTRUMENT if they are one."""
    if base == quote:
        raise BadRow(IssueCode.UNKNOWN_INSTRUMENT, "", f"{base}/{quote}")
    return InstrumentId(f"{base}/{quote}@{venue}")


def ordered(one: str, other: str) -> tuple[str, str]:
    """Return two assets as base and quote: what is more like money prices the other."""
    return (one, other) if _money(one) < _money(other) else (other, one)


def _money(code: str) -> tuple[int, int, str]:
    """Return a rank: the higher, the rather it is a quote."""
    if code in FIAT:
        order = _FIAT_ORDER.index(code) if code in _FIAT_ORDER else len(_FIAT_ORDER)
        return 3, order, code
    if code in STABLE:
        return 2, _STABLE_ORDER.index(code) + 1 if code in _STABLE_ORDER else 0, code
    if code in _CRYPTO_ORDER:
        return 1, -_CRYPTO_ORDER.index(code), code
    return 0, 0, code


def _split(name: str, pairs: Pairs, unused: frozenset[str]) -> tuple[str, ...]:
    """Return base and quote. `unused`: quotes of which only the best known coins have a pair."""
    if pairs is Pairs.KRAKEN:
        if len(name) == LEGACY and name[0] in "XZ" and name[4] in "XZ":
            return name[:4], name[4:]
        for stable in ("USDT", "USDC", "DAI"):
            if name.startswith(stable) and canonical(name[len(stable) :]) in FIAT:
                return stable, name[len(stable) :]
    for quote in QUOTES:
        base = name.removesuffix(quote)
        if base and base != name and (quote not in unused or base in CRYPTO_QUOTES):
            return base, quote
    return (name,)
