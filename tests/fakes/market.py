"""Recorded candles as a store: what a desk that synced in time would have."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.adapters.venues.replay.venue import ReplayVenues
from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import Candles, no_candles
from nightdesk.market.instruments import Quote, Rules
from nightdesk.market.timeframe import Timeframe


@dataclass
class Recorded:
    """CandleStore and RulesStore over a replay folder (None: the product's own recordings)."""

    venues: ReplayVenues = field(default_factory=ReplayVenues)
    limit: int = 2_000

    def load(
        self, instrument_id: InstrumentId, timeframe: Timeframe, *, as_of: datetime, limit: int
    ) -> Candles:
        since = as_of - (limit + 50) * timeframe.length
        return self.between(instrument_id, timeframe, since, as_of).closed(as_of).tail(limit)

    def between(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        if timeframe not in self.venues.timeframes(instrument_id):
            return no_candles(instrument_id, timeframe)
        venue = self.venues(instrument_id.partition("@")[2])
        span = venue._series(instrument_id, timeframe).since(since)
        return span.rows(0, len(span) - len(span.since(until)))

    def newest(self, instrument_id: InstrumentId, timeframe: Timeframe) -> datetime | None:
        return None

    def put(self, candles: Candles) -> int:
        raise AssertionError("the record is not written")

    def rules(self, instrument_id: InstrumentId, as_of: datetime) -> Rules:
        return self.venues(instrument_id.partition("@")[2]).rules(instrument_id, as_of)

    def quote(self, instrument_id: InstrumentId, at: datetime) -> Quote:
        return self.venues(instrument_id.partition("@")[2]).quote(instrument_id, at)


@dataclass
class RecordedRules:
    """The rules of whatever is recorded, as fresh as the moment asks."""

    recorded: Recorded
    as_of: datetime

    def get(self, instrument_id: InstrumentId) -> Rules:
        return self.recorded.rules(instrument_id, self.as_of)

    def put(self, rules: Sequence[Rules]) -> None:
        raise AssertionError("the record is not written")

    def list(self, venue: str) -> Sequence[Rules]:
        return []
