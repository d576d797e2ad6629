"""The figures of one trade from its legs: quantities, money, risk, outcome (journal, 1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from types import MappingProxyType
from typing import TypeVar

from nightdesk.core.ids import journal_trade_id
from nightdesk.core.money import ZERO
from nightdesk.journal.exactly import ratio
from nightdesk.journal.fill import Book, JournalFill
from nightdesk.journal.holding import Holding
from nightdesk.journal.trade import (
    Charge,
    ExitReason,
    JournalTrade,
    Leg,
    Money,
    Origin,
    Outcome,
    Quantities,
    Rate,
    Risk,
    Source,
    Status,
    StopMark,
)

T = TypeVar("T")

_RANKS = {source: rank for rank, source in enumerate(Source)}

FIRST_STOP_WITHIN = timedelta(seconds=60)
"""A stop recorded later is a move, not the first one."""

OPEN = "OPEN"
NO_STOP = "NO_STOP"
ZERO_RISK = "ZERO_RISK"
NO_TARGET = "NO_TARGET"
NOT_POSITIVE = "NOT_POSITIVE"
NO_EXIT = "NO_EXIT"
NO_REFERENCE = "NO_REFERENCE"
NOT_PLANNED_BY_DESK = "NOT_PLANNED_BY_DESK"
FEE_PRICE_MISSING = "FEE_PRICE_MISSING"
RATE_MISSING = "RATE_MISSING"


def figured(
    held: Holding, book: Book, *, stops: Iterable[StopMark], breakeven_r: Decimal
) -> JournalTrade:
    """Return the trade of a holding; `stops` were recorded beside its fills.

    Whoever calls works in the context `EXACTLY`.
    """
    why: dict[str, str] = {}
    closed = held.closed_at is not None
    quantity = _quantities(held, why)
    money = _money(held, why)
    risk = _risk(held, _moves(held, stops), money.net, why)
    first, last = held.fills[0], held.fills[-1]
    return JournalTrade(
        id=journal_trade_id(book.owner, book.account, book.contract.instrument, first.id),
        owner=book.owner,
        account=book.account,
        mode=book.mode,
        instrument=book.contract.instrument,
        base=book.contract.base,
        quote=book.contract.quote,
        kind=book.contract.kind,
        source=min((fill.source for fill in held.fills), key=_RANKS.__getitem__),
        origin=Origin.HUMAN if first.bot_id is None else Origin.BOT,
        bot_id=first.bot_id,
        strategy_version=first.strategy_version,
        decision_ids=_once(fill.decision_id for fill in held.fills),
        import_ids=_once(fill.import_id for fill in held.fills),
        side=held.side,
        status=_status(held),
        opened_at=held.opened_at,
        closed_at=held.closed_at,
        outcome=_outcome(money, risk, breakeven_r, closed=closed, why=why),
        exit_reason=_given(
            "exit_reason", (last.reason or ExitReason.UNKNOWN) if closed else None, OPEN, why
        ),
        incomplete=tuple(
            code for code in (FEE_PRICE_MISSING, RATE_MISSING) if code in why.values()
        ),
        quantity=quantity,
        money=money,
        risk=risk,
        legs=tuple(held.legs),
        charges=tuple(held.charges),
        reasons=MappingProxyType(why),
    )


def _status(held: Holding) -> Status:
    if held.closed_at is not None:
        return Status.CLOSED
    return Status.PARTLY_CLOSED if held.exited else Status.OPEN


def _quantities(held: Holding, why: dict[str, str]) -> Quantities:
    entries = [leg for leg in held.legs if leg.entry]
    exits = [leg for leg in held.legs if not leg.entry]
    first = [leg for leg in entries if leg.order == entries[0].order]
    size = _in_account([(leg.price * leg.quantity, leg.rate) for leg in first])
    return Quantities(
        qty_entered=held.entered,
        qty_exited=held.exited,
        qty_open=held.held,
        qty_carried=held.carried,
        cost_carried=held.carried_cost,
        peak_qty=held.peak,
        avg_entry=ratio(held.paid, held.entered),
        avg_exit=_given(
            "avg_exit", ratio(held.received, held.exited) if exits else None, NO_EXIT, why
        ),
        scale_ins=max(0, len({leg.order for leg in entries}) - 1),
        partial_exits=max(0, len({leg.order for leg in exits}) - 1),
        size=_given("size", size, RATE_MISSING, why),
    )


def _money(held: Holding, why: dict[str, str]) -> Money:
    gross = held.realised
    funding = sum((charge.amount for charge in held.charges), ZERO)
    known = all(leg.fee is not None for leg in held.legs)
    fees = sum((leg.fee or ZERO for leg in held.legs), ZERO) if known else None
    net = None if fees is None else gross - fees + funding
    if fees is None:
        why |= dict.fromkeys(("fees", "net"), FEE_PRICE_MISSING)
    on_notional = ratio(net, held.paid) if net is not None and held.closed_at else None
    gross_account, fees_account, net_account = _accounted(held.legs, held.charges, known=known)
    missing = RATE_MISSING if known else FEE_PRICE_MISSING
    return Money(
        gross=gross,
        fees=fees,
        funding=funding,
        net=net,
        return_on_notional=_given(
            "return_on_notional", on_notional, FEE_PRICE_MISSING if held.closed_at else OPEN, why
        ),
        net_account=_given("net_account", net_account, missing, why),
        gross_account=_given("gross_account", gross_account, RATE_MISSING, why),
        fees_account=_given("fees_account", fees_account, missing, why),
        slippage=_given("slippage", _slippage(held.fills), NO_REFERENCE, why),
    )


def _accounted(
    legs: Sequence[Leg], charges: Sequence[Charge], *, known: bool
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Return gross, fees and net in account currency, each part at the rate of its own time."""
    gross = _in_account([(leg.realised, leg.rate) for leg in legs])
    funding = _in_account([(charge.amount, charge.rate) for charge in charges])
    fees = _in_account([(leg.fee or ZERO, leg.rate) for leg in legs]) if known else None
    if gross is None or fees is None or funding is None:
        return gross, fees, None
    return gross, fees, gross - fees + funding


def _in_account(amounts: Sequence[tuple[Decimal, Rate | None]]) -> Decimal | None:
    """Return the sum in account currency; None where an amount has no rate."""
    total = ZERO
    for amount, rate in amounts:
        if not amount:
            continue
        if rate is None:
            return None
        total += amount * rate.value
    return total


def _slippage(fills: Sequence[JournalFill]) -> Decimal | None:
    total = ZERO
    for fill in fills:
        if fill.reference is None:
            return None
        total += fill.side.sign * (fill.price - fill.reference) * fill.quantity
    return total


def _risk(
    held: Holding, stops: tuple[StopMark, ...], net: Decimal | None, why: dict[str, str]
) -> Risk:
    closed = held.closed_at is not None
    entries = [leg for leg in held.legs if leg.entry]
    first = stops[0] if stops and stops[0].at <= held.opened_at + FIRST_STOP_WITHIN else None
    initial = None if first is None else _initial_risk(held, entries, first.price)
    target = next((leg.target for leg in entries if leg.target is not None), None)
    r = None
    if first is None or not initial:
        why["initial_risk"] = why["r"] = NO_STOP if first is None else ZERO_RISK
    elif not closed:
        why["r"] = OPEN
    elif net is None:
        why["r"] = FEE_PRICE_MISSING
    else:
        r = ratio(net, initial)
    parts = [fill.planned_risk for fill in held.fills if fill.planned_risk is not None]
    recorded = _seconds(held.opened_at, stops[0].at) if stops else None
    return Risk(
        initial_stop=_given("initial_stop", None if first is None else first.price, NO_STOP, why),
        target=_given("target", target, NO_TARGET, why),
        stops=stops,
        initial_risk=initial or None,
        r=r,
        planned_rr=_planned(entries[0], held.side.direction, first, why),
        planned_risk=_given(
            "planned_risk", sum(parts, ZERO) if parts else None, NOT_PLANNED_BY_DESK, why
        ),
        stop_recorded_after_seconds=_given("stop_recorded_after_seconds", recorded, NO_STOP, why),
    )


def _moves(held: Holding, recorded: Iterable[StopMark]) -> tuple[StopMark, ...]:
    """Return the stops of this trade by time, each move once; those of its legs stood there.

    What an exit says that ended the trade is of the one that its rest opens.
    """
    marks = [
        StopMark(at=leg.at, price=leg.stop)
        for leg in held.legs
        if leg.stop is not None and (leg.entry or leg.at != held.closed_at)
    ]
    moves: list[StopMark] = []
    for mark in sorted([*marks, *recorded], key=lambda one: (one.at, one.price)):
        if not moves or moves[-1].price != mark.price:
            moves.append(mark)
    return tuple(moves)


def _initial_risk(held: Holding, entries: Sequence[Leg], first: Decimal) -> Decimal:
    direction = held.side.direction
    return sum(
        (
            max(ZERO, direction * (leg.price - (leg.stop or first))) * leg.quantity
            for leg in entries
        ),
        ZERO,
    )


def _planned(
    leg: Leg, direction: int, stop: StopMark | None, why: dict[str, str]
) -> Decimal | None:
    """Return the first leg's target distance over its stop distance, if both are positive."""
    if stop is None or leg.target is None:
        why["planned_rr"] = NO_STOP if stop is None else NO_TARGET
        return None
    risked = direction * (leg.price - (leg.stop or stop.price))
    wanted = direction * (leg.target - leg.price)
    if risked <= ZERO or wanted <= ZERO:
        why["planned_rr"] = NOT_POSITIVE
        return None
    return ratio(wanted, risked)


def _outcome(
    money: Money, risk: Risk, breakeven_r: Decimal, *, closed: bool, why: dict[str, str]
) -> Outcome | None:
    """Return how it ended: by R where there is one, else net against the fees it cost."""
    if not closed or money.net is None or money.fees is None:
        why["outcome"] = FEE_PRICE_MISSING if closed else OPEN
        return None
    even = abs(risk.r) < breakeven_r if risk.r is not None else abs(money.net) <= abs(money.fees)
    if even or not money.net:
        return Outcome.BREAKEVEN
    return Outcome.WIN if money.net > ZERO else Outcome.LOSS


def _seconds(since: datetime, until: datetime) -> int:
    """Return whole seconds, a begun one too: what came after a minute is not within it."""
    return max(0, ceil((until - since).total_seconds()))


def _given(name: str, value: T | None, reason: str, why: dict[str, str]) -> T | None:
    """Return `value`; where there is none, note why."""
    if value is None:
        why[name] = reason
    return value


def _once(values: Iterable[T | None]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(value for value in values if value is not None))
