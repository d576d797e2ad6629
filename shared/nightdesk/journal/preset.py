"""A format of a file as data: how its header is known, and what its columns and words mean."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType

from nightdesk.trading.external import Market


class Column(StrEnum):
    """What a column can tell."""

    FILL_ID = "fill_id"
    TIME = "at"
    ACCOUNT = "account"
    INSTRUMENT = "instrument"
    BASE = "base"
    QUOTE = "quote"
    SIDE = "side"
    QUANTITY = "quantity"
    PRICE = "price"
    TOTAL = "total"
    FEE = "fee"
    FEE_ASSET = "fee_asset"
    ORDER = "order_id"
    STOP = "stop"
    TARGET = "target"
    SETUP = "setup"
    TAGS = "tags"
    NOTE = "note"
    KIND = "kind"
    SUBKIND = "subkind"
    ASSET = "asset"
    AMOUNT = "amount"
    CHANGE = "change"
    """What the balance changed by, fee included."""
    CHANGE_ASSET = "change_asset"
    CASH_FLOW = "cash_flow"
    """What it changed by, fee excluded."""
    PAID = "paid"
    """What a fill cost or brought altogether, fee included."""
    FUNDING = "funding"
    GROUP = "group"
    SECTION = "section"
    WAY = "way"
    TAX = "tax"
    TAX_ASSET = "tax_asset"
    MARGIN = "margin"
    """What was set aside for a loan: above zero it is a margin trade."""
    REMARK = "remark"
    """What the venue says of the row."""


LABELS = frozenset({Column.SETUP, Column.TAGS, Column.NOTE})
NUMBERS = frozenset(
    {
        *(Column.QUANTITY, Column.PRICE, Column.TOTAL, Column.FEE, Column.STOP, Column.TARGET),
        *(Column.AMOUNT, Column.CHANGE, Column.FUNDING, Column.TAX, Column.MARGIN),
        *(Column.CASH_FLOW, Column.PAID),
    }
)


class RowKind(StrEnum):
    """What a row of a file is."""

    FILL = "fill"
    BUY = "buy"
    SELL = "sell"
    CONVERT = "convert"
    LEG = "leg"
    LEG_FEE = "leg_fee"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    REWARD = "reward"
    FUNDING = "funding"
    TRANSFER = "transfer"
    FEE = "fee"
    PNL = "pnl"


class Pairs(StrEnum):
    """How a file writes an instrument."""

    PLAIN = "plain"
    """BTC/EUR, BTC-EUR, BTCEUR, or a whole instrument id."""
    KRAKEN = "kraken"
    """XXBTZEUR beside ADAEUR."""


class Signs(StrEnum):
    """How a file says whether a movement came or went."""

    SIGNED = "signed"
    BY_KIND = "by_kind"
    BY_WAY = "by_way"


class FeeIn(StrEnum):
    """What a fee is in when no column says so."""

    QUOTE = "quote"
    UNIT = "unit"
    """Written behind the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One format.

    `header`: its columns in any order, `a|b` where either name is in use, `?` behind optional
    ones. `columns`: what is read, from the first of the names that the file has. `kinds`: words of
    the kind column (`word:subkind` before `word`), then `patterns`, parts of words. `fee_sign` -1:
    a fee that was paid is negative. `fee_within`: a movement's amount has its fee in it. `group`:
    columns whose equal values make the legs of one trade; `grouped_id`: the group's value is the
    venue's id of it. `families`: legs of different words are never joined, nor, of the `remarked`
    words, those of different remarks. `ids`: columns that together are the venue's id of a row.
    `longer_rows`: some have cells that the header does not name. `year_first`: 24-12-11 is of
    December 2024.
    """

    id: str
    title: str
    venue: str
    header: str
    columns: Mapping[Column, tuple[str, ...]]
    market: Market = Market.SPOT
    zone: str = "UTC"
    pairs: Pairs = Pairs.PLAIN
    sides: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, RowKind] = field(default_factory=dict)
    patterns: tuple[tuple[str, RowKind], ...] = ()
    default: RowKind | None = RowKind.FILL
    units: bool = False
    fee_in: FeeIn = FeeIn.QUOTE
    fee_sign: int = 1
    signs: Signs = Signs.SIGNED
    unsigned: bool = False
    group: tuple[Column, ...] = ()
    grouped_id: bool = False
    families: Mapping[str, str] = field(default_factory=dict)
    remarked: frozenset[str] = frozenset()
    fee_within: bool = False
    longer_rows: bool = False
    year_first: bool = False
    ids: tuple[Column, ...] = (Column.FILL_ID,)
    without_id_skipped: bool = False
    note: str = ""

    @property
    def signature(self) -> Sequence[frozenset[str]]:
        """The columns a file must have, each by the names it may go by."""
        return _signature(self.header)

    def matches(self, header: Set[str]) -> int:
        """Return how many columns identify a header (as `plain` writes names), 0: not this one."""
        wanted = self.signature
        return len(wanted) if all(one & header for one in wanted) else 0

    def kind(self, word: str, subkind: str = "") -> RowKind | None:
        """Return what a row of these words is, None: nobody knows."""
        word, subkind = word.strip().lower(), subkind.strip().lower()
        for known in (f"{word}:{subkind}", word):
            if known in self.kinds:
                return self.kinds[known]
        for part, kind in self.patterns:
            if part in word:
                return kind
        return self.default


@lru_cache(maxsize=1_024)
def plain(name: str) -> str:
    """Return a column's name as names are compared: letters and digits, no zone behind it."""
    name = re.sub(r"\(\s*(?:utc|gmt)[^)]*\)", "", name.strip().lstrip("\ufeff").lower())
    return re.sub(r"[\W_]+", "", name)


@cache
def _signature(header: str) -> Sequence[frozenset[str]]:
    return tuple(names(one) for one in header.split(",") if not one.endswith("?"))


def names(alternatives: str) -> frozenset[str]:
    """Return the names of `a|b` as they are compared."""
    return frozenset(plain(one) for one in alternatives.split("|"))


SIDES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("buy", "b", "bid", "long", "bought", "kauf", "kaufen", "achat"), "buy"),
        **dict.fromkeys(("compra", "acquisto", "buy/long", "open long", "close short"), "buy"),
        **dict.fromkeys(("sell", "s", "ask", "short", "sold", "verkauf", "verkaufen"), "sell"),
        **dict.fromkeys(("vente", "venta", "vendita", "sell/short", "open short"), "sell"),
        "close long": "sell",
    }
)
"""Words for the sides that are understood in every file."""
