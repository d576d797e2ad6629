"""Trades that are open now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.ids import UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.ports.trades import By, Trades

PAGE = 200


@dataclass(frozen=True, slots=True)
class ReadHeld:
    """Read what an owner holds."""

    trades: Trades

    def __call__(self, owner: UserId, now: datetime) -> Sequence[Played]:
        """Return the open trades of all modes; none that has closed is read for it."""
        held: list[Played] = []
        after: str | None = None
        while True:
            # open trades count as the newest by close: none that has closed is among these
            page = self.trades.page(owner, by=By.CLOSED, limit=PAGE, after=after, since=now)
            held += [one for one in page.items if one.trade.closed_at is None]
            after = page.next_key
            if after is None:
                return held
