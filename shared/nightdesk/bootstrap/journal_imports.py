"""Use cases of imports: what their owners ask for, and what a worker does."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.journal_capture import candle_rates, keep_trades, preferences_of
from nightdesk.bootstrap.parts import rules, started

if TYPE_CHECKING:
    from nightdesk.adapters.archive.imports import S3ImportFiles
    from nightdesk.adapters.dynamo.journal_imports import DynamoImports
    from nightdesk.adapters.workflows.import_queue import SqsImportQueue
    from nightdesk.journal.import_checking import CheckImport
    from nightdesk.journal.import_committing import CommitImport, FailImport, UndoImport
    from nightdesk.journal.rebuilding import RebuildAccount
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
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.import_checking import CheckImport

    return CheckImport(_imports(WORKER), _files(WORKER), DynamoExternalRecords(), DynamoTrades())


@cache
def commit_import() -> "CommitImport":
    """Wire CommitImport."""
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.journal.import_committing import CommitImport

    return CommitImport(
        _imports(WORKER),
        _files(WORKER),
        DynamoExternalRecords(),
        rebuild_account(WORKER),
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
        rebuild_account(WORKER),
        _queue(WORKER),
    )


@cache
def fail_import() -> "FailImport":
    """Wire FailImport."""
    from nightdesk.journal.import_committing import FailImport

    return FailImport(_imports(WORKER))


def rebuild_account(
    kind: type[settings.ImportTradesSettings] | type[settings.SyncAccountsSettings],
) -> "RebuildAccount":
    """Return what builds an account's trades anew from its records, for a worker."""
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.adapters.dynamo.journal_unplaced import DynamoUnplaced
    from nightdesk.journal.rebuilding import RebuildAccount

    return RebuildAccount(
        records=DynamoExternalRecords(),
        trades=DynamoTrades(),
        keep=keep_trades(kind),
        rates=candle_rates(kind),
        preferences=preferences_of(kind),
        rules=rules(),
        tags=DynamoTags(),
        unplaced=DynamoUnplaced(),
    )


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
    from nightdesk.adapters.workflows.sqs import SqsQueue

    return SqsImportQueue(SqsQueue(started(kind).import_queue))
