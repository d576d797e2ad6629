"""Money between an owner's pool and a bot: always a posting, never an edited number (bots §6).

A pool and the bots funded from it keep one sum: what is free in the pool plus what each bot's
owner has put in, net. Trading results join it when they are taken out.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.bots.bot import Bot
from nightdesk.core.clock import iso
from nightdesk.core.events import Event, event
from nightdesk.core.money import ZERO, fixed
from nightdesk.names import EventType
from nightdesk.trading.book import Book, opened
from nightdesk.trading.ledger import Posting
from nightdesk.trading.order import Mode

PAPER_OPENING = Decimal(10_000)
"""What the paper pool of a quote currency holds at its first use."""


class Source(StrEnum):
    """Who moved capital."""

    USER = "user"
    AUTOPILOT = "autopilot"
    REBALANCE = "rebalance"
    RETIREMENT = "retirement"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Capital on its way. `amount` leaves the pool; a negative one comes back to it."""

    mode: Mode
    currency: str
    amount: Decimal
    posting: Posting

    @property
    def opening(self) -> Decimal:
        """What a pool that was never used holds."""
        return PAPER_OPENING if self.mode is Mode.PAPER else ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The bot's book after a flow, the flow, and the event that tells of it."""

    book: Book
    flow: Flow
    event: Event


def pool_name(mode: Mode, currency: str) -> str:
    """Return how a pool is called in postings."""
    return f"pool:{mode}:{currency}"


def barred(book: Book, bot: Bot) -> Book:
    """Return the book with what the bot's status says of entries.

    Written beside the status, it moves the book's version: what a worker decided on an older book
    is refused, so a pause outruns it at no cost to the worker's own transactions.
    """
    return replace(book, entries_blocked=bot.entries_blocked)


def funded(bot: Bot, at: datetime) -> Moved:
    """Open a new bot's book with its initial sum out of the pool."""
    book = opened(
        owner=bot.owner,
        bot_id=bot.bot_id,
        mode=bot.mode,
        instrument_id=bot.instrument_id,
        timeframe=bot.timeframe,
        at=at,
    )
    return _moved(bot, barred(book, bot), bot.initial, cause="initial", source=Source.USER, at=at)


def returned(bot: Bot, book: Book, at: datetime) -> Moved | None:
    """Give all free cash of a flat bot back to its pool; None if it has none."""
    if book.cash <= ZERO:
        return None
    return _moved(bot, book, -book.cash, cause="retirement", source=Source.RETIREMENT, at=at)


def _moved(
    bot: Bot, book: Book, amount: Decimal, *, cause: str, source: Source, at: datetime
) -> Moved:
    after, posting = book.funded(f"capital:{cause}", amount, at)
    flow = Flow(mode=bot.mode, currency=bot.currency, amount=amount, posting=posting)
    ends = (pool_name(bot.mode, bot.currency), f"bot:{bot.bot_id}")
    giver, taker = ends if amount > ZERO else ends[::-1]
    data: dict[str, object] = {
        "posting": {
            "posting_id": posting.posting_id,
            "from": giver,
            "to": taker,
            "amount": fixed(abs(amount)),
            "currency": bot.currency,
            "source": source.value,
            "reason": None,
            "run_id": None,
            "at": iso(at),
        }
    }
    told = event(
        bot.owner,
        EventType.CAPITAL_POSTED,
        at,
        data,
        cause=f"{bot.bot_id}:{cause}",
        bot_id=bot.bot_id,
    )
    return Moved(book=after, flow=flow, event=told)
