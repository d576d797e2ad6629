"""The hourly pass: gaps of the hot window are asked for again, rules are read anew once a day."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from nightdesk.core.clock import millis
from nightdesk.core.errors import Transient
from nightdesk.core.ids import InstrumentId
from nightdesk.market import quality
from nightdesk.market.candles import Candles
from nightdesk.market.fetch import Span, again, confirmed
from nightdesk.market.ports import (
    CandleStore,
    CandleVenues,
    MarketsInUse,
    RulesStore,
    SecondSource,
)
from nightdesk.market.quality import Finding
from nightdesk.market.resample import resample
from nightdesk.market.series import joined, select
from nightdesk.market.sync import BACKFILL, Synced, finer
from nightdesk.market.timeframe import Timeframe

RULES_AGE = timedelta(hours=24)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillGaps:
    """Ask once more for what is missing in the hot window; what stays missing is reported."""

    venues: CandleVenues
    candles: CandleStore
    second: SecondSource
    markets: MarketsInUse
    window: int = BACKFILL

    def __call__(self, *, as_of: datetime) -> list[Synced]:
        """Return one result per market in use. A venue that is down leaves its markets as is."""
        results = []
        for instrument_id, timeframe in self.markets():
            try:
                results.append(self._market(instrument_id, timeframe, as_of))
            except Transient as error:
                log.warning("gaps of %s %s stay: %s", instrument_id, timeframe, error)
        return results

    def _market(self, instrument_id: InstrumentId, timeframe: Timeframe, as_of: datetime) -> Synced:
        until = timeframe.floor(as_of)
        since = until - self.window * timeframe.length
        stored = self.candles.between(instrument_id, timeframe, since, until)
        span = Span(
            instrument_id=instrument_id,
            timeframe=timeframe,
            since=since,
            until=until,
            as_of=as_of,
        )
        found = [self._fill(span, stored, hole) for hole in quality.holes(stored)]
        new = sum(self.candles.put(part) for part in found if len(part))
        series = joined(stored, *found)
        return Synced(
            instrument_id=instrument_id,
            timeframe=timeframe,
            newest=series.last_open if len(series) else None,
            stored=new,
            findings=tuple(self._findings(series, span)),
        )

    def _fill(self, span: Span, stored: Candles, hole: quality.Hole) -> Candles:
        offered = self.venues.timeframes(span.instrument_id)
        if span.timeframe in offered:
            rows = again(self.venues(span.instrument_id.partition("@")[2]), span, hole)
        else:
            source = finer(offered, span.timeframe)
            parts = self.candles.between(span.instrument_id, source, hole.since, hole.until)
            rows = resample(parts, span.timeframe).whole()
        before = stored.rows(0, int(np.searchsorted(stored.open_time, millis(hole.since))))
        return select(rows, ~quality.price_jumps(rows, before))  # a refused price stays refused

    def _findings(self, series: Candles, span: Span) -> list[Finding]:
        gaps = [
            hole.finding(confirmed=confirmed(self.second, span, hole))
            for hole in quality.holes(series)
        ]
        return gaps + quality.standing(series, span.as_of, window=self.window)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRules:
    """Read the rules of every enabled venue once a day, its whole list in one go.

    Also of venues that nobody trades at yet: a first bot is made from what is known here.
    """

    venues: CandleVenues
    rules: RulesStore
    markets: MarketsInUse

    def __call__(self, *, as_of: datetime) -> Sequence[str]:
        """Return the venues that were read. One that is down is read an hour later."""
        used: dict[str, set[InstrumentId]] = {venue: set() for venue in self.venues.names()}
        for instrument_id, _ in self.markets():
            used.setdefault(instrument_id.partition("@")[2], set()).add(instrument_id)
        return [venue for venue in sorted(used) if self._refreshed(venue, used[venue], as_of)]

    def _refreshed(self, venue: str, used: set[InstrumentId], as_of: datetime) -> bool:
        fresh = {
            rules.instrument.id
            for rules in self.rules.list(venue)
            if as_of - rules.observed_at < RULES_AGE
        }
        if fresh and used <= fresh:
            return False
        try:
            self.rules.put(self.venues(venue).instruments(as_of))
        except Transient as error:
            log.warning("rules of %s stay: %s", venue, error)
            return False
        return True
