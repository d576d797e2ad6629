"""Use cases of imports: what their owners ask for, and what a worker does."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import candles, clock, rules, started

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nightdesk.accounts.identity import Profile
    from nightdesk.adapters.archive.imports import S3ImportFiles
    from nightdesk.adapters.dynamo.journal_imports import DynamoImports
    from nightdesk.adapters.workflows.import_queue import SqsImportQueue
    from nightdesk.core.ids import TradeId, UserId
    from nightdesk.journal.import_checking import CheckImport
    from nightdesk.journal.import_committing import CommitImport, FailImport, UndoImport
    from nightdesk.journal.preferences import Preferences
    from nightdesk.journal.rebuilding import RebuildAccount
    from nightdesk.journal.trade import Rate
    from nightdesk.journal.trade_import import (
        ListImports,
        ReadImport,
        RequestCheck,
        RequestCommit,
        RequestUndo,
        StartImport,
    )

API, WORKER = settings.ApiSettings, settings.ImportTradesSettings
_Kind = type[settings.ApiSettings] | type[settings.ImportTradesSettings]


@cache
def start_import() -> "StartImport":
    """Wire StartImport."""
    from nightdesk.journal.trade_import import StartImport

    return StartImport(_imports(API), _files(API))


@cache
def request_import_check() -> "RequestCheck":
    """Wire RequestCheck."""
    from nightdesk.journal.trade_import import RequestCheck

    return RequestCheck(_imports(API), _files(API), _queue(API))


@cache
def request_import_commit() -> "RequestCommit":
    """Wire RequestCommit."""
    from nightdesk.journal.trade_import import RequestCommit

    return RequestCommit(_imports(API), _queue(API))


@cache
def request_import_undo() -> "RequestUndo":
    """Wire RequestUndo."""
    from nightdesk.journal.trade_import import RequestUndo

    return RequestUndo(_imports(API), _queue(API))


@cache
def read_import() -> "ReadImport":
    """Wire ReadImport."""
    from nightdesk.journal.trade_import import ReadImport

    return ReadImport(_imports(API), _files(API))


@cache
def list_imports() -> "ListImports":
    """Wire ListImports."""
    from nightdesk.journal.trade_import import ListImports

    return ListImports(_imports(API))


@cache
def check_import() -> "CheckImport":
    """Wire CheckImport."""
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.journal.import_checking import CheckImport

    return CheckImport(_imports(WORKER), _files(WORKER), DynamoExternalRecords())


@cache
def commit_import() -> "CommitImport":
    """Wire CommitImport."""
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.journal.import_committing import CommitImport

    return CommitImport(
        _imports(WORKER),
        _files(WORKER),
        DynamoExternalRecords(),
        _rebuild_imported(),
        _queue(WORKER),
    )


@cache
def undo_import() -> "UndoImport":
    """Wire UndoImport."""
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.journal.import_committing import UndoImport

    return UndoImport(
        _imports(WORKER),
        _files(WORKER),
        DynamoExternalRecords(),
        _rebuild_imported(),
        _queue(WORKER),
    )


@cache
def fail_import() -> "FailImport":
    """Wire FailImport."""
    from nightdesk.journal.import_committing import FailImport

    return FailImport(_imports(WORKER))


def _rebuild_imported() -> "RebuildAccount":
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.adapters.dynamo.journal_plans import DynamoPreferences
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.keeping import KeepTrades, MeasureStored
    from nightdesk.journal.measuring import MeasureTrade
    from nightdesk.journal.preferring import ReadPreferences
    from nightdesk.journal.rebuilding import RebuildAccount

    read = ReadPreferences(DynamoPreferences(), _profile)

    def preferences(owner: "UserId") -> "Preferences":
        return read(owner, clock().now())

    def measured(owner: "UserId", trade_ids: "Sequence[TradeId]", *, now: "datetime") -> None:  # noqa: ARG001 - the port has it
        """Measure at once: this worker has the time, and goes on in another one if not."""
        MeasureStored(keep)(owner, trade_ids)

    trades = DynamoTrades()
    keep = KeepTrades(trades, MeasureTrade(candles(), trades, preferences), measured)
    return RebuildAccount(
        records=DynamoExternalRecords(),
        trades=trades,
        keep=keep,
        rates=_rate,
        preferences=preferences,
        rules=rules(),
        tags=DynamoTags(),
    )


def _profile(owner: "UserId") -> "Profile":
    """Return a profile: a worker has no pepper, and needs none to read one."""
    from nightdesk.adapters.dynamo import keys
    from nightdesk.adapters.dynamo.accounts import ProfileItem, found_at
    from nightdesk.core.errors import Missing

    found = found_at(ProfileItem, keys.owner(owner), keys.PROFILE)
    if found is None:
        raise Missing("no such account")
    return found.to_domain()


def _rate(quote: str, currency: str, at: "datetime") -> "Rate | None":
    """Return one for the accounting currency itself; nobody stores other rates yet."""
    from nightdesk.core.money import ONE
    from nightdesk.journal.trade import Rate

    return Rate(value=ONE, source="same", at=at) if quote == currency else None


@cache
def _imports(kind: _Kind) -> "DynamoImports":
    from nightdesk.adapters.dynamo.journal_imports import DynamoImports

    started(kind)
    return DynamoImports()


@cache
def _files(kind: _Kind) -> "S3ImportFiles":
    from nightdesk.adapters.archive.imports import S3ImportFiles

    return S3ImportFiles(started(kind).uploads_bucket)


@cache
def _queue(kind: _Kind) -> "SqsImportQueue":
    from nightdesk.adapters.workflows.import_queue import SqsImportQueue

    return SqsImportQueue(started(kind).import_queue)
