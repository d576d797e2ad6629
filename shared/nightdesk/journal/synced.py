"""Syncs of exchange accounts as they are stored: how far one has come, what was fetched before."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from nightdesk.core.ids import InstrumentId, UserId, account_name
from nightdesk.journal.importing.draft import Draft
from nightdesk.trading.order import Mode

VENUES = frozenset({"binance", "kraken", "kucoin"})
"""Venues whose private history is understood."""

FIRST = timedelta(days=90)
"""How far back the first sync looks unless its owner says else."""
LEAST_DAYS, MOST_DAYS = 1, 730
OVERLAP = timedelta(hours=24)
"""What is fetched once more before the cursor: venues book some rows late."""
WIDE = timedelta(hours=24)
"""How often markets are looked into that an account has not traded in before."""
HELD = timedelta(minutes=20)
"""Work that gives no sign of life for so long has died; somebody else may take it up."""
KEPT = timedelta(days=30)
"""How long a sync can be read."""
MOST_ERRORS = 200
"""Row errors that are kept of one sync; the count goes on."""


COUNTED = ("fetched", "new", "updated", "skipped", "errors")


class Status(StrEnum):
    """Where a sync stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


RUNNING = frozenset({Status.QUEUED, Status.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """A row of the venue that was not taken: which, its field, the value cut short, what to do."""

    part: str
    ref: str
    column: str
    value: str
    code: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """One page of a part: what its rows tell, and where the next one begins; empty: no more."""

    told: tuple[Draft, ...] = ()
    errors: tuple[RowError, ...] = ()
    rows: int = 0
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """One sync of one account.

    `counts`: those of COUNTED. `days`: how far back its owner asked for.
    `wide`: whether every market is looked into. `parts` are asked one after the other; `at` is the
    one it has come to, `page` where in it, `counted` whether what that page changes is counted
    already, `noted` how much that was. `assets` are those the account is known to have had,
    `lively` the parts that told something. `touched` are instruments whose trades change, of which
    `rebuilt` are done. `tries`: how often in a row the venue gave no answer, or trades were written
    by somebody else. `until`: what happened up to then is fetched.
    """

    sync_id: str
    owner: UserId
    venue: str
    label: str
    until: datetime
    created_at: datetime
    updated_at: datetime
    scheduled: bool = False
    days: int = 0
    wide: bool = False
    status: Status = Status.QUEUED
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    parts: tuple[str, ...] = ()
    at: int = 0
    page: str = ""
    counted: bool = False
    noted: int = 0
    assets: tuple[str, ...] = ()
    lively: tuple[str, ...] = ()
    touched: tuple[InstrumentId, ...] = ()
    rebuilt: int = 0
    errors: tuple[RowError, ...] = ()
    tries: int = 0
    reason: str = ""
    held_until: datetime | None = None
    version: int = 0

    @property
    def account(self) -> str:
        """What the journal calls the account."""
        return account_name(self.venue, Mode.LIVE, self.label)

    @property
    def source(self) -> str:
        """Under which name its records stand."""
        return f"sync:{self.account}"

    def alive(self, now: datetime) -> bool:
        """Whether somebody works on it, or is about to."""
        held = self.held_until is not None and now < self.held_until
        return self.status in RUNNING and held

    def counting(self, **more: int) -> Self:
        """Return it with these added to its counts."""
        counts = {name: self.counts.get(name, 0) + n for name, n in more.items()}
        return replace(self, counts={**self.counts, **counts})

    def passed(self) -> Self:
        """Return it at the beginning of its next part."""
        return replace(self, at=self.at + 1, page="", counted=False, noted=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncedAccount:
    """What is known of an account between its syncs.

    `marks`: up to when each part that ever told something was fetched; `wide_at`: up to when all
    others were. `running`: the sync that works, or has died at it. `owing`: instruments of which
    something was stored and whose trades were not built, since the sync failed before.
    """

    owner: UserId
    account: str
    running: str = ""
    marks: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    wide_at: datetime | None = None
    synced_at: datetime | None = None
    assets: tuple[str, ...] = ()
    owing: tuple[InstrumentId, ...] = ()
    version: int = 0

    def due_wide(self, now: datetime) -> bool:
        """Whether it is time to look into all markets again."""
        return self.wide_at is None or now - self.wide_at >= WIDE

    def since(self, part: str, sync: Sync) -> datetime:
        """Return where `sync` begins in a part: a day before the cursor, or further if asked."""
        mark = self.marks.get(part, self.wide_at)
        reach = timedelta(days=sync.days) if sync.days else FIRST
        if mark is None:
            return sync.until - reach
        since = mark - OVERLAP
        return min(since, sync.until - reach) if sync.days else since

    def after(self, sync: Sync, now: datetime) -> Self:
        """Return it as a sync leaves it: the parts that it got through have a new cursor.

        The next sync meets what this one stored as known, so it is told whose trades to build.
        """
        through = frozenset(sync.parts[: sync.at])
        whole = bool(sync.parts) and sync.at >= len(sync.parts)
        lively = (self.marks.keys() | frozenset(sync.lively)) & through
        return replace(
            self,
            running="",
            marks={**self.marks, **dict.fromkeys(sorted(lively), sync.until)},
            wide_at=sync.until if whole and sync.wide else self.wide_at,
            synced_at=now if sync.status is Status.DONE else self.synced_at,
            assets=tuple(sorted({*self.assets, *sync.assets})),
            owing=sync.touched[sync.rebuilt :],
        )
