"""Use cases of syncs: what owners and the schedule ask for, and what a worker does."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.journal_imports import rebuild_account
from nightdesk.bootstrap.parts import clock, desk, rules, started

if TYPE_CHECKING:
    from nightdesk.adapters.dynamo.journal_syncs import DynamoBalances, DynamoSyncs
    from nightdesk.adapters.workflows.sync_queue import SqsSyncQueue
    from nightdesk.journal.account_sync import ReadSyncs, RequestSync, StartHourly, StartSync
    from nightdesk.journal.account_syncing import FailSync, SyncAccount

API, WORKER = settings.ApiSettings, settings.SyncAccountsSettings
_Kind = type[settings.ApiSettings] | type[settings.SyncAccountsSettings]


@cache
def request_sync() -> "RequestSync":
    """Wire RequestSync."""
    from nightdesk.bootstrap.vault import credentials
    from nightdesk.journal.account_sync import RequestSync

    return RequestSync(keys=credentials().all, start=_start(API))


@cache
def read_syncs() -> "ReadSyncs":
    """Wire ReadSyncs."""
    from nightdesk.journal.account_sync import ReadSyncs

    return ReadSyncs(_syncs(API))


@cache
def venue_balances() -> "DynamoBalances":
    """Return what venues said that accounts have."""
    from nightdesk.adapters.dynamo.journal_syncs import DynamoBalances

    return DynamoBalances()


@cache
def start_hourly_syncs() -> "StartHourly":
    """Wire StartHourly."""
    from nightdesk.adapters.dynamo.credentials import ProbedKeys
    from nightdesk.journal.account_sync import StartHourly

    return StartHourly(passed=ProbedKeys(), start=_start(WORKER))


@cache
def sync_account() -> "SyncAccount":
    """Wire SyncAccount: the one use case beside the probe that opens keys of venues."""
    from nightdesk.accounts.limits import TakeWeight
    from nightdesk.accounts.vault import OpenKey
    from nightdesk.adapters.dynamo.credentials import StoredSlots
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.adapters.dynamo.limits import DynamoRateCounters, DynamoVenueHolds
    from nightdesk.adapters.histories.opening import OpenHistory
    from nightdesk.adapters.secrets.vault_cipher import KeptKeys, KmsCipher
    from nightdesk.journal.account_syncing import SyncAccount
    from nightdesk.journal.own_orders import OwnOrders

    found = started(WORKER)
    return SyncAccount(
        syncs=_syncs(WORKER),
        histories=OpenHistory(
            open_key=OpenKey(StoredSlots(), KeptKeys(KmsCipher(found.vault_key))),
            take_weight=TakeWeight(DynamoRateCounters()),
            holds=DynamoVenueHolds(),
            rules=rules(),
            clock=clock(),
        ),
        records=DynamoExternalRecords(),
        own=OwnOrders(desk()),
        rebuild=rebuild_account(WORKER),
        balances=venue_balances(),
        queue=_queue(WORKER),
        clock=clock(),
    )


@cache
def fail_sync() -> "FailSync":
    """Wire FailSync."""
    from nightdesk.journal.account_syncing import FailSync

    return FailSync(_syncs(WORKER))


def _start(kind: _Kind) -> "StartSync":
    from nightdesk.journal.account_sync import StartSync

    return StartSync(_syncs(kind), _queue(kind))


@cache
def _syncs(kind: _Kind) -> "DynamoSyncs":
    from nightdesk.adapters.dynamo.journal_syncs import DynamoSyncs

    started(kind)
    return DynamoSyncs()


@cache
def _queue(kind: _Kind) -> "SqsSyncQueue":
    from nightdesk.adapters.workflows.sqs import SqsQueue
    from nightdesk.adapters.workflows.sync_queue import SqsSyncQueue

    return SqsSyncQueue(SqsQueue(started(kind).sync_queue))
