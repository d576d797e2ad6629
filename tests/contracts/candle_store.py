"""What every CandleStore keeps, the fake and the real one."""

from datetime import timedelta

import numpy as np
import pytest

from nightdesk.core.ids import InstrumentId
from nightdesk.market.ports import CandleStore
from nightdesk.market.series import from_rows, rows, select
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import BTC, START, same, some_candles

ETH = InstrumentId("ETH/USD@bitstamp")


class CandleStoreContract:
    """Subclasses give the fixture `store`: an empty CandleStore."""

    def test_empty_series_is_empty_and_has_no_newest(self, store: CandleStore) -> None:
        assert len(store.load(BTC, Timeframe.H1, as_of=START, limit=10)) == 0
        assert len(store.between(BTC, Timeframe.H1, START, START + timedelta(days=1))) == 0
        assert store.newest(BTC, Timeframe.H1) is None

    @pytest.mark.parametrize("n", [1, 8, 9, 239, 240, 241, 600])
    def test_what_was_put_at_once_is_loaded_to_the_bit(self, store: CandleStore, n: int) -> None:
        candles = some_candles(n)
        assert store.put(candles) == n
        as_of = candles.last_open + timedelta(hours=1)
        assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=n), candles)
        assert store.newest(BTC, Timeframe.H1) == candles.last_open

    @pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.W1])
    def test_candles_one_by_one_across_blocks_are_the_same_series(
        self, store: CandleStore, timeframe: Timeframe
    ) -> None:
        candles = some_candles(260, timeframe=timeframe)
        assert sum(store.put(candles.rows(i, i + 1)) for i in range(260)) == 260
        as_of = candles.last_open + timeframe.length
        assert same(store.load(BTC, timeframe, as_of=as_of, limit=300), candles)

    def test_again_in_any_cut_stores_nothing_more(self, store: CandleStore) -> None:
        candles = some_candles(500)
        store.put(candles)
        for cut in ((0, 500), (3, 4), (100, 120), (239, 241), (495, 500)):
            assert store.put(candles.rows(*cut)) == 0
        as_of = candles.last_open + timedelta(hours=1)
        assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=500), candles)

    def test_stored_candle_stays_when_another_value_comes(self, store: CandleStore) -> None:
        first, second = some_candles(300, seed=1), some_candles(300, seed=2)
        store.put(first)
        assert store.put(second) == 0
        assert store.put(second.tail(2)) == 0
        as_of = first.last_open + timedelta(hours=1)
        assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=300), first)

    def test_gap_filled_later_joins_the_series(self, store: CandleStore) -> None:
        whole = some_candles(300)
        store.put(some_candles(300, without=[*range(20, 25), 250, *range(270, 290)]))
        assert store.put(whole.rows(250, 251)) == 1
        assert store.put(whole.rows(15, 30)) == 5
        assert store.put(whole.rows(265, 300)) == 20
        assert store.newest(BTC, Timeframe.H1) == whole.last_open
        as_of = whole.last_open + timedelta(hours=1)
        assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=300), whole)

    def test_random_pieces_in_random_order_store_the_same_series(self, store: CandleStore) -> None:
        rng = np.random.default_rng(7)
        whole = some_candles(520)
        values = rows(whole)
        total = 0
        for _ in range(12):
            chosen = np.sort(rng.choice(520, size=rng.integers(1, 90), replace=False))
            part = from_rows(BTC, Timeframe.H1, whole.open_time[chosen], values[chosen])
            total += store.put(part)
        total += store.put(whole)
        assert total == 520
        as_of = whole.last_open + timedelta(hours=1)
        assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=600), whole)

    def test_load_answers_as_of_then_and_never_a_later_candle(self, store: CandleStore) -> None:
        candles = some_candles(480)
        store.put(candles)
        as_of = START + timedelta(hours=250, minutes=59)
        assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=200), candles.rows(50, 250))

    def test_load_makes_up_for_gaps_with_older_candles(self, store: CandleStore) -> None:
        keep = np.ones(700, dtype=np.bool_)
        keep[300:600] = False
        candles = select(some_candles(700), keep)
        store.put(candles)
        as_of = candles.last_open + timedelta(hours=1)
        assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=350), candles.tail(350))

    def test_between_is_half_open(self, store: CandleStore) -> None:
        candles = some_candles(300)
        store.put(candles)
        found = store.between(
            BTC, Timeframe.H1, START + timedelta(hours=10), START + timedelta(hours=245)
        )
        assert same(found, candles.rows(10, 245))

    def test_between_counts_below_the_millisecond(self, store: CandleStore) -> None:
        candles, late = some_candles(5), timedelta(hours=1, microseconds=1)
        store.put(candles)
        found = store.between(BTC, Timeframe.H1, START + late, START + 3 * late)
        assert same(found, candles.rows(2, 4))

    def test_series_are_kept_apart(self, store: CandleStore) -> None:
        store.put(some_candles(5))
        store.put(some_candles(6, instrument_id=ETH))
        store.put(some_candles(7, timeframe=Timeframe.D1))
        as_of = START + timedelta(days=99)
        sizes = [
            len(store.load(instrument, timeframe, as_of=as_of, limit=99))
            for instrument, timeframe in (
                (BTC, Timeframe.H1),
                (ETH, Timeframe.H1),
                (BTC, Timeframe.D1),
            )
        ]
        assert sizes == [5, 6, 7]
