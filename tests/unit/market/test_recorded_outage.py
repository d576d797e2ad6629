"""The product's own record, synced day by day: what is stored is what was recorded."""

from datetime import UTC, datetime, timedelta

import numpy as np

from nightdesk.adapters.venues.replay.venue import ReplayVenues
from nightdesk.core.ids import InstrumentId
from nightdesk.market.resample import resample
from nightdesk.market.second import OtherVenues
from nightdesk.market.sync import SyncMarket
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import MemoryCandles, MemoryRules, SteppedClock, same

BTC = InstrumentId("BTC/USD@bitstamp")
DAY = timedelta(days=1)
OUTAGE = datetime(2019, 3, 20, tzinfo=UTC)


def test_daily_sync_over_the_recorded_outage_invents_nothing_and_blocks_entries() -> None:
    venues, store = ReplayVenues(), MemoryCandles()
    sync = SyncMarket(
        venues=venues,
        candles=store,
        rules=MemoryRules(),
        second=OtherVenues(venues=venues),
        clock=SteppedClock(datetime(2026, 1, 1, tzinfo=UTC)),
        pause=lambda _: None,
        backfill=300,
    )
    found: dict[datetime, set[str]] = {}
    at = OUTAGE - 5 * DAY
    while at < OUTAGE + 130 * DAY:
        [synced] = sync(BTC, [Timeframe.D1], as_of=at)
        found[at] = {finding.code for finding in synced.findings}
        at += DAY
    until = OUTAGE + 129 * DAY
    stored = store.load(BTC, Timeframe.D1, as_of=until, limit=999)
    first = stored.first_open
    recorded = venues("bitstamp").candles(BTC, Timeframe.D1, first, until)
    assert same(stored, recorded)
    assert int(np.diff(stored.open_time).max()) == 13 * Timeframe.D1.ms
    assert "DATA_STALE" in found[OUTAGE + 6 * DAY]
    assert "GAP" in found[OUTAGE + 13 * DAY]
    blocked = [at for at, codes in found.items() if "DATA_GAP" in codes]
    assert blocked[0] == OUTAGE + 2 * DAY  # 2 of the last 100 candles are missing
    assert blocked[-1] == OUTAGE + 110 * DAY  # the last day on which they are


def test_hourly_record_resampled_to_days_is_close_to_another_venues_days() -> None:
    """Two venues are two markets: no equal prices, but none is far off on a whole day."""
    venues = ReplayVenues()
    hourly = InstrumentId("BTC/USD@coinbase")
    at = datetime(2018, 1, 1, tzinfo=UTC)
    hours = venues("coinbase").candles(hourly, Timeframe.H1, at, at + 40 * DAY)
    ours = resample(hours, Timeframe.D1).whole()
    theirs = venues("bitstamp").candles(BTC, Timeframe.D1, at, at + 40 * DAY)
    assert np.array_equal(ours.open_time, theirs.open_time)
    assert np.abs(ours.close / theirs.close - 1).max() < 0.02
