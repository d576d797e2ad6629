"""Asking a venue for candles: page by page, every row looked at, every gap asked for twice."""

from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.clock import iso
from nightdesk.core.ids import InstrumentId
from nightdesk.market import quality
from nightdesk.market.candles import Candles, no_candles
from nightdesk.market.ports import SecondSource, Venue
from nightdesk.market.quality import Finding, FindingCode, Hole
from nightdesk.market.series import joined, select
from nightdesk.market.timeframe import Timeframe

MAX_PAGES = 50
MAX_HOLES = 10  # asked for again at once; the hourly pass looks at the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Sound, closed candles, oldest first, and what was wrong on the way."""

    candles: Candles
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The candles of one series with ``since <= open_time < until``, closed at `as_of`."""

    instrument_id: InstrumentId
    timeframe: Timeframe
    since: datetime
    until: datetime
    as_of: datetime


def fetch(venue: Venue, span: Span) -> Fetched:
    """Return what the venue has of `span`. Raises as `Venue.candles`.

    Rows that no market made are refused and, like gaps, asked for once more.
    """
    pages = _pages(venue, span)
    bad = quality.malformed(pages, span.as_of)
    sound = select(pages, ~bad)
    findings = [quality.refusal(pages, bad), _coverage(pages, span)]
    filled = [again(venue, span, hole) for hole in quality.holes(sound)[:MAX_HOLES]]
    return Fetched(
        candles=joined(sound, *filled),
        findings=tuple(finding for finding in findings if finding is not None),
    )


def again(venue: Venue, span: Span, hole: Hole) -> Candles:
    """Ask once more for what is missing. Raises as `Venue.candles`."""
    rows = venue.candles(span.instrument_id, span.timeframe, hole.since, hole.until)
    return select(rows, ~quality.malformed(rows, span.as_of))


def confirmed(second: SecondSource, span: Span, hole: Hole) -> bool:
    """Tell whether a second source was asked in vain for the first missing candle.

    It only confirms: what it has is never filled in. One that knows no candle there and none of
    its neighbour says nothing about the gap.
    """
    before = hole.since - span.timeframe.length
    if second.close(span.instrument_id, span.timeframe, hole.since) is not None:
        return False
    return second.close(span.instrument_id, span.timeframe, before) is not None


def _pages(venue: Venue, span: Span) -> Candles:
    parts = [no_candles(span.instrument_id, span.timeframe)]
    at = span.since
    for _ in range(MAX_PAGES):
        page = venue.candles(span.instrument_id, span.timeframe, at, span.until)
        if len(page) == 0 or page.last_open < at:
            break
        parts.append(page.closed(span.as_of))  # drops the row that is still forming
        at = page.last_open + span.timeframe.length
        if at >= span.until:
            break
    return joined(*parts)


def _coverage(pages: Candles, span: Span) -> Finding | None:
    """Find that the venue began later than asked: it ignores `since`, or has nothing older."""
    if len(pages) == 0 or pages.first_open <= span.since + span.timeframe.length:
        return None
    figures: quality.Figures = {"asked": iso(span.since), "coverage": iso(pages.first_open)}
    return Finding(code=FindingCode.SINCE_IGNORED, figures=figures)
