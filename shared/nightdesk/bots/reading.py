"""Show bots: each with its book, marked at the newest price that the desk settled at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.bots.bot import Bot
from nightdesk.bots.lifecycle import Record
from nightdesk.bots.ports import Bots
from nightdesk.bots.profiles import BOTS_PER_OWNER, venue_limit
from nightdesk.bots.wanted import Wanted
from nightdesk.core.ids import BotId, UserId
from nightdesk.core.money import ZERO
from nightdesk.core.pages import Page
from nightdesk.trading.book import Book
from nightdesk.trading.mandate import EquityPoint
from nightdesk.trading.ports import Desk, Equity


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a bot is worth, in quote currency; `holding` in base units.

    `mark` is None while the bot holds nothing and was never settled. `stale`: nothing was
    settled since the bot bought, so the holding stands at what it cost.
    """

    as_of: datetime
    mark: Decimal | None
    stale: bool
    cash: Decimal
    reserved: Decimal
    holding: Decimal
    equity: Decimal
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    net_capital: Decimal
    max_drawdown: Decimal
    """Fraction, over all settles so far."""
    trips: int
    wins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BotView:
    """A bot and its figures."""

    bot: Bot
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of a limit is used. `scope` is `owner` or a venue."""

    scope: str
    limit: int
    used: int


@dataclass(frozen=True, slots=True)
class ReadBot:
    """Show one bot."""

    bots: Bots
    desk: Desk
    equity: Equity

    def __call__(self, owner: UserId, bot_id: BotId) -> BotView:
        """Return the bot with its figures. Raises Missing, also for another owner's bot."""
        return self.show(self.bots.get(owner, bot_id))

    def show(self, bot: Bot) -> BotView:
        """Return a bot that was read or changed just now with its figures."""
        book = self.desk.book(bot.owner, bot.bot_id)
        return view(bot, book, self.equity.latest(bot.owner, bot.bot_id))


@dataclass(frozen=True, slots=True)
class ListBots:
    """Show an owner's bots, oldest first."""

    bots: Bots
    desk: Desk
    equity: Equity

    def __call__(
        self, owner: UserId, wanted: Wanted, *, limit: int, after: str | None
    ) -> Page[BotView]:
        """Return the bots after bot id `after`, at most `limit`."""
        fitting = [
            bot
            for bot in self.bots.list(owner)
            if wanted.fits(bot) and (after is None or bot.bot_id > after)
        ]
        shown = fitting[:limit]
        books = self.desk.books([(owner, bot.bot_id) for bot in shown])
        views = [self._view(bot, books) for bot in shown]
        return Page(views, shown[-1].bot_id if len(fitting) > limit else None)

    def _view(self, bot: Bot, books: Mapping[tuple[UserId, BotId], Book]) -> BotView:
        book = books[bot.owner, bot.bot_id]
        return view(bot, book, self.equity.latest(bot.owner, bot.bot_id))


@dataclass(frozen=True, slots=True)
class BotHistory:
    """Show what happened to a bot."""

    bots: Bots

    def __call__(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Record]:
        """Return its records, newest first. Raises Missing."""
        self.bots.get(owner, bot_id)
        return self.bots.history(owner, bot_id, limit=limit, after=after)


@dataclass(frozen=True, slots=True)
class BotLimitsUsed:
    """Show how many bots an owner may have, and has."""

    bots: Bots

    def __call__(self, owner: UserId) -> Sequence[Use]:
        """Return the owner's limit first, then each venue's where there are bots."""
        used = self.bots.used(owner)
        total = Use(scope="owner", limit=BOTS_PER_OWNER, used=sum(used.values()))
        return [
            total,
            *(
                Use(scope=venue, limit=venue_limit(venue), used=used[venue])
                for venue in sorted(used)
            ),
        ]


def view(bot: Bot, book: Book, point: EquityPoint | None) -> BotView:
    """Return a bot with the figures of its book, marked at its last settled price."""
    held = book.position
    stale = point is None and held is not None
    mark = point.mark if point else (held.avg_price if held else None)
    at_mark = ZERO if mark is None else mark
    figures = Figures(
        as_of=point.as_of if point else book.updated_at,
        mark=mark,
        stale=stale,
        cash=book.cash,
        reserved=book.reserved,
        holding=book.holding,
        equity=book.equity(at_mark),
        realised=book.realised,
        unrealised=book.unrealised(at_mark),
        fees=book.fees,
        net_capital=book.net_capital,
        max_drawdown=point.max_drawdown if point else ZERO,
        trips=book.tally.trips,
        wins=book.tally.wins,
    )
    return BotView(bot=bot, figures=figures)
