"""Venues, fees, instruments and candles (trading, page part 7). No venue is asked from here."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from functions.api.dependencies import Now
from functions.api.pages import PagingDep
from functions.api.queries import Instrument, Since, Until
from functions.api.routers.market_schemas import (
    CandlesOut,
    FeeOut,
    InstrumentDetailOut,
    InstrumentOut,
    VenueOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import fixed
from nightdesk.market.instruments import TradingStatus
from nightdesk.market.timeframe import Timeframe

if TYPE_CHECKING:
    from nightdesk.market.reading import (
        Chart,
        ListFees,
        ListInstruments,
        ListVenues,
        ReadCandles,
        ReadInstrument,
    )

MAX_CANDLES = 1_000
COLUMNS = "open_time,open,high,low,close,volume"

router = APIRouter(prefix="/api/market", tags=["market"])

ListVenuesCall = Annotated["ListVenues", Depends(bootstrap.list_venues)]
ListFeesCall = Annotated["ListFees", Depends(bootstrap.list_fees)]
ListInstrumentsCall = Annotated["ListInstruments", Depends(bootstrap.list_instruments)]
ReadInstrumentCall = Annotated["ReadInstrument", Depends(bootstrap.read_instrument)]
ReadCandlesCall = Annotated["ReadCandles", Depends(bootstrap.read_candles)]

Venue = Annotated[str | None, Query(pattern=r"^[a-z]{3,12}$", description="Of this venue alone.")]
QuoteCurrency = Annotated[
    str | None, Query(pattern=r"^[A-Z0-9]{1,15}$", description="Priced in this currency.")
]
Status = Annotated[TradingStatus | None, Query(description="What the venue allows there.")]
Length = Annotated[
    str,
    Query(
        alias="tf",
        max_length=3,
        description="Length of a candle.",
        json_schema_extra={"enum": [one.value for one in Timeframe]},
    ),
]
CandleLimit = Annotated[int, Query(ge=1, le=MAX_CANDLES, description="Candles at most.")]


class Format(StrEnum):
    """How candles are written."""

    JSON = "json"
    CSV = "csv"


@router.get("/venues")
async def venues(call: ListVenuesCall) -> PageOut[VenueOut]:
    """Show every venue that this desk knows: what it can do, and whether it is enabled here."""
    return PageOut[VenueOut](items=[VenueOut.from_domain(one) for one in call()], next_cursor=None)


@router.get("/fees")
async def fees(call: ListFeesCall, venue: Venue = None) -> PageOut[FeeOut]:
    """Show the base fees that paper trading and backtests reckon with, dated and sourced."""
    rows = [FeeOut.from_domain(row) for row in call(venue)]
    return PageOut[FeeOut](items=rows, next_cursor=None)


@router.get("/instruments")
async def instruments(
    *,
    call: ListInstrumentsCall,
    paging: PagingDep,
    venue: Venue = None,
    quote: QuoteCurrency = None,
    status: Status = None,
) -> PageOut[InstrumentOut]:
    """List what can be traded, venue by venue, with the venue's rules."""
    found = call(venue=venue, quote=quote, status=status, limit=paging.limit, after=paging.after)
    return paging.out(found, InstrumentOut.from_domain)


@router.get("/instrument")
async def instrument(
    call: ReadInstrumentCall, now: Now, instrument: Instrument
) -> InstrumentDetailOut:
    """Show one instrument: the rules in force, its usual spread, its fees."""
    return InstrumentDetailOut.from_domain(call(InstrumentId(instrument), as_of=now))


@router.get(
    "/candles",
    response_model=CandlesOut,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def candles(
    *,
    call: ReadCandlesCall,
    now: Now,
    instrument: Instrument,
    timeframe: Length,
    since: Since = None,
    until: Until = None,
    limit: CandleLimit = 500,
    written: Annotated[Format, Query(alias="format")] = Format.JSON,
) -> CandlesOut | Response:
    """Show closed candles, oldest first: `limit` from `from` on, or the newest before `to`.

    A gap stays a gap. Without `from` the newest candles come, without `to` up to the present.
    """
    chart = call(
        InstrumentId(instrument), timeframe, since=since, until=until, limit=limit, as_of=now
    )
    if written is Format.CSV:
        return Response(_csv(chart), media_type="text/csv")
    return CandlesOut.from_domain(chart)


def _csv(chart: "Chart") -> str:
    rows = [
        ",".join(
            (iso(bar.open_time), *map(fixed, (bar.open, bar.high, bar.low, bar.close, bar.volume)))
        )
        for bar in chart.bars
    ]
    return "\n".join([COLUMNS, *rows, ""])
