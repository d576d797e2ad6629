"""The work of a sync: page by page, each noted when it is done, each safe to repeat.

A worker may die between any two writes, and stops by itself where its time is over or the venue
wants patience: then the queue calls another one, after the pause. What is new in a page, and whose
trades it changes, is noted before it is written; so a page that is worked twice counts once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nightdesk.core.clock import Clock
from nightdesk.core.errors import RateLimited, StaleWrite, VenueUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.account_sync import told
from nightdesk.journal.importing.draft import Draft
from nightdesk.journal.own_orders import OwnFills, OwnOrders
from nightdesk.journal.ports.imports import RebuildTrades
from nightdesk.journal.ports.syncs import (
    AccountHistory,
    BalanceStore,
    Histories,
    SyncQueue,
    Syncs,
)
from nightdesk.journal.synced import (
    HELD,
    MOST_ERRORS,
    RUNNING,
    HistoryPage,
    Status,
    Sync,
    SyncedAccount,
)
from nightdesk.journal.telling_known import Sorted, sort_known
from nightdesk.trading.external import ExternalRecords, RecordKind

Enough = Callable[[], bool]
"""Whether a worker's time is over: it stops after the page and asks for another one."""

UNSAVED = 20
"""Pages that told nothing may pass so often before it is noted how far a sync has come."""
PATIENCE = 60
"""Seconds to wait where a venue does not say for how long."""
LONGEST = 900
"""Seconds that a message of the queue can wait; a longer pause is several of them."""
TRIES = 5
"""How often in a row a venue may give no answer, or trades be written by somebody else."""


class _Overtaken(Exception):
    """Another worker has gone on with this sync: this one stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncAccount:
    """Fetch what an account did, store each thing once, build its trades anew, note balances."""

    syncs: Syncs
    histories: Histories
    records: ExternalRecords
    own: OwnOrders
    rebuild: RebuildTrades
    balances: BalanceStore
    queue: SyncQueue
    clock: Clock

    def __call__(self, owner: UserId, sync_id: str, now: datetime, enough: Enough) -> Sync:
        """Return the sync as far as it has come: done, failed, or going on in another worker.

        Raises Missing, and what opening a key raises.
        """
        found = self.syncs.get(owner, sync_id)
        if found.status not in RUNNING:
            return found
        history = self.histories(owner, found.venue, found.label, found.account, now)
        work = _Work(self, history, now, found)
        try:
            return work.done(enough)
        except _Overtaken:
            return self.syncs.get(owner, sync_id)
        except RateLimited as asked:
            return work.paused(PATIENCE if asked.retry_after is None else asked.retry_after)
        except (VenueUnavailable, StaleWrite) as fault:
            # silence of the venue, or somebody else wrote the same trades all the time
            work.sync = replace(work.sync, tries=work.sync.tries + 1)
            if work.sync.tries >= TRIES:
                return _failed(self.syncs, work.sync, fault.code, now)
            return work.paused(PATIENCE * 2**work.sync.tries)


@dataclass(frozen=True, slots=True)
class FailSync:
    """End a sync that nothing can help; what it fetched stays, the next one goes on from there."""

    syncs: Syncs

    def __call__(self, owner: UserId, sync_id: str, reason: str, now: datetime) -> Sync:
        """Return it as failed; one that has ended is left alone. Raises Missing."""
        found = self.syncs.get(owner, sync_id)
        if found.status not in RUNNING:
            return found
        return _failed(self.syncs, found, reason, now)


class _Work:
    """One worker at one sync."""

    def __init__(self, of: SyncAccount, history: AccountHistory, now: datetime, sync: Sync) -> None:
        self.of, self.history, self.now, self.sync = of, history, now, sync
        self.account = of.syncs.account(sync.owner, sync.account)
        self.unsaved = 0
        self.own: OwnFills | None = None
        self.own_since = sync.until

    def done(self, enough: Enough) -> Sync:
        """Go through parts, trades and balances; stop where the time is over."""
        while self._more_parts():
            self._page()
            if enough():
                return self.paused(0)
        while self.sync.rebuilt < len(self.sync.touched):
            instrument = self.sync.touched[self.sync.rebuilt]
            self.of.rebuild(self.sync.owner, self.sync.account, instrument, now=self.now)
            self._save(replace(self.sync, rebuilt=self.sync.rebuilt + 1))
            if enough():
                return self.paused(0)
        amounts = self.history.balances()
        told_at = self.of.clock.now()  # what was traded since this worker began is in them
        self.of.balances.put(self.sync.owner, self.sync.account, told_at, amounts)
        return _ended(self.of.syncs, replace(self.sync, status=Status.DONE), self.now)

    def paused(self, seconds: float) -> Sync:
        """Note how far it has come, and let another worker go on after a pause."""
        until = self.now + timedelta(seconds=seconds)
        try:
            self._save(self.sync, held=max(until, self.now) + HELD)
        except _Overtaken:
            return self.of.syncs.get(self.sync.owner, self.sync.sync_id)
        delay = min(LONGEST, max(0, -int(-seconds // 1)))
        self.of.queue.send(self.sync.owner, self.sync.sync_id, self.now, delay=delay)
        return self.sync

    def _more_parts(self) -> bool:
        """Whether there is a part to ask; what became known on the way may have made more."""
        sync = self.sync
        if sync.at < len(sync.parts):
            return True
        if not sync.parts and (sync.wide or not sync.assets):
            held = {asset for asset, amount in self.history.balances().items() if amount}
            sync = replace(sync, assets=tuple(sorted({*sync.assets, *held})))
        wanted = self.history.parts(sync.assets)
        if not sync.wide:
            wanted = [one for one in wanted if ":" not in one or one in self.account.marks]
        more = [one for one in wanted if one not in sync.parts]
        if not more:
            return False
        self._save(replace(sync, parts=(*sync.parts, *more)))
        return True

    def _page(self) -> None:
        sync = self.sync
        part = sync.parts[sync.at]
        since = self.account.since(part, sync)
        page = self.history.page(part, since, sync.until, sync.page)
        if page.told or page.errors:
            self._take(part, since, page)
        self.sync = replace(self.sync, tries=0)
        if page.next:
            self.sync = replace(self.sync, page=page.next, counted=False, noted=0)
        else:
            self.sync = self.sync.passed()
        self.unsaved += 1
        if page.told or page.errors or self.unsaved >= UNSAVED:
            self._save(self.sync)

    def _take(self, part: str, since: datetime, page: HistoryPage) -> None:
        """Store what a page tells."""
        own = self._own(page.told, since)
        drafts = [one for n, one in enumerate(page.told) if n not in own]
        found = sort_known(self.of.records, self.sync, drafts)
        if (noted := _noted(self.sync, found)) != self.sync:
            self._save(noted)
        owner, source = self.sync.owner, self.sync.source
        lost = [
            one
            for one, other in found.same
            if not self.of.records.claim(owner, other, one.fingerprint, source)
        ]
        self.of.records.put(owner, [*found.fresh, *found.joined, *lost], source)
        seen = {asset for one in drafts for asset in _assets(one)}
        self.sync = replace(
            self.sync,
            errors=(*self.sync.errors, *page.errors)[:MOST_ERRORS],
            assets=tuple(sorted({*self.sync.assets, *seen})),
            lively=tuple(sorted({*self.sync.lively, part})),
        ).counting(
            fetched=page.rows,
            skipped=len(own) + max(0, found.count - self.sync.noted),
            errors=len(page.errors),
        )

    def _own(self, drafts: Sequence[Draft], since: datetime) -> frozenset[int]:
        if not any(one.kind is RecordKind.FILL for one in drafts):
            return frozenset()
        if self.own is None or since < self.own_since:  # a part may look further back than others
            self.own = self.of.own.of(self.sync.owner, self.sync.venue, since, self.now)
            self.own_since = since
        return self.own(drafts, self.history.client_order_ids)

    def _save(self, sync: Sync, *, held: datetime | None = None) -> None:
        moved = replace(
            sync,
            status=Status.RUNNING,
            updated_at=self.now,
            held_until=held or self.now + HELD,
        )
        try:
            self.sync = self.of.syncs.save(moved)
        except StaleWrite:
            raise _Overtaken from None
        self.unsaved = 0


def _noted(sync: Sync, found: Sorted) -> Sync:
    """Return the sync with what a page is about to change: counted once, and whose trades."""
    if not found.changes:
        return sync
    records = [*found.fresh, *found.joined, *(one for one, _ in found.same)]
    touched = {
        one.instrument
        for one in records
        if one.instrument is not None and one.kind in {RecordKind.FILL, RecordKind.FUNDING}
    }
    noted = replace(sync, touched=tuple(dict.fromkeys((*sync.touched, *sorted(touched)))))
    if sync.counted:
        return noted  # a worker died at this page: it had counted it
    new, updated = len(found.fresh), len(found.joined) + len(found.same)
    return replace(noted, counted=True, noted=new + updated).counting(new=new, updated=updated)


def _assets(draft: Draft) -> list[str]:
    if draft.instrument is None:
        return [draft.asset]
    base, _, rest = draft.instrument.partition("/")
    return [base, rest.partition("@")[0]]


def _failed(syncs: Syncs, sync: Sync, reason: str, now: datetime) -> Sync:
    return _ended(syncs, replace(sync, status=Status.FAILED, reason=reason), now)


def _ended(syncs: Syncs, sync: Sync, now: datetime) -> Sync:
    ended = replace(sync, held_until=None, updated_at=now)
    account: SyncedAccount = syncs.account(sync.owner, sync.account).after(ended, now)
    try:
        return syncs.end(ended, account, events=[told(ended, now)], now=now)
    except StaleWrite:
        return syncs.get(sync.owner, sync.sync_id)
