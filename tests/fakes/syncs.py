"""Syncs in memory: the desk's part of them, the queue's, a venue's account. Any write may die."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import ClientOrderId, InstrumentId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.importing.draft import Draft
from nightdesk.journal.ports.syncs import AccountHistory
from nightdesk.journal.ports.trades import BalancesSaid
from nightdesk.journal.synced import HistoryPage, RowError, Sync, SyncedAccount
from tests.fakes.imports import Fate

Key = tuple[UserId, str]


@dataclass
class FakeSyncs:
    """The port Syncs."""

    fate: Fate = field(default_factory=Fate)
    stored: dict[Key, Sync] = field(default_factory=dict)
    accounts: dict[Key, SyncedAccount] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def get(self, owner: UserId, sync_id: str) -> Sync:
        if (owner, sync_id) not in self.stored:
            raise Missing("no such sync")
        return self.stored[owner, sync_id]

    def page(self, owner: UserId, *, limit: int, after: str | None) -> Page[Sync]:
        mine = sorted((one for one in self.stored if one[0] == owner), reverse=True)
        left = [one for one in mine if after is None or f"JSYNC#{one[1]}" < after]
        more = f"JSYNC#{left[limit - 1][1]}" if len(left) > limit else None
        return Page([self.stored[one] for one in left[:limit]], more)

    def account(self, owner: UserId, account: str) -> SyncedAccount:
        blank = SyncedAccount(owner=owner, account=account)
        return self.accounts.get((owner, account), blank)

    def begin(self, sync: Sync, account: SyncedAccount) -> Sync:
        if (sync.owner, sync.sync_id) in self.stored:
            raise StaleWrite("it has begun")
        self._unmoved(account)
        self.fate.before()
        first = replace(sync, version=1)
        self.stored[sync.owner, sync.sync_id] = first
        self._put(account)
        self.fate.done()
        return first

    def save(self, sync: Sync) -> Sync:
        if self.get(sync.owner, sync.sync_id).version != sync.version:
            raise StaleWrite("it has moved on")
        self.fate.before()
        saved = replace(sync, version=sync.version + 1)
        self.stored[sync.owner, sync.sync_id] = saved
        self.fate.done()
        return saved

    def end(
        self, sync: Sync, account: SyncedAccount, *, events: Sequence[Event], now: datetime
    ) -> Sync:
        self._unmoved(account)
        if self.get(sync.owner, sync.sync_id).version != sync.version:
            raise StaleWrite("it has moved on")
        self.fate.before()
        saved = replace(sync, version=sync.version + 1)
        self.stored[sync.owner, sync.sync_id] = saved
        self._put(account)
        self.events += events
        self.fate.done()
        return saved

    def _unmoved(self, account: SyncedAccount) -> None:
        if self.account(account.owner, account.account).version != account.version:
            raise StaleWrite("the account has moved on")

    def _put(self, account: SyncedAccount) -> None:
        saved = replace(account, version=account.version + 1)
        self.accounts[account.owner, account.account] = saved


@dataclass
class FakeSyncQueue:
    """The port SyncQueue."""

    sent: list[tuple[UserId, str, int]] = field(default_factory=list)

    def send(self, owner: UserId, sync_id: str, now: datetime, *, delay: int = 0) -> None:
        self.sent.append((owner, sync_id, delay))


@dataclass
class FakeBalances:
    """The ports BalanceStore and VenueBalances."""

    said: dict[tuple[UserId, str, str], BalancesSaid] = field(default_factory=dict)

    def put(
        self, owner: UserId, account: str, at: datetime, amounts: Mapping[str, Decimal]
    ) -> None:
        day = at.date().isoformat()
        self.said[owner, account, day] = (at, {k: v for k, v in amounts.items() if v})

    def __call__(self, owner: UserId, account: str, /) -> Sequence[BalancesSaid]:
        return [self.said[key] for key in sorted(self.said) if key[:2] == (owner, account)]


@dataclass
class FakeHistory:
    """The port AccountHistory: an account that did `done`, told in pages of `size`.

    `faults` are raised by the calls to come, one each. `needs` makes a part one that only an
    asset opens.
    """

    done: dict[str, list[Draft]] = field(default_factory=dict)
    broken: dict[str, list[RowError]] = field(default_factory=dict)
    needs: dict[str, str] = field(default_factory=dict)
    holds: dict[str, Decimal] = field(default_factory=dict)
    size: int = 3
    faults: list[Exception | None] = field(default_factory=list)
    client_ids: dict[str, ClientOrderId] = field(default_factory=dict)
    asked: list[tuple[str, datetime, str]] = field(default_factory=list)
    told_ids: list[str] = field(default_factory=list)

    def parts(self, assets: Collection[str], /) -> Sequence[str]:
        open_ = [
            one for one in self.done if one not in self.needs or self.needs[one] in set(assets)
        ]
        return sorted(open_, key=lambda one: (":" in one, one))

    def page(self, part: str, since: datetime, until: datetime, mark: str) -> HistoryPage:
        self._fault()
        self.asked.append((part, since, mark))
        rows = sorted(
            (one for one in self.done[part] if since <= one.at <= until),
            key=lambda one: (one.at, one.ref),
        )
        begin = int(mark or 0)
        end = begin + self.size
        errors = self.broken.get(part, []) if begin == 0 else []
        return HistoryPage(
            told=tuple(rows[begin:end]),
            errors=tuple(errors),
            rows=len(rows[begin:end]) + len(errors),
            next=str(end) if end < len(rows) else "",
        )

    def balances(self) -> Mapping[str, Decimal]:
        self._fault()
        return self.holds

    def client_order_ids(
        self, orders: Sequence[tuple[InstrumentId, str]]
    ) -> Mapping[str, ClientOrderId]:
        self.told_ids += [order for _, order in orders]
        return {o: self.client_ids[o] for _, o in orders if o in self.client_ids}

    def _fault(self) -> None:
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault


@dataclass
class FakeHistories:
    """The port Histories: one account, whoever asks."""

    history: FakeHistory
    opened: int = 0
    fault: Exception | None = None

    def __call__(
        self, owner: UserId, venue: str, label: str, account: str, now: datetime
    ) -> AccountHistory:
        if self.fault is not None:
            raise self.fault
        self.opened += 1
        return self.history


@dataclass
class FakeHolds:
    """The port VenueHolds."""

    held: dict[str, datetime] = field(default_factory=dict)

    def until(self, subject: str) -> datetime | None:
        return self.held.get(subject)

    def hold(self, subject: str, until: datetime) -> None:
        self.held[subject] = max(until, self.held.get(subject, until))
