"""MOOD_LINK: whether the day's mood, confidence or discipline goes with its result in R."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from nightdesk.journal.behaviour.detector import Detector, Need, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import DetectorId, Json, Scope, Severity
from nightdesk.performance.significance import spearman


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A rank correlation of `n` days, with its 95 % interval; None where there is none."""

    n: int
    rho: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def proven(self) -> bool:
        """Whether the interval excludes zero."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


def linked(ratings: Sequence[float], results: Sequence[float], used: Thresholds) -> Link:
    """Correlate ratings and results, day by day."""
    n = len(ratings)
    found = spearman(ratings, results) if n >= used["days"] else None
    return Link(n=n) if found is None else Link(n=n, rho=found[0], interval=found[1])


def claim(history: History, used: Thresholds) -> Claim:
    """Judge each rating that the owner keeps."""
    by_day: dict[date, float] = defaultdict(float)
    for trade in history.entries:
        if trade.r is not None and trade.closed_at is not None:
            by_day[history.day_of(trade.closed_at)] += trade.r
    links = {}
    for name, rated in sorted(history.around.moods.items()):
        days = sorted(set(rated) & set(by_day))
        links[name] = linked([rated[day] for day in days], [by_day[day] for day in days], used)
    most = max((one.n for one in links.values()), default=0)
    proven = {name: one for name, one in links.items() if one.proven}
    if most < used["days"]:
        standing, text = (
            Standing.NOT_ENOUGH_DATA,
            f"Not enough data: {most} of {used['days']:g} days.",
        )
    elif proven:
        standing = Standing.FIRES
        said = [f"{name} (rho {one.rho:+.2f}, {one.n} days)" for name, one in proven.items()]
        text = f"Goes with the day's result in R: {', '.join(said)}."
    else:
        standing, text = Standing.SILENT, "No rating goes with the day's result."
    figures: dict[str, Json] = {
        name: {
            "n": one.n,
            "rho": one.rho,
            "interval": list(one.interval) if one.interval else None,
        }
        for name, one in links.items()
    }
    return Claim(
        detector=DetectorId.MOOD_LINK,
        standing=standing,
        severity=Severity.INFO,
        text=text,
        measured={"days": most},
        figures=figures,
    )


DETECTOR = Detector(
    id=DetectorId.MOOD_LINK,
    rule=(
        "Spearman's rank correlation of the day's mood (confidence, discipline too) with its R, "
        "over at least 20 days; its 95 % interval excludes zero."
    ),
    base="None: zero. Interval tanh(atanh rho ± 1.96 sqrt((1 + rho²/2)/(n - 3))).",
    limits=(
        "Three ratings are three looks. A mood written after the result follows it; nothing here "
        "says which came first."
    ),
    scope=Scope.WINDOW,
    severity=(Severity.INFO,),
    needs=frozenset({Need.MOODS}),
    thresholds=(Threshold(name="days", default=20, low=20, high=250, unit="days", whole=True),),
    claim=claim,
)
