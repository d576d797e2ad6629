"""Answers of the market routes."""

from datetime import date
from typing import TYPE_CHECKING, Self

from functions.api.schemas import Answer, DecimalText, Moment
from nightdesk.market.instruments import FeeAsset, QuoteClass, TradingStatus
from nightdesk.market.timeframe import Timeframe

if TYPE_CHECKING:
    from nightdesk.market.fees import FeeRow
    from nightdesk.market.instruments import Rules
    from nightdesk.market.reading import Bar, Chart, Gap, InstrumentView, VenueView


class VenueOut(Answer):
    """What a venue can do, and whether this desk trades there.

    `timeframes` are those the venue has itself; others are built from them. `stops` are the kinds
    of protective orders that can rest at the venue: an empty list means that the desk watches.
    """

    name: str
    enabled: bool
    timeframes: list[Timeframe]
    stops: list[str]
    candles_per_call: int
    newest_only: bool
    published_limit: str

    @classmethod
    def from_domain(cls, view: "VenueView") -> Self:
        """Show a venue."""
        facts = view.facts
        return cls(
            name=facts.name,
            enabled=view.enabled,
            timeframes=list(facts.timeframes),
            stops=sorted(facts.stops),
            candles_per_call=facts.candles_per_call,
            newest_only=facts.newest_only,
            published_limit=facts.published_limit,
        )


class FeeOut(Answer):
    """A venue's base fees from one date on, in basis points of what is traded.

    `quote_class` null holds for every kind of money that has no row of its own. `confidence`
    tells whether the fee was read from an account, seen recorded, or is assumed.
    """

    venue: str
    quote_class: QuoteClass | None
    maker_bps: DecimalText
    taker_bps: DecimalText
    fee_asset: FeeAsset
    effective_from: date
    observed_on: date
    source: str
    confidence: str

    @classmethod
    def from_domain(cls, row: "FeeRow") -> Self:
        """Show one dated row."""
        return cls(
            venue=row.venue,
            quote_class=row.quote_class,
            maker_bps=row.maker_bps,
            taker_bps=row.taker_bps,
            fee_asset=row.fee_asset,
            effective_from=row.effective_from,
            observed_on=row.observed_on,
            source=row.source,
            confidence=row.confidence.value,
        )


class InstrumentOut(Answer):
    """A spot market and the venue's rules for it.

    `tick` and the notionals are in quote currency, `lot` and the quantities in base units. A
    maximum of null: the venue names none. `version` is what an order names as the rules it obeyed.
    """

    instrument: str
    venue: str
    symbol: str
    base: str
    quote: str
    quote_class: QuoteClass
    status: TradingStatus
    tick: DecimalText
    lot: DecimalText
    min_quantity: DecimalText
    max_quantity: DecimalText | None
    min_notional: DecimalText
    max_notional: DecimalText | None
    fee_asset: FeeAsset
    version: str
    observed_at: Moment
    source: str

    @classmethod
    def from_domain(cls, rules: "Rules") -> Self:
        """Show the rules in force."""
        instrument = rules.instrument
        return cls(
            instrument=instrument.id,
            venue=instrument.venue,
            symbol=instrument.symbol,
            base=instrument.base,
            quote=instrument.quote,
            quote_class=rules.quote_class,
            status=rules.status,
            tick=rules.tick,
            lot=rules.lot,
            min_quantity=rules.min_quantity,
            max_quantity=rules.max_quantity,
            min_notional=rules.min_notional,
            max_notional=rules.max_notional,
            fee_asset=rules.fee_asset,
            version=rules.version,
            observed_at=rules.observed_at,
            source=rules.source,
        )


class SpreadOut(Answer):
    """Half the usual distance of bid and ask, in basis points of the mid price."""

    half_bps: DecimalText
    source: str = "assumed"


class InstrumentDetailOut(Answer):
    """An instrument, its usual spread and the base fees in force.

    `rules_stale`: the rules are too old, so entries are refused until they have been read again.
    """

    rules: InstrumentOut
    rules_stale: bool
    spread: SpreadOut
    fees: FeeOut

    @classmethod
    def from_domain(cls, view: "InstrumentView") -> Self:
        """Show rules and costs."""
        return cls(
            rules=InstrumentOut.from_domain(view.rules),
            rules_stale=view.stale,
            spread=SpreadOut(half_bps=view.half_spread_bps),
            fees=FeeOut.from_domain(view.fee),
        )


class CandleOut(Answer):
    """A closed candle. Prices in quote currency, volume in base units."""

    open_time: Moment
    open: DecimalText
    high: DecimalText
    low: DecimalText
    close: DecimalText
    volume: DecimalText

    @classmethod
    def from_domain(cls, bar: "Bar") -> Self:
        """Show one candle."""
        return cls(
            open_time=bar.open_time,
            open=bar.open,
            high=bar.high,
            low=bar.low,
            close=bar.close,
            volume=bar.volume,
        )


class GapOut(Answer):
    """Closes without a candle: the first missing open time, and the next one there is."""

    since: Moment
    until: Moment
    missing: int

    @classmethod
    def from_domain(cls, gap: "Gap") -> Self:
        """Show one gap."""
        return cls(since=gap.since, until=gap.until, missing=gap.missing)


class CandlesOut(Answer):
    """Stored candles with ``since <= open_time < until``, oldest first.

    `gaps` are never filled. `complete`: every candle of the range asked for is here; when `limit`
    cut it short, go on with `from` = `until`.
    """

    instrument: str
    timeframe: Timeframe
    since: Moment
    until: Moment
    candles: list[CandleOut]
    gaps: list[GapOut]
    complete: bool

    @classmethod
    def from_domain(cls, chart: "Chart") -> Self:
        """Show a chart."""
        return cls(
            instrument=chart.instrument_id,
            timeframe=chart.timeframe,
            since=chart.since,
            until=chart.until,
            candles=[CandleOut.from_domain(bar) for bar in chart.bars],
            gaps=[GapOut.from_domain(gap) for gap in chart.gaps],
            complete=chart.complete,
        )
