"""The experiment of a week: proposed from the last four, followed up in the next."""

from collections.abc import Mapping, Sequence
from datetime import date

from nightdesk.core.money import approximate
from nightdesk.journal.book_stats import Played
from nightdesk.journal.experiment import (
    Candidate,
    Experiment,
    FollowUp,
    Metric,
    choose,
    follow_up,
)
from nightdesk.journal.period import ReviewKind, behind
from nightdesk.journal.review_material import Material
from nightdesk.journal.reviewing.habits import flagged, persons, rules_of
from nightdesk.journal.verdict import State, Verdict

EARLIER = 3
"""Weeks before this one: four with it."""


def proposed(material: Material) -> Experiment | None:
    """Return the one experiment that a week's review proposes for the next; else None."""
    if material.period.kind is not ReviewKind.WEEK:
        return None
    planned, days = plans_of(material.verdicts, material.entry_days)
    week = behind(material.period, (material.period.place,)).label
    return choose(candidates(material), planned=planned, days=days, week=week)


def candidates(material: Material) -> list[Candidate]:
    """Return the habits seen in the closed trades of four weeks, whatever they cost.

    One that nobody looks for any more is none: its experiment could not be followed up.
    """
    past = (one for week in material.past[:EARLIER] for one in week.closed)
    played = persons([*material.closed, *past])
    found = []
    for detector, ids in flagged(material.findings).items():
        if detector in material.unheard:
            continue
        named = [one for one in played if one.trade.id in ids]
        rest = [one for one in played if one.trade.id not in ids]
        habit = detector.replace("_", " ").lower()
        found.append(
            _candidate(Metric.FLAGGED_SHARE, {"detector": detector}, f'"{habit}"', named, rest)
        )
    for (book, rule), kept in rules_of(material.books, played, material.period.place).items():
        name = f'"{kept.rule.text}"'
        names = {"playbook": book, "rule": rule}
        found.append(_candidate(Metric.BROKEN_SHARE, names, name, kept.broken, kept.kept))
    return found


def _candidate(
    metric: Metric,
    names: Mapping[str, str],
    name: str,
    shown: Sequence[Played],
    rest: Sequence[Played],
) -> Candidate:
    return Candidate(
        metric=metric,
        filter=names,
        name=name,
        flagged=_r(shown),
        rest=_r(rest),
        shown=len(shown),
        n=len(shown) + len(rest),
    )


def _r(played: Sequence[Played]) -> list[float]:
    return [approximate(r) for one in played if (r := one.trade.risk.r) is not None]


def plans_of(verdicts: Mapping[date, Verdict], days: frozenset[date]) -> tuple[int, int]:
    """Return on how many of these days there was a plan, and how many days these are."""
    planned = {day for day, one in verdicts.items() if one.state is not State.NO_PLAN}
    return len(planned & days), len(days)


def followed(material: Material) -> FollowUp | None:
    """Return what became of the experiment of this week; None where none was proposed."""
    tried = material.tried
    if tried is None or tried.week != material.period.label:
        return None
    played = persons(material.closed)
    if tried.metric is Metric.PLANNED_DAYS:
        days = frozenset(day for day in material.entry_days if material.within(day))
        return follow_up(tried, *plans_of(material.verdicts, days))
    if tried.metric is Metric.FLAGGED_SHARE:
        if _unheard(material, tried.filter["detector"]):
            return follow_up(tried, 0, 0)
        ids = flagged(material.findings).get(tried.filter["detector"], frozenset())
        return follow_up(tried, sum(one.trade.id in ids for one in played), len(played))
    rules = rules_of(material.books, played, material.period.place)
    asked = rules.get((tried.filter["playbook"], tried.filter["rule"]))
    if asked is None:
        return follow_up(tried, 0, 0)
    return follow_up(tried, len(asked.broken), len(asked.broken) + len(asked.kept))


def _unheard(material: Material, detector: str) -> bool:
    """Whether a detector was not heard all through the week: then few flags say nothing."""
    shadows = {one.detector for one in material.found if one.shadow}
    return detector in material.unheard | shadows
