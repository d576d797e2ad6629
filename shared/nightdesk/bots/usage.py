"""What users make of the desk: the answers of this room to the accounts room."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.accounts.directory import BotCounts, UserFigures
from nightdesk.bots.bot import TRADING, Bot, BotStatus, PauseCode
from nightdesk.bots.ports import AllBots, Bots
from nightdesk.bots.switching import PauseBot
from nightdesk.core.errors import Fault
from nightdesk.core.ids import UserId
from nightdesk.trading.book import Book
from nightdesk.trading.ports import Desk

logger = logging.getLogger(__name__)

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BotUsage:
    """The port Usage, as far as bots go: what later rooms know stays None."""

    index: AllBots
    owners: Bots
    desk: Desk

    def of(self, owners: Sequence[UserId], now: datetime) -> Mapping[UserId, UserFigures]:
        """Return the figures of each: a query by owner, and one batch of all their books."""
        found = {owner: self.owners.list(owner) for owner in owners}
        places = [(bot.owner, bot.bot_id) for bots in found.values() for bot in bots]
        books = self.desk.books(places)
        return {
            owner: _figures(
                bots,
                [book for bot in bots if (book := books.get((owner, bot.bot_id))) is not None],
                now,
            )
            for owner, bots in found.items()
        }

    def bots(self) -> BotCounts:
        """Return how many bots there are on the whole desk, by reading them all."""
        return counted(self.index.everywhere())


@dataclass(frozen=True, slots=True)
class BotsOfBlocked:
    """The port OwnersBots."""

    bots: Bots
    pause_bot: PauseBot

    def pause(self, owner: UserId, now: datetime, *, by: str) -> int:
        """Pause what trades, each in a transaction of its own; return how many were.

        One that fails keeps no other: its entries are refused at the owner's gate all the same.
        """
        paused = 0
        for bot in self.bots.list(owner):
            if bot.status not in TRADING:
                continue
            try:
                code = PauseCode.USER_BLOCKED_BY_ADMIN
                self.pause_bot(owner, bot.bot_id, now, code=code, by=by)
                paused += 1
            except Fault as fault:
                logger.warning("bot %s is not paused: %s", bot.bot_id, fault)
        return paused


def counted(bots: Iterable[Bot]) -> BotCounts:
    """Count bots that are not retired."""
    modes, venues, statuses = Counter[str](), Counter[str](), Counter[str]()
    for bot in bots:
        if bot.status is not BotStatus.RETIRED:
            modes[bot.mode.value] += 1
            venues[bot.venue] += 1
            statuses[bot.status.value] += 1
    return BotCounts(
        total=modes.total(),
        by_mode=dict(sorted(modes.items())),
        by_venue=dict(sorted(venues.items())),
        by_status=dict(sorted(statuses.items())),
    )


def _figures(bots: Sequence[Bot], books: Sequence[Book], now: datetime) -> UserFigures:
    return UserFigures(
        bots=counted(bots),
        trades=sum(book.tally.trips + (book.position is not None) for book in books),
        trades_24h=sum(now - sent < DAY for book in books for sent in book.entries),
    )
