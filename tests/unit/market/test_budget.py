"""Our share of what venues publish: never more, and who waits as told gets through."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.limits import TakeWeight
from nightdesk.core.errors import RateLimited
from nightdesk.market.budget import KIND, SHARES, VenueBudget
from tests.builders.accounts import ALICE, BOB
from tests.fakes.clock import FakeClock
from tests.fakes.syncs import FakeHolds
from tests.unit.accounts.fakes import FakeRateCounters

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GAPS = st.lists(st.integers(0, 9_000), min_size=1, max_size=80)
"""Milliseconds between one call and the next."""


def a_budget(venue: str, clock: FakeClock, **changes: object) -> VenueBudget:
    given = {
        "take_weight": TakeWeight(FakeRateCounters()),
        "holds": FakeHolds(),
        "clock": clock,
        "owner": ALICE,
        "venue": venue,
        "label": "main",
    }
    return VenueBudget(**(given | changes))  # type: ignore[arg-type]


@given(gaps=GAPS, weight=st.sampled_from([1, 2]))
def test_krakens_counter_of_15_that_falls_by_1_in_3_seconds_is_never_passed(
    gaps: list[int], weight: int
) -> None:
    take, at, counter = TakeWeight(FakeRateCounters()), START, Fraction(0)
    for gap in gaps:
        at += timedelta(milliseconds=gap)
        counter = max(Fraction(0), counter - Fraction(gap, 3_000))
        if not take("user:u", KIND, SHARES["kraken"].allowance, weight, at):
            counter += weight
        assert counter <= 15


@given(gaps=GAPS, weight=st.integers(1, 12))
def test_who_waits_as_long_as_told_gets_through(gaps: list[int], weight: int) -> None:
    take, at = TakeWeight(FakeRateCounters()), START
    for gap in gaps:
        at += timedelta(milliseconds=gap)
        if wait := take("user:u", KIND, SHARES["kraken"].allowance, weight, at):
            at += timedelta(seconds=wait)
            assert take("user:u", KIND, SHARES["kraken"].allowance, weight, at) == 0


@pytest.mark.parametrize(("venue", "shared"), [("binance", True), ("kraken", False)])
def test_a_limit_and_a_hold_are_of_the_key_or_of_the_whole_desk(venue: str, shared: bool) -> None:
    clock, holds, counters = FakeClock(START), FakeHolds(), FakeRateCounters()
    common = {"take_weight": TakeWeight(counters), "holds": holds}
    hers = a_budget(venue, clock, **common)
    his = a_budget(venue, clock, owner=BOB, **common)
    most = SHARES[venue].allowance.most
    hers.take(most)
    for other in (his, a_budget(venue, clock, label="second", **common)):
        if shared:
            with pytest.raises(RateLimited):
                other.take(1)
        else:
            other.take(1)
    clock.forward(600)
    hers.hold(120)
    fresh = a_budget(venue, clock, owner=BOB if shared else ALICE, **common)
    with pytest.raises(RateLimited) as held:
        fresh.take(1)
    assert held.value.retry_after == 120
    clock.forward(121)
    fresh.take(1)
