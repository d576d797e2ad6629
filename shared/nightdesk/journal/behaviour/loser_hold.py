"""LOSER_HOLD: losers are held longer than winners."""

from statistics import median

from nightdesk.journal.behaviour.detector import ALPHA, Detector, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.wording import chance, span
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import Chance, DetectorId, Scope, Severity
from nightdesk.journal.trade import Outcome
from nightdesk.performance.significance import mann_whitney_greater


def claim(history: History, used: Thresholds) -> Claim:
    """Compare how long losers and winners were held."""
    holds: dict[Outcome | None, list[float]] = {Outcome.WIN: [], Outcome.LOSS: []}
    losers = []
    for trade in history.entries:
        if trade.hold is not None and trade.outcome in holds:
            holds[trade.outcome].append(trade.hold)
            if trade.outcome is Outcome.LOSS:
                losers.append(trade.id)
    won, lost = holds[Outcome.WIN], holds[Outcome.LOSS]
    figures = {"winners": len(won), "losers": len(lost)}
    least = min(len(won), len(lost))
    if least < used["least"]:
        return Claim(
            detector=DetectorId.LOSER_HOLD,
            standing=Standing.NOT_ENOUGH_DATA,
            severity=Severity.MEDIUM,
            text=f"{len(won)} winners, {len(lost)} losers; {used['least']:g} of each are needed.",
            measured={"least": least},
            figures=dict(figures),
        )
    longer, usual = median(lost), median(won)
    ratio = longer / usual if usual > 0 else None
    p = mann_whitney_greater(lost, won)
    fires = longer > 0 and longer >= used["ratio"] * usual and p < ALPHA
    text = f"Losers are held {span(longer)}, winners {span(usual)} (medians)"
    return Claim(
        detector=DetectorId.LOSER_HOLD,
        standing=Standing.FIRES if fires else Standing.SILENT,
        severity=Severity.MEDIUM,
        text=text + (f": {chance(p)}." if fires else ": no more than chance would."),
        chance=Chance(x=len(lost), n=len(lost) + len(won), base=None, p=p),
        trades=tuple(losers),
        measured={"least": least} | ({"ratio": ratio} if ratio is not None else {}),
        figures={
            **figures,
            "ratio": ratio,
            "p_value": p,
            "median_hold_losers": longer,
            "median_hold_winners": usual,
        },
    )


DETECTOR = Detector(
    id=DetectorId.LOSER_HOLD,
    rule="The median hold of losers is at least 1.5 times that of winners, at least 10 of each.",
    base="Mann-Whitney, one-sided, corrected for ties, p < 0.05.",
    limits="Stops nearer than targets make losers short: the opposite of this, and no merit.",
    scope=Scope.WINDOW,
    severity=(Severity.MEDIUM,),
    thresholds=(
        Threshold(name="ratio", default=1.5, low=1, high=10, unit="times the winners' median"),
        Threshold(name="least", default=10, low=10, high=200, unit="of each", whole=True),
    ),
    claim=claim,
)
