"""SIZE_ESCALATION: larger after losses in a row."""

from collections.abc import Iterator

from nightdesk.journal.behaviour.after_run import after_runs
from nightdesk.journal.behaviour.detector import Detector, Flag, Threshold, Thresholds, capped
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.shuffles import Counting, RunCounting
from nightdesk.journal.behaviour.wording import amount
from nightdesk.journal.finding import DetectorId, Scope, Severity


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the entries of large size after losses in a row."""
    for one in after_runs(history, -1, int(used["losses"]), used["size_factor"]):
        high = one.size >= used["high_factor"] * one.usual.median
        yield Flag(
            trade=history.trades[one.place],
            severity=capped(Severity.HIGH if high else Severity.MEDIUM, thin=one.usual.thin),
            text=(
                f"After {one.run} losses in a row the size was {amount(one.size)}, "
                f"{one.ratio:.2f} times the usual {amount(one.usual.median)}."
            ),
            measured={"losses": one.run, "size_factor": one.ratio, "high_factor": one.ratio},
            figures={
                "losses_before": one.run,
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
    return RunCounting(history, -1, int(used["losses"]), used["size_factor"])


DETECTOR = Detector(
    id=DetectorId.SIZE_ESCALATION,
    rule=(
        "At least 2 losses in a row before the entry, and a size of at least 1.5 times the usual "
        "one; from 2 times on it is high."
    ),
    base="The same shuffles as for REVENGE.",
    limits="Size is that of the first entry order: adding later is not seen.",
    scope=Scope.TRADE,
    severity=(Severity.MEDIUM, Severity.HIGH),
    thresholds=(
        Threshold(name="losses", default=2, low=1, high=10, unit="trades", whole=True),
        Threshold(name="size_factor", default=1.5, low=1.05, high=5, unit="times the usual size"),
        Threshold(name="high_factor", default=2, low=1.05, high=10, unit="times the usual size"),
    ),
    flags=flags,
    counting=counting,
)
