"""The verdict on an entry, and the little that is asked of an exit (trading §4).

The table's order is the order of the tuples here; a later check slots in at its row.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, localcontext

from nightdesk.core.money import EXACT, ZERO, fixed
from nightdesk.risk import caps, gates, sizing
from nightdesk.risk.caps import Cap, Size
from nightdesk.risk.codes import Reason
from nightdesk.risk.gates import Case
from nightdesk.risk.limits import BotLimits, OwnerLimits
from nightdesk.risk.verdict import (
    NOTHING,
    Check,
    Conditions,
    Exposure,
    Outcome,
    Proposal,
    Verdict,
)

GATES: tuple[tuple[int, Callable[[Case], Iterable[Check]]], ...] = (
    (1, gates.gate),
    (3, gates.bot_state),
    (5, gates.locks),
    (6, gates.data),
    (7, gates.market),
    (8, gates.direction),
    (9, gates.single_entry),
    (10, gates.throttle),
    (11, gates.loss_of_day),
    (14, gates.drawdown),
    (15, gates.positions),
    (16, gates.stop_distance),
    (17, gates.worth),
)
"""Rows that do not depend on the size."""

CAPS: tuple[tuple[int, Callable[[Case, Size], Iterable[Cap]]], ...] = (
    (18, caps.user_caps),
    (24, caps.cash_cap),
    (25, caps.venue_cap),
)
"""Rows that shrink the size; the tightest names the reason."""

FINAL: tuple[tuple[int, Callable[[Case, Size, Decimal], Iterable[Check]]], ...] = (
    (25, caps.minimums),
    (25, caps.enough_left),
)
"""Rows on the size that is left."""


def assess(  # noqa: PLR0917 - the six things that a verdict is about, in their usual order
    proposal: Proposal,
    exposure: Exposure,
    conditions: Conditions,
    bot: BotLimits,
    owner: OwnerLimits,
    as_of: datetime,
) -> Verdict:
    """Return whether and how much of `proposal` may be bought, with every check's figures.

    The first failed check decides, all that can be computed are listed. Pure: the same arguments
    give the same verdict.
    """
    case = Case(
        proposal=proposal,
        exposure=exposure,
        conditions=conditions,
        bot=bot,
        owner=owner,
        as_of=as_of,
    )
    with localcontext(EXACT):
        checks = [check for _, row in GATES for check in row(case)]
        if proposal.stop is None or proposal.stop >= proposal.entry:
            return _denied(checks, NOTHING)
        return _sized(case, proposal.stop, checks)


def assess_exit(*, held: Decimal, exit_pending: bool) -> Check | None:
    """Return the check that refuses an exit, or None. Nothing else can ever refuse one.

    `held` is what could be sold, in base units, floored to lot.
    """
    if held <= ZERO:
        return gates.judged(Reason.NOTHING_TO_SELL, passed=False, held=fixed(held))
    if exit_pending:
        return gates.judged(Reason.EXIT_PENDING, passed=False, held=fixed(held))
    return None


def _sized(case: Case, stop: Decimal, checks: list[Check]) -> Verdict:
    """Size the entry, shrink it to the caps, and answer."""
    asked, seen = case.proposal, case.exposure
    multipliers = sizing.factors(asked, seen, case.conditions, case.owner)
    size = _first_size(case, stop, multipliers)
    limits = [cap for _, row in CAPS for cap in row(case, size)]
    tightest = min(limits, key=lambda cap: cap.allowed)
    quantity = min(size.first, tightest.allowed)
    checks += [cap.check for cap in limits]
    checks += [check for _, row in FINAL for check in row(case, size, quantity)]
    verdict = replace(NOTHING, first_quantity=size.first, factors=multipliers)
    if any(not check.passed and not check.reduces for check in checks):
        return _denied(checks, verdict)
    reduced = quantity < size.first
    return replace(
        verdict,
        outcome=Outcome.REDUCED if reduced else Outcome.APPROVED,
        quantity=quantity,
        price_bound=size.bound,
        reserve=sizing.reserve(quantity, size.bound, asked.costs.fee),
        planned_risk=sizing.planned_risk(quantity, size.loss),
        reason=tightest.check.code if reduced else None,
        checks=tuple(checks),
    )


def _first_size(case: Case, stop: Decimal, multipliers: Mapping[str, Decimal]) -> Size:
    asked = case.proposal
    loss = sizing.loss_per_unit(asked.entry, stop, asked.costs)
    first = sizing.fixed_risk(
        case.exposure.bot_equity,
        case.bot.risk_per_trade,
        loss,
        asked.rules.lot,
        multipliers,
    )
    bound = sizing.price_bound(asked.entry, asked.costs, asked.rules)
    return Size(first=first, loss=loss, bound=bound, stop=stop)


def _denied(checks: list[Check], base: Verdict) -> Verdict:
    first = next(check for check in checks if not check.passed and not check.reduces)
    return replace(base, reason=first.code, checks=tuple(checks))
