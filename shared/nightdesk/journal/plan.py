"""A plan for one trading day: written before, locked by hand or by the first entry, judged after.

It is the person's plan: trades of bots neither lock it nor count against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.core.errors import Conflict
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.core.money import positive
from nightdesk.journal.trade import JournalTrade, Labels, Origin, Status
from nightdesk.journal.wording import prose

MAX_TEXT = 1_000
MAX_NAMES = 20
MAX_NOTES = 20
MAX_TRADES = 1_000
AHEAD = 14
"""Days for which a plan may be written in advance."""


class LossUnit(StrEnum):
    """What a limit of losses is counted in."""

    MONEY = "money"
    R = "r"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxLoss:
    """The most that may be lost on the day: account currency or R, realised."""

    amount: Decimal
    unit: LossUnit = LossUnit.MONEY

    def __post_init__(self) -> None:
        positive("amount", self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNote:
    """What was added after the plan was locked."""

    at: datetime
    text: str


class LockedBy(StrEnum):
    """What locked a plan."""

    HAND = "hand"
    ENTRY = "entry"
    DAY_OVER = "day_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a plan says. None and empty mean: not limited."""

    max_trades: int | None = None
    max_loss: MaxLoss | None = None
    instruments: tuple[InstrumentId, ...] = ()
    setups: tuple[str, ...] = ()
    intent: str = ""
    market_view: str = ""

    def __post_init__(self) -> None:
        if self.max_trades is not None and not 0 <= self.max_trades <= MAX_TRADES:
            raise ValueError(f"max_trades is 0 to {MAX_TRADES}, was {self.max_trades}")
        for names in (self.instruments, self.setups):
            if len(names) > MAX_NAMES or len(set(names)) != len(names):
                raise ValueError(f"at most {MAX_NAMES} names, each once")
        for text in (self.intent, self.market_view):
            if prose(text, MAX_TEXT) != text:
                raise ValueError("a stored text is in NFC, its lines ended by LF")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """The plan of one day. `begins` and `ends` bound the day as its zone had it at first writing.

    `written_at` is when what it says changed last; a lock by hand says when in `locked_at`.
    `entered_at` is the day's first entry: the plan stays locked though its trade may be hidden.
    """

    owner: UserId
    day: date
    begins: datetime
    ends: datetime
    wish: Wish
    notes: tuple[PlanNote, ...] = ()
    written_at: datetime
    locked_at: datetime | None = None
    entered_at: datetime | None = None
    version: int = 0

    def locked(self, entries: Sequence[JournalTrade], now: datetime) -> LockedBy | None:
        """Return what has locked it first: a hand, the day's first entry, or the day's end."""
        entry = self.first_entry(entries)
        if self.locked_at is not None and (entry is None or self.locked_at <= entry):
            return LockedBy.HAND
        if entry is not None:
            return LockedBy.ENTRY
        return LockedBy.DAY_OVER if now >= self.ends else None

    def first_entry(self, entries: Sequence[JournalTrade]) -> datetime | None:
        """Return when a person first entered a trade on the day, hidden since or not."""
        there = [one.opened_at for one in persons(entries)]
        if self.entered_at is not None:
            there.append(self.entered_at)
        return min((at for at in there if self.begins <= at < self.ends), default=None)

    def says(self, wish: Wish, entries: Sequence[JournalTrade], now: datetime) -> "SessionPlan":
        """Return it with another content. Raises Conflict `PLAN_LOCKED`."""
        if wish == self.wish:
            return self
        if self.locked(entries, now):
            raise Conflict("PLAN_LOCKED", "The plan is locked; a note may still be added.")
        return replace(self, wish=wish, written_at=now)

    def by_hand(self, now: datetime) -> "SessionPlan":
        """Return it locked; one that is locked already stays as it is."""
        return self if self.locked((), now) else replace(self, locked_at=now)

    def entered(self, at: datetime) -> "SessionPlan":
        """Return it with an entry of its day; the first one counts, one of another day does not."""
        if not self.begins <= at < self.ends or (self.entered_at and self.entered_at <= at):
            return self
        return replace(self, entered_at=at)

    def noted(self, text: str, now: datetime) -> "SessionPlan":
        """Return it with one more note. Raises Conflict `NOTE_LIMIT`."""
        if len(self.notes) >= MAX_NOTES:
            raise Conflict("NOTE_LIMIT", f"A plan has at most {MAX_NOTES} notes.")
        return replace(self, notes=(*self.notes, PlanNote(at=now, text=text)))


def persons(trades: Sequence[JournalTrade]) -> list[JournalTrade]:
    """Return the trades that a person decided and that count, by (opened_at, id)."""
    found = [one for one in trades if one.origin is Origin.HUMAN and one.status is not Status.VOID]
    return sorted(found, key=lambda one: (one.opened_at, one.id))


def planned(plan: SessionPlan | None, trade: JournalTrade, labels: Labels | None) -> bool:
    """Return whether a trade was planned before its first fill.

    It named a setup by then, or the plan of its day, as it stood then, has its instrument or its
    setup and excludes neither. A plan that names neither matches nothing.
    """
    setup = labels.setup_id if labels else None
    early = labels is not None and labels.updated_at is not None
    if setup and early and labels and labels.updated_at and labels.updated_at <= trade.opened_at:
        return True
    if plan is None or plan.written_at > trade.opened_at:
        return False
    if not plan.begins <= trade.opened_at < plan.ends:
        return False
    wish = plan.wish
    asked = [
        trade.instrument in wish.instruments if wish.instruments else None,
        setup in wish.setups if wish.setups else None,
    ]
    return True in asked and False not in asked
