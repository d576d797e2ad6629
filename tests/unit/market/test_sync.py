from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from nightdesk.core.errors import RateLimited, UnknownInstrument, VenueUnavailable
from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import Candles
from nightdesk.market.resample import resample
from nightdesk.market.second import OtherVenues
from nightdesk.market.sync import SyncMarket
from nightdesk.market.timeframe import Timeframe
from nightdesk.market.upkeep import BackfillGaps, RefreshRules
from tests.builders.market import (
    BTC,
    START,
    MemoryCandles,
    MemoryRules,
    ScriptedVenue,
    ScriptedVenues,
    SteppedClock,
    same,
    some_candles,
    some_rules,
)

H1, D1, W1 = Timeframe.H1, Timeframe.D1, Timeframe.W1
HOUR = timedelta(hours=1)
END = START + 300 * HOUR
OTHER = InstrumentId("BTC/USDT@kraken")


@dataclass
class Desk:
    venue: ScriptedVenue
    second: ScriptedVenue = field(default_factory=ScriptedVenue)
    store: MemoryCandles = field(default_factory=MemoryCandles)
    rules: MemoryRules = field(default_factory=lambda: MemoryRules(some_rules(observed_at=END)))
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(END + HOUR))
    paused: list[float] = field(default_factory=list)
    backfill: int = 600
    gate_days: int = 0

    @property
    def sync(self) -> SyncMarket:
        venues = ScriptedVenues(bitstamp=self.venue, kraken=self.second)
        return SyncMarket(
            venues=venues,
            candles=self.store,
            rules=self.rules,
            second=OtherVenues(venues=venues),
            clock=self.clock,
            pause=self.paused.append,
            backfill=self.backfill,
            gate_days=self.gate_days,
        )

    @property
    def gaps(self) -> BackfillGaps:
        venues = ScriptedVenues(bitstamp=self.venue, kraken=self.second)
        return BackfillGaps(
            venues=venues,
            candles=self.store,
            second=OtherVenues(venues=venues),
            markets=lambda: [(BTC, H1)],
        )


def codes(synced: Any) -> list[str]:
    return [finding.code for finding in synced.findings]


def test_first_sync_fills_the_window_in_pages() -> None:
    whole = some_candles(300)
    desk = Desk(ScriptedVenue(whole, page=70), backfill=250)
    [synced] = desk.sync(BTC, [H1], as_of=END)
    assert (synced.stored, synced.newest) == (250, END - HOUR)
    assert same(desk.store.load(BTC, H1, as_of=END, limit=999), whole.tail(250))
    assert len(desk.venue.asked) == 4
    assert codes(synced) == []


def test_next_sync_asks_from_the_newest_stored_and_stores_one() -> None:
    whole = some_candles(301)
    desk = Desk(ScriptedVenue(whole))
    desk.store.put(whole.rows(0, 300))
    [synced] = desk.sync(BTC, [H1], as_of=END + HOUR)
    assert synced.stored == 1
    assert desk.venue.asked == [(END - HOUR, END + HOUR)]
    assert codes(synced) == []


def test_again_at_the_same_moment_asks_nothing_and_stores_nothing() -> None:
    desk = Desk(ScriptedVenue(some_candles(300)))
    desk.sync(BTC, [H1], as_of=END)
    desk.venue.asked.clear()
    [synced] = desk.sync(BTC, [H1], as_of=END + timedelta(minutes=59))
    assert (synced.stored, desk.venue.asked) == (0, [])


def test_forming_row_is_dropped_and_the_future_is_not_asked_for() -> None:
    desk = Desk(ScriptedVenue(some_candles(400)))
    [synced] = desk.sync(BTC, [H1], as_of=END + timedelta(minutes=30))
    assert synced.newest == END - HOUR
    assert all(until <= END for _, until in desk.venue.asked)


def test_replay_at_an_earlier_moment_leaves_what_is_stored() -> None:
    whole = some_candles(300)
    desk = Desk(ScriptedVenue(whole))
    desk.store.put(whole)
    [synced] = desk.sync(BTC, [H1], as_of=START + 100 * HOUR)
    assert (synced.stored, synced.newest) == (0, START + 99 * HOUR)


def test_gap_is_asked_for_once_more_and_never_filled() -> None:
    holed = some_candles(300, without=[150, 151])
    desk = Desk(ScriptedVenue(holed))
    [synced] = desk.sync(BTC, [H1], as_of=END)
    assert codes(synced) == ["SINCE_IGNORED", "GAP"]
    gap = synced.findings[1]
    assert gap.figures == {
        "since": "2024-01-07T06:00:00Z", "until": "2024-01-07T08:00:00Z",
        "missing": 2, "confirmed": 0,
    }  # fmt: skip
    assert desk.venue.asked.count((START + 150 * HOUR, START + 152 * HOUR)) == 1
    assert same(desk.store.load(BTC, H1, as_of=END, limit=999), holed)


@pytest.mark.parametrize(("volume", "found"), [(1.0, []), (1.001, ["RESAMPLE_MISMATCH"])])
def test_the_venues_day_is_compared_with_the_sum_of_its_hours(
    volume: float, found: list[str]
) -> None:
    hours = some_candles(24 * 12)
    days = resample(hours, D1).candles
    told = replace(days, volume=days.volume * volume)
    desk = Desk(ScriptedVenue(hours, told), backfill=24 * 12)
    synced = desk.sync(BTC, [D1, H1], as_of=START + timedelta(days=12))
    assert [[one for one in codes(each) if one == "RESAMPLE_MISMATCH"] for each in synced] == [
        [],
        found,
    ]
    again = desk.sync(BTC, [D1, H1], as_of=START + timedelta(days=12))
    assert [one.stored for one in again] == [0, 0]
    assert "RESAMPLE_MISMATCH" not in codes(again[1]), "said once, when it came"


def test_gap_that_the_second_source_lacks_too_is_confirmed() -> None:
    desk = Desk(
        ScriptedVenue(some_candles(300, without=[150])),
        ScriptedVenue(some_candles(300, instrument_id=OTHER, without=[150])),
    )
    [synced] = desk.sync(BTC, [H1], as_of=END)
    assert synced.findings[1].figures["confirmed"] == 1


def test_second_source_only_confirms_and_fills_nothing() -> None:
    holed = some_candles(300, without=[150])
    desk = Desk(ScriptedVenue(holed), ScriptedVenue(some_candles(300, instrument_id=OTHER, seed=3)))
    [synced] = desk.sync(BTC, [H1], as_of=END)
    assert synced.findings[1].figures["confirmed"] == 0
    assert same(desk.store.load(BTC, H1, as_of=END, limit=999), holed)


def test_malformed_row_is_refused_asked_for_again_and_else_a_gap() -> None:
    high = some_candles(300).high.copy()
    high[200] = 1.0
    desk = Desk(ScriptedVenue(some_candles(300, high=high)), backfill=300)
    [synced] = desk.sync(BTC, [H1], as_of=END)
    assert codes(synced) == ["CANDLE_REFUSED", "GAP"]
    assert synced.stored == 299


def test_venue_that_ignores_since_marks_where_coverage_starts() -> None:
    whole = some_candles(300)
    desk = Desk(ScriptedVenue(whole, page=50))
    desk.venue.ignores_since = True
    desk.store.put(whole.rows(0, 200))
    [synced] = desk.sync(BTC, [H1], as_of=END)
    assert codes(synced)[:2] == ["SINCE_IGNORED", "GAP"]
    assert synced.findings[0].figures["coverage"] == "2024-01-11T10:00:00Z"
    assert len(desk.venue.asked) == 1


def test_revised_candle_stays_as_stored() -> None:
    stored = some_candles(300)
    close = stored.close.copy()
    close[-1] *= 1.001
    desk = Desk(ScriptedVenue(_extended(some_candles(300, close=close))))
    desk.store.put(stored)
    [synced] = desk.sync(BTC, [H1], as_of=END + HOUR)
    assert codes(synced) == ["CANDLE_REVISED"]
    kept = desk.store.load(BTC, H1, as_of=END, limit=300)
    assert same(kept, stored)


def _extended(candles: Candles) -> Candles:
    from nightdesk.market.series import joined

    last = some_candles(1, start=END, close=[float(candles.close[-1])],
                        high=[1e9], low=[1e-9])  # fmt: skip
    return joined(candles, last)


def _jumping(factor: float) -> Candles:
    whole = some_candles(301)
    close = whole.close.copy()
    close[-1] *= factor
    return some_candles(301, close=close, high=np.full(301, 1e9), low=np.full(301, 1e-9))


@pytest.mark.parametrize("factor", [0.01, 0.2, 0.4, 1.6, 2.0, 10.0])
def test_price_jump_is_refused_and_stores_nothing(factor: float) -> None:
    whole = _jumping(factor)
    desk = Desk(ScriptedVenue(whole))
    desk.store.put(whole.rows(0, 300))
    [synced] = desk.sync(BTC, [H1], as_of=END + HOUR)
    assert codes(synced) == ["PRICE_REFUSED"]
    assert (synced.stored, synced.newest) == (0, END - HOUR)


@pytest.mark.parametrize(("seen", "stored"), [(1.04, 1), (0.96, 1), (1.06, 0)])
def test_price_jump_that_a_second_source_has_within_5_percent_is_kept(
    seen: float, stored: int
) -> None:
    whole = _jumping(2.0)
    other = some_candles(
        1, instrument_id=OTHER, start=END, close=[float(whole.close[-1]) * seen],
        high=[1e9], low=[1e-9],
    )  # fmt: skip
    desk = Desk(ScriptedVenue(whole), ScriptedVenue(other))
    desk.store.put(whole.rows(0, 300))
    [synced] = desk.sync(BTC, [H1], as_of=END + HOUR)
    assert synced.stored == stored


@pytest.mark.parametrize(("seen", "found"), [(1.01, []), (1.03, ["OUTLIER"]), (None, ["OUTLIER"])])
def test_outlier_is_stored_and_blocks_entries_unless_a_second_source_has_it(
    seen: float | None, found: list[str]
) -> None:
    whole = _jumping(1.2)
    second = ScriptedVenue()
    if seen is not None:
        close = [float(whole.close[-1]) * seen]
        second = ScriptedVenue(
            some_candles(1, instrument_id=OTHER, start=END, close=close, high=[1e9], low=[1e-9])
        )
    desk = Desk(ScriptedVenue(whole), second)
    desk.store.put(whole.rows(0, 300))
    [synced] = desk.sync(BTC, [H1], as_of=END + HOUR)
    assert (codes(synced), synced.stored) == (found, 1)


def test_venue_that_is_late_leaves_the_series_and_says_stale_in_time() -> None:
    whole = some_candles(300)
    desk = Desk(ScriptedVenue(whole))
    desk.store.put(whole)
    assert codes(desk.sync(BTC, [H1], as_of=END + HOUR)[0]) == []
    assert codes(desk.sync(BTC, [H1], as_of=END + 2 * HOUR)[0]) == ["DATA_STALE", "DATA_GAP"]


def test_second_source_that_is_down_does_not_know() -> None:
    whole = _jumping(2.0)
    desk = Desk(ScriptedVenue(whole), ScriptedVenue(some_candles(1, instrument_id=OTHER)))
    desk.second.fault = RateLimited("slow down")
    desk.store.put(whole.rows(0, 300))
    assert codes(desk.sync(BTC, [H1], as_of=END + HOUR)[0]) == ["PRICE_REFUSED"]


def test_longer_timeframe_is_resampled_where_the_venue_lacks_it() -> None:
    days = some_candles(60, timeframe=D1)
    desk = Desk(ScriptedVenue(days))
    as_of = START + timedelta(days=52)
    [synced] = desk.sync(BTC, [W1], as_of=as_of)
    assert (synced.stored, synced.newest) == (7, START + timedelta(days=42))
    weeks = desk.store.load(BTC, W1, as_of=as_of, limit=99)
    assert weeks.open[0] == days.open[0]
    assert weeks.close[0] == days.close[6]
    [again] = desk.sync(BTC, [W1], as_of=START + timedelta(days=56))
    assert again.stored == 1


def test_timeframe_below_all_that_the_venue_has_is_refused() -> None:
    desk = Desk(ScriptedVenue(some_candles(9, timeframe=D1)))
    with pytest.raises(UnknownInstrument, match="1h"):
        desk.sync(BTC, [H1], as_of=END)


def test_fault_of_the_venue_escapes_and_nothing_is_stored() -> None:
    desk = Desk(ScriptedVenue(some_candles(300)))
    desk.venue.fault = VenueUnavailable("down")
    with pytest.raises(VenueUnavailable):
        desk.sync(BTC, [H1], as_of=END)
    assert desk.store.newest(BTC, H1) is None


@pytest.mark.parametrize(("late", "pause"), [(0.0, [5.0]), (2.0, [3.0]), (5.0, []), (3600.0, [])])
def test_venue_is_not_asked_before_the_candle_has_settled(late: float, pause: list[float]) -> None:
    desk = Desk(ScriptedVenue(some_candles(300)), clock=SteppedClock(END))
    desk.clock.forward(seconds=late)
    desk.sync(BTC, [H1], as_of=END)
    assert desk.paused == pause


@pytest.mark.parametrize(
    ("rules", "writes"),
    [
        (MemoryRules, 1),
        (lambda: MemoryRules(some_rules(observed_at=END - 47 * HOUR)), 0),
        (lambda: MemoryRules(some_rules(observed_at=END - 48 * HOUR)), 1),
    ],
    ids=["none", "young", "old"],
)
def test_rules_are_read_when_there_are_none_or_they_are_old(
    rules: Callable[[], MemoryRules], writes: int
) -> None:
    desk = Desk(ScriptedVenue(some_candles(300)), rules=rules())
    desk.sync(BTC, [H1], as_of=END)
    assert desk.rules.writes == writes


def test_hourly_pass_fills_gaps_that_the_venue_has_now() -> None:
    whole = some_candles(300)
    desk = Desk(ScriptedVenue(whole))
    desk.store.put(some_candles(300, without=[40, 41, 200]))
    [synced] = desk.gaps(as_of=END)
    assert (synced.stored, codes(synced)) == (3, [])
    assert same(desk.store.load(BTC, H1, as_of=END, limit=999), whole)
    assert desk.gaps(as_of=END)[0].stored == 0


def test_hourly_pass_reports_gaps_that_stay_and_keeps_refused_prices_out() -> None:
    close = some_candles(300).close.copy()
    close[40] *= 3
    desk = Desk(ScriptedVenue(some_candles(300, close=close, high=np.full(300, 1e9), without=[60])))
    desk.store.put(some_candles(300, without=[40, 60]))
    [synced] = desk.gaps(as_of=END)
    assert (synced.stored, codes(synced)) == (0, ["GAP", "GAP"])


def test_hourly_pass_of_a_venue_that_is_down_leaves_its_markets() -> None:
    desk = Desk(ScriptedVenue(some_candles(300)))
    desk.store.put(some_candles(300, without=[40]))
    desk.venue.fault = VenueUnavailable("down")
    assert desk.gaps(as_of=END) == []


def _refreshed(rules: MemoryRules, venue: ScriptedVenue, as_of: datetime) -> list[str]:
    refresh = RefreshRules(
        venues=ScriptedVenues(bitstamp=venue), rules=rules, markets=lambda: [(BTC, H1), (BTC, D1)]
    )
    return list(refresh(as_of=as_of))


def test_rules_of_venues_in_use_are_read_once_a_day() -> None:
    rules, venue = MemoryRules(), ScriptedVenue(some_candles(3))
    assert _refreshed(rules, venue, START) == ["bitstamp"]
    assert _refreshed(rules, venue, START + 23 * HOUR) == []
    assert _refreshed(rules, venue, START + 24 * HOUR) == ["bitstamp"]
    assert rules.get(BTC).observed_at == START + 24 * HOUR


def test_intraday_market_brings_the_days_of_the_weekly_gate_along() -> None:
    hours = some_candles(24 * 21)
    midnight = Timeframe.D1.floor(hours.last_open)
    desk = Desk(ScriptedVenue(hours), gate_days=14)
    first = desk.sync(BTC, [H1], as_of=midnight - HOUR)
    assert [one.timeframe for one in first] == [H1, D1]
    assert len(desk.store.load(BTC, D1, as_of=midnight, limit=99)) >= 14
    assert [one.timeframe for one in desk.sync(BTC, [H1], as_of=midnight)] == [H1, D1]
    assert desk.store.newest(BTC, D1) == midnight - D1.length
    assert [one.timeframe for one in desk.sync(BTC, [H1], as_of=midnight + HOUR)] == [H1]
