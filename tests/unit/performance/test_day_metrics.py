"""Day metrics against performance libraries, their gates, and what has no meaning."""

import empyrical
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from nightdesk.market.candles import Floats
from nightdesk.performance.day_metrics import (
    FORMULAS,
    day_metrics,
    exposure,
    recovery_factor,
    rolling_sharpe,
    turnover,
)
from nightdesk.performance.figure import Caveat, Figure, Reason

RETURNS = st.lists(st.integers(-300, 300), min_size=20, max_size=200).map(
    lambda whole: np.array(whole) / 1_000
)


def value(figure: Figure) -> float:
    assert figure.value is not None, figure.reason
    return figure.value


@given(returns=RETURNS)
def test_metrics_of_any_year_then_they_are_empyricals(returns: Floats) -> None:
    assume(np.unique(returns).size > 5)
    assume((returns < 0).sum() > 2)
    assume(np.quantile(returns, 0.05) != 0)
    found = day_metrics(returns, gated=False)
    days = {"annualization": 365}
    expected = {
        "sharpe": empyrical.sharpe_ratio(returns, **days),
        "sortino": empyrical.sortino_ratio(returns, **days),
        "cagr": empyrical.cagr(returns, **days),
        "calmar": empyrical.calmar_ratio(returns, **days),
        "volatility": empyrical.annual_volatility(returns, **days),
        "max_drawdown": empyrical.max_drawdown(returns),
        "omega": empyrical.omega_ratio(returns, **days),
        "var_95": empyrical.value_at_risk(returns, 0.05),
        "tail_ratio": empyrical.tail_ratio(returns),
        "total_return": empyrical.cum_returns_final(returns),
        "skew": stats.skew(returns, bias=False),
        "excess_kurtosis": stats.kurtosis(returns, bias=False),
    }
    for name, other in expected.items():
        assert value(found[name]) == pytest.approx(float(other), rel=1e-9, abs=1e-12), name


@given(returns=RETURNS)
def test_risk_free_rate_and_acceptable_return_count_by_day(returns: Floats) -> None:
    assume(np.unique(returns).size > 5)
    assume((returns < 0).any())
    found = day_metrics(returns, rf=0.03, mar=0.05, gated=False)
    rf, mar = 1.03 ** (1 / 365) - 1, 1.05 ** (1 / 365) - 1
    sharpe = empyrical.sharpe_ratio(returns, risk_free=rf, annualization=365)
    sortino = empyrical.sortino_ratio(returns, required_return=mar, annualization=365)
    assert value(found["sharpe"]) == pytest.approx(float(sharpe), rel=1e-9, abs=1e-12)
    assert value(found["sortino"]) == pytest.approx(float(sortino), rel=1e-9, abs=1e-12)


@given(returns=RETURNS, rf=st.sampled_from([0.0, 0.03]))
def test_ulcer_index_and_its_performance_index_are_those_of_ffn(returns: Floats, rf: float) -> None:
    import ffn  # and all that it draws and learns with: no other test is to wait for it
    import pandas as pd

    assume((returns < 0).any())
    curve = pd.Series(np.concatenate(([1.0], np.cumprod(1 + returns))))
    found = day_metrics(returns, rf=rf, gated=False)
    ulcer = ffn.to_ulcer_index(curve) / 100  # in percent there
    performance = ffn.to_ulcer_performance_index(curve, rf=rf, nperiods=365)
    assert value(found["ulcer_index"]) == pytest.approx(float(ulcer), rel=1e-9)
    assert value(found["ulcer_performance_index"]) == pytest.approx(float(performance), rel=1e-9)


@given(returns=RETURNS)
def test_pain_is_the_mean_over_the_curve_with_its_start(returns: Floats) -> None:
    # Written out: each point against the highest one up to it.
    curve = [1.0]
    for one in returns.tolist():
        curve.append(curve[-1] * (1 + one))
    depths = [point / max(curve[: place + 1]) - 1 for place, point in enumerate(curve)]
    pain = sum(-depth for depth in depths) / len(depths)
    found = day_metrics(returns, gated=False)
    assert value(found["pain_index"]) == pytest.approx(pain, rel=1e-9, abs=1e-11)


def test_probabilistic_sharpe_then_it_is_that_of_its_paper() -> None:
    # Normal moments: Φ(SR·√(n-1)/√(1 + SR²/2)), Bailey and López de Prado (2012), equation 11.
    returns = np.random.default_rng(3).normal(0.001, 0.02, 400)
    ratio = returns.mean() / returns.std(ddof=1)
    third = stats.skew(returns, bias=False)
    fourth = stats.kurtosis(returns, bias=False) + 3
    spread = np.sqrt(1 - third * ratio + (fourth - 1) / 4 * ratio**2)
    expected = stats.norm.cdf(ratio * np.sqrt(399) / spread)
    found = value(day_metrics(returns)["probabilistic_sharpe"])
    assert found == pytest.approx(float(expected), rel=1e-9)


HIDDEN_30 = {
    *("volatility", "sharpe", "sortino", "omega", "gain_to_pain", "var_95", "cvar_95"),
    *("tail_ratio", "skew", "excess_kurtosis", "probabilistic_sharpe"),
}
HIDDEN_90 = {"cagr", "calmar", "ulcer_performance_index"}


@pytest.mark.parametrize(
    ("n", "hidden", "doubted"),
    [
        (29, HIDDEN_30 | HIDDEN_90, set()),
        (30, HIDDEN_90, {"sharpe", "sortino", "probabilistic_sharpe"}),
        (89, HIDDEN_90, {"sharpe", "sortino", "probabilistic_sharpe"}),
        (90, set(), set()),
    ],
)
def test_gates_at_each_number_of_days(n: int, hidden: set[str], doubted: set[str]) -> None:
    found = day_metrics(np.random.default_rng(5).normal(0, 0.02, n))
    assert {name for name, one in found.items() if one.reason == Reason.TOO_FEW_DAYS} == hidden
    assert {name for name, one in found.items() if one.caveat == Caveat.FEW_DAYS} == doubted


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 29, 400])
@pytest.mark.parametrize("gated", [True, False])
def test_any_number_of_days_then_the_answer_has_one_shape(n: int, gated: bool) -> None:
    found = day_metrics(np.random.default_rng(6).normal(0, 0.02, n), gated=gated)
    assert list(found) == list(FORMULAS)
    assert {one.n for one in found.values()} == {n}


def test_no_days_then_only_the_flat_ones_are_counted() -> None:
    found = day_metrics(np.empty(0))
    assert value(found.pop("flat_days")) == 0
    assert {one.reason for one in found.values()} == {Reason.NO_DAYS}


def test_flat_days_alone_then_there_is_no_decided_one() -> None:
    found = day_metrics(np.zeros(100))
    reasons = {name: one.reason for name, one in found.items() if one.reason}
    assert reasons == {
        "sharpe": "ZERO_VARIANCE",
        "sortino": "NO_DOWNSIDE",
        "calmar": "NO_DRAWDOWN",
        "ulcer_performance_index": "NO_DRAWDOWN",
        "omega": "NO_LOSING_DAY",
        "gain_to_pain": "NO_LOSING_DAY",
        "tail_ratio": "ZERO_TAIL",
        "skew": "ZERO_VARIANCE",
        "excess_kurtosis": "ZERO_VARIANCE",
        "probabilistic_sharpe": "ZERO_VARIANCE",
        "day_win_rate": "NO_DECIDED_DAY",
    }


def test_total_loss_then_nothing_after_it_counts() -> None:
    lost = day_metrics(np.array([0.02, -1.0]), gated=False)
    assert day_metrics(np.array([0.02, -1.7, 0.5, 3.0]), gated=False) == lost


@pytest.mark.parametrize("huge", [1e3, 1e160, 1e300])
def test_growth_that_no_number_holds_then_it_is_no_infinity(huge: float) -> None:
    found = day_metrics(np.array([huge, huge / 2, -0.5, huge]), gated=False)
    assert found["cagr"].reason == Reason.NOT_FINITE
    assert list(found) == list(FORMULAS)


def test_rolling_sharpe_then_each_window_is_by_itself() -> None:
    returns = np.random.default_rng(8).normal(0.001, 0.02, 60)
    returns[:10] = 0.01
    found = rolling_sharpe(returns, 10, rf=0.02)
    assert np.isnan(found[:10]).all()  # nine before it is full, one in which nothing varied
    rf = 1.02 ** (1 / 365) - 1
    for end in (11, 40, 60):
        window = returns[end - 10 : end]
        expected = empyrical.sharpe_ratio(window, risk_free=rf, annualization=365)
        assert found[end - 1] == pytest.approx(float(expected), rel=1e-9)
    assert np.isnan(rolling_sharpe(returns[:5], 10)).all()
    with pytest.raises(ValueError, match="two days"):
        rolling_sharpe(returns, 1)


INTERVALS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=8)


@given(intervals=INTERVALS)
def test_exposure_then_each_second_counts_once(intervals: list[tuple[int, int]]) -> None:
    opened = np.array([start for start, _ in intervals], dtype=np.float64)
    closed = np.array([start + length for start, length in intervals], dtype=np.float64)
    covered = {
        second for start, length in intervals for second in range(start, start + length)
    } & set(range(10, 50))
    assert value(exposure(10, 50, opened, closed)) == pytest.approx(len(covered) / 40)


def test_exposure_of_no_time_then_there_is_none() -> None:
    assert exposure(5, 5, np.empty(0), np.empty(0)).reason == Reason.NO_DAYS
    assert value(exposure(0, 5, np.empty(0), np.empty(0))) == 0


def test_days_that_rounding_alone_moved_then_they_neither_gained_nor_lost() -> None:
    found = day_metrics(np.array([0.01, -1e-16, 0.02, 1e-13, -1e-12]), gated=False)
    for name in ("omega", "gain_to_pain"):
        assert found[name].reason == Reason.NO_LOSING_DAY, name
    assert value(day_metrics(np.array([-0.01, 1e-13]), gated=False)["omega"]) == 0


def test_fall_that_is_rounding_of_the_equity_then_there_is_none() -> None:
    changes = np.array([0.0, -1e-10, 5.0])
    assert recovery_factor(changes, equity=20_000.0).reason == Reason.NO_DRAWDOWN
    assert value(recovery_factor(changes)) == pytest.approx(5e10)


def test_turnover_and_recovery_by_hand() -> None:
    assert value(turnover(np.array([300.0, 500.0]), np.array([100.0, 300.0]))) == 4
    assert turnover(np.array([300.0]), np.zeros(3)).reason == Reason.NO_CAPITAL
    assert value(recovery_factor(np.array([10.0, -4.0, 1.0, 8.0]))) == 15 / 4
    assert recovery_factor(np.array([1.0])).reason == Reason.NO_DRAWDOWN
    assert recovery_factor(np.empty(0)).reason == Reason.NO_DAYS
