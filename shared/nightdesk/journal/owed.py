"""What is owed to a trade or a day later: candles that are still to come, a day that ends.

Each stands in the order of time over all owners, so what is due is found without looking at
anybody who is owed nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.excursions import LONGER
from nightdesk.journal.measuring import unsettled
from nightdesk.journal.task import JournalQueue, Refresh, Score, Task
from nightdesk.journal.trade import JournalTrade
from nightdesk.trading.order import Mode

PAGE = 200
AGAIN = timedelta(hours=6)
"""How long is waited for candles that should be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A second look, at `at`: at one trade, or at one day of the trades of a mode."""

    owner: UserId
    at: datetime
    trade_id: TradeId | None = None
    day: date | None = None
    mode: Mode | None = None

    def __post_init__(self) -> None:
        whole = self.day is not None and self.mode is not None
        if whole == (self.trade_id is not None):
            raise ValueError("a second look is at a trade, or at a day of a mode")

    @property
    def what(self) -> str:
        """Return what is looked at: an owner is owed one look at each thing."""
        if self.trade_id is not None:
            return f"T#{self.trade_id}"
        return f"D#{self.mode}#{self.day}"


class OwedLooks(Protocol):
    """Who is owed a second look at what, and from when on."""

    def put(self, owed: Owed) -> None:
        """Store it, instead of one at the same thing."""
        ...

    def drop(self, owed: Owed) -> None:
        """Remove what is owed to the same thing; nothing there is as good as removed."""
        ...

    def due(self, now: datetime, *, limit: int, after: str | None = None) -> Page[Owed]:
        """Return those with ``at <= now``, the longest due first.

        One that was dropped a moment ago may still be told.
        """
        ...


def owed_to(trade: JournalTrade, now: datetime) -> Owed | None:
    """Return when candles may tell more of a closed trade; None where nothing is to come."""
    if trade.closed_at is None or not unsettled(trade, now):
        return None
    ends = [trade.closed_at + timedelta(minutes=minutes) for minutes in LONGER]
    at = next((end for end in ends if end > now), now + AGAIN)
    return Owed(owner=trade.owner, at=at, trade_id=trade.id)


@dataclass(frozen=True, slots=True)
class CallOwed:
    """Hand out what is due. Cut off or run twice, nothing is lost: until done it stays due."""

    looks: OwedLooks
    queue: JournalQueue

    def __call__(self, as_of: datetime) -> int:
        """Return how many tasks were sent. Raises StoreUnavailable."""
        sent, after = 0, None
        while True:
            page = self.looks.due(as_of, limit=PAGE, after=after)
            trades: dict[UserId, list[TradeId]] = defaultdict(list)
            tasks: list[Task] = []
            for one in page.items:
                if one.trade_id is not None:
                    trades[one.owner].append(one.trade_id)
                elif one.day is not None and one.mode is not None:
                    tasks.append(Score(owner=one.owner, day=one.day, mode=one.mode))
            for owner, ids in trades.items():
                tasks += Refresh.some(owner, ids)
            if tasks:
                self.queue.send(tasks, now=as_of)
            sent, after = sent + len(tasks), page.next_key
            if after is None:
                return sent
