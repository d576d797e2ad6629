"""Use cases of the journal's exports: what their owners ask for, and what the machine does."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.journal_capture import preferences_of
from nightdesk.bootstrap.journal_trades import own_preferences
from nightdesk.bootstrap.parts import candles, started
from nightdesk.bootstrap.privacy import workflows

if TYPE_CHECKING:
    from nightdesk.adapters.archive.journal_exports import S3ExportObjects
    from nightdesk.adapters.dynamo.journal_exports import DynamoExportJobs
    from nightdesk.journal.export_at_once import TradesAtOnce
    from nightdesk.journal.export_source import ExportSource
    from nightdesk.journal.exporting import (
        AskExport,
        FailExport,
        MakeExport,
        ReadExports,
        RemoveExport,
    )
    from nightdesk.journal.ports.trades import PreferencesOf
    from nightdesk.journal.report_gathering import GatherReport

API, WORKER = settings.ApiSettings, settings.ExportSettings
_Kind = type[settings.ApiSettings] | type[settings.ExportSettings]


@cache
def ask_journal_export() -> "AskExport":
    """Wire AskExport."""
    from nightdesk.journal.exporting import AskExport

    return AskExport(_jobs(API), workflows())


@cache
def read_journal_exports() -> "ReadExports":
    """Wire ReadExports."""
    from nightdesk.journal.exporting import ReadExports

    return ReadExports(_jobs(API), _objects(API))


@cache
def remove_journal_export() -> "RemoveExport":
    """Wire RemoveExport."""
    from nightdesk.journal.exporting import RemoveExport

    return RemoveExport(_jobs(API), _objects(API))


@cache
def trades_at_once() -> "TradesAtOnce":
    """Wire TradesAtOnce."""
    from nightdesk.journal.export_at_once import TradesAtOnce

    return TradesAtOnce(_source(own_preferences()))


@cache
def make_journal_export() -> "MakeExport":
    """Wire MakeExport, as the machine's function has it."""
    from nightdesk.adapters.documents.pdf import ReportLabPrinter
    from nightdesk.adapters.documents.xlsx import XlsxWorkbooks
    from nightdesk.adapters.dynamo.journal_lines import DynamoWrittenItems
    from nightdesk.journal.export_making import MakeFile
    from nightdesk.journal.exporting import MakeExport

    source = _source(preferences_of(WORKER))
    make = MakeFile(
        source=source,
        report=_gather_report(source),
        printer=ReportLabPrinter(),
        workbooks=XlsxWorkbooks(),
        items=DynamoWrittenItems(),
    )
    return MakeExport(_jobs(WORKER), _objects(WORKER), make)


@cache
def fail_journal_export() -> "FailExport":
    """Wire FailExport."""
    from nightdesk.journal.exporting import FailExport

    return FailExport(_jobs(WORKER))


def _gather_report(source: "ExportSource") -> "GatherReport":
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.adapters.dynamo.journal_findings import DynamoDetectorSettings
    from nightdesk.adapters.dynamo.journal_plans import DynamoPlans
    from nightdesk.adapters.dynamo.journal_writing import DynamoPostings
    from nightdesk.bootstrap.journal_accounts import read_days
    from nightdesk.bootstrap.journal_behaviour import funded_bots
    from nightdesk.journal.behaviour.gathering import GatherHistory
    from nightdesk.journal.behaviour.surroundings import EquityOfBots, MoodsOfEntries
    from nightdesk.journal.merged import MergedPlans, MergedTrades
    from nightdesk.journal.planning import ReadPlan
    from nightdesk.journal.report_gathering import GatherReport
    from nightdesk.journal.report_habits import ReportHabits
    from nightdesk.journal.search import Find

    gather = GatherHistory(
        trades=source.trades,
        preferences=source.preferences,
        plans=DynamoPlans(),
        candles=candles(),
        equity=EquityOfBots(funded_bots, DynamoEquity(), source.preferences),
        moods=MoodsOfEntries(Find(DynamoPostings()), source.entries, source.preferences),
        tags=source.tags,
    )
    return GatherReport(
        source=source,
        account=read_days(WORKER),
        plans=ReadPlan(
            MergedPlans(DynamoPlans(), source.tags), MergedTrades(source.trades, source.tags)
        ),
        habits=ReportHabits(gather, DynamoDetectorSettings()),
    )


def _source(preferences: "PreferencesOf") -> "ExportSource":
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.adapters.dynamo.journal_books import DynamoPlaybooks
    from nightdesk.adapters.dynamo.journal_cash import DynamoCashRows
    from nightdesk.adapters.dynamo.journal_findings import DynamoFindings
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.adapters.dynamo.journal_writing import DynamoEntries
    from nightdesk.journal.export_source import ExportSource

    return ExportSource(
        trades=DynamoTrades(),
        tags=DynamoTags(),
        findings=DynamoFindings(),
        books=DynamoPlaybooks(),
        entries=DynamoEntries(),
        cash=DynamoCashRows(),
        records=DynamoExternalRecords(),
        preferences=preferences,
    )


@cache
def _jobs(kind: _Kind) -> "DynamoExportJobs":
    from nightdesk.adapters.dynamo.journal_exports import DynamoExportJobs

    started(kind)
    return DynamoExportJobs()


@cache
def _objects(kind: _Kind) -> "S3ExportObjects":
    from nightdesk.adapters.archive.journal_exports import S3ExportObjects

    return S3ExportObjects(started(kind).exports_bucket)
