"""The numbers of a review: made by code alone, plain JSON, each with its unit (journal, part 7)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np

from nightdesk.core.clock import iso
from nightdesk.core.money import approximate, fixed
from nightdesk.journal.behaviour.reporting import DEFAULT_DAYS
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.discipline import discipline
from nightdesk.journal.experiment import Experiment, FollowUp
from nightdesk.journal.finding import DetectorId, Finding, Json, Scope
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.review_material import Account, Material
from nightdesk.journal.reviewing.counting import ClosedTrades, no_net, no_r
from nightdesk.journal.reviewing.habits import Kept, rules_of
from nightdesk.journal.reviewing.open_risk import open_risk
from nightdesk.journal.reviewing.parts import parts_of
from nightdesk.journal.reviewing.past import against_past, changes
from nightdesk.journal.reviewing.telling import RESULT, Unit, plain, results, shortly, told, tried
from nightdesk.journal.reviewing.trying import followed, plans_of
from nightdesk.journal.trade import Check, JournalTrade, Origin
from nightdesk.journal.verdict import Naming, State
from nightdesk.performance.day_metrics import day_metrics
from nightdesk.performance.figure import Figure

EXTREMES = {ReviewKind.WEEK: 1, ReviewKind.MONTH: 5, ReviewKind.DAY: 1}


def numbers_of(material: Material, experiment: Experiment | None = None) -> dict[str, Json]:
    """Return all numbers of a review, the same for the same material."""
    closes = ClosedTrades.of(material.closed, material.period.place.currency)
    figures = closes.figures()
    past = against_past(closes, material.past, material.period.kind)
    rules = rules_of(material.books, material.closed, material.period.place)
    return {
        "period": _period(material),
        "currency": closes.currency,
        "quiet": material.quiet,
        "counts": _counts(material, figures) | {"unvalued": closes.unvalued},
        "result": results(figures, RESULT),
        "extremes": _extremes(material.period.kind, closes),
        "account": _account(material.account, material.period.place.currency),
        "open_risk": _open_risk(material),
        "by": parts_of(material, closes),
        "origin": _origins(closes),
        "findings": _findings(material),
        "plans": _plans(material),
        "rules": [_rule(*key, kept) for key, kept in rules.items()],
        "discipline": told(_discipline(material, list(rules.values())), Unit.POINTS),
        "moods": _moods(material),
        "tilt": _tilt(material),
        "model_cost": None if material.model_cost is None else fixed(material.model_cost),
        "past": past,
        "changed": changes(past),
        "experiment": None if experiment is None else tried(experiment),
        "follow_up": _followed(followed(material)),
        "experiments": [dict(one) for one in material.experiments],
    }


def _period(material: Material) -> dict[str, Json]:
    period = material.period
    return {
        "kind": period.kind.value,
        "label": period.label,
        "first": period.first.isoformat(),
        "after": period.after.isoformat(),
        "since": iso(period.since),
        "until": iso(period.until),
        "zone": period.place.zone,
        "currency": period.place.currency,
        "mode": material.mode.value,
    }


def _counts(material: Material, figures: Mapping[str, Figure]) -> dict[str, Json]:
    wanted = ("trade_count", "wins", "losses", "breakevens")
    values = {name: figures[name].value for name in wanted}
    found: dict[str, Json] = {
        name: None if value is None else int(value) for name, value in values.items()
    }
    return found | {
        "entered": len(material.opened),
        "open": len(material.held),
        "other_modes": material.other_modes,
    }


def _extremes(kind: ReviewKind, closes: ClosedTrades) -> dict[str, Json]:
    """Return the best and worst by R; by net where no trade has R."""
    trades = [one.trade for one in closes.played]
    nets = [None if isnan(net) else net for net in closes.money.net.tolist()]
    rs = [None if one.risk.r is None else approximate(one.risk.r) for one in trades]
    by_r = any(r is not None for r in rs)
    known = [
        (value, trade.id, _extreme(trade, net, r))
        for trade, net, r in zip(trades, nets, rs, strict=True)
        if (value := r if by_r else net) is not None
    ]
    known.sort(key=lambda one: (-one[0], one[1]))
    most = EXTREMES[kind]
    return {
        "best": [row for value, _, row in known[:most] if value > 0],
        "worst": [row for value, _, row in reversed(known[-most:]) if value < 0],
    }


def _extreme(trade: JournalTrade, net: float | None, r: float | None) -> Json:
    return {
        "trade": trade.id,
        "instrument": trade.instrument,
        "net": plain(net, 1, Unit.MONEY, no_net(trade)),
        "r": plain(r, 1, Unit.R, no_r(trade)),
    }


def _open_risk(material: Material) -> dict[str, Json]:
    held = [one.trade for one in material.held]
    found = open_risk(held, material.period.place.currency)
    amount = None if found.amount is None else approximate(found.amount)
    told = plain(amount, len(held), Unit.MONEY, found.reason or "UNKNOWN")
    return told | {"currency": found.currency}


def _account(account: Account, own: str) -> dict[str, Json]:
    days = day_metrics(np.array(account.returns, dtype=np.float64))
    amounts = {
        "equity_start": account.start,
        "equity_end": account.end,
        "flows": account.flows,
    }
    return {
        "currency": account.currency or own,
        "left_out": list(account.left_out),
        "untold": list(account.untold),
        "caveat": account.caveat,
        **{
            name: plain(None if amount is None else approximate(amount), 1, Unit.MONEY)
            for name, amount in amounts.items()
        },
        "total_return": told(days["total_return"], Unit.SHARE),
        "max_drawdown": told(days["max_drawdown"], Unit.SHARE),
    }


def _origins(closes: ClosedTrades) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for origin in Origin:
        chosen = np.array([one.trade.origin is origin for one in closes.played], dtype=bool)
        part = closes.take(chosen)
        found[origin.value] = {"n": len(part.played), **shortly(part.figures())}
    return found


def _findings(material: Material) -> list[Json]:
    """Return what was found in the period, by detector, the weightiest first.

    Beside it stands what the detector claims of the last 90 days. What only a claim says is told
    where the claim is made.
    """
    claims = {one.detector: one for one in material.claims}
    groups: dict[DetectorId, list[Finding]] = {
        name: [] for name, one in claims.items() if one.standing is Standing.FIRES
    }
    for one in material.found:
        light = material.period.kind is ReviewKind.DAY and not one.severity.told
        if not one.shadow and not light:
            groups.setdefault(one.detector, []).append(one)
    found: list[tuple[int, int, str, Json]] = []
    for name, group in groups.items():
        claim, severities = claims.get(name), [one.severity for one in group]
        if claim is not None and claim.standing is Standing.FIRES:
            severities.append(claim.severity)
        heaviest = max(severities, key=lambda one: one.rank)
        row: dict[str, Json] = {
            "detector": name.value,
            "count": len(group),
            "severity": heaviest.value,
            "trades": [*sorted({one.trades[0] for one in group if one.scope is Scope.TRADE})],
        }
        if claim is not None:
            row |= _claim(claim)
        found.append((-heaviest.rank, -len(group), name.value, row))
    return [row for *_, row in sorted(found, key=lambda one: one[:3])]


def _claim(claim: Claim) -> dict[str, Json]:
    """Return what a window says: x of n with the base rate and p, where that is counted."""
    found: dict[str, Json] = {"claim": claim.standing.value, "days": DEFAULT_DAYS}
    if (chance := claim.chance) is not None:
        found |= {"x": chance.x, "n": chance.n}
        found["base"] = plain(chance.base, chance.n, Unit.SHARE)
        found["p"] = plain(chance.p, chance.n, Unit.RATIO)
    return found


def _plans(material: Material) -> dict[str, Json]:
    verdicts = {day: one for day, one in material.verdicts.items() if material.within(day)}
    days = frozenset(day for day in material.entry_days if material.within(day))
    planned, of = plans_of(verdicts, days)
    items = Counter(item.check for one in verdicts.values() for item in one.items)
    named = Counter(one.named for one in verdicts.values())
    return {
        "judged": sum(one.state is State.JUDGED for one in verdicts.values()),
        "kept": items[Check.KEPT],
        "broken": items[Check.BROKEN],
        "luck": named[Naming.LUCK],
        "discipline": named[Naming.DISCIPLINE],
        "entry_days": of,
        "planned_days": planned,
        "planned_share": plain(planned / of if of else None, of, Unit.SHARE, "NO_DAYS"),
    }


def _rule(book: str, name: str, kept: Kept) -> Json:
    """Return one rule; what breaking it cost is n broken * (mean R kept - mean R broken)."""
    sides = [
        [approximate(r) for one in side if (r := one.trade.risk.r) is not None]
        for side in (kept.kept, kept.broken)
    ]
    n, cost = len(sides[0]) + len(sides[1]), None
    if all(sides):
        means = [sum(side) / len(side) for side in sides]
        cost = len(kept.broken) * (means[0] - means[1])
    return {
        "playbook": book,
        "rule": name,
        "text": kept.rule.text,
        "kept": len(kept.kept),
        "broken": len(kept.broken),
        "cost": plain(cost, n, Unit.R, "NO_R"),
    }


def _discipline(material: Material, rules: Sequence[Kept]) -> Figure:
    checks = [Check.KEPT for one in rules for _ in one.kept]
    checks += [Check.BROKEN for one in rules for _ in one.broken]
    for day, verdict in material.verdicts.items():
        if material.within(day):
            checks += [item.check for item in verdict.items]
    return discipline(checks)


def _moods(material: Material) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, days in sorted(material.moods.items()):
        values = [value for day, value in sorted(days.items()) if material.within(day)]
        mean = sum(values) / len(values) if values else None
        found[name] = plain(mean, len(values), Unit.POINTS, "NO_RATINGS")
    return found


def _tilt(material: Material) -> Json:
    scores = [(-score, day) for day, score in material.tilts.items() if material.within(day)]
    if not scores:
        return None
    score, day = min(scores)
    return {"day": day.isoformat(), "score": {"unit": Unit.POINTS.value, "value": -score, "n": 1}}


def _followed(one: FollowUp | None) -> Json:
    if one is None:
        return None
    value = None if one.value is None else approximate(one.value)
    return {
        **tried(one.experiment),
        "n": one.n,
        "value": plain(value, one.n, Unit.SHARE, "TOO_FEW"),
        "result": one.result.value,
    }
