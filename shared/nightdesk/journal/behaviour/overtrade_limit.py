"""OVERTRADE_LIMIT: the day's entries against the owner's own declared maximum."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from nightdesk.journal.behaviour.detector import Detector, Flag, Need, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.finding import DetectorId, Scope, Severity


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the entries that come near the day's maximum, or pass it."""
    entered: dict[date, list[str]] = defaultdict(list)
    judged = set(history.judged)
    for place, day in enumerate(history.days):
        entered[day].append(history.trades[place].id)
        limit = history.limits(day).max_trades
        if limit is None or place not in judged:
            continue
        count = len(entered[day])
        share = count / limit if limit else None
        severity = Severity.HIGH if share is None else _severity(share, used)
        if severity is None:
            continue
        measured = {} if share is None else {"near": share, "over": share, "breach": share}
        yield Flag(
            trade=history.trades[place],
            severity=severity,
            text=f"Entry {count} of the day; {limit} were declared.",
            measured=measured,
            figures={"day": day.isoformat(), "count": count, "limit": limit},
            also=tuple(entered[day][:-1]),
        )


def _severity(share: float, used: Thresholds) -> Severity | None:
    if share >= used["breach"]:
        return Severity.HIGH
    if share > used["over"]:
        return Severity.MEDIUM
    return Severity.INFO if share >= used["near"] else None


DETECTOR = Detector(
    id=DetectorId.OVERTRADE_LIMIT,
    rule=(
        "Entries of the day divided by the declared maximum: from 0.8 on info, above 1.0 medium, "
        "from 1.2 on high. No declared maximum, no finding."
    ),
    base="The own limit.",
    limits="The limit is the locked plan's; a day without one is not judged.",
    scope=Scope.TRADE,
    severity=(Severity.INFO, Severity.MEDIUM, Severity.HIGH),
    needs=frozenset({Need.LIMITS}),
    thresholds=(
        Threshold(name="near", default=0.8, low=0.5, high=1, unit="share of the limit"),
        Threshold(name="over", default=1, low=1, high=1.5, unit="share of the limit"),
        Threshold(name="breach", default=1.2, low=1, high=3, unit="share of the limit"),
    ),
    flags=flags,
)
