"""Trade metrics: by hand, by brute force, and what holds for any trades."""

from dataclasses import fields, replace
from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nightdesk.market.candles import Floats
from nightdesk.performance.comparison import differences
from nightdesk.performance.distribution import r_distribution
from nightdesk.performance.figure import Caveat, Figure, Reason, known, missing
from nightdesk.performance.streaks import longest_run, streak_chance
from nightdesk.performance.trade_metrics import NAMES, TradeColumns, empty, trade_metrics
from nightdesk.performance.units import Basis, Unit, in_unit, on_basis, shown_capital
from tests.builders.performance import trade_columns

NETS = st.lists(st.integers(-50, 60), max_size=60).map(lambda whole: np.array(whole) / 2)
MONEY = {
    *("net", "gross", "fees", "funding", "costs", "median_net", "average_win", "average_loss"),
    *("largest_win", "largest_loss", "expectancy", "trade_max_drawdown"),
}


def value(figure: Figure) -> float:
    assert figure.value is not None, figure.reason
    return figure.value


@given(net=NETS)
def test_money_and_risk_times_a_thousand_then_only_money_grows(net: Floats) -> None:
    trades = trade_columns(net)
    scaled = replace(
        trades, net=net * 1_000, gross=net * 1_000, risk=trades.risk * 1_000, r=trades.r
    )
    plain = trade_metrics(trades, start_capital=500, gated=False)
    for name, one in trade_metrics(scaled, start_capital=500_000, gated=False).items():
        times = 1_000 if name in MONEY else 1
        assert one.reason == plain[name].reason, name
        if one.value is not None:
            assert one.value == pytest.approx(value(plain[name]) * times, rel=1e-9), name


@given(net=NETS, cut=st.integers(0, 60))
def test_parts_then_their_totals_are_those_of_the_whole(net: Floats, cut: int) -> None:
    trades = trade_columns(net)
    first = np.arange(net.size) < cut
    whole, one, other = (
        trade_metrics(part) for part in (trades, trades.take(first), trades.take(~first))
    )
    for name in ("trade_count", "wins", "losses", "breakevens", "net", "gross", "net_r", "costs"):
        assert value(whole[name]) == pytest.approx(value(one[name]) + value(other[name]))


@given(net=NETS, gated=st.booleans())
def test_any_trades_then_the_answer_has_one_shape(net: Floats, gated: bool) -> None:
    assert tuple(trade_metrics(trade_columns(net), gated=gated)) == NAMES


@given(net=NETS)
def test_profit_less_loss_then_it_is_the_net(net: Floats) -> None:
    found = trade_metrics(trade_columns(net))
    lost = float(-net[net < 0].sum())
    if lost == 0:
        reason = Reason.NO_LOSING_TRADE if net.size else Reason.NO_TRADES
        assert found["profit_factor"].reason == reason
    else:
        assert value(found["profit_factor"]) * lost - lost == pytest.approx(value(found["net"]))


def test_no_trades_then_counts_are_0_and_the_rest_says_so() -> None:
    found = trade_metrics(empty())
    assert {one.n for one in found.values()} == {0}
    assert {one.reason for one in found.values()} == {None, Reason.NO_TRADES}
    assert {one.value for one in found.values()} == {None, 0.0}


def test_only_losers_then_what_needs_a_win_says_so() -> None:
    found = trade_metrics(trade_columns([-10, -20]), gated=False)
    for name in ("average_win", "payoff", "needed_win_rate", "expectancy_ratio", "kelly"):
        assert found[name].reason == Reason.NO_WINNING_TRADE
    assert value(found["profit_factor"]) == 0
    assert value(found["win_rate"]) == 0
    assert found["cost_share"].reason == Reason.NO_GROSS_PROFIT


def test_only_breakevens_then_nothing_is_decided() -> None:
    found = trade_metrics(trade_columns([0, 0]), gated=False)
    for name in ("win_rate", "payoff", "kelly", "loss_streak_chance"):
        assert found[name].reason == Reason.NO_DECIDED_TRADE
    assert found["sqn"].reason == Reason.ZERO_VARIANCE


def test_without_stops_then_r_is_missing_and_money_is_not() -> None:
    none = np.full(3, np.nan)
    found = trade_metrics(trade_columns([10, -5, 3], r=none, risk=none))
    assert found["expectancy_r"] == missing(Reason.NO_STOP, 0)
    assert found["sqn"] == missing(Reason.NO_STOP, 0)
    assert found["net_r"] == missing(Reason.NO_STOP, 0)
    assert found["r_count"] == known(0, 3)
    assert value(found["expectancy"]) == pytest.approx(8 / 3)
    some = trade_metrics(trade_columns([10, -5, 3], r=np.array([2, np.nan, 0.5]), risk=none))
    assert some["net_r"] == known(2.5, 2)


def test_fee_without_a_value_then_the_trade_is_counted_and_left_out() -> None:
    trades = trade_columns([np.nan, 10, -5], gross=np.array([99.0, 10, -5]))
    found = trade_metrics(trades)
    assert found["trade_count"] == known(3, 3)
    assert found["net"] == known(5, 2, caveat=Caveat.SOME_UNVALUED)
    assert found["gross"] == known(5, 2)
    alone = trade_metrics(trades.take(np.array([True, False, False])))
    assert alone["expectancy"] == missing(Reason.FEE_PRICE_MISSING, 0)
    for name in ("net", "gross", "wins", "net_r", "longest_loss_streak"):
        assert alone[name] == missing(Reason.FEE_PRICE_MISSING, 0)
    assert alone["trade_count"] == known(1, 1)


@pytest.mark.parametrize(("n", "name"), [(29, "sqn"), (49, "kelly"), (49, "half_kelly")])
def test_gates_of_trades_then_one_more_shows_it(n: int, name: str) -> None:
    net = np.resize([20.0, -10.0, 15.0], n + 1)
    assert trade_metrics(trade_columns(net[:n]))[name].reason == Reason.TOO_FEW_TRADES
    assert value(trade_metrics(trade_columns(net))[name]) > 0


def test_stake_of_a_losing_system_then_it_is_0_and_no_advice() -> None:
    found = trade_metrics(trade_columns(np.resize([10.0, -20.0], 60)))
    assert value(found["kelly"]) == pytest.approx(0.5 - 0.5 / 0.5)
    assert value(found["half_kelly"]) == 0
    assert found["half_kelly"].caveat == Caveat.NOT_ADVICE


def test_falls_in_percent_are_of_the_high_that_capital_and_trades_made() -> None:
    trades = trade_columns([100, -50, -25, 200])
    found = trade_metrics(trades, start_capital=400)
    assert value(found["trade_max_drawdown"]) == -75
    assert value(found["trade_max_drawdown_pct"]) == pytest.approx(-75 / 500)
    assert trade_metrics(trades)["trade_max_drawdown_pct"].reason == Reason.NO_CAPITAL


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_fall_that_is_rounding_then_there_is_none_in_large_or_small_money(scale: float) -> None:
    risen = trade_metrics(trade_columns(np.array([0.1, 0.2, -5e-17]) * scale))
    assert risen["trade_max_drawdown"].value == 0
    assert risen["trade_recovery_factor"].reason == Reason.NO_DRAWDOWN
    fallen = trade_metrics(trade_columns(np.array([0.1, 0.2, -1e-9]) * scale))
    assert fallen["trade_recovery_factor"].value == pytest.approx(3e8)


def test_excursions_then_they_are_means_of_those_that_are_known() -> None:
    some = np.array([1.0, np.nan, 3.0])
    found = trade_metrics(trade_columns([1, 2, 3], mfe_r=some))
    assert found["average_mfe_r"] == known(2, 2)
    assert found["average_mae_r"] == missing(Reason.NO_EXCURSION, 0)


def test_hundred_thousand_large_trades_then_no_digit_is_lost() -> None:
    chance = np.random.default_rng(2)
    away = chance.normal(0, 1, 100_000)
    found = trade_metrics(trade_columns(1e9 + away, r=1e6 + away))
    plain = trade_metrics(trade_columns(away, r=away))
    low, high = found["expectancy"].interval or (0.0, 0.0)
    expected_low, expected_high = plain["expectancy"].interval or (0.0, 0.0)
    assert high - low == pytest.approx(expected_high - expected_low, rel=1e-4)


@pytest.mark.parametrize("name", [field.name for field in fields(TradeColumns)])
def test_column_of_another_length_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="equally long"):
        trade_columns([1, 2, 3], **{name: np.zeros(2)})


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("hold", [1.0, np.nan]),
        ("gross", [np.inf, 1.0]),
        ("outcome", [np.nan, 1.0]),
        ("closed", [2.0, 1.0]),
    ],
)
def test_column_with_a_gap_or_out_of_order_is_refused(name: str, column: list[float]) -> None:
    with pytest.raises(ValueError, match="trade"):
        trade_columns([1, 2], **{name: np.array(column)})


@pytest.mark.parametrize(("value_", "reason"), [(None, None), (1.0, "X"), (np.inf, None)])
def test_figure_without_either_value_or_reason_is_refused(
    value_: float | None, reason: str | None
) -> None:
    with pytest.raises(ValueError, match="a figure"):
        Figure(value=value_, n=1, reason=reason)


@given(outcome=st.lists(st.sampled_from([1.0, -1.0, 0.0]), max_size=40))
def test_longest_run_then_it_is_that_of_counting(outcome: list[float]) -> None:
    decided = [one for one in outcome if one]
    runs = [(kind, len(list(run))) for kind, run in groupby(decided)]
    for of in (1.0, -1.0):
        expected = max((length for kind, length in runs if kind == of), default=0)
        assert longest_run(np.array(outcome), of) == expected


@pytest.mark.parametrize("n", [0, 1, 4, 9])
@pytest.mark.parametrize("k", [0, 1, 2, 3, 9, 10])
@pytest.mark.parametrize("q", [0.0, 0.3, 0.55, 1.0])
def test_streak_chance_then_it_is_the_sum_of_all_cases(n: int, k: int, q: float) -> None:
    expected = sum(
        q ** sum(case) * (1 - q) ** (n - sum(case))
        for case in product((0, 1), repeat=n)
        if "1" * k in "".join(map(str, case))
    )
    assert streak_chance(n, q, k) == pytest.approx(expected, abs=1e-12)


def test_streak_that_hardly_ever_happens_then_its_chance_keeps_its_digits() -> None:
    # About (n - k)(1 - q)qᵏ + qᵏ, overlaps being of the second order.
    assert streak_chance(1_000, 0.1, 20) == pytest.approx(980 * 0.9e-20 + 1e-20, rel=1e-9)


def test_streak_of_what_is_no_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="no runs"):
        streak_chance(3, 1.5, 2)


def test_distribution_of_r_by_hand() -> None:
    found = r_distribution(np.array([-1.0, -0.2, 0.0, 0.49, 0.5, 3.1, np.nan]))
    assert found.bins == ((-1.0, 1), (-0.5, 1), (0.0, 2), (0.5, 1), (3.0, 1))
    assert found.quantiles["p50"] == known(0.245, 6)
    nothing = r_distribution(np.array([np.nan]))
    assert (nothing.bins, nothing.quantiles["p5"]) == ((), missing(Reason.NO_STOP, 0))
    assert r_distribution(np.empty(0)).quantiles["p5"] == missing(Reason.NO_TRADES, 0)


def test_units_then_r_is_of_its_own_risk_and_percent_of_one_capital() -> None:
    trades = trade_columns([20, -10], risk=np.array([5.0, np.nan]), r=np.array([4.0, np.nan]))
    assert in_unit(trades, Unit.R).net.tolist() == [4.0]
    assert in_unit(trades, Unit.PERCENT, 400.0).net.tolist() == [5.0, -2.5]
    assert in_unit(trades, Unit.MONEY) is trades
    with pytest.raises(ValueError, match="capital"):
        in_unit(trades, Unit.PERCENT)


def test_gross_basis_then_costs_are_out_of_money_and_r_and_told_all_the_same() -> None:
    costs = {"gross": np.array([20.0]), "fees": np.array([3.0]), "funding": np.array([1.0])}
    trades = trade_columns([18.0], **costs)
    gross = on_basis(trades, Basis.GROSS)
    assert (gross.net[0], gross.r[0]) == (20.0, 2.0)
    assert on_basis(trades, Basis.NET) is trades
    found, after = trade_metrics(gross), trade_metrics(trades)
    paid = {"fees": 3.0, "funding": 1.0, "costs": 2.0, "cost_share": 0.1}
    for name, amount in paid.items():
        assert (found[name].value, after[name].value) == (amount, amount), name


@pytest.mark.parametrize(
    ("gross", "reason"),
    [
        ([30.0, 0.0], Reason.NO_LOSING_TRADE),
        ([30.0, 5.0], Reason.NO_LOSING_TRADE),
        ([0.0, -10.0], Reason.NO_WINNING_TRADE),
    ],
)
def test_losers_that_costs_alone_made_so_then_before_costs_nothing_is_held_against_them(
    gross: list[float], reason: Reason
) -> None:
    trades = replace(trade_columns([20.0, -10.0]), gross=np.array(gross))
    found = trade_metrics(on_basis(trades, Basis.GROSS), gated=False)
    for name in ("payoff", "needed_win_rate", "expectancy_ratio", "kelly", "half_kelly"):
        assert found[name].reason == reason, name


def test_falls_in_percent_are_the_same_in_whatever_amounts_are_shown() -> None:
    trades, capital = trade_columns([20.0, -60.0, 10.0]), 100.0
    for unit in (Unit.MONEY, Unit.PERCENT):
        start = shown_capital(unit, capital)
        found = trade_metrics(in_unit(trades, unit, capital), start_capital=start)
        assert found["trade_max_drawdown_pct"].value == pytest.approx(-60 / 120)
    in_r = trade_metrics(in_unit(trades, Unit.R), start_capital=shown_capital(Unit.R, capital))
    assert in_r["trade_max_drawdown_pct"].reason == Reason.NO_CAPITAL


def test_differences_of_two_sets_then_intervals_are_welchs() -> None:
    a, b = np.array([10.0, 20, -5, 30]), np.array([-10.0, 5, -20])
    found = differences(trade_columns(a), trade_columns(b))
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert found["expectancy"].value == pytest.approx(a.mean() - b.mean())
    assert found["expectancy"].interval == pytest.approx((expected.low, expected.high))
    assert found["expectancy_r"].value == pytest.approx((a.mean() - b.mean()) / 10)
    assert found["win_rate"].value == pytest.approx(3 / 4 - 1 / 3)
    assert found["win_rate"].n == 3
    nothing = differences(trade_columns(a), empty())
    assert {one.reason for one in nothing.values()} == {
        Reason.NO_DECIDED_TRADE,
        Reason.NO_TRADES,
        Reason.NO_STOP,
    }
