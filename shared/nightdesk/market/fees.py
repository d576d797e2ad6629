"""What a venue charges and how wide it quotes: dated data of `venues.toml`, in basis points."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nightdesk.core.clock import utc
from nightdesk.core.errors import UnknownInstrument
from nightdesk.core.money import not_negative, positive
from nightdesk.market.instruments import FeeAsset, Instrument, QuoteClass
from nightdesk.market.timeframe import Timeframe

ANY = "any"


class Confidence(StrEnum):
    """Where a fee comes from; `read` wins over the others."""

    READ = "read"
    RECORDED = "recorded"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRow:
    """A venue's base fees from one date on, basis points of the notional."""

    venue: str
    quote_class: QuoteClass | None
    maker_bps: Decimal
    taker_bps: Decimal
    fee_asset: FeeAsset
    effective_from: date
    observed_on: date
    source: str
    confidence: Confidence

    def __post_init__(self) -> None:
        not_negative("maker_bps", self.maker_bps)
        not_negative("taker_bps", self.taker_bps)

    def in_force(self, at: datetime) -> bool:
        """Tell whether this row was known to hold at `at`; else it is the earliest there is."""
        return self.effective_from <= utc(at).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfSpread:
    """Half the usual distance of bid and ask, basis points of the mid; None fits everything."""

    bps: Decimal
    major: bool | None = None
    quote: str | None = None

    def __post_init__(self) -> None:
        positive("bps", self.bps)

    def fits(self, instrument: Instrument) -> bool:
        """Tell whether this row is about `instrument`."""
        return self.major in {None, instrument.major} and self.quote in {None, instrument.quote}


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFacts:
    """What one venue can do.

    `timeframes` are those whose candles open as ours do; the others are resampled. `newest_only`:
    the venue ignores where one asks it to begin.
    """

    name: str
    adapter: str
    candles_per_call: int
    newest_only: bool
    timeframes: tuple[Timeframe, ...]
    stops: frozenset[str]
    published_limit: str
    half_spreads: tuple[HalfSpread, ...]
    fees: tuple[FeeRow, ...]

    def __post_init__(self) -> None:
        if not self.half_spreads or not self.fees:
            raise ValueError(f"{self.name} needs fees and half-spreads")


@cache
def venues() -> Mapping[str, VenueFacts]:
    """Return the facts of every venue that this desk knows, by name."""
    text = (Path(__file__).parent / "venues.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text, parse_float=Decimal)["venues"]
    return MappingProxyType({name: _facts(name, table[name]) for name in sorted(table)})


def facts(venue: str) -> VenueFacts:
    """Return the facts of one venue. Raises UnknownInstrument."""
    try:
        return venues()[venue]
    except KeyError as error:
        raise UnknownInstrument(f"no such venue: {venue}") from error


def fee(venue: str, quote_class: QuoteClass, at: datetime) -> FeeRow:
    """Return the row in force at `at`, else the earliest. Raises UnknownInstrument.

    A row for the quote class goes before one for any class of the same date.
    """
    rows = [row for row in facts(venue).fees if row.quote_class in {None, quote_class}]
    held = [row for row in rows if row.in_force(at)]
    if held:
        return max(held, key=lambda row: (row.effective_from, row.quote_class is not None))
    return min(rows, key=lambda row: (row.effective_from, row.quote_class is None))


def half_spread(instrument: Instrument) -> Decimal:
    """Return the half-spread in basis points where no measured book is known.

    Raises UnknownInstrument for an unknown venue.
    """
    rows = facts(instrument.venue).half_spreads
    return next((row.bps for row in rows if row.fits(instrument)), rows[-1].bps)


def _facts(name: str, entry: dict[str, Any]) -> VenueFacts:
    return VenueFacts(
        name=name,
        adapter=entry["adapter"],
        candles_per_call=entry["candles_per_call"],
        newest_only=entry["newest_only"],
        timeframes=tuple(Timeframe(text) for text in entry["timeframes"]),
        stops=frozenset(entry["stops"]),
        published_limit=entry["published_limit"],
        half_spreads=tuple(
            HalfSpread(bps=Decimal(row["bps"]), major=row.get("major"), quote=row.get("quote"))
            for row in entry["half_spreads"]
        ),
        fees=tuple(_fee(name, row) for row in entry["fees"]),
    )


def _fee(name: str, row: dict[str, Any]) -> FeeRow:
    quote_class = row["quote_class"]
    return FeeRow(
        venue=name,
        quote_class=None if quote_class == ANY else QuoteClass(quote_class),
        maker_bps=Decimal(row["maker_bps"]),
        taker_bps=Decimal(row["taker_bps"]),
        fee_asset=FeeAsset(row["fee_asset"]),
        effective_from=row["effective_from"],
        observed_on=row["observed_on"],
        source=row["source"],
        confidence=Confidence(row["confidence"]),
    )
