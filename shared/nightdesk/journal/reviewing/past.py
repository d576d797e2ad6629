"""A period against the owner's own past: median, range of 10 to 90 %, and what changed."""

from collections.abc import Mapping, Sequence

import numpy as np

from nightdesk.journal.finding import Json
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.review_material import Stretch
from nightdesk.journal.reviewing.counting import ClosedTrades
from nightdesk.journal.reviewing.telling import RESULT, Unit, whole
from nightdesk.performance.figure import Figure, missing

COMPARED: Mapping[str, Unit] = {
    "trade_count": Unit.COUNT,
    **{name: RESULT[name] for name in ("net", "net_r", "win_rate", "expectancy_r", "fees")},
}
LEAST = {ReviewKind.WEEK: 6, ReviewKind.MONTH: 3, ReviewKind.DAY: 1}
"""Earlier periods with a value that make a past: six weeks, half of the six months."""
MOST_CHANGES = 3
LOW, HIGH = 10, 90


def against_past(now: ClosedTrades, past: Sequence[Stretch], kind: ReviewKind) -> dict[str, Json]:
    """Return each compared figure against the periods before, `past` newest first.

    Periods before the first trade are no past; a quiet one since then is. Amounts are compared in
    the one currency, of periods all of whose trades have them.
    """
    closed = [one.closed for one in past]
    while closed and not closed[-1]:
        closed.pop()
    figures = _figures(now)
    earlier = [_figures(now.alike(one)) for one in closed]
    return {
        name: _against(figures[name], [one[name].value for one in earlier], unit, LEAST[kind])
        for name, unit in COMPARED.items()
    }


def _figures(closes: ClosedTrades) -> Mapping[str, Figure]:
    found = closes.figures()
    if not closes.unvalued:
        return found
    partly = (name for name, unit in COMPARED.items() if unit is Unit.MONEY)
    return found | dict.fromkeys(partly, missing(closes.why, closes.unvalued))


def _against(
    figure: Figure, earlier: Sequence[float | None], unit: Unit, least: int
) -> dict[str, Json]:
    values = [one for one in earlier if one is not None]
    found: dict[str, Json] = {"unit": unit.value, "n": len(values), "value": figure.value}
    if unit is Unit.COUNT and figure.value is not None:
        found["value"] = whole(figure.value)
    if len(values) < least or figure.value is None:
        return found | {"reason": "TOO_FEW_PERIODS" if len(values) < least else figure.reason}
    low, median, high = (float(one) for one in np.percentile(values, [LOW, 50, HIGH]))
    where = "below" if figure.value < low else "above" if figure.value > high else "inside"
    return found | {"median": median, "low": low, "high": high, "where": where}


def changes(past: Mapping[str, Json]) -> list[Json]:
    """Return at most three figures that left their own range, the farthest first.

    How far is told in widths of the range, so figures of different units compare.
    """
    found: list[tuple[float, str]] = []
    for name, row in past.items():
        assert isinstance(row, Mapping)  # noqa: S101 - as `against_past` makes it
        if row.get("where") in {"above", "below"}:
            value, median, low, high = (
                float(str(row[one])) for one in ("value", "median", "low", "high")
            )
            width = high - low
            found.append((abs(value - median) / width if width else float("inf"), name))
    order = list(COMPARED)
    found.sort(key=lambda pair: (-pair[0], order.index(pair[1])))
    return [name for _, name in found[:MOST_CHANGES]]
