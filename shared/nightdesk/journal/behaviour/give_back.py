"""GIVE_BACK: a trade that was well ahead and ended with nothing."""

from collections.abc import Iterator

from nightdesk.journal.behaviour.detector import Detector, Flag, Need, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.finding import DetectorId, Scope, Severity


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the trades that gave back all they had."""
    for place in history.judged:
        trade = history.trades[place]
        if trade.mfe_r is None or trade.r is None:
            continue
        if trade.mfe_r >= used["mfe_r"] and trade.r <= 0:
            yield Flag(
                trade=trade,
                severity=Severity.MEDIUM,
                text=f"Was {trade.mfe_r:.1f} R ahead and ended at {trade.r:.1f} R.",
                measured={"mfe_r": trade.mfe_r},
                figures={"mfe_r": trade.mfe_r, "r": trade.r},
            )


DETECTOR = Detector(
    id=DetectorId.GIVE_BACK,
    rule="MFE of at least 1 R, and r of at most 0.",
    base="None: an observation.",
    limits="MFE needs stored candles or fills; without a stop there is no R.",
    scope=Scope.TRADE,
    severity=(Severity.MEDIUM,),
    needs=frozenset({Need.CANDLES}),
    thresholds=(Threshold(name="mfe_r", default=1, low=0.25, high=10, unit="R"),),
    bots=True,
    flags=flags,
)
