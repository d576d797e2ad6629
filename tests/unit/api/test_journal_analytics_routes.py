"""The routes of the journal's figures."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.journal.analytics import (
    ReadDistribution,
    ReadDrawdowns,
    ReadEquity,
    ReadMetrics,
    ReadRolling,
)
from nightdesk.journal.benchmark import ReadHolding
from nightdesk.journal.grouping import Compare, ReadBreakdown, ReadCalendar, ReadExitAnalysis
from nightdesk.journal.saved_metric import DAY_METRICS, DIMENSIONS, TRADE_METRICS
from tests.builders.accounts import NOW
from tests.builders.writing import played
from tests.unit.api.conftest import Api
from tests.unit.api.writing_rig import Desk, refused
from tests.unit.journal.analytics.rig import DAY, HOUR, Rig, a_result

ROUTES = (
    *("metrics", "equity", "drawdowns", "calendar", "heatmap", "distribution", "rolling"),
    *("breakdown/hour", "compare", "exit-analysis"),
)


@pytest.fixture
def desk(api: Api) -> Desk:
    """Alice has nine trades, three of them losses; nobody has a bot."""
    desk, rig = Desk(api), Rig()
    for place in range(9):
        trade = a_result(
            f"jt_{place}",
            "-10" if place % 3 == 2 else "20",
            opened_at=NOW - 9 * DAY + DAY * place,
            closed_at=NOW - 9 * DAY + DAY * place + HOUR,
        )
        rig.had(played(replace(trade, owner=desk.owner)))
    look = rig.look
    api.give(
        {
            bootstrap.read_metrics: ReadMetrics(look, ReadHolding(rig.candles, ("binance",))),
            bootstrap.read_equity_curve: ReadEquity(look),
            bootstrap.read_drawdowns: ReadDrawdowns(look),
            bootstrap.read_calendar: ReadCalendar(look),
            bootstrap.read_breakdown: ReadBreakdown(look, rig.books),
            bootstrap.read_distribution: ReadDistribution(look),
            bootstrap.read_rolling: ReadRolling(look),
            bootstrap.compare_trades: Compare(look),
            bootstrap.read_exit_analysis: ReadExitAnalysis(look),
        }
    )
    return desk


def shown(desk: Desk, path: str, *, as_bob: bool = False, **query: Any) -> dict[str, Any]:
    answer = desk.call("GET", f"/analytics/{path}", as_bob=as_bob, params=query)
    assert answer.status_code == 200, answer.text
    out: dict[str, Any] = answer.json()
    return out


def shape(value: Any) -> Any:
    """Return the names in an answer, however much it holds."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items() if name != "interval"}
    return None


def test_all_metrics_are_shown_each_in_one_form(desk: Desk) -> None:
    found = shown(desk, "metrics")
    assert set(found["day_metrics"]) == DAY_METRICS
    assert set(found["trade_metrics"]) == TRADE_METRICS
    win_rate = found["trade_metrics"]["win_rate"]
    assert set(win_rate) == {"value", "n", "reason", "caveat", "interval"}
    assert (round(win_rate["value"], 6), win_rate["n"]) == (0.666667, 9)
    assert found["day_metrics"]["sharpe"]["reason"] == "NO_DAYS"
    assert found["counts"] == {
        "n": 9,
        "modes": ["live"],
        "others": 0,
        "unvalued": 0,
        "currency": "USDT",
        "unit": "money",
        "basis": "net",
        "zone": "UTC",
        "lines": [],
        "reason": None,
    }
    assert found["conventions"]["days_per_year"] == 365


@pytest.mark.parametrize("path", ["metrics", "compare", "exit-analysis"])
def test_an_empty_journal_has_the_same_shape(desk: Desk, path: str) -> None:
    assert shape(shown(desk, path, as_bob=True)) == shape(shown(desk, path))


@pytest.mark.parametrize("path", ROUTES)
def test_another_trader_sees_nothing_of_it(desk: Desk, path: str) -> None:
    found = shown(desk, path, as_bob=True)
    counts = found["a"]["counts"] if path == "compare" else found["counts"]
    assert counts["n"] == 0
    assert "jt_" not in str(found)


@pytest.mark.parametrize("path", ROUTES)
def test_without_a_token_it_is_401(desk: Desk, path: str) -> None:
    assert desk.api.client.get(f"/api/journal/analytics/{path}").status_code == 401


@pytest.mark.parametrize("dimension", sorted(DIMENSIONS))
def test_every_dimension_is_served(desk: Desk, dimension: str) -> None:
    found = shown(desk, f"breakdown/{dimension}")
    assert found["total"]["figures"]["n"]["value"] == 9
    rows = sum(row["figures"]["n"]["value"] for row in found["rows"])
    assert rows + found["total"]["without"] == 9


def test_an_unknown_dimension_is_missing(desk: Desk) -> None:
    answer = desk.call("GET", "/analytics/breakdown/moon")
    assert refused(answer) == (404, "UNKNOWN_DIMENSION")


def test_small_groups_are_hidden_on_demand(desk: Desk) -> None:
    found = shown(desk, "breakdown/weekday", min_n=2)
    assert [row["name"] for row in found["rows"]] != []
    assert found["total"]["hidden"] == 7 - len(found["rows"])
    assert {row["verdict"] for row in found["rows"]} == {"no difference proven"}


def test_the_curve_of_trades_has_money_and_r(desk: Desk) -> None:
    found = shown(desk, "equity", scope="trades")
    assert [one["value"] for one in found["points"]][-1] == 90
    assert [one["value"] for one in found["r"]][-1] == 9
    assert found["account"] is None


def test_the_account_is_a_curve_of_its_own(desk: Desk) -> None:
    found = shown(desk, "equity")
    assert (found["points"], found["account"]["currency"]) == ([], None)


def test_drawdowns_of_trades_name_high_and_recovery(desk: Desk) -> None:
    falls = shown(desk, "drawdowns", scope="trades")["by_trade"]
    assert [fall["depth"] for fall in falls] == [-10, -10, -10]
    assert falls[-1]["recovered"] is None


def test_a_month_is_shown_by_day(desk: Desk) -> None:
    month = f"{NOW - 5 * DAY:%Y-%m}"
    found = shown(desk, "calendar", month=month)
    assert (found["month"], len(found["days"]) >= 28) == (month, True)
    assert shown(desk, "calendar")["month"] == f"{NOW:%Y-%m}"


def test_the_map_has_a_count_in_each_cell(desk: Desk) -> None:
    found = shown(desk, "heatmap")
    assert found["dimensions"] == ["weekday", "hour"]
    assert sum(cell["figures"]["n"]["value"] for cell in found["cells"]) == 9
    other = shown(desk, "heatmap", rows="side", cols="session")
    assert len(other["cells"]) == 1


def test_r_is_spread_over_bins(desk: Desk) -> None:
    found = shown(desk, "distribution")
    assert found["bins"] == [{"low": -1, "n": 3}, {"low": 2, "n": 6}]


def test_a_figure_moves_along_trades(desk: Desk) -> None:
    found = shown(desk, "rolling", of="expectancy", window=9)
    assert [one["value"] for one in found["points"]] == [10]
    assert shown(desk, "rolling")["points"] == []


def test_two_selections_stand_side_by_side(desk: Desk) -> None:
    query: dict[str, Any] = {"a.outcome": "win", "b.outcome": "loss", "b.by": "opened"}
    found = shown(desk, "compare", **query)
    assert found["a"]["trade_metrics"]["net"]["value"] == 120
    assert found["b"]["trade_metrics"]["net"]["value"] == -30
    assert found["differences"]["expectancy_r"]["value"] == 3
    assert found["shared"] == 0


def test_filters_are_those_of_trade_lists(desk: Desk) -> None:
    query: dict[str, Any] = {
        "outcome": ["loss", "breakeven"],
        "instrument": "BTC/USDT@binance",
        "max_r": "0",
    }
    assert shown(desk, "metrics", **query)["counts"]["n"] == 3
    assert shown(desk, "metrics", min_r="5")["counts"]["n"] == 0
    assert shown(desk, "metrics", mode="paper")["counts"]["modes"] == ["paper"]


def test_units_and_basis_are_toggled(desk: Desk) -> None:
    in_r = shown(desk, "metrics", unit="r", basis="gross")
    assert in_r["trade_metrics"]["net"]["value"] == 9
    percent = shown(desk, "metrics", unit="percent")
    assert percent["counts"]["reason"] == "NO_CAPITAL"
    assert percent["trade_metrics"]["net"]["reason"] == "NO_CAPITAL"
    total = shown(desk, "breakdown/side", unit="percent")["total"]["figures"]
    assert (total["net"]["value"], total["net"]["reason"]) == (None, "NO_CAPITAL")


def test_exits_are_read(desk: Desk) -> None:
    found = shown(desk, "exit-analysis")
    assert [one["id"] for one in found["readings"]] == [
        "winners_mae",
        "losers_mfe",
        "money_left",
        "scratches",
    ]
    assert found["held_longer"][0]["mean_r"]["reason"] == "NO_TRADES"


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("metrics", {"rf": "nan"}, "VALIDATION_FAILED"),
        ("metrics", {"rf": "inf"}, "VALIDATION_FAILED"),
        ("metrics", {"rf": "-2"}, "VALIDATION_FAILED"),
        ("metrics", {"unit": "coins"}, "VALIDATION_FAILED"),
        ("metrics", {"side": "up"}, "VALIDATION_FAILED"),
        ("metrics", {"min_r": "1e3"}, "VALIDATION_FAILED"),
        ("metrics", {"benchmark": "bitcoin"}, "VALIDATION_FAILED"),
        ("metrics", {"from": "2025-03-01"}, "VALIDATION_FAILED"),
        (
            "metrics",
            {"from": "2025-03-01T00:00:00Z", "to": "2025-03-01T00:00:00Z"},
            "BAD_RANGE",
        ),
        ("equity", {"scope": "both"}, "VALIDATION_FAILED"),
        ("calendar", {"month": "2025-13"}, "OUT_OF_RANGE"),
        ("calendar", {"month": "March"}, "OUT_OF_RANGE"),
        ("heatmap", {"rows": "tag"}, "UNKNOWN_DIMENSION"),
        ("heatmap", {"cols": "moon"}, "UNKNOWN_DIMENSION"),
        ("distribution", {"of": "hope"}, "VALIDATION_FAILED"),
        ("rolling", {"of": "hope"}, "VALIDATION_FAILED"),
        ("rolling", {"window": "31"}, "OUT_OF_RANGE"),
        ("rolling", {"of": "win_rate", "window": "2"}, "OUT_OF_RANGE"),
        ("breakdown/hour", {"min_n": "0"}, "VALIDATION_FAILED"),
        ("compare", {"a.side": "up"}, "VALIDATION_FAILED"),
        ("compare", {"b.from": "9999-01-01T00:00:00Z"}, "BAD_RANGE"),
        ("metrics", {"to": "0001-01-01T00:00:00Z"}, "BAD_RANGE"),
        ("metrics", {"from": "9998-01-01T00:00:00Z", "to": "9999-01-01T00:00:00Z"}, "BAD_RANGE"),
        ("equity", {"to": "2009-01-01T00:00:00Z"}, "BAD_RANGE"),
    ],
)
def test_bad_input_is_refused(desk: Desk, path: str, query: dict[str, str], code: str) -> None:
    answer = desk.call("GET", f"/analytics/{path}", params=query)
    assert refused(answer) == (422, code), answer.text


def test_the_router_loads_no_numpy() -> None:
    code = (
        "import sys; import functions.api.routers.journal_analytics;"
        "print([one for one in ('numpy', 'talib') if one in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
