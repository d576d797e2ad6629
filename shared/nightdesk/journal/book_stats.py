"""What keeping and breaking each rule of a playbook was worth, in R."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nightdesk.core.money import approximate
from nightdesk.journal.place import Place
from nightdesk.journal.playbook import Playbook, Rule, checked
from nightdesk.journal.trade import Check, JournalTrade, Labels, Status
from nightdesk.performance.figure import Figure, known, missing

THIN = 10
"""Fewer trades with R than this on either side make a comparison thin."""
NO_R = "NO_R"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStats:
    """One rule over the trades that it was asked of. Means and cost are in R.

    `difference` is mean kept - mean broken with its 95 % interval; `cost` = n broken * (mean
    broken - mean kept): negative where breaking it cost something. Counts are of all trades, the
    figures and `thin` of those with R.
    """

    rule: Rule
    kept: int
    broken: int
    mean_kept: Figure
    mean_broken: Figure
    difference: Figure
    cost: Figure
    thin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A trade with what was written of it."""

    trade: JournalTrade
    labels: Labels


def stats(versions: Sequence[Playbook], played: Iterable[Played], place: Place) -> list[RuleStats]:
    """Return the figures of each rule that a version of this playbook has, newest version first.

    A trade is judged by the version that it keeps; a rule with the same id is the same rule. Only
    closed trades count.
    """
    by_version = {one.version: one for one in versions}
    rules: dict[str, Rule] = {}
    for version in sorted(versions, key=lambda one: -one.version):
        for rule in version.rules:
            rules.setdefault(rule.id, rule)
    sides: dict[str, dict[Check, list[float | None]]] = {
        name: {Check.KEPT: [], Check.BROKEN: []} for name in rules
    }
    for one in played:
        book = by_version.get(one.labels.playbook_version or 0)
        if book is None or one.labels.playbook_id != book.id:
            continue
        if one.trade.status is not Status.CLOSED:
            continue
        r = one.trade.risk.r
        for name, check in checked(book, one.trade, one.labels, place).items():
            if check in sides[name]:
                sides[name][check].append(None if r is None else approximate(r))
    return [_rule(rule, sides[rule.id]) for rule in rules.values()]


def _rule(rule: Rule, sides: dict[Check, list[float | None]]) -> RuleStats:
    kept, broken = (
        [r for r in sides[side] if r is not None] for side in (Check.KEPT, Check.BROKEN)
    )
    return RuleStats(
        rule=rule,
        kept=len(sides[Check.KEPT]),
        broken=len(sides[Check.BROKEN]),
        mean_kept=_mean(kept),
        mean_broken=_mean(broken),
        difference=_difference(kept, broken),
        cost=_cost(kept, broken),
        thin=min(len(kept), len(broken)) < THIN,
    )


def _mean(values: Sequence[float]) -> Figure:
    return known(sum(values) / len(values), len(values)) if values else missing(NO_R, 0)


def _difference(kept: Sequence[float], broken: Sequence[float]) -> Figure:
    n = len(kept) + len(broken)
    if not kept or not broken:
        return missing(NO_R, n)
    import numpy as np  # noqa: PLC0415 - the API imports this module, and numpy for this alone

    from nightdesk.performance.intervals import mean_difference_interval  # noqa: PLC0415

    interval = mean_difference_interval(np.array(kept), np.array(broken))
    return known(sum(kept) / len(kept) - sum(broken) / len(broken), n, interval=interval)


def _cost(kept: Sequence[float], broken: Sequence[float]) -> Figure:
    n = len(kept) + len(broken)
    if not kept or not broken:
        return missing(NO_R, n)
    return known(len(broken) * (sum(broken) / len(broken) - sum(kept) / len(kept)), n)
