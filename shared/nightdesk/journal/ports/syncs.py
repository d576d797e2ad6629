"""What syncs of exchange accounts need from outside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.accounts.credential import Slot
from nightdesk.core.errors import Permanent
from nightdesk.core.events import Event
from nightdesk.core.ids import ClientOrderId, InstrumentId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.synced import HistoryPage, Sync, SyncedAccount


class KeyRefused(Permanent):
    """The venue does not take the key, or not for reading the account."""

    code = "KEY_REFUSED"


class Syncs(Protocol):
    """Syncs by id, and what is known of each account between them."""

    def get(self, owner: UserId, sync_id: str) -> Sync:
        """Return one, read consistently. Raises Missing."""
        ...

    def page(self, owner: UserId, *, limit: int, after: str | None) -> Page[Sync]:
        """Return syncs, newest first."""
        ...

    def account(self, owner: UserId, account: str) -> SyncedAccount:
        """Return what is known of an account, read consistently; a blank one where nothing is."""
        ...

    def begin(self, sync: Sync, account: SyncedAccount) -> Sync:
        """Store a new sync, and its account over the version that was read, both or neither.

        Raises StaleWrite.
        """
        ...

    def save(self, sync: Sync) -> Sync:
        """Store it over the version that was read. Raises StaleWrite."""
        ...

    def end(
        self, sync: Sync, account: SyncedAccount, *, events: Sequence[Event], now: datetime
    ) -> Sync:
        """Store both over the versions that were read, with what others hear of it.

        Raises StaleWrite.
        """
        ...


class SyncQueue(Protocol):
    """Asks a worker to go on with a sync; asked twice it may go on twice, which changes nothing."""

    def send(self, owner: UserId, sync_id: str, now: datetime, *, delay: int = 0) -> None:
        """Ask, to begin in `delay` seconds, at most 900. Raises StoreUnavailable."""
        ...


class ReadyKeys(Protocol):
    """The keys of an owner that may read an account."""

    def __call__(self, owner: UserId) -> Sequence[Slot]:
        """Return all slots of the owner's."""
        ...


class AccountHistory(Protocol):
    """One account at its venue, asked with the owner's key.

    Each call raises RateLimited where our share or the venue's patience is used up (then
    `retry_after` says for how long), VenueUnavailable, KeyRefused.
    """

    def parts(self, assets: Collection[str], /) -> Sequence[str]:
        """Return what there is to ask of an account that has had these assets, movements first.

        More assets never take a part away. Raises VenueUnavailable while the markets of the venue
        are not known here.
        """
        ...

    def page(self, part: str, since: datetime, until: datetime, mark: str) -> HistoryPage:
        """Return the page of a part at `mark`, empty for the first: ``since <= at <= until``.

        Asked again it tells the same, and perhaps what the venue has booked since.
        """
        ...

    def balances(self) -> Mapping[str, Decimal]:
        """Return what the account has of each asset, held back or free; zeros may be left out."""
        ...

    def client_order_ids(
        self, orders: Sequence[tuple[InstrumentId, str]]
    ) -> Mapping[str, ClientOrderId]:
        """Return the client's own ids of these orders of the venue, where they had one."""
        ...


class Histories(Protocol):
    """Opens accounts."""

    def __call__(
        self, owner: UserId, venue: str, label: str, account: str, now: datetime
    ) -> AccountHistory:
        """Return the account of this key. Raises NotConfigured, SealBroken, Misconfigured."""
        ...


class BalanceStore(Protocol):
    """What venues said that accounts have, one answer per account and UTC day: the last of it."""

    def put(
        self, owner: UserId, account: str, at: datetime, amounts: Mapping[str, Decimal]
    ) -> None:
        """Store an answer over an older one of the same day."""
        ...
