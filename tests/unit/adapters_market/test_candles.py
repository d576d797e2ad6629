from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo import market as stored
from nightdesk.adapters.dynamo.connection import measured
from nightdesk.adapters.dynamo.market import BlockItem, CandleItem, DynamoCandles
from nightdesk.adapters.dynamo.tables import MarketItem
from nightdesk.core.clock import from_millis, millis
from nightdesk.core.errors import StaleWrite
from nightdesk.market.ports import CandleStore
from nightdesk.market.series import from_rows
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import BTC, START, MemoryCandles, SteppedClock, same, some_candles
from tests.contracts.candle_store import CandleStoreContract


class TestMemoryCandles(CandleStoreContract):
    @pytest.fixture
    def store(self) -> CandleStore:
        return MemoryCandles()


class TestDynamoCandles(CandleStoreContract):
    @pytest.fixture
    def store(self, market_table: None) -> CandleStore:
        return DynamoCandles(clock=SteppedClock())


BLOCK_BEGIN = from_millis(stored._block_start(Timeframe.H1, millis(START)))


def items(timeframe: Timeframe = Timeframe.H1) -> list[MarketItem]:
    return list(MarketItem.query(keys.candles(BTC, timeframe)))


@pytest.fixture
def store(market_table: None) -> DynamoCandles:
    return DynamoCandles(clock=SteppedClock())


def test_one_closed_candle_is_one_small_item_with_no_transaction(store: DynamoCandles) -> None:
    with measured() as used:
        store.put(some_candles(12).rows(11, 12))
    assert used.calls == {"GetItem": 1, "PutItem": 1}
    [item] = items()
    assert isinstance(item, CandleItem)
    assert len(str(item.serialize())) < 1024


def test_tail_is_packed_into_its_block_with_each_step_but_for_the_newest(
    store: DynamoCandles,
) -> None:
    candles = some_candles(50, start=BLOCK_BEGIN)
    for i in range(24):
        store.put(candles.rows(i, i + 1))
    assert {type(item) for item in items()} == {CandleItem}
    for i in range(24, 50):
        store.put(candles.rows(i, i + 1))
    assert [type(item) for item in items()] == [BlockItem, CandleItem, CandleItem]
    as_of = candles.last_open + timedelta(hours=1)
    assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=50), candles)


def test_step_whose_first_candle_was_never_traded_is_packed_with_the_next(
    store: DynamoCandles,
) -> None:
    candles = some_candles(300, start=BLOCK_BEGIN, without=[240])
    store.put(candles.rows(0, 220))
    for i in range(220, len(candles)):
        store.put(candles.rows(i, i + 1))
    kinds = [type(item) for item in items()]
    assert kinds.count(BlockItem) == 2
    assert kinds.count(CandleItem) <= stored.STEP
    as_of = candles.last_open + timedelta(hours=1)
    assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=500), candles)


def test_500_candles_are_one_query_of_at_most_8_read_units_by_size(store: DynamoCandles) -> None:
    candles = some_candles(743, start=BLOCK_BEGIN)
    store.put(candles.rows(0, 712))
    for i in range(712, 743):
        store.put(candles.rows(i, i + 1))
    as_of = candles.last_open + timedelta(hours=1)
    with measured() as used:
        assert len(store.load(BTC, Timeframe.H1, as_of=as_of, limit=500)) == 500
    assert used.calls == {"Query": 1}
    size = sum(_size(item) for item in items())  # more than the query reads
    assert size / 4096 / 2 <= 8


def _size(item: MarketItem) -> int:
    raw = item.serialize()
    return sum(len(name) + len(next(iter(value.values()))) for name, value in raw.items())


def test_tail_left_behind_by_a_dead_worker_is_harmless_and_goes_with_the_next_write(
    store: DynamoCandles,
) -> None:
    candles = some_candles(240, start=BLOCK_BEGIN)
    store.put(candles)
    left = CandleItem(
        keys.candles(BTC, Timeframe.H1), keys.candle(int(candles.open_time[5])), data=b"\0" * 40
    )
    left.save()
    as_of = candles.last_open + timedelta(hours=1)
    assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=240), candles)
    store.put(some_candles(1, start=candles.last_open + timedelta(hours=1)))
    assert [type(item) for item in items()] == [BlockItem, CandleItem]
    assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=240), candles)


def test_backfill_of_600_writes_blocks_alone(store: DynamoCandles) -> None:
    with measured() as used:
        store.put(some_candles(600))
    assert all(isinstance(item, BlockItem) for item in items())
    assert used.calls["PutItem"] in {3, 4}
    assert "BatchWriteItem" not in used.calls


def test_expiry_counts_from_writing_and_long_timeframes_stay(store: DynamoCandles) -> None:
    store.put(some_candles(3, timeframe=Timeframe.M5, start=START - timedelta(days=2000)))
    store.put(some_candles(300, timeframe=Timeframe.M5))
    store.put(some_candles(3, timeframe=Timeframe.D1))
    assert {item.expires_at for item in items(Timeframe.M5)} == {START + timedelta(days=60)}
    assert {item.expires_at for item in items(Timeframe.D1)} == {None}


def test_two_writers_of_one_block_both_get_in(
    store: DynamoCandles, monkeypatch: pytest.MonkeyPatch
) -> None:
    candles = some_candles(100, start=BLOCK_BEGIN)
    write, others = DynamoCandles._write_block, [candles.rows(50, 100)]

    def overtaken(self: DynamoCandles, *args: object) -> None:
        if others:
            store.put(others.pop())
        write(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(DynamoCandles, "_write_block", overtaken)
    assert store.put(candles.rows(0, 50)) == 50
    as_of = candles.last_open + timedelta(hours=1)
    assert same(store.load(BTC, Timeframe.H1, as_of=as_of, limit=100), candles)


def test_writer_that_is_always_overtaken_gives_up(
    store: DynamoCandles, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def stale(*_: object) -> None:
        tries.append(1)
        raise StaleWrite("again")

    monkeypatch.setattr(DynamoCandles, "_write_block", stale)
    with pytest.raises(StaleWrite):
        store.put(some_candles(50))
    assert len(tries) == stored.ATTEMPTS


@given(
    n=st.integers(1, 240),
    seed=st.integers(0, 2**32 - 1),
    spread=st.floats(1e-9, 1e9),
)
def test_packed_block_comes_back_to_the_bit_and_stays_under_12_kb(
    n: int, seed: int, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(1, 2, (n, 5)) * spread
    times = 60_000 * np.sort(rng.choice(10**6, size=n, replace=False)).astype(np.int64)
    candles = from_rows(BTC, Timeframe.M1, times, values)
    data = stored.packed(candles)
    assert len(data) <= 12 * 1024
    assert same(stored.unpacked(BTC, Timeframe.M1, data), candles)
