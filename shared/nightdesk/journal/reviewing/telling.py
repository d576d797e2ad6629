"""Figures as plain JSON, each with its unit: what a text may say and is checked against."""

from collections.abc import Mapping
from enum import StrEnum

from nightdesk.core.money import approximate
from nightdesk.journal.experiment import Experiment
from nightdesk.journal.finding import Json
from nightdesk.performance.figure import Figure, known


class Unit(StrEnum):
    """What a number counts."""

    MONEY = "money"
    R = "r"
    SHARE = "share"
    """0 to 1: said in percent."""
    POINTS = "points"
    """0 to 100, or a rating."""
    RATIO = "ratio"
    COUNT = "count"


RESULT: Mapping[str, Unit] = {
    "net": Unit.MONEY,
    "gross": Unit.MONEY,
    "fees": Unit.MONEY,
    "funding": Unit.MONEY,
    "net_r": Unit.R,
    "win_rate": Unit.SHARE,
    "needed_win_rate": Unit.SHARE,
    "profit_factor": Unit.RATIO,
    "payoff": Unit.RATIO,
    "expectancy": Unit.MONEY,
    "expectancy_r": Unit.R,
    "cost_share": Unit.SHARE,
    "trade_max_drawdown": Unit.MONEY,
    "longest_win_streak": Unit.COUNT,
    "longest_loss_streak": Unit.COUNT,
}
"""The figures of trades that a review shows."""
SHORT = ("net", "net_r", "win_rate", "expectancy_r", "profit_factor")
"""Those of a part of the trades."""


def told(figure: Figure, unit: Unit) -> dict[str, Json]:
    """Return a figure as JSON: its value or the reason why there is none."""
    found: dict[str, Json] = {"unit": unit.value, "n": figure.n}
    if figure.value is None:
        return found | {"value": None, "reason": figure.reason}
    found["value"] = whole(figure.value) if unit is Unit.COUNT else figure.value
    if figure.interval is not None:
        found["interval"] = list(figure.interval)
    return found


def plain(value: float | None, n: int, unit: Unit, reason: str = "UNKNOWN") -> dict[str, Json]:
    """Return a value that may be missing as JSON."""
    if value is None:
        return {"unit": unit.value, "n": n, "value": None, "reason": reason}
    return told(known(value, n), unit)


def whole(value: float) -> int | float:
    """Return a count as a whole number."""
    return int(value) if float(value).is_integer() else value


def results(figures: Mapping[str, Figure], names: Mapping[str, Unit]) -> dict[str, Json]:
    """Return the figures of these names as JSON."""
    return {name: told(figures[name], unit) for name, unit in names.items()}


def tried(one: Experiment) -> dict[str, Json]:
    """Return an experiment as JSON."""
    baseline = None if one.baseline is None else approximate(one.baseline)
    return {
        "text": one.text,
        "metric": one.metric.value,
        "filter": dict(one.filter),
        "week": one.week,
        "standing": one.standing.value,
        "baseline": plain(baseline, 1, Unit.SHARE),
        "target": plain(approximate(one.target), 1, Unit.SHARE),
    }


def shortly(figures: Mapping[str, Figure]) -> dict[str, Json]:
    """Return the figures of a part."""
    return results(figures, {name: RESULT[name] for name in SHORT})
