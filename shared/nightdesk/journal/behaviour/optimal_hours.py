"""OPTIMAL_HOURS: hours of the owner's day whose entries did better or worse than all others."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from nightdesk.journal.behaviour.detector import Detector, Threshold, Thresholds
from nightdesk.journal.behaviour.groups import Group, compared
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import DetectorId, Json, Scope, Severity


def claim(history: History, used: Thresholds) -> Claim:
    """Judge the hours of entry."""
    results: dict[str, list[float]] = defaultdict(list)
    for trade in history.entries:
        if trade.r is not None:
            results[f"{history.local(trade.opened_at).hour:02}"].append(trade.r)
    return judged(results, used)


def hours(results: Mapping[str, Sequence[float]], used: Thresholds) -> list[Group]:
    """Compare each bucket with all others."""
    least = int(used["trades"])
    return compared(results, least=least, rest=least, q=used["q"])


def judged(results: Mapping[str, Sequence[float]], used: Thresholds) -> Claim:
    """Say which buckets differ, if any does."""
    groups = hours(results, used)
    tested = [one for one in groups if one.p is not None]
    named = [one for one in tested if one.kept]
    text = "No difference between hours is proven."
    if not tested:
        text = f"No hour has {used['trades']:g} trades with R yet, and as many elsewhere."
    elif named:
        said = [
            f"{one.name} ({one.mean:+.2f} R, {one.n} trades)"
            for one in sorted(named, key=lambda one: -one.mean)
        ]
        text = f"Hours that differ from all others: {', '.join(said)}."
    rows: list[Json] = [
        {"bucket": one.name, "n": one.n, "mean_r": one.mean, "p": one.p, "against": one.against}
        for one in groups
    ]
    if not tested:
        standing = Standing.NOT_ENOUGH_DATA
    else:
        standing = Standing.FIRES if named else Standing.SILENT
    return Claim(
        detector=DetectorId.OPTIMAL_HOURS,
        standing=standing,
        severity=Severity.INFO,
        text=text,
        measured={"trades": max((one.n for one in groups), default=0)},
        figures={
            "buckets": rows,
            "better": [one.name for one in tested if one.better],
            "worse": [one.name for one in tested if one.worse],
        },
    )


DETECTOR = Detector(
    id=DetectorId.OPTIMAL_HOURS,
    rule=(
        "An hour of entry with at least 20 trades, and 20 elsewhere, whose mean R differs from "
        "that of all other hours."
    ),
    base="Welch's test, two-sided, kept by Benjamini-Hochberg at 10 % over the tested hours.",
    limits="One in ten named hours may be named by chance. Trades without R are left out.",
    scope=Scope.WINDOW,
    severity=(Severity.INFO,),
    thresholds=(
        Threshold(name="trades", default=20, low=20, high=200, unit="trades", whole=True),
        Threshold(name="q", default=0.10, low=0.01, high=0.10, unit="share of false names"),
    ),
    claim=claim,
)
