"""Syncs of one account from their beginning to their end, in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nightdesk.accounts.credential import Permissions, Slot
from nightdesk.core.ids import InstrumentId
from nightdesk.journal.account_sync import RequestSync, StartHourly, StartSync
from nightdesk.journal.account_syncing import FailSync, SyncAccount
from nightdesk.journal.importing.draft import Draft
from nightdesk.journal.own_orders import OwnOrders
from nightdesk.journal.synced import RUNNING, Sync
from nightdesk.trading.external import ExternalRecord, RecordKind
from nightdesk.trading.order import Side
from tests.builders.vault import ADA, NOW, a_credential
from tests.fakes.clock import FakeClock
from tests.fakes.imports import Died, FakeExternalRecords, FakeRebuild, Fate
from tests.fakes.syncs import FakeBalances, FakeHistories, FakeHistory, FakeSyncQueue, FakeSyncs
from tests.fakes.trading import FakeDesk, FakeLeases

D = Decimal
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACCOUNT = "binance:main:live"
BTC = InstrumentId("BTC/USDT@binance")
ETH = InstrumentId("ETH/USDT@binance")


def a_desk() -> FakeDesk:
    return FakeDesk(FakeLeases(FakeClock()))


def never() -> bool:
    return False


def always() -> bool:
    return True


def a_slot(**changes: Any) -> Slot:
    given = {"provider": "binance", "permissions": Permissions(read=True)} | changes
    return Slot(serving=a_credential(**given))


def a_fill(ref: str, at: datetime, **changes: Any) -> Draft:
    """A bitcoin, bought for 100."""
    told: dict[str, Any] = {
        "rows": (0,),
        "account": ACCOUNT,
        "kind": RecordKind.FILL,
        "at": at,
        "written": "-",
        "quantity": D(1),
        "instrument": BTC,
        "side": Side.BUY,
        "price": D(100),
        "fee": D("0.1"),
        "fee_asset": "USDT",
        "order": f"o{ref}",
        "ref": ref,
    }
    return Draft(**(told | changes))


def a_movement(ref: str, at: datetime, **changes: Any) -> Draft:
    """A hundred dollars that came."""
    told: dict[str, Any] = {
        "rows": (0,),
        "account": ACCOUNT,
        "kind": RecordKind.DEPOSIT,
        "at": at,
        "written": "-",
        "quantity": D(100),
        "asset": "USDT",
        "ref": ref,
    }
    return Draft(**(told | changes))


@dataclass
class Rig:
    """One account and its venue. `fate` ends the worker at a write."""

    history: FakeHistory = field(default_factory=FakeHistory)
    fate: Fate = field(default_factory=Fate)
    queue: FakeSyncQueue = field(default_factory=FakeSyncQueue)
    balances: FakeBalances = field(default_factory=FakeBalances)
    desk: FakeDesk = field(default_factory=a_desk)
    slots: list[Slot] = field(default_factory=lambda: [a_slot()])
    now: datetime = NOW
    took: timedelta = timedelta(0)
    """How long a worker has worked when it asks what time it is."""

    def __post_init__(self) -> None:
        self.syncs = FakeSyncs(self.fate)
        self.records = FakeExternalRecords(self.fate)
        self.rebuild = FakeRebuild(self.records, self.fate)
        self.histories = FakeHistories(self.history)
        self.start = StartSync(self.syncs, self.queue)
        self.request = RequestSync(keys=lambda owner: self.slots, start=self.start)
        self.hourly = StartHourly(passed=lambda: self.slots, start=self.start)
        self.fail = FailSync(self.syncs)
        self.work = SyncAccount(
            syncs=self.syncs,
            histories=self.histories,
            records=self.records,
            own=OwnOrders(self.desk),
            rebuild=self.rebuild,
            balances=self.balances,
            queue=self.queue,
            clock=_Clock(self),
        )

    def begun(self, days: int = 0) -> Sync:
        (found,) = self.request(ADA, account=None, days=days, cause=str(self.now), now=self.now)
        return found

    def synced(self, days: int = 0) -> Sync:
        """Return a sync that was asked for now, after its end."""
        return self.finished(self.begun(days).sync_id)

    def by_schedule(self, enough: Any = never) -> Sync:
        """Return the account's hourly sync after its end."""
        try:
            assert self.hourly(self.now) == 1
        except Died:
            self.fate.at = None
            assert self.hourly(self.now) == 1  # the schedule tries again
        return self.finished(self.queue.sent[-1][1], enough)

    def finished(self, sync_id: str, enough: Any = never) -> Sync:
        """Work until it has ended, through pauses; whoever dies is followed by another."""
        for _ in range(5_000):
            try:
                found = self.work(ADA, sync_id, self.now, enough)
            except Died:
                self.fate.at = None
                continue
            if found.status not in RUNNING:
                return found
        raise AssertionError("it never came to its end")

    @property
    def told(self) -> dict[str, ExternalRecord]:
        return {name: one for (_, name), one in self.records.stored.items()}

    @property
    def refs(self) -> list[str]:
        found = sorted(self.told.values(), key=lambda one: (one.at, one.ref))
        return [one.ref for one in found]

    @property
    def state(self) -> object:
        """All that a sync leaves, but how often it was saved."""
        ended = {key: replace(one, version=0) for key, one in self.syncs.stored.items()}
        accounts = {key: replace(one, version=0) for key, one in self.syncs.accounts.items()}
        told = {name: replace(one, seq=0) for name, one in self.told.items()}
        events = [(one.event_id, one.data) for one in self.syncs.events]
        return told, self.records.legs, self.rebuild.built, ended, accounts, events


@dataclass
class _Clock:
    """The port Clock of a worker that began when the rig says it is now."""

    rig: Rig

    def now(self) -> datetime:
        return self.rig.now + self.rig.took
