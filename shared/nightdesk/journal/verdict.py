"""What became of a day's plan: each item kept or broken, and whether luck had a hand in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate

from nightdesk.core.ids import TradeId
from nightdesk.core.money import ZERO
from nightdesk.journal.modes import modes_of
from nightdesk.journal.plan import LossUnit, MaxLoss, SessionPlan, persons
from nightdesk.journal.trade import Check, JournalTrade, Labels, Status
from nightdesk.trading.order import Mode


class State(StrEnum):
    """Whether there is something to judge."""

    NO_PLAN = "no_plan"
    PENDING = "pending"
    """The day is not over."""
    JUDGED = "judged"


class Naming(StrEnum):
    """What result and limits say together."""

    LUCK = "luck"
    """A winning day that broke its limit."""
    DISCIPLINE = "discipline"
    """A losing day that kept it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a plan: `kept`, `broken`, or `unknown` with a reason. `trades` made it so."""

    name: str
    check: Check
    trades: tuple[TradeId, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a day stood against its plan. `net` is realised, in account currency.

    `mode` is whose trades were judged: those of the other one count for nothing.
    """

    state: State
    mode: Mode | None = None
    items: tuple[Item, ...] = ()
    net: Decimal | None = None
    named: Naming | None = None


NO_PLAN = Verdict(state=State.NO_PLAN)
LIMITS = frozenset({"max_trades", "max_loss"})
WRITTEN_LATE = "WRITTEN_LATE"
"""What the plan says was written after the day's first entry."""


def judge(
    plan: SessionPlan | None,
    opened: Sequence[JournalTrade],
    closed: Sequence[JournalTrade],
    labels: Mapping[TradeId, Labels],
    now: datetime,
) -> Verdict:
    """Return the verdict of a day.

    `opened` were entered on the day, `closed` ended on it: results count on the close, and only
    realised ones. A limit of losses is broken once the day's running result passes it, however
    the day ends. Live trades are judged, on a day without any those on paper: never both. Of a
    plan that was written, or changed, after the day's first entry every item is unknown: an entry
    that is told late had not locked it.
    """
    if plan is None:
        return NO_PLAN
    if now < plan.ends:
        return Verdict(state=State.PENDING)
    (mode,) = modes_of(persons([*opened, *closed]))
    entered = [one for one in persons(opened) if one.mode is mode]
    ended = [one for one in _by_close(closed) if one.mode is mode]
    wish = plan.wish
    items = []
    if wish.max_trades is not None:
        over = entered[wish.max_trades :]
        items.append(_item("max_trades", over))
    if wish.max_loss is not None:
        items.append(_loss(wish.max_loss, ended))
    if wish.instruments:
        other = [one for one in entered if one.instrument not in wish.instruments]
        items.append(_item("instruments", other))
    if wish.setups:
        other = [one for one in entered if _setup(labels, one) not in wish.setups]
        items.append(_item("setups", other))
    entry = plan.first_entry(opened)
    if entry is not None and entry < plan.written_at:
        items = [_late(one.name, plan, opened) for one in items]
    nets = [one.money.net_account for one in ended]
    net = None if None in nets else sum((one for one in nets if one is not None), ZERO)
    return Verdict(
        state=State.JUDGED, mode=mode, items=tuple(items), net=net, named=_named(items, net)
    )


def _by_close(trades: Sequence[JournalTrade]) -> list[JournalTrade]:
    done = [one for one in persons(trades) if one.status is Status.CLOSED]
    return sorted(done, key=lambda one: (one.closed_at or one.opened_at, one.id))


def _setup(labels: Mapping[TradeId, Labels], trade: JournalTrade) -> str | None:
    found = labels.get(trade.id)
    return found.setup_id if found else None


def _item(name: str, offenders: Sequence[JournalTrade]) -> Item:
    check = Check.BROKEN if offenders else Check.KEPT
    return Item(name=name, check=check, trades=tuple(one.id for one in offenders))


def _late(name: str, plan: SessionPlan, opened: Sequence[JournalTrade]) -> Item:
    before = tuple(one.id for one in persons(opened) if one.opened_at < plan.written_at)
    return Item(name=name, check=Check.UNKNOWN, trades=before, reason=WRITTEN_LATE)


def _loss(limit: MaxLoss, ended: Sequence[JournalTrade]) -> Item:
    """Judge the running result; a result that nobody knows leaves the limit unknown."""
    read: Callable[[JournalTrade], Decimal | None] = lambda one: one.money.net_account  # noqa: E731
    reason = "NO_RATE"
    if limit.unit is LossUnit.R:
        read, reason = (lambda one: one.risk.r), "NO_STOP"
    known = [(one, value) for one in ended if (value := read(one)) is not None]
    running = list(accumulate((value for _, value in known), initial=ZERO))[1:]
    past = [one for (one, _), sum_ in zip(known, running, strict=True) if sum_ < -limit.amount]
    if past:
        return _item("max_loss", past)
    unknown = tuple(one.id for one in ended if read(one) is None)
    if unknown:
        return Item(name="max_loss", check=Check.UNKNOWN, trades=unknown, reason=reason)
    return _item("max_loss", [])


def _named(items: Sequence[Item], net: Decimal | None) -> Naming | None:
    checks = [item.check for item in items if item.name in LIMITS]
    if net is None or not checks:
        return None
    if net > ZERO and Check.BROKEN in checks:
        return Naming.LUCK
    if net < ZERO and all(check is Check.KEPT for check in checks):
        return Naming.DISCIPLINE
    return None
