"""Closes and rates at many moments at once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from nightdesk.core.clock import millis
from nightdesk.core.ids import InstrumentId
from nightdesk.journal.prices import MOST_RUNS, Prices
from nightdesk.market.candles import Candles, Floats, Millis
from nightdesk.market.timeframe import Timeframe
from tests.builders.journal_trades import bars
from tests.builders.market import MemoryCandles

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
BTC = InstrumentId("BTC/USD@kraken")
M15, H1, H4, D1 = Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1


class Counting(MemoryCandles):
    """Candles that note what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[InstrumentId, Timeframe, datetime, datetime]] = []

    def between(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        self.asked.append((instrument_id, timeframe, since, until))
        return super().between(instrument_id, timeframe, since, until)

    def closed(
        self, closes: Sequence[float], timeframe: Timeframe, instrument: InstrumentId = BTC
    ) -> None:
        """Let candles from the beginning on close at these prices, NaN for a gap."""
        rows = [
            (BEGIN + n * timeframe.length, price, price, price, price)
            for n, price in enumerate(closes)
            if price == price  # noqa: PLR0124 - not NaN
        ]
        self.put(bars(rows, timeframe, instrument))

    def stored(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        found: dict[InstrumentId, list[Timeframe]] = {}
        for instrument, timeframe in sorted(self.series, key=lambda one: one[1].ms):
            found.setdefault(instrument, []).append(timeframe)
        return found

    def prices(self) -> Prices:
        return Prices(self, ("binance", "kraken"), self.stored())


def after(*hours: float) -> Millis:
    return np.array([millis(BEGIN + timedelta(hours=one)) for one in hours])


def same(found: Floats, expected: Sequence[float]) -> None:
    np.testing.assert_allclose(found, expected)


def test_the_newest_close_counts_as_long_as_it_is_not_two_candles_old() -> None:
    candles = Counting()
    candles.closed([10, 11], H1)
    nan = float("nan")
    found = candles.prices().of(BTC, after(0.5, 1, 1.5, 2, 3.99, 4))
    same(found, [nan, 10, 10, 11, 11, nan])


def test_the_shortest_candles_count_that_have_a_present_close() -> None:
    candles = Counting()
    candles.closed([5, 6], D1)
    candles.closed([4] * 3, H4)
    candles.closed([1, 2, 3, 3.5], M15)
    same(candles.prices().of(BTC, after(0.5, 1.25, 4, 13, 24, 48)), [2, 3.5, 4, 4, 5, 6])


def test_what_is_not_stored_is_not_read() -> None:
    candles = Counting()
    candles.closed([10], H1, InstrumentId("ETH/USD@kraken"))
    prices = candles.prices()
    assert np.isnan(prices.of(BTC, after(1))).all()
    assert np.isnan(prices.rates("BTC", "EUR", after(1))).all()
    assert candles.asked == []


def test_missing_prices_are_read_in_their_stretches() -> None:
    candles = Counting()
    hours = [float("nan")] * 2 + [1.0] * 900 + [float("nan")] * 2
    candles.closed(hours, H1)
    candles.closed([2.0] * 40, D1)
    prices = candles.prices()
    times = after(*range(24, 960, 24))
    assert np.isfinite(prices.of(BTC, times)).all()
    spans = [until - since for _, timeframe, since, until in candles.asked if timeframe is D1]
    assert spans
    assert max(spans) < timedelta(days=8)
    candles.asked.clear()
    gaps = [1.0 if n % 48 < 24 else float("nan") for n in range(48 * (MOST_RUNS + 3))]
    ether = InstrumentId("ETH/USD@kraken")
    candles.closed(gaps, H1, ether)
    candles.closed([2.0] * 40, D1, ether)
    found = candles.prices().of(ether, after(*range(6, 48 * (MOST_RUNS + 3), 24)))
    assert set(found[1:].tolist()) == {1.0, 2.0}
    assert sum(timeframe is D1 for _, timeframe, _, _ in candles.asked) == 1


@pytest.mark.parametrize(
    ("markets", "expected"),
    [
        ({"USDT/EUR@kraken": 0.8}, 0.8),
        ({"EUR/USDT@binance": 1.25}, 0.8),
        ({"BTC/EUR@kraken": 80_000, "BTC/USDT@binance": 100_000}, 0.8),
        ({"EUR/USD@kraken": 1.25}, 0.8),
        ({"BTC/EUR@kraken": 80_000}, float("nan")),
    ],
)
def test_rates_go_the_ways_of_the_rates_of_trades(
    markets: Mapping[str, float], expected: float
) -> None:
    candles = Counting()
    for name, price in markets.items():
        candles.closed([price], H1, InstrumentId(name))
    same(candles.prices().rates("USDT", "EUR", after(1)), [expected])


def test_each_moment_has_the_best_way_that_is_known_then() -> None:
    candles = Counting()
    candles.closed([0.8, float("nan"), float("nan"), 0.9], H1, InstrumentId("USDT/EUR@kraken"))
    candles.closed([2.0] * 4, H1, InstrumentId("EUR/USD@kraken"))
    same(candles.prices().rates("USDT", "EUR", after(1, 2, 3, 4)), [0.8, 0.8, 0.5, 0.9])


def test_a_coin_is_worth_what_it_is_pegged_to() -> None:
    same(Counting().prices().rates("USDT", "USD", after(1, 2)), [1, 1])


def test_however_old_the_newest_close_of_all_candles_is_told_with_its_time() -> None:
    candles = Counting()
    candles.closed([10, 11], H1)
    candles.closed([5], D1)
    at, found = candles.prices().newest(BTC, after(0.5, 1.5, 3, 24, 500))
    assert at.tolist() == [-1, *after(1, 2, 24, 24).tolist()]
    same(found, [float("nan"), 10, 11, 5, 5])
    at, found = candles.prices().newest(BTC, after(400, 500))
    assert at.tolist() == after(24, 24).tolist()
