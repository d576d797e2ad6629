"""LIMIT_BREAK: an entry after the day's own loss limit had been reached."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from typing import TypeAlias

from nightdesk.journal.behaviour.detector import Detector, Flag, Need, Thresholds, reaches
from nightdesk.journal.behaviour.history import DayLimits, History
from nightdesk.journal.behaviour.wording import amount
from nightdesk.journal.finding import DetectorId, Json, Scope, Severity

Realised: TypeAlias = tuple[float | None, float | None]
"""A day's result so far, in account currency and in R; None from where it is not known."""
NOTHING: Realised = (0.0, 0.0)


def flags(history: History, _: Thresholds) -> Iterator[Flag]:
    """Yield the entries after today's realised result had used up the declared limit.

    From a close on whose result is not known nobody knows the day's either: nothing is claimed.
    """
    if not history.around.limits:
        return
    totals = _totals(history)
    reached = {day for day, sums in totals.items() if _reached(history.limits(day), sums[1])}
    for place in history.judged:
        day = history.days[place]
        if day not in reached:
            continue
        limits = history.limits(day)
        closed, sums = totals.get(day, ([], [NOTHING]))
        before = bisect_right(closed, int(history.before[place]) - 1)
        net, r = sums[before]
        over = [
            (limit, used, unit)
            for limit, used, unit in (
                (limits.max_loss, net, "account"),
                (limits.max_loss_r, r, "R"),
            )
            if used is not None and limit is not None and limit > 0 and reaches(-used, limit)
        ]
        if not over:
            continue
        limit, used, unit = over[0]
        figures: dict[str, Json] = {
            "day": day.isoformat(),
            "realised": used,
            "limit": limit,
            "unit": unit,
        }
        shown = (
            (f"{used:.1f} R", f"{limit:.1f} R") if unit == "R" else (amount(used), amount(limit))
        )
        yield Flag(
            trade=history.trades[place],
            severity=Severity.HIGH,
            text=f"Entered at a realised {shown[0]} of the day; the own limit is {shown[1]}.",
            figures=figures,
            also=tuple(history.trades[i].id for i in history.closings[closed[:before]]),
        )


def _reached(limits: DayLimits, sums: list[Realised]) -> bool:
    """Say whether a day's realised results ever used a declared limit up."""
    return any(
        used is not None and limit is not None and limit > 0 and reaches(-used, limit)
        for realised in sums
        for limit, used in zip((limits.max_loss, limits.max_loss_r), realised, strict=True)
    )


def _totals(history: History) -> dict[date, tuple[list[int], list[Realised]]]:
    """Return for each day the ranks of its closings, and what was realised after each of them."""
    found: dict[date, tuple[list[int], list[Realised]]] = {}
    days = history.days_of(history.closed[history.closings])
    for rank, (index, day) in enumerate(zip(history.closings.tolist(), days, strict=True)):
        trade = history.trades[index]
        ranks, sums = found.setdefault(day, ([], [NOTHING]))
        net, r = sums[-1]
        ranks.append(rank)
        sums.append((_plus(net, trade.net), _plus(r, trade.r)))
    return found


def _plus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


DETECTOR = Detector(
    id=DetectorId.LIMIT_BREAK,
    rule="Entry after today's realised net had reached the own daily loss limit.",
    base="The own rule: the locked plan's limit.",
    limits=(
        "Open losses do not count, as in the plan's verdict. After a close whose result is not "
        "known in the limit's unit, nothing is said for the rest of the day."
    ),
    scope=Scope.TRADE,
    severity=(Severity.HIGH,),
    needs=frozenset({Need.LIMITS}),
    flags=flags,
)
