"""COOLDOWN_BREAK: an entry inside the cool-down that the owner had set after a loss."""

from collections.abc import Iterator

from nightdesk.journal.behaviour.detector import Detector, Flag, Need, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.wording import span
from nightdesk.journal.finding import DetectorId, Scope, Severity


def flags(history: History, _: Thresholds) -> Iterator[Flag]:
    """Yield the entries inside the own cool-down after the latest loss."""
    minutes = history.around.cooldown_minutes
    if minutes <= 0:
        return
    latest: list[int | None] = [None]
    for index, outcome in zip(
        history.closings.tolist(), history.outcome[history.closings].tolist(), strict=True
    ):
        latest.append(index if outcome < 0 else latest[-1])
    before = history.before.tolist()
    opened, closed = history.opened.tolist(), history.closed.tolist()
    for place in history.judged:
        last = latest[before[place]]
        if last is None:
            continue
        gap = opened[place] - closed[last]
        if gap >= minutes * 60:
            continue
        lost = history.trades[last]
        yield Flag(
            trade=history.trades[place],
            severity=Severity.HIGH,
            text=f"Entered {span(gap)} after a loss; the own cool-down is {span(minutes * 60)}.",
            figures={"after": lost.id, "gap_seconds": gap, "cooldown_minutes": minutes},
            also=(lost.id,),
        )


DETECTOR = Detector(
    id=DetectorId.COOLDOWN_BREAK,
    rule="Entry inside the own cool-down after a loss.",
    base="The own rule.",
    limits="The cool-down is that of the journal's settings as they stand when it is judged.",
    scope=Scope.TRADE,
    severity=(Severity.HIGH,),
    needs=frozenset({Need.LIMITS}),
    flags=flags,
)
