"""What the trading room needs from outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.core.events import Event
from nightdesk.core.ids import BotId, ClientOrderId, DecisionId, InstrumentId, UserId
from nightdesk.core.pages import Page
from nightdesk.market.instruments import Rules
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.book import Book
from nightdesk.trading.decision import Decision
from nightdesk.trading.ledger import Posting
from nightdesk.trading.mandate import EquityPoint, Mandate
from nightdesk.trading.order import Answer, Fill, Mode, Order

BotKey = tuple[UserId, BotId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work one bot. `fence` rises with each holder, so an old one is refused."""

    owner: UserId
    bot_id: BotId
    holder: str
    fence: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What belongs together: all of it is written in one transaction, or none.

    `book.version` is the version that was read; orders with version 0 are new. An `entry` is
    refused while the owner's or the desk's gate is shut.
    """

    book: Book
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    postings: tuple[Posting, ...] = ()
    events: tuple[Event, ...] = ()
    entry: bool = False


class Leases(Protocol):
    """Leases on bots, in real time: they guard workers, not history."""

    def take(self, owner: UserId, bot_id: BotId, holder: str, as_of: datetime) -> Lease:
        """Take the lease if it is free or expired, fence + 1, to work the bot at `as_of`.

        Raises LeaseTaken while another holds it, and OutOfOrder when the bot was already worked
        at a later moment: an event that comes late changes nothing.
        """
        ...

    def renew(self, lease: Lease) -> Lease:
        """Extend a lease that is still ours. Raises Fenced."""
        ...

    def free(self, lease: Lease) -> None:
        """Give the lease back; nothing happens if it has passed on."""
        ...


class DueBots(Protocol):
    """The bots that trade, found by market without a scan."""

    def markets(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        """Return the markets that have bots which trade or hold a position."""
        ...

    def of(self, instrument_id: InstrumentId, timeframe: Timeframe) -> Sequence[Mandate]:
        """Return the mandates of this market's bots, by owner and bot id."""
        ...

    def holding(self) -> Sequence[BotKey]:
        """Return the bots that hold a position or have an order open, for the watch."""
        ...


class Departures(Protocol):
    """Takes bots out of their market. Answered by the bots room."""

    def __call__(self, owner: UserId, bot_id: BotId) -> bool:
        """Tell whether it left now; False while it may enter or holds anything, or is out already.

        Raises Missing, StaleWrite.
        """
        ...


class OwnBots(Protocol):
    """Which bots an owner has. Answered by the bots room."""

    def __call__(self, owner: UserId) -> Sequence[BotId]:
        """Return the ids of all the owner's bots, retired ones too, oldest first."""
        ...


class Cycles(Protocol):
    """Which minutes were planned."""

    def begin(self, as_of: datetime) -> bool:
        """Record that this minute is planned; False when it was before."""
        ...


class Desk(Protocol):
    """Books, orders, fills, postings: what bots have and did, one transaction at a time."""

    def book(self, owner: UserId, bot_id: BotId) -> Book:
        """Return a bot's book, read consistently. Raises Missing."""
        ...

    def books(self, keys: Sequence[BotKey]) -> Mapping[BotKey, Book]:
        """Return many books, read consistently; a missing one is left out."""
        ...

    def owner_books(self, owner: UserId, mode: Mode) -> Sequence[Book]:
        """Return the books of all bots of an owner that are not retired, in this mode."""
        ...

    def account_books(self, owner: UserId, mode: Mode, currency: str) -> Sequence[Book]:
        """Return the books of all bots there ever were in a mode and currency, consistently."""
        ...

    def order(self, owner: UserId, bot_id: BotId, order_id: ClientOrderId) -> Order:
        """Return one order. Raises Missing."""
        ...

    def orders(
        self, owner: UserId, bot_id: BotId, order_ids: Sequence[ClientOrderId]
    ) -> Sequence[Order]:
        """Return these orders, read consistently; a missing one is left out."""
        ...

    def find_order(self, owner: UserId, bot_ids: Sequence[BotId], order_id: ClientOrderId) -> Order:
        """Return the order of one of these bots that has this id. Raises Missing."""
        ...

    def orders_page(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Order]:
        """Return a bot's orders by client order id."""
        ...

    def fills_page(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Fill]:
        """Return a bot's fills by order and fill id."""
        ...

    def fills_of(self, owner: UserId, bot_id: BotId, order_id: ClientOrderId) -> Sequence[Fill]:
        """Return the fills of one order."""
        ...

    def postings_page(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Posting]:
        """Return a bot's postings by cause."""
        ...

    def history(
        self, owner: UserId, bot_id: BotId, *, consistent: bool
    ) -> tuple[Sequence[Posting], Sequence[Fill]]:
        """Return all postings and fills that a bot ever had.

        Raises InvariantBroken for a stored posting that does not sum to zero.
        """
        ...

    def owner_orders_page(
        self,
        owner: UserId,
        *,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Order]:
        """Return an owner's orders made at ``since <= created_at < until``, newest first.

        Orders that the desk only watches are not among them before they are sent.
        """
        ...

    def owner_fills_page(
        self,
        owner: UserId,
        *,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
        oldest_first: bool = False,
    ) -> Page[Fill]:
        """Return an owner's fills at ``since <= at < until``, newest first unless told."""
        ...

    def commit(self, change: Change, lease: Lease) -> Book:
        """Write it all or nothing; return the book with its new version.

        Each order of the change stands at its version + 1 then, too. A fill or posting that is
        there already makes the whole change a repeat: StaleWrite. Only the same request under the
        same lease, sent again because its answer was lost, is answered as the first was.
        Raises Fenced when the lease has passed on, StaleWrite when book or order moved meanwhile,
        Conflict(EMERGENCY_STOP) when an entry meets a shut gate.
        """
        ...


class Decisions(Protocol):
    """What was decided, by bot and moment."""

    def put(self, decision: Decision, *told: Event) -> Decision:
        """Store it, and `told` with it, unless this bot has decided at this moment.

        Returns what now stands.
        """
        ...

    def get(self, owner: UserId, decision_id: DecisionId) -> Decision:
        """Return one decision of this owner. Raises Missing."""
        ...

    def at(self, owner: UserId, bot_id: BotId, as_of: datetime) -> Decision | None:
        """Return what this bot decided at this moment, read consistently."""
        ...

    def page(
        self,
        owner: UserId,
        bot_id: BotId,
        *,
        limit: int,
        after: str | None,
        until: datetime | None = None,
    ) -> Page[Decision]:
        """Return a bot's decisions made before `until`, newest first."""
        ...


class Equity(Protocol):
    """Equity points of bots."""

    def latest(
        self, owner: UserId, bot_id: BotId, *, before: datetime | None = None
    ) -> EquityPoint | None:
        """Return the newest point, of those ``as_of < before`` where a moment is named."""
        ...

    def before(
        self, bots: Mapping[BotKey, Timeframe], as_of: datetime
    ) -> Mapping[BotKey, EquityPoint]:
        """Return each bot's point at the last close of its timeframe before `as_of`.

        A bot that was not settled then has its newest point instead, one that never was none.
        """
        ...

    def put(self, points: Sequence[EquityPoint]) -> None:
        """Store points; the same point again changes nothing."""
        ...

    def between(
        self, owner: UserId, bot_id: BotId, since: datetime, until: datetime
    ) -> Sequence[EquityPoint]:
        """Return the points with ``since <= as_of < until``, oldest first."""
        ...


class Gates(Protocol):
    """What blocks entries of an owner or of the whole desk."""

    def shut(self, owner: UserId) -> str | None:
        """Return the reason code while a gate is shut, read consistently."""
        ...

    def shut_of(self, owners: Collection[UserId]) -> Mapping[UserId, str]:
        """Return the codes of those whose gates are shut, at half the price: for the record."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pot:
    """An account: what it was opened with and what no bot has, in its quote currency.

    `version` counts the moves of its money.
    """

    opening: Decimal
    free: Decimal
    version: int


class PoolFunds(Protocol):
    """Money of an owner that no bot has."""

    def free(self, owner: UserId, mode: Mode, currency: str) -> Decimal:
        """Return the free amount; zero when the pool was never opened."""
        ...

    def pot(self, owner: UserId, mode: Mode, currency: str) -> Pot | None:
        """Return the pool with what it was opened with, read consistently; None if not known."""
        ...


class Exchange(Protocol):
    """Where orders go: a venue, or the simulated exchange."""

    def submit(self, order: Order, rules: Rules) -> Answer:
        """Send one order. Raises OutcomeUnknown when nobody can say whether it was placed."""
        ...

    def look_up(self, order: Order, rules: Rules) -> Answer | None:
        """Return what the venue knows of this client order id; None when it knows nothing."""
        ...

    def cancel(self, order: Order, rules: Rules) -> Answer:
        """Cancel what is open of it and return how it ended. Raises OutcomeUnknown."""
        ...
