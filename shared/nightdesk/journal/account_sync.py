"""Syncs of exchange accounts as their owners and the schedule see them: asked for, listed, read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.accounts.credential import Slot
from nightdesk.core.errors import Conflict, Missing, StaleWrite
from nightdesk.core.events import Event, event
from nightdesk.core.ids import UserId, account_name, ulid
from nightdesk.core.pages import Page
from nightdesk.journal.ports.syncs import ReadyKeys, SyncQueue, Syncs
from nightdesk.journal.synced import COUNTED, HELD, VENUES, Sync, SyncedAccount
from nightdesk.names import EventType
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True)
class StartSync:
    """Begin the sync of one account, or go on with one that has died."""

    syncs: Syncs
    queue: SyncQueue

    def __call__(
        self, slot: Slot, *, cause: str, now: datetime, days: int = 0, scheduled: bool = False
    ) -> Sync | None:
        """Return the sync, None while another one of this account is running.

        The same `cause` at the same moment is the same sync. Raises StoreUnavailable.
        """
        one = slot.serving
        fresh = Sync(
            sync_id=ulid(now, one.owner, "sync", one.provider, one.label, cause),
            owner=one.owner,
            venue=one.provider,
            label=one.label,
            until=now,
            created_at=now,
            updated_at=now,
            scheduled=scheduled,
            days=days,
            counts=dict.fromkeys(COUNTED, 0),
            held_until=now + HELD,
        )
        account = self.syncs.account(one.owner, fresh.account)
        running = self._running(account)
        if running is not None:
            if running.sync_id != fresh.sync_id and running.alive(now):
                return None
            self.queue.send(one.owner, running.sync_id, now)
            return running
        fresh = replace(
            fresh,
            wide=not scheduled or account.due_wide(now),
            assets=account.assets,
            touched=account.owing,
        )
        try:
            begun = self.syncs.begin(fresh, replace(account, running=fresh.sync_id))
        except StaleWrite:
            return None  # somebody else began one just now
        self.queue.send(one.owner, begun.sync_id, now)
        return begun

    def _running(self, account: SyncedAccount) -> Sync | None:
        if not account.running:
            return None
        try:
            return self.syncs.get(account.owner, account.running)
        except Missing:
            return None  # it is older than syncs are kept


@dataclass(frozen=True, slots=True)
class RequestSync:
    """Ask for the sync of one account, or of all whose key is ready."""

    keys: ReadyKeys
    start: StartSync

    def __call__(
        self, owner: UserId, *, account: str | None, days: int, cause: str, now: datetime
    ) -> Sequence[Sync]:
        """Return the syncs that run now, by account.

        Raises Conflict `KEY_NOT_READY` without a key that passed its last test, at a venue whose
        history is understood, and `SYNC_RUNNING` if all that were asked for are being synced.
        """
        ready = [
            slot
            for slot in self.keys(owner)
            if is_ready(slot, now) and account in {None, account_of(slot)}
        ]
        if not ready:
            text = "No key of this account passed its last test at a venue that can be synced."
            raise Conflict("KEY_NOT_READY", text)
        found = [
            self.start(slot, cause=cause, now=now, days=days)
            for slot in sorted(ready, key=account_of)
        ]
        begun = [one for one in found if one is not None]
        if not begun:
            raise Conflict("SYNC_RUNNING", "A sync of this account is running.")
        return begun


@dataclass(frozen=True, slots=True)
class StartHourly:
    """Begin the hourly sync of every account with a ready key, of all owners."""

    passed: Callable[[], Sequence[Slot]]
    """The venue keys that passed their last test, of all owners."""
    start: StartSync

    def __call__(self, as_of: datetime) -> int:
        """Return how many were begun, or go on. Again at the same `as_of` it begins no second."""
        ready = [slot for slot in self.passed() if is_ready(slot, as_of)]
        begun = [self.start(slot, cause="hourly", now=as_of, scheduled=True) for slot in ready]
        return sum(one is not None for one in begun)


@dataclass(frozen=True, slots=True)
class ReadSyncs:
    """Show syncs of the last 30 days."""

    syncs: Syncs

    def __call__(self, owner: UserId, *, limit: int, after: str | None) -> Page[Sync]:
        """Return a page, newest first."""
        return self.syncs.page(owner, limit=limit, after=after)

    def one(self, owner: UserId, sync_id: str) -> Sync:
        """Return one. Raises Missing."""
        return self.syncs.get(owner, sync_id)


def is_ready(slot: Slot, now: datetime) -> bool:
    """Whether the key that serves may read an account whose history is understood."""
    one = slot.serving
    may = one.permissions is None or one.permissions.read is not False
    return one.provider in VENUES and one.serves_entries(now) and may


def account_of(slot: Slot) -> str:
    """Return what the journal calls the account of a key."""
    return account_name(slot.serving.provider, Mode.LIVE, slot.serving.label)


def told(sync: Sync, now: datetime) -> Event:
    """Return what the rest of the desk hears of a sync that has ended."""
    data = {
        "account": sync.account,
        "new": sync.counts["new"],
        "errors": sync.counts["errors"],
    }
    return event(sync.owner, EventType.ACCOUNT_SYNCED, now, data, cause=sync.sync_id)
