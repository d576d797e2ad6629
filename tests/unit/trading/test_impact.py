"""Cost of a trade by size, and the walk through a book."""

import csv
import gzip
import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.money import floor_to
from nightdesk.trading.impact import Activity, Level, cost, protection, walk

D = Decimal
LOT = D("0.0001")
ASKS: tuple[Level, ...] = ((D(100), D(1)), (D(101), D(2)), (D(103), D(5)))
BIDS: tuple[Level, ...] = ((D(99), D(1)), (D(98), D(2)), (D(96), D(5)))
FAR, NEAR = D(10**9), D("0.01")
BUSY = Activity(days=20.0, volatility=0.04, notional=1_000_000.0)


@pytest.mark.parametrize(
    ("notional", "factor", "expected"),
    [
        # by hand: 0.0001 + 0.5 x 0.04 x sqrt(10,000 / 1,000,000) = 0.0021
        (10_000, 0.5, "0.0021"),
        (10_000, 1.0, "0.0041"),
        (0, 1.0, "0.0001"),
        (1_000_000, 1.0, "0.01"),  # 0.0401, held at the protection
    ],
)
def test_cost_follows_the_square_root_of_the_share(
    notional: int, factor: float, expected: str
) -> None:
    assert cost(D("0.0001"), BUSY, D(notional), factor, D("0.01")) == D(expected)


def test_cost_when_nothing_trades_is_the_protection() -> None:
    dead = Activity(days=20.0, volatility=0.04, notional=0.0)
    assert cost(D("0.0001"), dead, D(1), 0.5, D("0.01")) == D("0.01")


@pytest.mark.parametrize(("half_spread", "expected"), [("0.0001", "0.0075"), ("0.008", "0.008")])
def test_cost_when_few_days_are_known_is_75_bps_or_the_wider_spread(
    half_spread: str, expected: str
) -> None:
    young = Activity(days=4.9, volatility=0.04, notional=1e6)
    assert cost(D(half_spread), young, D(1), 0.5, D("0.01")) == D(expected)


@given(a=st.integers(1, 10**7), b=st.integers(1, 10**7))
def test_cost_never_falls_with_size(a: int, b: int) -> None:
    small, large = sorted((a, b))
    bound = D("0.05")
    assert cost(D(0), BUSY, D(small), 0.5, bound) <= cost(D(0), BUSY, D(large), 0.5, bound)


@pytest.mark.parametrize(
    ("half_spread", "expected"), [("0.0001", "0.01"), ("0.002", "0.02"), ("0.01", "0.05")]
)
def test_protection_is_one_percent_or_five_spreads_and_at_most_five_percent(
    half_spread: str, expected: str
) -> None:
    assert protection(D(half_spread), D("0.01"), D("0.05")) == D(expected)


@pytest.mark.parametrize(
    ("levels", "quantity", "limit", "haircut", "expected"),
    [
        (ASKS, "0.5", FAR, "1", [("100", "0.5")]),
        (ASKS, "2", FAR, "1", [("100", "1"), ("101", "1")]),
        (ASKS, "2", FAR, "0.8", [("100", "0.8"), ("101", "1.2")]),
        (ASKS, "9", FAR, "1", [("100", "1"), ("101", "2"), ("103", "5")]),
        (ASKS, "9", D(101), "1", [("100", "1"), ("101", "2")]),
        (ASKS, "9", D(99), "1", []),
        (BIDS, "2", NEAR, "1", [("99", "1"), ("98", "1")]),
        (BIDS, "9", D(98), "1", [("99", "1"), ("98", "2")]),
        ((), "1", FAR, "1", []),
    ],
)
def test_walk_takes_the_best_levels_up_to_the_limit(
    levels: tuple[Level, ...],
    quantity: str,
    limit: Decimal,
    haircut: str,
    expected: list[tuple[str, str]],
) -> None:
    taken = walk(
        levels,
        D(quantity),
        limit=limit,
        haircut=D(haircut),
        lot=LOT,
        buying=levels != BIDS,
    )
    assert taken == tuple((D(p), D(q)) for p, q in expected)


def test_walk_of_one_bid_below_the_limit_takes_nothing() -> None:
    bid = ((D(99), D(1)),)
    assert walk(bid, D(1), limit=D(100), haircut=D(1), lot=LOT, buying=False) == ()
    assert walk(bid, D(1), limit=D(98), haircut=D(1), lot=LOT, buying=False) == bid


def test_walk_of_levels_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="away from the best"):
        walk(ASKS[::-1], D(1), limit=FAR, haircut=D(1), lot=LOT)
    with pytest.raises(ValueError, match="away from the best"):
        walk((ASKS[0], ASKS[2], ASKS[1]), D(1), limit=FAR, haircut=D(1), lot=LOT)


@given(first=st.integers(1, 40_000), second=st.integers(1, 40_000))
def test_walk_in_two_halves_that_remember_equals_one_whole(first: int, second: int) -> None:
    a, b = D(first) / 10_000, D(second) / 10_000
    whole = walk(ASKS, a + b, limit=FAR, haircut=D(1), lot=LOT)
    half = walk(ASKS, a, limit=FAR, haircut=D(1), lot=LOT)
    gone = dict(half)
    left = tuple((p, q - gone.get(p, D(0))) for p, q in ASKS)
    rest = walk(left, b, limit=FAR, haircut=D(1), lot=LOT)
    paid = sum((p * q for p, q in (*half, *rest)), D(0))
    assert paid == sum((p * q for p, q in whole), D(0))


DATA = os.environ.get("NIGHTDESK_DATA")


@pytest.mark.skipif(not DATA, reason="NIGHTDESK_DATA names no recorded data")
def test_walk_of_a_recorded_book_for_a_hundred_thousand_costs_what_was_measured() -> None:
    name = "derived_top20_1s_binance_spot_ethusdt_20240808-09.csv.gz"
    bps = []
    with gzip.open(Path(DATA or "") / "orderbooks" / name, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            asks = tuple((D(row[f"ask{i}_p"]), D(row[f"ask{i}_q"])) for i in range(20))
            mid = (D(row["bid0_p"]) + asks[0][0]) / 2
            wanted = floor_to(D(100_000) / mid, LOT)
            taken = walk(asks, wanted, limit=FAR, haircut=D(1), lot=LOT)
            bought = sum((q for _, q in taken), D(0))
            if bought == wanted:
                paid = sum((p * q for p, q in taken), D(0))
                bps.append(float((paid / bought / mid - 1) * 10_000))
    bps.sort()
    middle = bps[len(bps) // 2]
    assert 0.3 <= middle <= 1.6
