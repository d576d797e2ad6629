"""OVERTRADE_BURST: more entries within an hour than the owner's own past knows."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date

import numpy as np

from nightdesk.journal.behaviour.detector import Detector, Flag, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.finding import DetectorId, Scope, Severity


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the entries of a burst, each against the days before its own."""
    opened = history.opened.tolist()
    maxima: dict[date, int] = {}
    lines: dict[date, tuple[float | None, list[int]]] = {}
    judged = set(history.judged)
    for place, day in enumerate(history.days):
        first = bisect_right(opened, opened[place] - used["minutes"] * 60)
        count = place - first + 1
        if place in judged and count >= used["entries"]:
            if day not in lines:
                past = [value for when, value in maxima.items() if when < day]
                lines[day] = burst_line(past, used), past
            usual, past = lines[day]
            if usual is not None and count > usual:
                active, nearer = len(past), sum(most < count for most in past)
                yield Flag(
                    trade=history.trades[place],
                    severity=Severity.MEDIUM,
                    text=(
                        f"{count} entries within {used['minutes']:.0f} min; on "
                        f"{used['percentile'] * 100:g} in 100 of your {active} days before, at "
                        f"most {usual:g}."
                    ),
                    measured={
                        "entries": count,
                        "minutes": (opened[place] - opened[first]) / 60,
                        "percentile": nearer / active,
                        "active_days": active,
                    },
                    figures={
                        "count": count,
                        "own_percentile": usual,
                        "active_days": active,
                        "days_by_most": {str(n): past.count(n) for n in sorted({*past})},
                    },
                    also=tuple(one.id for one in history.trades[first:place]),
                )
        maxima[day] = max(maxima.get(day, 0), count)


def burst_line(past: list[int], used: Thresholds) -> float | None:
    """Return the own percentile of daily maxima; None below 20 active days."""
    if len(past) < used["active_days"]:
        return None
    return float(np.quantile(past, used["percentile"]))


DETECTOR = Detector(
    id=DetectorId.OVERTRADE_BURST,
    rule=(
        "At least 5 entries within 60 minutes, and more than the 95th percentile of the own daily "
        "maxima (at least 20 active days)."
    ),
    base="The own past.",
    limits="The first 20 active days are not judged.",
    scope=Scope.TRADE,
    severity=(Severity.MEDIUM,),
    thresholds=(
        Threshold(name="entries", default=5, low=2, high=100, unit="entries", whole=True),
        Threshold(name="minutes", default=60, low=5, high=1_440, unit="minutes"),
        Threshold(name="percentile", default=0.95, low=0.5, high=0.999, unit="share of days"),
        Threshold(name="active_days", default=20, low=5, high=250, unit="days", whole=True),
    ),
    flags=flags,
)
