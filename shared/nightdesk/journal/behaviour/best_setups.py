"""BEST_SETUPS: the own setups by expectancy, named better or worse only where it is proven."""

from collections import defaultdict
from dataclasses import replace

from nightdesk.journal.behaviour.detector import Detector, Threshold, Thresholds
from nightdesk.journal.behaviour.groups import Group, compared
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import DetectorId, Json, Scope, Severity

NO_SETUP = ""


def setups(history: History, used: Thresholds) -> list[Group]:
    """Return the setups of enough trades, best expectancy first; thin ones are never tested."""
    results: dict[str, list[float]] = defaultdict(list)
    for trade in history.entries:
        if trade.r is not None:
            results[trade.setup or NO_SETUP].append(trade.r)
    least, rest = thin_below(history, used), int(used["trades"])
    found = compared(results, least=least, rest=rest, q=used["q"], aside=NO_SETUP)
    names = history.around.setups
    shown = [
        replace(one, name=names.get(one.key, one.key))
        for one in found
        if one.key != NO_SETUP and one.n >= used["trades"]
    ]
    return sorted(shown, key=lambda one: (-one.mean, one.name))


def thin_below(history: History, used: Thresholds) -> int:
    """Return the trades that a setup needs to be ranked: its own threshold, or the journal's."""
    return max(int(used["thin"]), history.around.thin_n)


def claim(history: History, used: Thresholds) -> Claim:
    """Say which setups differ from the rest, if any does."""
    groups, thin = setups(history, used), thin_below(history, used)
    named = [one for one in groups if one.kept]
    rows: list[Json] = [
        {
            "setup": one.key,
            "name": one.name,
            "n": one.n,
            "expectancy_r": one.mean,
            "interval": list(one.interval) if one.interval else None,
            "p": one.p,
            "thin": one.n < thin,
        }
        for one in groups
    ]
    if not groups:
        standing = Standing.NOT_ENOUGH_DATA
        text = f"No setup has {used['trades']:g} trades with R yet."
    elif named:
        standing = Standing.FIRES
        text = "Against the rest: " + ", ".join(
            f"{one.name} {'better' if one.better else 'worse'} ({one.mean:+.2f} R, {one.n} trades)"
            for one in named
        )
        text += "."
    else:
        standing, text = Standing.SILENT, "No difference between setups is proven."
    return Claim(
        detector=DetectorId.BEST_SETUPS,
        standing=standing,
        severity=Severity.INFO,
        text=text,
        measured={"trades": max((one.n for one in groups), default=0)},
        figures={
            "setups": rows,
            "thin_below": thin,
            "better": [one.key for one in groups if one.better],
            "worse": [one.key for one in groups if one.worse],
        },
    )


DETECTOR = Detector(
    id=DetectorId.BEST_SETUPS,
    rule="Setups with at least 5 trades by expectancy in R, each with its interval.",
    base=(
        "Named better or worse than the rest only after Benjamini-Hochberg at 10 % over the shown "
        "setups; thin ones (below 10 trades, or the journal's `thin_n` if more) never."
    ),
    limits="A setup that is named after the trade tells of memory, too.",
    scope=Scope.WINDOW,
    severity=(Severity.INFO,),
    thresholds=(
        Threshold(name="trades", default=5, low=5, high=100, unit="trades", whole=True),
        Threshold(name="thin", default=10, low=5, high=50, unit="trades", whole=True),
        Threshold(name="q", default=0.10, low=0.01, high=0.10, unit="share of false names"),
    ),
    claim=claim,
)
