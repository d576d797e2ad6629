"""NO_STOP: nothing limited the loss in the first minute, and nobody said that it need not."""

from collections.abc import Iterator

from nightdesk.journal.behaviour.detector import Detector, Flag, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.finding import DetectorId, Scope, Severity


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the trades without an early stop."""
    for place in history.judged:
        trade = history.trades[place]
        after = trade.stop_recorded_after_seconds
        if trade.no_stop_declared or (after is not None and after <= used["seconds"]):
            continue
        yield Flag(
            trade=trade,
            severity=Severity.MEDIUM,
            text=(
                "No stop was recorded."
                if after is None
                else f"The first stop was recorded {after:.0f} s after the first fill."
            ),
            measured={"seconds": after} if after is not None else {},
            figures={"stop_recorded_after_seconds": after, "no_stop_declared": False},
        )


DETECTOR = Detector(
    id=DetectorId.NO_STOP,
    rule="No stop within 60 s of the first fill, and none declared unnecessary.",
    base="None: an observation.",
    limits="A stop that exists at the venue alone and was never recorded is not seen.",
    scope=Scope.TRADE,
    severity=(Severity.MEDIUM,),
    thresholds=(Threshold(name="seconds", default=60, low=1, high=3_600, unit="seconds"),),
    bots=True,
    flags=flags,
)
