"""LOSS_AVERSION: losses outgrow wins, and wins are too rare to make up for it."""

from nightdesk.journal.behaviour.detector import Detector, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.wording import amount, percent
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import DetectorId, Json, Scope, Severity
from nightdesk.journal.trade import Outcome


def claim(history: History, used: Thresholds) -> Claim:
    """Compare the average loss with the average win, and the win rate with what it must be."""
    decided = [
        one
        for one in history.entries
        if one.net is not None and one.outcome in {Outcome.WIN, Outcome.LOSS}
    ]
    won = [one.net or 0.0 for one in decided if one.outcome is Outcome.WIN]
    lost = [-(one.net or 0.0) for one in decided if one.outcome is Outcome.LOSS]
    enough = len(decided) >= used["decided"] and won and lost
    if not enough:
        return Claim(
            detector=DetectorId.LOSS_AVERSION,
            standing=Standing.NOT_ENOUGH_DATA,
            severity=Severity.MEDIUM,
            text=f"{len(won)} wins and {len(lost)} losses; {used['decided']:g} in all are needed.",
            measured={"decided": len(decided)},
            figures={"wins": len(won), "losses": len(lost)},
        )
    win, loss = sum(won) / len(won), sum(lost) / len(lost)
    rate, needed = len(won) / len(decided), loss / (win + loss)
    fires = loss > used["ratio"] * win and rate < needed
    figures: dict[str, Json] = {
        "average_win": win,
        "average_loss": loss,
        "win_rate": rate,
        "needed_win_rate": needed,
        "wins": len(won),
        "losses": len(lost),
    }
    return Claim(
        detector=DetectorId.LOSS_AVERSION,
        standing=Standing.FIRES if fires else Standing.SILENT,
        severity=Severity.MEDIUM,
        text=(
            f"The average loss is {amount(loss)}, the average win {amount(win)}: that takes "
            f"{percent(needed)} wins, there were {percent(rate)} of {len(decided)}."
        ),
        trades=tuple(one.id for one in decided if one.outcome is Outcome.LOSS),
        measured={"ratio": loss / win, "decided": len(decided)},
        figures=figures,
    )


DETECTOR = Detector(
    id=DetectorId.LOSS_AVERSION,
    rule=(
        "The average loss is more than 1.5 times the average win and the win rate is below the "
        "needed one, over at least 20 decided trades."
    ),
    base="The needed win rate: average loss / (average win + average loss).",
    limits="A statement about these trades; it has no p and says nothing of the next ones.",
    scope=Scope.WINDOW,
    severity=(Severity.MEDIUM,),
    thresholds=(
        Threshold(name="ratio", default=1.5, low=1, high=10, unit="times the average win"),
        Threshold(name="decided", default=20, low=20, high=200, unit="trades", whole=True),
    ),
    claim=claim,
)
