"""What the product says to cases of metrics: `performance/`, and the owner's week."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from nightdesk.core.clock import from_iso, iso
from nightdesk.journal.place import Place
from nightdesk.journal.week import last_complete_week
from nightdesk.market.candles import Floats
from nightdesk.performance.benchmark import against
from nightdesk.performance.day_metrics import day_metrics, exposure, rolling_sharpe
from nightdesk.performance.drawdown import drawdowns
from nightdesk.performance.figure import Caveat, Figure
from nightdesk.performance.intervals import student_interval, wilson
from nightdesk.performance.returns import EquityDay, Flow, daily_returns
from nightdesk.performance.streaks import streak_chance
from nightdesk.performance.trade_metrics import TradeColumns, trade_metrics
from tests.reference.compare import Tolerance

TOLERANCE = Tolerance(rel=1e-9, abs=1e-12)
BREAKEVEN_R = 0.10


def answer(case: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """Return what the product says, in the shape of `expected`. Raises KeyError: unknown kind."""
    return KINDS[case["kind"]](case["inputs"], whole)


def said(figures: Mapping[str, Figure]) -> dict[str, Any]:
    """Return values by name, and beside them why some are missing and which are doubted."""
    return {name: figure.value for name, figure in figures.items()} | {
        "reasons": {name: one.reason for name, one in figures.items() if one.reason},
        "caveats": sorted(name for name, one in figures.items() if one.caveat == Caveat.FEW_DAYS),
    }


def returns_of(inputs: Mapping[str, Any], whole: Mapping[str, Any], key: str = "series") -> Floats:
    """Return the daily returns that a case gives or names."""
    values = whole["series"][inputs[key]] if key in inputs else inputs["returns"]
    return np.array(values, dtype=np.float64)


def days(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `day_metrics` and `period_end_loss`."""
    figures = day_metrics(
        returns_of(inputs, whole),
        rf=inputs.get("rf", 0.0),
        mar=inputs.get("mar", 0.0),
        gated=inputs.get("gates", False),
    )
    return said(figures) | {"n_days": figures["flat_days"].n}


def falls(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `drawdowns`."""
    returns = returns_of(inputs, whole)
    first = date.fromisoformat(inputs["first_day"])
    found = drawdowns([first + timedelta(days=n) for n in range(returns.size)], returns)
    return {
        "drawdowns": [
            {
                "peak": one.peak.isoformat(),
                "trough": one.trough.isoformat(),
                "recovered": one.recovered and one.recovered.isoformat(),
                "depth": one.depth,
                "days_to_trough": one.days_to_trough,
                "days_underwater": one.days_underwater,
            }
            for one in found
        ],
        "max_drawdown": day_metrics(returns, gated=False)["max_drawdown"].value,
    }


def by_day(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `daily_returns`."""
    found = daily_returns(
        float(inputs["start_equity"]),
        [
            EquityDay(
                day=date.fromisoformat(day["day"]),
                equity_end=float(day["equity_end"]),
                flows=tuple(flow(one) for one in day["flows"]),
            )
            for day in inputs["days"]
        ],
    )
    return {
        "returns": [{"day": one.day.isoformat(), "r": one.r} for one in found],
        "reasons": {one.day.isoformat(): one.reason for one in found if one.reason},
        "flow_method": {one.day.isoformat(): one.method for one in found if one.method},
    }


def flow(given: Mapping[str, Any]) -> Flow:
    """Read a flow."""
    before = given.get("equity_before")
    return Flow(
        amount=float(given["amount"]), equity_before=None if before is None else float(before)
    )


def trades(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `trade_metrics`."""
    given = inputs["trades"]
    figures = trade_metrics(
        columns(given, inputs.get("breakeven_r", BREAKEVEN_R)),
        start_capital=inputs.get("start_capital"),
        gated=inputs.get("gates", False),
    )
    return said(figures)


def columns(given: list[dict[str, Any]], breakeven_r: float) -> TradeColumns:
    """Return trades as columns, with R and outcome by rule 9 and 10 of the journal."""
    money = {
        name: np.array([one[name] for one in given], dtype=np.float64)
        for name in ("net", "gross", "fees", "funding")
    }
    risk = np.array([one["risk"] or np.nan for one in given], dtype=np.float64)
    r = money["net"] / risk
    even = np.where(
        np.isfinite(r), np.abs(r) < breakeven_r, np.abs(money["net"]) <= np.abs(money["fees"])
    )
    opened, closed = (
        np.array([from_iso(one[name]).timestamp() for one in given], dtype=np.float64)
        for name in ("opened_at", "closed_at")
    )
    none = np.full(r.shape, np.nan)
    return TradeColumns(
        **money,
        r=r,
        risk=risk,
        outcome=np.where(even, 0.0, np.sign(money["net"])),
        opened=opened,
        closed=closed,
        hold=closed - opened,
        mae_r=none,
        mfe_r=none,
        capture=none,
        given_back_r=none,
        notional=none,
    )


def chance(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `streak_chance`."""
    return {"value": streak_chance(inputs["n"], inputs["q"], inputs["k"])}


def exposed(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `exposure`."""
    since, until = (seconds(inputs[name]) for name in ("from", "to"))
    opened = np.array([seconds(start) for start, _ in inputs["intervals"]], dtype=np.float64)
    closed = np.array(
        [np.nan if end is None else seconds(end) for _, end in inputs["intervals"]],
        dtype=np.float64,
    )
    return {"value": exposure(since, until, opened, closed).value}


def seconds(text: str) -> float:
    """Return a moment in seconds since the epoch."""
    return from_iso(text).timestamp()


def beside(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `benchmark`."""
    held = np.array(
        whole["series"][inputs["benchmark_series"]]
        if "benchmark_series" in inputs
        else inputs["benchmark"],
        dtype=np.float64,
    )
    return said(against(returns_of(inputs, whole), held, rf=inputs.get("rf", 0.0)))


def shares(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `win_interval`."""
    return {"intervals": [wilson(x, n) for x, n in inputs["pairs"]]}


def means(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `mean_interval`."""
    return {"interval": student_interval(np.array(inputs["values"], dtype=np.float64))}


def rolling(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `rolling_sharpe`."""
    found = rolling_sharpe(returns_of(inputs, whole), inputs["window"], rf=inputs.get("rf", 0.0))
    return {"values": [None if np.isnan(one) else one for one in found.tolist()]}


def weeks(inputs: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `last_complete_week`."""
    place = Place(zone=inputs["zone"])
    found = [last_complete_week(place, datetime.fromisoformat(one)) for one in inputs["as_of"]]
    return {
        "weeks": [
            {"label": one.label, "from": iso(one.since), "to": iso(one.until)} for one in found
        ]
    }


KINDS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
    "day_metrics": days,
    "period_end_loss": days,
    "drawdowns": falls,
    "daily_returns": by_day,
    "trade_metrics": trades,
    "streak_chance": chance,
    "exposure": exposed,
    "benchmark": beside,
    "win_interval": shares,
    "mean_interval": means,
    "rolling_sharpe": rolling,
    "last_complete_week": weeks,
}
