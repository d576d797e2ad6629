"""RAPID_REENTRY: back on the same side of the same market minutes after a stop."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from nightdesk.journal.behaviour.detector import Detector, Flag, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.wording import span
from nightdesk.journal.finding import DetectorId, Scope, Severity
from nightdesk.journal.trade import ExitReason


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the entries soon after a stop of the same instrument and side."""
    opened, closed = history.opened.tolist(), history.closed.tolist()
    stopped: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
    for index in history.closings.tolist():
        trade = history.trades[index]
        if trade.exit_reason is ExitReason.STOP:
            stopped[trade.instrument, trade.side].append((closed[index], index))
    for place in history.judged:
        trade = history.trades[place]
        found = stopped.get((trade.instrument, trade.side), [])
        at = bisect_right(found, (opened[place], len(history)))
        earlier = [index for _, index in found[max(0, at - 2) : at] if index != place]
        if not earlier:
            continue
        last = history.trades[earlier[-1]]
        gap = opened[place] - closed[earlier[-1]]
        if gap > used["window_minutes"] * 60:
            continue
        yield Flag(
            trade=trade,
            severity=Severity.LOW,
            text=f"Entered the same side again {span(gap)} after a stop.",
            measured={"window_minutes": gap / 60},
            figures={"after": last.id, "gap_seconds": gap},
            also=(last.id,),
        )


DETECTOR = Detector(
    id=DetectorId.RAPID_REENTRY,
    rule="Entry into the same instrument and side within 5 minutes of a stop exit.",
    base="None: an observation.",
    limits="Only exits that are known to be stops count.",
    scope=Scope.TRADE,
    severity=(Severity.LOW,),
    thresholds=(Threshold(name="window_minutes", default=5, low=1, high=60, unit="minutes"),),
    flags=flags,
)
