"""OVERCONFIDENCE: larger after wins in a row."""

from collections.abc import Iterator

from nightdesk.journal.behaviour.after_run import after_runs
from nightdesk.journal.behaviour.detector import Detector, Flag, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.shuffles import Counting, RunCounting
from nightdesk.journal.behaviour.wording import amount
from nightdesk.journal.finding import DetectorId, Scope, Severity


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the entries of large size after wins in a row."""
    for one in after_runs(history, 1, int(used["wins"]), used["size_factor"]):
        yield Flag(
            trade=history.trades[one.place],
            severity=Severity.MEDIUM,
            text=(
                f"After {one.run} wins in a row the size was {amount(one.size)}, "
                f"{one.ratio:.2f} times the usual {amount(one.usual.median)}."
            ),
            measured={"wins": one.run, "size_factor": one.ratio},
            figures={
                "wins_before": one.run,
                "ratio": one.ratio,
                "size": one.size,
                "median_size": one.usual.median,
                "median_size_of": one.usual.made_of,
                "thin": one.usual.thin,
            },
            also=one.ids,
        )


def counting(history: History, used: Thresholds) -> Counting:
    """Count the flags."""
    return RunCounting(history, 1, int(used["wins"]), used["size_factor"])


DETECTOR = Detector(
    id=DetectorId.OVERCONFIDENCE,
    rule="At least 4 wins in a row before the entry, and a size of at least 1.4 times the usual.",
    base="The same shuffles as for REVENGE.",
    limits="Growing with the account looks the same where the account doubles within 20 trades.",
    scope=Scope.TRADE,
    severity=(Severity.MEDIUM,),
    thresholds=(
        Threshold(name="wins", default=4, low=2, high=20, unit="trades", whole=True),
        Threshold(name="size_factor", default=1.4, low=1.05, high=5, unit="times the usual size"),
    ),
    flags=flags,
    counting=counting,
)
