from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from nightdesk.analysis.features import FeatureCache
from nightdesk.market.candles import Candles
from nightdesk.market.resample import resample
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.conditions import Conditions, text
from nightdesk.strategies.expressions import Expr
from nightdesk.strategies.parameters import resolve
from nightdesk.strategies.signal import Holding
from nightdesk.strategies.values import Values
from tests.builders.market import some_candles
from tests.builders.strategies import a_definition

H1, H4 = Timeframe.H1, Timeframe.H4
F, U, T = 0, 1, 2


def of_closes(*closes: float, without: tuple[int, ...] = ()) -> Candles:
    close = np.array(closes, dtype=np.float64)
    return some_candles(
        close.size, open=close, high=close + 1, low=close - 1, close=close, without=without
    )


def truths(
    rule: dict[str, Any],
    candles: Candles,
    features: dict[str, Any] | None = None,
    holding: Holding | None = None,
) -> list[int]:
    conditions, expr = asked(rule, candles, features, holding)
    found: list[int] = conditions.truth(expr).tolist()
    return found


def asked(
    rule: dict[str, Any],
    candles: Candles,
    features: dict[str, Any] | None = None,
    holding: Holding | None = None,
) -> tuple[Conditions, Expr]:
    definition = a_definition(
        exit=rule,
        features=features or {},
        inputs={"limit": {"type": "decimal", "default": 2.5, "min": 0, "max": 9}},
        constraints=None,
    )
    cache = FeatureCache({H1: candles, H4: resample(candles, H4).whole()})
    values = Values(definition, resolve(definition, {}), cache, H1)
    assert definition.exit is not None
    return Conditions(values, holding), definition.exit


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ({"gt": ["close", 2]}, [F, F, T]),
        ({"gte": ["close", 2]}, [F, T, T]),
        ({"lt": ["close", 2]}, [T, F, F]),
        ({"lte": ["close", "2.0"]}, [T, T, F]),
        ({"eq": ["close", 2]}, [F, T, F]),
        ({"gt": [3, "close"]}, [T, T, F]),
        ({"between": ["close", 2, {"param": "limit"}]}, [F, T, F]),
        ({"not": {"gt": ["close", 2]}}, [T, T, F]),
        ({"all": [{"gt": ["close", 1]}, {"lt": ["close", 3]}]}, [F, T, F]),
        ({"any": [{"lt": ["close", 2]}, {"gt": ["close", 2]}]}, [T, F, T]),
        ({"gt": ["close", "close[-1]"]}, [U, T, T]),
        ({"gt": ["high", {"add": ["close", 0.5]}]}, [T, T, T]),
        ({"eq": [{"sub": ["close", 1]}, {"mul": ["close[-1]", 1]}]}, [U, T, T]),
        ({"gte": [{"div": [6, "close"]}, 3]}, [T, T, F]),
        ({"eq": [{"max": ["close", 2]}, {"min": ["close", 2]}]}, [F, T, F]),
        ({"eq": [{"abs": {"sub": ["close", 2]}}, 1]}, [T, F, T]),
        ({"rising": ["close", 2]}, [U, U, T]),
        ({"falling": ["close", 1]}, [U, F, F]),
        ({"within": [{"eq": ["close", 1]}, 2]}, [T, T, F]),
        ({"held": [{"gte": ["close", 2]}, 2]}, [F, F, T]),
    ],
)
def test_a_condition_over_closes_of_1_2_3(rule: dict[str, Any], wanted: list[int]) -> None:
    assert truths(rule, of_closes(1, 2, 3)) == wanted


def test_a_division_by_zero_is_unknown() -> None:
    rule = {"gt": [{"div": [1, {"sub": ["close", 2]}]}, 0]}
    assert truths(rule, of_closes(1, 2, 3)) == [F, U, T]


def test_a_warming_feature_is_unknown_and_so_is_its_contrary() -> None:
    features = {"mean": {"fn": "SMA", "args": {"n": 2}}}
    assert truths({"gt": ["close", "mean"]}, of_closes(1, 2, 3), features) == [U, T, T]
    assert truths({"not": {"gt": ["close", "mean"]}}, of_closes(1, 2, 3), features)[0] == U


def test_a_cross_is_above_now_and_not_above_before() -> None:
    rule = {"cross_above": ["close", 2]}
    assert truths(rule, of_closes(1, 2, 3, 4, 2, 3)) == [F, F, T, F, F, T]
    assert truths({"cross_below": ["close", 2]}, of_closes(3, 2, 1, 1, 2, 1)) == [
        F, F, T, F, F, T
    ]  # fmt: skip


def test_nothing_is_compared_across_a_gap() -> None:
    gapped = of_closes(1, 1, 9, 3, 4, without=(2,))
    assert truths({"cross_above": ["close", 2]}, gapped) == [F, F, U, F]
    assert truths({"gt": ["close", "close[-1]"]}, gapped) == [U, F, U, T]
    assert truths({"rising": ["close", 1]}, gapped) == [U, F, U, T]


def test_a_cross_of_a_higher_timeframe_fires_once_at_the_first_base_close_after_it() -> None:
    closes = [1.0] * 8 + [9.0] * 8  # the third 4h candle, which closes with row 11, is the first up
    features = {
        "now": {"fn": "SMA", "tf": "4h", "args": {"n": 2}},
    }
    found = truths({"cross_above": ["now", 2]}, of_closes(*closes), features)
    assert [i for i, value in enumerate(found) if value == T] == [11]


def test_time_is_that_of_the_close_in_utc() -> None:
    candles = some_candles(24 * 8)  # from Monday 00:00; the first closes at 01:00
    noon = truths({"time": {"hours": [12]}}, candles)
    assert [i for i, value in enumerate(noon) if value == T][:2] == [11, 35]
    sunday = truths({"time": {"weekdays": [7]}}, candles)
    assert [i for i, value in enumerate(sunday) if value == T] == list(range(143, 167))


def test_an_unknown_regime_is_unknown_unless_it_is_asked_for() -> None:
    candles = some_candles(10)
    assert set(truths({"regime": {"in": ["ranging"]}}, candles)) == {U}
    assert set(truths({"not": {"regime": {"in": ["ranging"]}}}, candles)) == {U}
    assert set(truths({"regime": {"in": ["unknown"]}}, candles)) == {T}


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        ({"pnl_r_gte": 2}, T),
        ({"pnl_r_gte": "2.01"}, F),
        ({"pnl_r_lte": -1}, F),
        ({"bars_gte": 3}, T),
        ({"bars_gte": 4}, F),
        ({"pnl_r_gte": 1, "bars_gte": 4}, F),
    ],
)
def test_a_position_is_asked_at_the_last_close_only(test: dict[str, Any], wanted: int) -> None:
    candles = of_closes(10, 10, 10, 11, 14)
    holding = Holding(price=10, risk=2, since=candles.last_open - timedelta(hours=2))
    found = truths({"position": test}, candles, holding=holding)
    assert found == [U, U, U, U, wanted]


def test_without_a_position_or_its_risk_there_is_no_answer() -> None:
    candles = of_closes(10, 11)
    riskless = Holding(price=10, risk=0, since=datetime(2024, 1, 1, tzinfo=UTC))
    assert truths({"position": {"pnl_r_gte": 0}}, candles) == [U, U]
    assert truths({"position": {"pnl_r_gte": 0}}, candles, holding=riskless) == [U, U]


def test_the_reason_names_the_true_leaves_with_their_values() -> None:
    rule = {
        "all": [
            {"any": [{"gt": ["close", 2]}, {"gt": ["close", 5]}]},
            {"not": {"lt": ["close", {"param": "limit"}]}},
            {"within": [{"eq": ["close", 1]}, 3]},
        ]
    }
    conditions, expr = asked(rule, of_closes(1, 2, 3))
    assert [str(leaf) for leaf in conditions.true_leaves(expr, 2)] == [
        "gt(close, 2) (close=3)",
        "not(lt(close, limit)) (close=3, limit=2.5)",
        "within(eq(close, 1), 3) (close=3)",
    ]
    assert list(conditions.true_leaves(expr, 0)) == []


def test_terms_read_as_a_person_writes_them() -> None:
    _, regime = asked({"regime": {"tf": "4h", "in": ["ranging", "volatile"]}}, of_closes(1))
    _, hours = asked({"time": {"hours": [1, 2]}}, of_closes(1))
    assert text(regime) == "regime 4h in ranging|volatile"
    assert text(hours) == "time(hours=[1, 2])"


@pytest.mark.parametrize(("close", "close_call"), [(2.000001, True), (2.0001, False), (2, True)])
def test_values_closer_than_a_millionth_are_a_knife_edge(close: float, close_call: bool) -> None:
    conditions, expr = asked({"gt": ["close", 2]}, of_closes(5, close))
    conditions.truth(expr)
    assert conditions.knife_edge(1) is close_call
    assert conditions.knife_edge(0) is False
