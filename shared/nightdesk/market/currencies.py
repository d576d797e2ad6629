"""Currency codes: one canonical code per currency, and what kind of money it is."""

from collections.abc import Mapping
from types import MappingProxyType

from nightdesk.market.instruments import QuoteClass

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "XBT": "BTC",
        "XXBT": "BTC",
        "XETH": "ETH",
        "XLTC": "LTC",
        "XXRP": "XRP",
        "XXLM": "XLM",
        "XXMR": "XMR",
        "XZEC": "ZEC",
        "XETC": "ETC",
        "XREP": "REP",
        "XMLN": "MLN",
        "XDG": "DOGE",
        "XXDG": "DOGE",
        "ZUSD": "USD",
        "ZEUR": "EUR",
        "ZGBP": "GBP",
        "ZCAD": "CAD",
        "ZJPY": "JPY",
        "ZAUD": "AUD",
    }
)
"""Other spellings in use. They are the same at every venue that has them (Kraken, Luno, VALR)."""


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


FIAT = _codes(
    "AED ARS AUD BRL CAD CHF CZK DKK EUR GBP HKD IDR ILS INR JPY KES KRW MXN MYR NGN NOK NZD PHP "
    "PLN RON RUB SEK SGD THB TRY TWD UAH UGX USD VND ZAR ZMW"
)
STABLE = _codes(
    "BUSD DAI EURC EURI EURQ EURR EURS EURT FDUSD GUSD PYUSD RLUSD TUSD USD1 USDC USDD USDE USDG "
    "USDP USDQ USDR USDS USDT USTC ZARP"
)


def canonical(code: str) -> str:
    """Return the one code of this currency: upper case, aliases resolved."""
    code = code.upper()
    return ALIASES.get(code, code)


def quote_class(code: str) -> QuoteClass:
    """Return what kind of money a canonical code is; what is neither fiat nor stable is crypto."""
    if code in FIAT:
        return QuoteClass.FIAT
    return QuoteClass.STABLE if code in STABLE else QuoteClass.CRYPTO
