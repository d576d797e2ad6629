"""One thing to try for a week: what it is about, how it is measured, what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from nightdesk.core.errors import Conflict
from nightdesk.core.money import PLACES_8, ZERO, exact
from nightdesk.journal.period import Period, place_on
from nightdesk.journal.place import Place
from nightdesk.journal.wording import prose

MAX_TEXT = 500
LEAST_TRADES = 5
"""Fewer flagged trades than this make no candidate, fewer in the week no follow-up."""
PLANNED_ENOUGH = Decimal("0.8")
OPEN_FOR = timedelta(days=2)
"""Until Tuesday 24:00 after the week."""
HALF = Decimal("0.5")


class Metric(StrEnum):
    """What is measured in the week of the experiment, over its closed trades or its days."""

    FLAGGED_SHARE = "flagged_share"
    """Share of closed trades that the filter's detector named; to be at most the target."""
    BROKEN_SHARE = "broken_share"
    """Share of closed trades that broke the filter's rule; to be at most the target."""
    PLANNED_DAYS = "planned_days"
    """Share of days with entries that had a plan; to be at least the target."""

    @property
    def rising(self) -> bool:
        """Whether more of it is what is wanted."""
        return self is Metric.PLANNED_DAYS


class Standing(StrEnum):
    """Whether the trader still wants it."""

    OPEN = "open"
    DROPPED = "dropped"


class Result(StrEnum):
    """What the next review says of it."""

    MET = "met"
    NOT_MET = "not_met"
    TOO_FEW = "too_few"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What to try in `week` (an ISO week). `baseline` and `target` are shares, None: unknown.

    `touched`: the trader has said something to it, so no later version of its review replaces it.
    """

    text: str
    metric: Metric
    filter: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    baseline: Decimal | None = None
    target: Decimal
    week: str
    standing: Standing = Standing.OPEN
    note: str = ""
    touched: bool = False

    def __post_init__(self) -> None:
        for text in (self.text, self.note):
            if prose(text, MAX_TEXT) != text:
                raise ValueError("a stored text is in NFC, its lines ended by LF")
        if not self.text:
            raise ValueError("an experiment says what to try")
        if not ZERO <= self.target <= 1:
            raise ValueError(f"a share is 0 to 1, was {self.target}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A habit that may have cost something. `name` is what the trader knows it by.

    `flagged` are the R of the trades that show it, `rest` those of all others of the four weeks;
    `shown` of `n` trades show it, those without R too.
    """

    metric: Metric
    filter: Mapping[str, str]
    name: str
    flagged: Sequence[float]
    rest: Sequence[float]
    shown: int
    n: int

    @property
    def cost(self) -> float | None:
        """Return n * (mean R of the rest - mean R of the flagged); None where nobody can say."""
        if self.shown < LEAST_TRADES or not self.flagged or not self.rest:
            return None
        between = sum(self.rest) / len(self.rest) - sum(self.flagged) / len(self.flagged)
        return self.shown * between

    def experiment(self, week: str) -> Experiment:
        """Return the wish to halve its share."""
        share = exact(self.shown / self.n, PLACES_8)
        verb = "Trade without" if self.metric is Metric.FLAGGED_SHARE else "Keep the rule"
        return Experiment(
            text=f"{verb} {self.name}: at most half as often as in the last four weeks.",
            metric=self.metric,
            filter=MappingProxyType(dict(self.filter)),
            baseline=share,
            target=exact(float(share * HALF), PLACES_8),
            week=week,
        )


def choose(candidates: Sequence[Candidate], *, planned: int, days: int, week: str) -> Experiment:
    """Return the one experiment for `week`: the habit with the largest positive cost.

    Without one: plans, if fewer than 80 % of the `days` with entries had one (`planned`), or where
    there was no such day; else to keep going. Equal costs go by metric and filter.
    """
    costly = [(cost, one) for one in candidates if (cost := one.cost) is not None and cost > 0]
    if costly:
        costly.sort(key=lambda pair: (-pair[0], pair[1].metric, sorted(pair[1].filter.items())))
        return costly[0][1].experiment(week)
    share = exact(planned / days, PLACES_8) if days else None
    few = share is None or share < PLANNED_ENOUGH
    text = (
        "Write a plan before each session."
        if few
        else "Keep going: plan each session as you did in the last four weeks."
    )
    return Experiment(
        text=text,
        metric=Metric.PLANNED_DAYS,
        baseline=share,
        target=PLANNED_ENOUGH,
        week=week,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What became of an experiment: `value` is a share of `n` trades or days."""

    experiment: Experiment
    n: int
    value: Decimal | None
    result: Result


def follow_up(experiment: Experiment, shown: int, n: int) -> FollowUp:
    """Return what became of it in its week: `shown` of `n` trades (or days) count for its metric.

    Of plans each day counts, so a week of fewer than five days with entries is too few as well.
    A share that was to be halved is met by its half, which two roundings may miss by their step.
    """
    value = exact(shown / n, PLACES_8) if n else None
    if experiment.standing is Standing.DROPPED:
        result = Result.DROPPED
    elif n < LEAST_TRADES or value is None:
        result = Result.TOO_FEW
    else:
        rising = experiment.metric.rising
        most = experiment.target + PLACES_8
        met = value >= experiment.target if rising else value <= most
        result = Result.MET if met else Result.NOT_MET
    return FollowUp(experiment=experiment, n=n, value=value, result=result)


def locked_at(period: Period, places: Sequence[Place]) -> datetime:
    """Return when the experiment of a week's review is locked: Tuesday 24:00 of the owner."""
    day = period.after + OPEN_FOR
    return place_on(places, day).midnight(day)


def edited(
    experiment: Experiment,
    *,
    text: str | None = None,
    standing: Standing | None = None,
    note: str | None = None,
    now: datetime,
    locked: datetime,
) -> Experiment:
    """Return it as the trader wants it. Raises Conflict `EXPERIMENT_LOCKED`, ValueError."""
    if now >= locked:
        raise Conflict("EXPERIMENT_LOCKED", "An experiment may be changed until Tuesday 24:00.")
    return replace(
        experiment,
        text=experiment.text if text is None else prose(text, MAX_TEXT),
        standing=standing or experiment.standing,
        note=experiment.note if note is None else prose(note, MAX_TEXT),
        touched=True,
    )
