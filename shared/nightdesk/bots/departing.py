"""Bots of an owner who leaves: what they hold with real money, and their end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.bots import capital, lifecycle
from nightdesk.bots.bot import Bot, BotStatus
from nightdesk.bots.persistence import undisturbed
from nightdesk.bots.ports import Bots, Change
from nightdesk.core.ids import UserId
from nightdesk.trading.book import Book
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Desk

OWNER_LEFT = "OWNER_LEFT"
BY = "system"


@dataclass(frozen=True, slots=True)
class LiveHoldings:
    """The port Holdings of the accounts room."""

    desk: Desk

    def live(self, owner: UserId) -> Sequence[str]:
        """Return the bots that hold a live position or have a live order open."""
        books = self.desk.owner_books(owner, Mode.LIVE)
        return sorted(book.bot_id for book in books if not book.flat)


@dataclass(frozen=True, slots=True)
class RetireAll:
    """The port Retirement: retire every bot, also one that still holds something on paper.

    A flat bot's money goes home to its pool; what another one holds stays in its book as it is,
    and nothing works on it any more.
    """

    bots: Bots
    desk: Desk

    def __call__(self, owner: UserId, now: datetime) -> int:
        """Return how many were retired now. Each in a transaction of its own."""
        living = [bot for bot in self.bots.list(owner) if bot.status is not BotStatus.RETIRED]
        for bot in living:
            self._retire(bot, now)
        return len(living)

    def _retire(self, listed: Bot, now: datetime) -> None:
        def attempt() -> None:
            bot = self.bots.get(listed.owner, listed.bot_id)
            if bot.status is BotStatus.RETIRED:
                return
            book = self.desk.book(bot.owner, bot.bot_id)
            self.bots.commit(_ended(bot, book, now))

        undisturbed(attempt)


def _ended(bot: Bot, book: Book, now: datetime) -> Change:
    step = lifecycle.retired(bot, now, by=BY, code=OWNER_LEFT)
    moved = capital.returned(bot, book, now) if book.flat else None
    return Change(
        before=bot,
        bot=step.bot,
        record=step.record,
        events=(*step.events, moved.event) if moved else step.events,
        book=capital.barred(moved.book if moved else book, step.bot),
        flow=moved.flow if moved else None,
    )
