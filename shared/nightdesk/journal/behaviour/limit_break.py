"""LIMIT_BREAK: an entry after the day's own loss limit had been reached."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date

from nightdesk.journal.behaviour.detector import Detector, Flag, Need, Thresholds
from nightdesk.journal.behaviour.history import DayLimits, History, days_of
from nightdesk.journal.behaviour.wording import amount
from nightdesk.journal.finding import DetectorId, Json, Scope, Severity


def flags(history: History, _: Thresholds) -> Iterator[Flag]:
    """Yield the entries after today's realised result had used up the declared limit."""
    if not history.around.limits:
        return
    totals = _totals(history)
    reached = {day for day, sums in totals.items() if _reached(history.limits(day), sums[1])}
    for place in history.judged:
        day = history.days[place]
        if day not in reached:
            continue
        limits = history.limits(day)
        closed, sums = totals.get(day, ([], [(0.0, 0.0)]))
        before = bisect_right(closed, int(history.before[place]) - 1)
        net, r = sums[before]
        over = [
            (limit, used, unit)
            for limit, used, unit in (
                (limits.max_loss, net, "account"),
                (limits.max_loss_r, r, "R"),
            )
            if limit is not None and limit > 0 and used <= -limit
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
        )


def _reached(limits: DayLimits, sums: list[tuple[float, float]]) -> bool:
    """Say whether a day's realised results ever used a declared limit up."""
    return any(
        limit is not None and limit > 0 and min(values) <= -limit
        for limit, values in zip(
            (limits.max_loss, limits.max_loss_r), zip(*sums, strict=True), strict=True
        )
    )


def _totals(history: History) -> dict[date, tuple[list[int], list[tuple[float, float]]]]:
    """Return for each day the ranks of its closings, and what was realised after each of them."""
    found: dict[date, tuple[list[int], list[tuple[float, float]]]] = {}
    days = days_of(history.closed[history.closings], history.around.zone)
    for rank, (index, day) in enumerate(zip(history.closings.tolist(), days, strict=True)):
        trade = history.trades[index]
        ranks, sums = found.setdefault(day, ([], [(0.0, 0.0)]))
        net, r = sums[-1]
        ranks.append(rank)
        sums.append((net + (trade.net or 0.0), r + (trade.r or 0.0)))
    return found


DETECTOR = Detector(
    id=DetectorId.LIMIT_BREAK,
    rule="Entry after today's realised net had reached the own daily loss limit.",
    base="The own rule: the locked plan's limit.",
    limits="Open losses do not count, as in the plan's verdict.",
    scope=Scope.TRADE,
    severity=(Severity.HIGH,),
    needs=frozenset({Need.LIMITS}),
    flags=flags,
)
