"""STOP_WIDENED: a stop was moved further away, so that more could be lost."""

from collections.abc import Iterator
from itertools import pairwise

from nightdesk.journal.behaviour.detector import Detector, Flag, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.finding import DetectorId, Scope, Severity


def flags(history: History, _: Thresholds) -> Iterator[Flag]:
    """Yield the trades whose stop moved away from its predecessor on the losing side."""
    for place in history.judged:
        trade = history.trades[place]
        for before, after in pairwise(trade.stops):
            if (after - before) * trade.side.direction < 0:
                yield Flag(
                    trade=trade,
                    severity=Severity.HIGH,
                    text=f"The stop was moved from {before:g} to {after:g}, away from the price.",
                    figures={
                        "stops": list(trade.stops),
                        "from": before,
                        "to": after,
                        "side": trade.side.value,
                    },
                )
                break


DETECTOR = Detector(
    id=DetectorId.STOP_WIDENED,
    rule="A stop moved away from its predecessor on the losing side.",
    base="The own share of trades.",
    limits="Stops that were never recorded are not seen.",
    scope=Scope.TRADE,
    severity=(Severity.HIGH,),
    flags=flags,
)
