"""Sizes worked by hand; every figure stands in the test with its arithmetic."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.risk import sizing
from nightdesk.risk.limits import OwnerLimits
from tests.builders.risk import a_proposal, an_exposure, calm, risk_rules, some_costs

D = Decimal

COSTS = some_costs()  # fee 0.1 %, entry 0.2 %, stop 0.3 %, bound 1 %


@pytest.mark.parametrize(
    ("regime", "stop"),
    [
        ("trending_up", "94"),  # 100 - 5 x 1.2
        ("trending_down", "94"),
        ("ranging", "96"),  # 100 - 5 x 0.8
        ("volatile", "92.5"),  # 100 - 5 x 1.5
        ("unknown", "95"),
    ],
)
def test_final_stop_takes_the_distance_times_the_regime(regime: str, stop: str) -> None:
    assert sizing.final_stop(D(100), D(95), regime, risk_rules()) == D(stop)


def test_final_stop_ceils_to_tick_so_that_no_more_is_risked() -> None:
    # 100 - (100 - 95.003) x 1.2 = 94.0036
    assert sizing.final_stop(D(100), D("95.003"), "trending_up", risk_rules()) == D("94.01")


def test_final_stop_below_zero_becomes_the_smallest_price() -> None:
    # 100 - (100 - 30) x 1.5 = -5
    assert sizing.final_stop(D(100), D(30), "volatile", risk_rules()) == D("0.01")


def test_loss_per_unit_counts_both_legs() -> None:
    # paid 100 x 1.002 x 1.001 = 100.3002; got 95 x 0.997 x 0.999 = 94.620285
    assert sizing.loss_per_unit(D(100), D(95), COSTS) == D("5.679915")


def test_loss_per_unit_without_costs_is_the_distance() -> None:
    free = some_costs(fee=D(0), entry=D(0), stop=D(0))
    assert sizing.loss_per_unit(D(100), D(95), free) == D(5)


def test_gain_per_unit_is_net_of_both_legs() -> None:
    # got 110 x 0.998 x 0.999 = 109.67022; paid 100.3002
    assert sizing.gain_per_unit(D(100), D(110), COSTS) == D("9.37002")


def test_round_trip_cost_is_what_buying_and_selling_at_once_loses() -> None:
    # paid 100.3002; got 100 x 0.998 x 0.999 = 99.7002
    assert sizing.round_trip_cost(D(100), COSTS) == D("0.6")


def test_fixed_risk_loses_the_share_at_the_stop() -> None:
    # 10,000 x 1 % = 100; 100 / 5.679915 = 17.6058...
    size = sizing.fixed_risk(D(10000), D("0.01"), D("5.679915"), D("0.001"))
    assert size == D("17.605")


def test_fixed_risk_multiplies_before_it_floors() -> None:
    # 100 / 5.679915 = 17.60589; x 0.5 x 0.75 = 6.60221
    size = sizing.fixed_risk(
        D(10000), D("0.01"), D("5.679915"), D("0.001"), {"a": D("0.5"), "b": D("0.75")}
    )
    assert size == D("6.602")


@pytest.mark.parametrize("factor", ["1.0001", "-0.1"])
def test_fixed_risk_with_a_factor_outside_zero_to_one_raises(factor: str) -> None:
    with pytest.raises(ValueError, match="streak"):
        sizing.fixed_risk(D(1000), D("0.01"), D(5), D("0.001"), {"streak": D(factor)})


def test_fixed_risk_without_a_loss_at_the_stop_raises() -> None:
    with pytest.raises(ValueError, match="below the entry"):
        sizing.fixed_risk(D(1000), D("0.01"), D(0), D("0.001"))


def test_fixed_risk_of_an_equity_below_zero_is_nothing() -> None:
    assert sizing.fixed_risk(D(-5), D("0.01"), D(5), D("0.001")) == 0


def test_reserve_covers_the_bound_and_its_fee_rounded_up() -> None:
    bound = sizing.price_bound(D("100.003"), COSTS, risk_rules())
    assert bound == D("101.01")  # 100.003 x 1.01 = 101.00303
    # 0.123 x 101.01 x 1.00025 = 12.4273360575
    assert sizing.reserve(D("0.123"), bound, D("0.00025")) == D("12.42733606")


def test_planned_risk_is_the_loss_of_the_whole_quantity_rounded_up() -> None:
    # 17.605 x 5.679915 = 99.994903575
    assert sizing.planned_risk(D("17.605"), D("5.679915")) == D("99.99490358")


def test_reserve_covers_a_notional_of_many_places_and_the_fee_of_its_fill() -> None:
    # 0.12345678 x 101.01 = 12.4703693478, fee 0.003117592336...: each up at eight places
    assert sizing.reserve(D("0.12345678"), D("101.01"), D("0.00025")) == D("12.47348695")


def test_affordable_spares_what_rounding_may_add() -> None:
    bound, fee = D("101"), D("0.001")
    cash = sizing.reserve(D(3), bound, fee)  # 3 x 101.101
    assert sizing.affordable(cash + D("0.000001"), bound, fee) == D(3)
    assert sizing.affordable(cash, bound, fee) < D(3)
    assert sizing.affordable(D("0.0000005"), bound, fee) == 0


def test_factors_halve_for_an_unknown_week_and_a_loss_streak() -> None:
    proposal = a_proposal(strength=D("0.8"))
    streak = an_exposure(loss_streak=5)
    found = sizing.factors(proposal, streak, calm(weekly_gate="unknown"), OwnerLimits())
    assert dict(found) == {"strength": D("0.8"), "weekly": D("0.5"), "streak": D("0.5")}


def test_factors_leave_a_strategy_alone_that_opted_out_of_the_week() -> None:
    conditions = calm(weekly_gate="unknown", obey_weekly_gate=False)
    found = sizing.factors(a_proposal(), an_exposure(loss_streak=4), conditions, OwnerLimits())
    assert set(found.values()) == {D(1)}


FACTORS = st.dictionaries(st.sampled_from("abcdef"), st.decimals(0, 1, places=4))


@given(
    equity=st.decimals(-1000, 10**7, places=2),
    loss=st.decimals("0.0001", 10**5, places=4),
    factors=FACTORS,
)
def test_factors_never_enlarge(equity: D, loss: D, factors: dict[str, D]) -> None:
    risk, lot = D("0.02"), D("0.0001")
    plain = sizing.fixed_risk(equity, risk, loss, lot)
    shrunk = sizing.fixed_risk(equity, risk, loss, lot, factors)
    assert 0 <= shrunk <= plain
    assert shrunk % lot == 0
