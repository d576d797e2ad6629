from collections.abc import Sequence
from datetime import timedelta

import pytest

from nightdesk.analysis.labels import WeeklyGate
from nightdesk.analysis.record import SnapshotRecord
from nightdesk.analysis.taking import LookAtMarket, TakeSnapshots
from nightdesk.core.errors import Missing
from nightdesk.market.resample import resample
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import BTC, MemoryCandles, some_candles

M15, H1, H4, D1 = Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1


class KeptSnapshots:
    def __init__(self) -> None:
        self.kept: dict[str, SnapshotRecord] = {}

    def put(self, snapshot: SnapshotRecord) -> None:
        self.kept.setdefault(snapshot.hash, snapshot)

    def get(self, content_hash: str) -> SnapshotRecord:
        return self.kept[content_hash]


HOURS = some_candles(24 * 120)
AS_OF = HOURS.last_open + H1.length


def a_look() -> LookAtMarket:
    store = MemoryCandles()
    store.put(HOURS)
    store.put(resample(HOURS, D1).whole())
    return LookAtMarket(store)


def test_a_look_reads_500_candles_and_the_weekly_gate() -> None:
    snapshot = a_look()((BTC, H1), AS_OF, ["ILLIQUID"])
    assert len(snapshot.candles) == 500
    assert snapshot.findings == ("ILLIQUID",)
    assert snapshot.weekly_gate is not WeeklyGate.UNKNOWN


def test_needs_load_more_candles_and_change_no_hash() -> None:
    look = a_look()
    more = look((BTC, H1), AS_OF, (), {H1: 1_200, H4: 300})
    assert len(more.candles) == 1_200
    assert len(more.features.candles[H4]) == 300  # not stored: resampled from 1,200 hours
    assert more.hash == look((BTC, H1), AS_OF, ()).hash


def test_a_window_never_holds_more_than_2000_candles() -> None:
    assert len(a_look()((BTC, H1), AS_OF, (), {H1: 9_000}).candles) == 2_000


def test_a_market_without_candles_is_missing() -> None:
    with pytest.raises(Missing):
        a_look()((BTC, M15), AS_OF, ())


@pytest.mark.parametrize("timeframes", [[H1, D1], [D1, H1, H1]])
def test_snapshots_are_taken_finest_first_and_stored_once(timeframes: Sequence[Timeframe]) -> None:
    kept = KeptSnapshots()
    take = TakeSnapshots(a_look(), kept)
    taken = take(BTC, timeframes, as_of=AS_OF, findings={D1: ["DATA_GAP"]})
    again = take(BTC, timeframes, as_of=AS_OF + timedelta(seconds=40), findings={D1: ["DATA_GAP"]})
    assert [(s.timeframe, s.findings) for s in taken] == [(H1, ()), (D1, ("DATA_GAP",))]
    assert list(kept.kept) == [s.hash for s in taken] == [s.hash for s in again]


def test_a_timeframe_without_candles_is_left_out() -> None:
    take = TakeSnapshots(a_look(), KeptSnapshots())
    assert take(BTC, [M15], as_of=AS_OF, findings={}) == []
