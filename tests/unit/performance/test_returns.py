"""Daily returns with flows, and drawdowns with dates."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.market.candles import Floats
from nightdesk.performance.benchmark import against, price_returns
from nightdesk.performance.drawdown import deepest, drawdowns, falls, longest, open_one
from nightdesk.performance.figure import Reason
from nightdesk.performance.returns import (
    EquityDay,
    Flow,
    FlowMethod,
    counted,
    daily_returns,
    per_day,
)

FIRST = date(2025, 3, 1)
GAINS = st.lists(st.integers(-50, 50).map(lambda whole: whole / 100), min_size=1, max_size=30)


def day(n: int, end: float, *flows: tuple[float, float | None]) -> EquityDay:
    return EquityDay(
        day=FIRST + timedelta(days=n),
        equity_end=end,
        flows=tuple(Flow(amount=amount, equity_before=before) for amount, before in flows),
    )


@given(gains=GAINS, flows=st.lists(st.integers(-40, 90), min_size=30, max_size=30))
def test_marked_flows_then_returns_are_those_without_them(
    gains: list[float], flows: list[int]
) -> None:
    equity, days = 100.0, []
    for n, gain in enumerate(gains):
        before = equity * (1 + gain / 2)
        flow = max(flows[n], -0.9 * before)
        equity = (before + flow) * (1 + gain / 3)
        days.append(day(n, equity, (flow, before)))
    found = daily_returns(100.0, days)
    assert {one.method for one in found} == {FlowMethod.EXACT}
    expected = [(1 + gain / 2) * (1 + gain / 3) - 1 for gain in gains]
    assert [one.r for one in found] == pytest.approx(expected, abs=1e-12)


@given(gains=GAINS, scale=st.sampled_from([0.001, 1_000.0]))
def test_money_times_a_thousand_then_returns_are_equal(gains: list[float], scale: float) -> None:
    equities = 100 * np.cumprod(1 + np.array(gains))
    plain = daily_returns(100, [day(n, end, (5, None)) for n, end in enumerate(equities)])
    scaled = daily_returns(
        100 * scale, [day(n, end * scale, (5 * scale, None)) for n, end in enumerate(equities)]
    )
    assert [one.r for one in scaled] == pytest.approx([one.r for one in plain], abs=1e-12)


def test_one_flow_without_a_mark_then_the_whole_day_goes_by_its_bounds() -> None:
    (one,) = daily_returns(1_000, [day(0, 1_650, (500, 1_100), (100, None))])
    assert one.method is FlowMethod.BOUNDARY
    assert one.r == pytest.approx(1_650 / 1_600 - 1)


def test_account_that_was_empty_then_the_part_with_capital_counts() -> None:
    empty, funded = daily_returns(0, [day(0, 0), day(1, 505, (500, 0.0))])
    assert (empty.r, empty.reason) == (None, Reason.NO_CAPITAL)
    assert funded.r == pytest.approx(0.01)


def test_loss_of_more_than_everything_then_it_is_everything_and_the_end() -> None:
    found = daily_returns(100, [day(0, 110), day(1, -20), day(2, 0), day(3, 120, (100, None))])
    assert [one.r for one in found] == pytest.approx([0.1, -1.0, None, 0.2])
    days, returns = counted(found)
    assert returns.tolist() == pytest.approx([0.1, -1.0])
    assert days == (FIRST, FIRST + timedelta(days=1))


def test_yearly_rate_then_a_year_of_days_makes_it_again() -> None:
    assert (1 + per_day(0.05)) ** 365 == pytest.approx(1.05)
    with pytest.raises(ValueError, match="above -1"):
        per_day(-1.0)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_money_that_is_no_number_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        day(0, wrong)
    with pytest.raises(ValueError, match="finite"):
        Flow(amount=1, equity_before=wrong)


@given(gains=GAINS)
def test_drawdowns_then_each_is_between_two_highs(gains: list[float]) -> None:
    returns = np.array(gains)
    days = [FIRST + timedelta(days=n) for n in range(returns.size)]
    found = drawdowns(days, returns)
    depth = falls(returns)
    assert min((one.depth for one in found), default=0.0) == depth.min()
    under = sum(one.days_underwater - (one.recovered is not None) for one in found)
    assert under == int((depth < 0).sum())
    for one, following in pairwise(found):
        assert one.recovered is not None
        assert one.peak < one.trough < one.recovered <= following.peak


def test_fall_on_the_first_day_then_its_high_is_the_day_before() -> None:
    (one,) = drawdowns([FIRST], np.array([-0.1]))
    assert one.peak == FIRST - timedelta(days=1)
    assert (one.days_underwater, one.recovered) == (1, None)


def test_high_that_rounding_misses_then_it_is_a_recovery() -> None:
    returns = np.array([-0.3, 1 / 0.7 - 1])
    (one,) = drawdowns([FIRST, FIRST + timedelta(days=1)], returns)
    assert one.recovered == FIRST + timedelta(days=1)


def test_longest_deepest_and_open_one() -> None:
    returns = np.array([-0.1, 0.2, -0.01, 0.0, 0.0, 0.1, -0.05])
    found = drawdowns([FIRST + timedelta(days=n) for n in range(7)], returns)
    assert longest(found) == found[1]
    assert open_one(found) == found[2]
    assert deepest(found, 2) == (found[0], found[2])
    assert drawdowns([], np.empty(0)) == ()
    assert longest(()) is None
    assert open_one(found[:2]) is None


def test_benchmark_then_it_is_a_straight_line_through_both() -> None:
    chance = np.random.default_rng(1)
    held: Floats = chance.normal(0, 0.03, 300)
    own = 0.001 + 0.6 * held + chance.normal(0, 0.01, 300)
    own[7] = held[9] = np.nan
    both = np.isfinite(own) & np.isfinite(held)
    found = against(own, held)
    slope, level = np.polyfit(held[both], own[both], 1)
    assert found["beta"].value == pytest.approx(slope, rel=1e-9)
    assert found["alpha_annual"].value == pytest.approx(level * 365, rel=1e-9)
    expected = np.corrcoef(own[both], held[both])[0, 1]
    assert found["correlation"].value == pytest.approx(expected, rel=1e-9)
    assert {one.n for one in found.values()} == {298}


def test_benchmark_without_days_or_movement_then_it_says_why() -> None:
    def reasons(own: list[float], held: list[float]) -> set[str | None]:
        return {one.reason for one in against(np.array(own), np.array(held)).values()}

    assert reasons([], []) == {Reason.NO_DAYS}
    assert reasons([0.1, 0.2], [np.nan, np.nan]) == {Reason.NO_CANDLES}
    assert reasons([0.1], [0.1]) == {Reason.TOO_FEW_DAYS}
    assert reasons([0.1, 0.2], [0.0, 0.0]) == {Reason.ZERO_VARIANCE}
    level = against(np.zeros(3), np.array([0.1, 0.2, 0.0]))
    assert (level["beta"].value, level["correlation"].reason) == (0.0, Reason.ZERO_VARIANCE)
    with pytest.raises(ValueError, match="same days"):
        against(np.zeros(2), np.zeros(3))


def test_returns_of_holding_by_hand() -> None:
    returns = price_returns(np.array([100.0, 110, 99, 99]))
    assert returns == pytest.approx([0.1, -0.1, 0.0])
