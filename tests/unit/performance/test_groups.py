"""Breakdowns: each row is what the metrics of its trades alone say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.market.candles import Floats
from nightdesk.performance.figure import Figure, Reason
from nightdesk.performance.groups import Breakdowns, Ints
from nightdesk.performance.significance import welch_two_sided
from nightdesk.performance.trade_metrics import TradeColumns, trade_metrics
from tests.builders.performance import trade_columns

ROWS = st.lists(
    st.tuples(st.integers(-60, 60), st.integers(-1, 3), st.booleans()), min_size=1, max_size=50
)
ALIKE = (
    *("net", "net_r", "win_rate", "expectancy", "expectancy_r", "profit_factor"),
    "average_hold_seconds",
)


def columns(net: Floats, stopped: Floats) -> TradeColumns:
    risk = np.where(stopped, 10.0, np.nan)
    hold: Floats = np.arange(1, net.size + 1, dtype=np.float64) * 60
    return trade_columns(net, r=net / risk, risk=risk, hold=hold)


def same(one: Figure, other: Figure) -> None:
    assert (one.n, one.reason) == (other.n, other.reason)
    if other.value is not None:
        assert one.value == pytest.approx(other.value, rel=1e-9, abs=1e-9)
        assert one.interval == (
            None if other.interval is None else pytest.approx(other.interval, rel=1e-9, abs=1e-9)
        )


@given(rows=ROWS)
def test_row_then_it_says_what_its_trades_alone_say(rows: list[tuple[int, int, bool]]) -> None:
    net, codes, stopped = (np.array(column) for column in zip(*rows, strict=True))
    trades = columns(net.astype(np.float64), stopped)
    found = Breakdowns.of(trades).by(codes, 4)
    for group in range(4):
        alone = trade_metrics(trades.take(codes == group))
        row = found.row(group)
        assert row["n"].value == alone["trade_count"].value
        assert row["decided"].value == alone["wins"].value + alone["losses"].value  # type: ignore[operator]
        for name in ALIKE:
            same(row[name], alone[name])


@given(rows=ROWS)
def test_partition_then_its_rows_make_the_whole(rows: list[tuple[int, int, bool]]) -> None:
    net, codes, stopped = (np.array(column) for column in zip(*rows, strict=True))
    trades = columns(net.astype(np.float64), stopped)
    found = Breakdowns.of(trades).by(codes + 1, 5)
    whole = Breakdowns.of(trades).by(np.zeros(net.size, dtype=np.int64), 1)
    for total, one in ((found.n, whole.n), (found.decided, whole.decided)):
        assert total.sum() == one[0]
    assert found.net.total.sum() == pytest.approx(net.sum())
    assert found.r.total.sum() == pytest.approx(whole.r.total[0])
    if net.sum():
        assert np.nansum(found.share_of_net) == pytest.approx(1)
    else:
        assert found.row(0)["share_of_net"].value is None


def many(seed: int, shift: float) -> tuple[TradeColumns, Ints]:
    """Two hundred trades; those of group 1 are better by `shift` R."""
    chance = np.random.default_rng(seed)
    codes = np.repeat(np.arange(5), [60, 60, 60, 15, 5])
    r = chance.normal(0, 1, codes.size) + shift * (codes == 1)
    return trade_columns(r * 10), codes


def test_p_of_a_row_then_it_is_welchs_against_all_other_trades() -> None:
    trades, codes = many(1, 0.6)
    found = Breakdowns.of(trades).by(codes, 5)
    for group in range(4):
        own, rest = trades.r[codes == group], trades.r[codes != group]
        assert found.p[group] == pytest.approx(welch_two_sided(own, rest), rel=1e-9)
        assert found.difference[group] == pytest.approx(own.mean() - rest.mean())


def test_row_that_is_really_better_then_it_alone_is_named_and_thin_ones_never() -> None:
    trades, codes = many(1, 1.5)
    found = Breakdowns.of(trades).by(codes, 5)
    assert found.verdict[1] == 1
    assert found.thin.tolist() == [False, False, False, False, True]
    assert np.isnan(found.p[4])
    assert found.verdict[4] == 0


def test_row_of_many_trades_of_which_few_have_r_then_it_is_not_compared() -> None:
    r = np.array([3.0, 3.1] + [np.nan] * 18 + [-0.5, -0.4] * 10)
    trades = trade_columns(np.where(np.isfinite(r), r, 1.0) * 10, r=r)
    codes = np.array([0] * 20 + [1] * 20)
    found = Breakdowns.of(trades, thin_n=10).by(codes, 2)
    assert found.thin.tolist() == [False, False]
    assert np.isnan(found.p[0])
    assert found.verdict[0] == 0


def test_order_then_it_is_by_net_r_and_thin_and_empty_rows_are_not_among_the_first() -> None:
    net = np.array([10.0] * 12 + [20.0] * 12 + [500.0])
    codes = np.repeat([0, 2, 3], [12, 12, 1])
    found = Breakdowns.of(trade_columns(net)).by(codes, 5)
    assert found.order.tolist() == [2, 0, 3]


def test_trade_with_three_tags_then_it_stands_in_three_rows() -> None:
    trades = trade_columns([10, -5])
    tags = np.array([0, 1, 2, 1])
    found = Breakdowns.of(trades).by(tags, 3, rows=np.array([0, 0, 0, 1]))
    assert found.n.tolist() == [1, 2, 1]
    assert found.net.total.tolist() == [10, 5, 10]
    assert found.share_of_net.tolist() == [2, 1, 2]  # of the whole, in which it counts once


def test_trade_without_a_known_net_then_it_is_in_no_row() -> None:
    trades = trade_columns([np.nan, 10, -5], gross=np.array([99.0, 10, -5]))
    found = Breakdowns.of(trades).by(np.array([0, 0, 1]), 2)
    assert found.n.tolist() == [1, 1]
    several = Breakdowns.of(trades).by(np.array([0, 1]), 2, rows=np.array([0, 2]))
    assert several.n.tolist() == [0, 1]


def test_no_trades_then_rows_are_empty_and_none_is_shown() -> None:
    found = Breakdowns.of(trade_columns([])).by(np.empty(0, dtype=np.int64), 2)
    assert found.order.size == 0
    there = {name: one.value for name, one in found.row(0).items() if one.reason is None}
    assert there == {"n": 0, "decided": 0, "net": 0, "net_r": 0}
    assert {one.reason for one in found.row(0).values()} == {None, Reason.NO_TRADES}


def test_share_of_a_net_that_cancels_out_then_there_is_none() -> None:
    found = Breakdowns.of(trade_columns([0.1, 0.2, -0.3])).by(np.array([0, 1, 1]), 2)
    assert [one["share_of_net"].reason for one in found.rows([0, 1])] == [Reason.ZERO_NET] * 2
    small = Breakdowns.of(trade_columns([1e-9, 3e-9, -2e-9])).by(np.array([0, 1, 1]), 2)
    assert [one["share_of_net"].value for one in small.rows([0, 1])] == pytest.approx([0.5, 0.5])


def test_where_nothing_varies_then_equal_groups_are_equal() -> None:
    codes = np.repeat([0, 1], 12)
    found = Breakdowns.of(trade_columns(np.full(24, 10.0))).by(codes, 2)
    assert found.p.tolist() == [1.0, 1.0]
    assert found.verdict.tolist() == [0, 0]


@pytest.mark.parametrize("r", [0.1, 0.7, 1.1, -1.3])
def test_where_rounding_alone_varies_then_no_group_is_better_or_worse(r: float) -> None:
    codes = np.repeat([0, 1, 2], [11, 17, 30])
    net = np.full(codes.size, 1.0)
    alike = trade_columns(net, r=np.full(codes.size, r))
    noisy = replace(alike, r=alike.r + 1e-14 * (codes == 1))
    for trades in (alike, noisy):
        found = Breakdowns.of(trades).by(codes, 3)
        assert found.p.tolist() == [1.0, 1.0, 1.0]
        assert found.verdict.tolist() == [0, 0, 0]


@pytest.mark.parametrize("codes", [[0], [0, 2]])
def test_codes_that_do_not_fit_are_refused(codes: list[int]) -> None:
    with pytest.raises(ValueError, match="group"):
        Breakdowns.of(trade_columns([1, 2])).by(np.array(codes), 2)
