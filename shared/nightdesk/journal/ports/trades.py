"""What building and keeping trades needs from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from nightdesk.core.ids import InstrumentId, TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.cash_row import CashRow
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import Labels, Rate
from nightdesk.journal.unplaced import Unplaced


class By(StrEnum):
    """By which moment trades are asked for. Open ones have no close: they count as the newest."""

    CLOSED = "closed"
    OPENED = "opened"


class Trades(Protocol):
    """Trades of an owner, each beside what was written of it.

    What is read for lists and figures has the first leg alone, no charges, and reasons only where
    they are asked for one by one: `get` and `stored` answer whole. Void ones are in no list.
    """

    def get(self, owner: UserId, trade_id: TradeId) -> Played:
        """Return one whole, void too, read consistently; one that moved under its new id.

        Raises Missing.
        """
        ...

    def stored(self, owner: UserId, trade_ids: Sequence[TradeId]) -> Mapping[TradeId, Stored]:
        """Return those that are there as they are kept, read consistently; moved ones too."""
        ...

    def of_book(self, owner: UserId, account: str, instrument: InstrumentId) -> Sequence[Played]:
        """Return the trades of one account in one instrument, void too, by opening.

        One that was stored a moment ago may be missing.
        """
        ...

    def opened(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        """Return those entered with ``since <= opened_at < until``, by (opened_at, id)."""
        ...

    def closed(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        """Return those closed with ``since <= closed_at < until``, by (closed_at, id)."""
        ...

    def page(
        self,
        owner: UserId,
        *,
        by: By,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = True,
    ) -> Page[Played]:
        """Return trades with ``since <= moment < until``; open ones only where `until` is None.

        By opening a page may be short while there are more: `next_key` says whether there are.
        """
        ...

    def hidden(self, owner: UserId, *, limit: int, after: str | None) -> Page[Played]:
        """Return the void ones, by opening, newest first."""
        ...

    def save(
        self, stored: Stored, before: Stored | None, *, labels: Labels | None = None
    ) -> Stored:
        """Store it over `before` (None: a new one) and return it with its new version.

        `labels` are the first of a new trade, or of one that comes back to where it had moved from:
        both are there, or neither. Raises StaleWrite unless `before` is what stands there.
        """
        ...

    def add(self, many: Sequence[Stored]) -> None:
        """Store new ones in batches, each under version one; the same again changes nothing."""
        ...

    def labels(self, owner: UserId, trade_id: TradeId) -> Labels:
        """Return what was written of a trade, read consistently; blank ones where nothing was."""
        ...

    def save_labels(self, labels: Labels) -> Labels:
        """Store them over their version and return them with the next one.

        Raises StaleWrite; Missing if there is no such trade.
        """
        ...


class Rates(Protocol):
    """What one unit of a currency was worth in another."""

    def __call__(self, quote: str, currency: str, at: datetime) -> Rate | None:
        """Return units of `currency` per unit of `quote` at that moment, None where unknown."""
        ...


class PreferencesOf(Protocol):
    """How an owner wants the journal kept."""

    def __call__(self, owner: UserId) -> Preferences:
        """Return the preferences; `places` says where and in what they count, at least one."""
        ...


class MeasureLater(Protocol):
    """Asks a worker to measure some trades that are stored by the time it looks.

    It is asked before they are stored; asked twice it may be done twice.
    """

    def __call__(self, owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime) -> None:
        """Ask. Raises StoreUnavailable."""
        ...


class FollowLater(Protocol):
    """Asks a worker to do what follows from trades that are stored by the time it looks.

    It is asked before they are stored, so that no cut between the two loses it.
    """

    def __call__(self, owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime) -> None:
        """Ask. Raises StoreUnavailable."""
        ...


class CashRows(Protocol):
    """Deposits, withdrawals and corrections that were written by hand."""

    def get(self, owner: UserId, row_id: str) -> CashRow:
        """Return one. Raises Missing."""
        ...

    def of(self, owner: UserId, account: str | None = None) -> Sequence[CashRow]:
        """Return all of an owner, or of one account, by (at, id), read consistently."""
        ...

    def put(self, row: CashRow) -> None:
        """Store a new one; the same again changes nothing."""
        ...

    def remove(self, owner: UserId, row_id: str) -> None:
        """Remove one. Raises Missing."""
        ...


class UnplacedStore(Protocol):
    """What building the trades of each account in each instrument left out."""

    def of(self, owner: UserId) -> Sequence[Unplaced]:
        """Return all of an owner, by account, instrument and code, read consistently."""
        ...

    def keep(
        self, owner: UserId, account: str, instrument: InstrumentId, rows: Sequence[Unplaced]
    ) -> None:
        """Store `rows` in place of what stood there of this book; none leave nothing."""
        ...


BalancesSaid = tuple[datetime, Mapping[str, Decimal]]
"""When a venue was asked, and what it has of each asset: none of what it does not name."""


class VenueBalances(Protocol):
    """What a venue, or the desk's own ledger, says that an account has."""

    def __call__(self, owner: UserId, account: str, /) -> Sequence[BalancesSaid]:
        """Return answers by time; empty where nobody keeps balances of this account."""
        ...
