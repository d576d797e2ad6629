"""What the bots room needs from outside.

Beside these it uses `Desk` and `Equity` of trading, `Definitions` of strategies, `RulesStore`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from nightdesk.accounts.audit import Entry
from nightdesk.bots.bot import Bot
from nightdesk.bots.capital import Flow
from nightdesk.bots.lifecycle import Record
from nightdesk.core.events import Event
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.pages import Page
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.book import Book
from nightdesk.trading.ports import BotKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What belongs together: all of it is written in one transaction, or none.

    `bot.version` is the version that was read (0: new) and `before` the bot as it was read. A
    `book` is written over its own version; one that was only `seen` must still be at its version.
    What `starts` is refused while an emergency stop of the owner or the desk lasts.
    """

    before: Bot | None
    bot: Bot
    record: Record | None = None
    events: tuple[Event, ...] = ()
    book: Book | None = None
    seen: Book | None = None
    flow: Flow | None = None
    starts: bool = False
    entries: tuple[Entry, ...] = ()


class Bots(Protocol):
    """The bots of all owners, each behind its owner's key."""

    def get(self, owner: UserId, bot_id: BotId) -> Bot:
        """Return one bot, read consistently. Raises Missing."""
        ...

    def list(self, owner: UserId) -> Sequence[Bot]:
        """Return all bots of an owner, retired ones too, oldest first."""
        ...

    def history(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Record]:
        """Return a bot's records, newest first."""
        ...

    def used(self, owner: UserId) -> Mapping[str, int]:
        """Return how many bots count against the limits, by venue, read consistently."""
        ...

    def commit(self, change: Change) -> Bot:
        """Write it all or nothing; return the bot with its new version.

        With the bot go what is derived from it: its name's lookup, its place in the index of
        its market, the market's count of bots, the owner's counts. Raises StaleWrite when bot or
        book moved meanwhile (or a new bot's id is there already); Conflict `NAME_TAKEN`,
        `INSUFFICIENT_CAPITAL`, `BOT_LIMIT`, `START_REFUSED`.
        """
        ...


class AllBots(Protocol):
    """Every bot of the desk, for administrators. It may lag behind `Bots` by a moment."""

    def owner(self, bot_id: BotId) -> UserId:
        """Return whose bot this is. Raises Missing."""
        ...

    def everywhere(self, after: BotId | None = None) -> Iterator[Bot]:
        """Yield the bots after this id, oldest first, retired ones too, as they are asked for."""
        ...


class StaleLeases(Protocol):
    """Leases that a worker has left behind."""

    def drop(self, owner: UserId, bot_id: BotId) -> bool:
        """Free a bot's lease if its time is over; tell whether it was."""
        ...


class MarketIndex(Protocol):
    """Bots by what they trade, without a scan. It may lag behind `Bots` by a moment."""

    def markets(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        """Return the markets that have bots, by instrument id, shortest timeframe first."""
        ...

    def bots(self, instrument_id: InstrumentId, timeframe: Timeframe) -> Sequence[Bot]:
        """Return the bots in this market, by owner and bot id."""
        ...


class Holders(Protocol):
    """Which bots hold something. Answered by the adapter that keeps the books."""

    def holding(self) -> Sequence[BotKey]:
        """Return the bots that hold a position or have an order open, by owner and bot id."""
        ...
