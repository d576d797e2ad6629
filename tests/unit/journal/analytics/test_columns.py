"""The border: what of a journal's trades is counted, and in what."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nightdesk.core.clock import from_iso
from nightdesk.journal.columns import NAMES, Tally, counted
from nightdesk.journal.trade import JournalTrade, Outcome, Status
from nightdesk.performance.figure import Reason
from nightdesk.performance.trade_metrics import trade_metrics
from nightdesk.performance.units import Basis, Unit
from nightdesk.trading.order import Mode
from tests.builders.journal_trades import a_trade
from tests.builders.writing import NOON, a_closed_trade, played
from tests.reference.compare import difference
from tests.reference.metrics import TOLERANCE, said
from tests.unit.journal.analytics.rig import HOUR, a_result, a_week

D = Decimal
CASES = json.loads(
    (Path(__file__).parents[3] / "reference" / "data" / "metrics_reference.json").read_text()
)["cases"]
OF_TRADES = [case for case in CASES if case["kind"] == "trade_metrics"]


def written(given: Mapping[str, Any]) -> JournalTrade:
    """Return a trade of the journal with the amounts of a case; outcome by rule 10."""
    net, fees = D(str(given["net"])), D(str(given["fees"]))
    risk = D(str(given["risk"])) if given["risk"] else None
    r = net / risk if risk else None
    even = abs(net) <= abs(fees) if r is None else abs(r) < D("0.1")
    outcome = Outcome.BREAKEVEN if even else Outcome.WIN if net > 0 else Outcome.LOSS
    trade = a_closed_trade(
        given["id"],
        opened_at=from_iso(given["opened_at"]),
        closed_at=from_iso(given["closed_at"]),
        outcome=outcome,
    )
    amounts = {"gross": D(str(given["gross"])), "funding": D(str(given["funding"]))}
    return replace(
        trade,
        money=replace(trade.money, net=net, fees=fees, net_account=None, **amounts),
        risk=replace(trade.risk, r=r, initial_risk=risk),
    )


@pytest.mark.parametrize("case", OF_TRADES, ids=lambda case: case["id"])
def test_figures_of_stored_trades_are_those_of_the_reference(case: dict[str, Any]) -> None:
    given = case["inputs"]
    trades = [played(written(one)) for one in reversed(given["trades"])]
    found = counted(trades)
    figures = trade_metrics(
        found.columns,
        start_capital=given.get("start_capital"),
        gated=given.get("gates", False),
    )
    assert difference(case["expected"], said(figures), TOLERANCE) is None


def test_what_was_built_from_fills_crosses_with_all_its_amounts() -> None:
    found = counted([played(a_trade())], currency="USDT")
    columns = found.columns
    # 0.5 bought at 40,000 for 20, sold at 45,000 for 22, stop at 39,000
    assert (columns.gross[0], columns.fees[0], columns.net[0]) == (2_500, 42, 2_458)
    assert (columns.risk[0], columns.r[0]) == (500, pytest.approx(4.916))
    assert (columns.notional[0], columns.hold[0], columns.outcome[0]) == (20_000, 7_200, 1)
    assert found.currency == "USDT"


def test_open_and_void_trades_are_not_counted() -> None:
    still = replace(a_closed_trade("open"), status=Status.OPEN, closed_at=None, outcome=None)
    hidden = replace(a_closed_trade("void"), status=Status.VOID)
    found = counted([played(still), played(hidden), played(a_result("jt_1", "20"))])
    assert [one.trade.id for one in found.played] == ["jt_1"]


def test_trades_that_closed_together_stand_by_id() -> None:
    found = counted([played(a_result(name, "1")) for name in ("b", "a", "c")])
    assert [one.trade.id for one in found.played] == ["a", "b", "c"]


def test_paper_is_summed_with_live_only_where_both_are_asked_for() -> None:
    both = [
        played(a_result("live", "20")),
        played(a_result("paper", "7", mode=Mode.PAPER)),
    ]
    usual, asked = counted(both), counted(both, modes=[Mode.PAPER, Mode.LIVE])
    assert (usual.modes, usual.others, usual.columns.net.tolist()) == ((Mode.LIVE,), 1, [20])
    assert (len(asked.modes), asked.others, float(asked.columns.net.sum())) == (2, 0, 27.0)


def test_where_nothing_is_live_paper_is_counted() -> None:
    found = counted([played(a_result("paper", "7", mode=Mode.PAPER))])
    assert (found.modes, found.columns.net.tolist()) == ((Mode.PAPER,), [7])


def test_amounts_are_in_account_currency_where_each_trade_has_them() -> None:
    trade = a_result("jt_1", "20")
    euros = replace(
        trade, money=replace(trade.money, net_account=D(18), gross_account=D(18), fees_account=D(0))
    )
    found = counted([played(euros)], currency="EUR")
    assert (found.currency, found.columns.net[0]) == ("EUR", 18)
    assert found.columns.risk[0] == pytest.approx(9)  # 10 at 0.9
    assert found.columns.net[0] / found.columns.risk[0] == pytest.approx(found.columns.r[0])


def test_funding_in_account_currency_is_what_net_gross_and_fees_leave() -> None:
    trade = a_result("jt_1", "20")
    money = replace(trade.money, net_account=D(19), gross_account=D(22), fees_account=D(2))
    found = counted([played(replace(trade, money=money))], currency="EUR")
    assert found.columns.funding[0] == -1


def test_without_rates_one_shared_quote_currency_counts() -> None:
    trade = a_closed_trade("jt_1", net="20")  # it has no gross in account currency
    found = counted([played(trade)], currency="EUR")
    assert (found.currency, found.columns.net[0], found.unvalued) == ("USDT", 20, 0)


def test_without_rates_and_with_several_quotes_a_trade_has_no_value() -> None:
    bare = replace(a_closed_trade("bare", net="20"), quote="USD")
    found = counted([played(bare), played(a_result("jt_1", "5"))], currency="EUR")
    assert (found.currency, found.unvalued) == ("EUR", 1)
    figures = trade_metrics(found.columns)
    assert (figures["trade_count"].value, figures["net"].value) == (2, 5)


def test_a_fee_without_a_price_leaves_net_and_r_out() -> None:
    trade = a_closed_trade("jt_1", net=None)
    blind = replace(
        trade, outcome=None, money=replace(trade.money, fees=None), risk=replace(trade.risk, r=None)
    )
    found = counted([played(blind), played(a_result("jt_2", "5"))])
    assert (found.columns.count, found.unvalued) == (2, 1)
    assert np.isnan(found.columns.r).tolist() == [True, False]


def test_in_r_each_trade_is_divided_by_its_own_risk() -> None:
    found = counted(a_week(3)).shown(Unit.R, Basis.NET)
    assert found.columns.net.tolist() == [2, 2, -1]
    assert len(found.played) == 3


def test_percent_without_capital_says_so() -> None:
    found = counted(a_week(3))
    assert found.shown(Unit.PERCENT, Basis.NET, 1_000).columns.net.tolist() == [2, 2, -1]
    none = found.shown(Unit.PERCENT, Basis.NET)
    assert (none.columns.count, none.reason) == (0, Reason.NO_CAPITAL)


def test_on_a_gross_basis_trades_and_columns_stay_in_step() -> None:
    blind = replace(a_closed_trade("jt_0", net=None), outcome=None)
    found = counted([played(blind), *a_week(3)]).shown(Unit.MONEY, Basis.GROSS)
    assert len(found.played) == found.columns.count == 3


def test_no_trades_are_columns_of_nothing() -> None:
    found = counted([])
    assert (found.columns.count, found.currency, found.modes) == (0, None, (Mode.LIVE,))


def test_times_cross_as_seconds() -> None:
    columns = counted([played(a_result("jt_1", "1", closed_at=NOON + 90 * timedelta(minutes=1)))])
    assert columns.columns.hold.tolist() == [1.5 * HOUR.total_seconds()]


@pytest.mark.parametrize("modes", [(), (Mode.LIVE,), (Mode.PAPER,), (Mode.PAPER, Mode.LIVE)])
def test_trades_that_pass_by_count_as_those_held_whole(modes: tuple[Mode, ...]) -> None:
    trades = [
        replace(one, trade=replace(one.trade, mode=Mode.PAPER if n % 3 else Mode.LIVE))
        for n, one in enumerate(a_week(20))
    ]
    whole = counted(trades, modes=modes, currency="EUR")
    tally = Tally(keep=lambda one: one)
    for start in range(0, len(trades), 7):
        tally.take(trades[::-1][start : start + 7])
    passed = tally.counted(modes=modes, currency="EUR")
    assert (passed.played, passed.modes) == (whole.played, whole.modes)
    assert (passed.others, passed.currency) == (whole.others, whole.currency)
    for name in NAMES:
        np.testing.assert_array_equal(getattr(passed.columns, name), getattr(whole.columns, name))


def test_nothing_that_passes_by_is_nothing() -> None:
    assert Tally(keep=lambda one: one).counted().columns.count == 0


def test_a_result_near_0_then_size_and_risk_are_still_changed_at_a_rate_that_there_was() -> None:
    # bought at 0.90 and sold at 0.92 euros: 10 earned, 5 + 4.99 of fees, 0.01 left
    trade = a_closed_trade("jt_1", net="0.01", r="0.0001")
    money = replace(
        trade.money,
        gross=D(10),
        fees=D("9.99"),
        gross_account=D("9.2"),
        fees_account=D("9.0908"),
        net_account=D("0.1092"),
    )
    risk = replace(trade.risk, initial_risk=D(100))
    found = counted([played(replace(trade, money=money, risk=risk))], currency="EUR")
    quoted = trade.quantity.avg_entry * trade.quantity.qty_entered
    assert 0.90 <= found.columns.notional[0] / float(quoted) <= 0.92
    in_r = found.shown(Unit.R, Basis.NET).columns
    assert in_r.net[0] == in_r.r[0] == 0.0001
    assert in_r.gross[0] == pytest.approx(0.1, rel=0.02)
    before_costs = found.shown(Unit.R, Basis.GROSS).columns
    assert before_costs.net[0] == before_costs.r[0] == pytest.approx(0.1, rel=0.02)
