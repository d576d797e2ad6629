"""Use cases of writing in the journal: entries, tags, plans, playbooks, metrics, settings."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import started, users

if TYPE_CHECKING:
    from nightdesk.adapters.archive.screenshots import S3ScreenshotFiles
    from nightdesk.adapters.dynamo.journal_metrics import DynamoSavedMetrics
    from nightdesk.adapters.dynamo.journal_shots import DynamoScreenshots
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.adapters.dynamo.journal_writing import DynamoEntries
    from nightdesk.core.ids import UserId
    from nightdesk.journal.entry_writing import (
        AddInsight,
        ChangeEntry,
        FindEntries,
        ReadEntry,
        WriteEntry,
    )
    from nightdesk.journal.merged import MergedPlans, MergedPlaybooks, MergedTrades
    from nightdesk.journal.metric_keeping import RemoveMetric, SaveMetric
    from nightdesk.journal.picturing import (
        AskToUpload,
        Develop,
        RemoveEntry,
        RemoveScreenshot,
        ShowScreenshots,
    )
    from nightdesk.journal.planning import LockPlan, NotePlan, ReadPlan, WritePlan
    from nightdesk.journal.playing import (
        ArchivePlaybook,
        ChangePlaybook,
        CreatePlaybook,
        ReadBookStats,
        ReadPlaybooks,
    )
    from nightdesk.journal.preferring import ReadPlace, ReadPreferences, SetPreferences
    from nightdesk.journal.tagging import ChangeTag, CreateTag, ListTags, MergeTag, RemoveTag


@cache
def find_entries() -> "FindEntries":
    """Wire FindEntries."""
    from nightdesk.adapters.dynamo.journal_writing import DynamoPostings
    from nightdesk.journal.entry_writing import FindEntries
    from nightdesk.journal.search import Find

    return FindEntries(Find(DynamoPostings()), _entries(), _tags())


@cache
def read_entry() -> "ReadEntry":
    """Wire ReadEntry."""
    from nightdesk.journal.entry_writing import ReadEntry

    return ReadEntry(_entries(), _tags())


@cache
def write_entry() -> "WriteEntry":
    """Wire WriteEntry."""
    from nightdesk.journal.entry_writing import WriteEntry

    return WriteEntry(_entries(), _tags(), _trades())


@cache
def change_entry() -> "ChangeEntry":
    """Wire ChangeEntry."""
    from nightdesk.journal.entry_writing import ChangeEntry

    return ChangeEntry(_entries(), _tags(), _trades())


@cache
def remove_entry() -> "RemoveEntry":
    """Wire RemoveEntry."""
    from nightdesk.journal.picturing import RemoveEntry

    return RemoveEntry(_entries(), remove_screenshot())


@cache
def add_insight() -> "AddInsight":
    """Wire AddInsight."""
    from nightdesk.adapters.dynamo.journal_findings import DynamoFindings
    from nightdesk.journal.entry_writing import AddInsight
    from nightdesk.journal.found_of_trade import FindingsOfTrade

    return AddInsight(
        entries=_entries(),
        trades=_merged(),
        playbooks=_playbooks(),
        findings=FindingsOfTrade(DynamoFindings()),
        place=journal_place(),
    )


@cache
def ask_to_upload() -> "AskToUpload":
    """Wire AskToUpload."""
    from nightdesk.journal.picturing import AskToUpload

    return AskToUpload(_entries(), _screenshots(), _files(settings.ApiSettings))


@cache
def show_screenshots() -> "ShowScreenshots":
    """Wire ShowScreenshots."""
    from nightdesk.journal.picturing import ShowScreenshots

    return ShowScreenshots(_screenshots(), _files(settings.ApiSettings))


@cache
def remove_screenshot() -> "RemoveScreenshot":
    """Wire RemoveScreenshot."""
    from nightdesk.journal.picturing import RemoveScreenshot

    return RemoveScreenshot(_entries(), _screenshots(), _files(settings.ApiSettings))


@cache
def develop_screenshot() -> "Develop":
    """Wire Develop, as the function that is told of uploads has it."""
    from nightdesk.adapters.documents.images import PillowDarkroom
    from nightdesk.adapters.dynamo.journal_shots import DynamoScreenshots
    from nightdesk.journal.picturing import Develop

    files = _files(settings.ScreenshotSettings)
    return Develop(DynamoScreenshots(), files, PillowDarkroom())


def uploaded_as(key: str) -> "tuple[UserId, str, str] | None":
    """Return owner, entry and id of an uploaded screenshot by the name of its file."""
    from nightdesk.adapters.archive.screenshots import uploaded_as as read

    return read(key)


@cache
def list_tags() -> "ListTags":
    """Wire ListTags."""
    from nightdesk.adapters.dynamo.journal_writing import DynamoPostings
    from nightdesk.journal.tagging import ListTags

    return ListTags(_tags(), DynamoPostings())


@cache
def create_tag() -> "CreateTag":
    """Wire CreateTag."""
    from nightdesk.journal.tagging import CreateTag

    return CreateTag(_tags())


@cache
def change_tag() -> "ChangeTag":
    """Wire ChangeTag."""
    from nightdesk.journal.tagging import ChangeTag

    return ChangeTag(_tags())


@cache
def remove_tag() -> "RemoveTag":
    """Wire RemoveTag."""
    from nightdesk.journal.tagging import NamedBeside, RemoveTag

    return RemoveTag(_tags(), list_tags(), NamedBeside(_plans(), _playbooks(), _metrics()))


@cache
def merge_tag() -> "MergeTag":
    """Wire MergeTag."""
    from nightdesk.journal.tagging import MergeTag

    return MergeTag(_tags())


@cache
def read_plan() -> "ReadPlan":
    """Wire ReadPlan."""
    from nightdesk.journal.planning import ReadPlan

    return ReadPlan(_plans(), _merged())


@cache
def write_plan() -> "WritePlan":
    """Wire WritePlan."""
    from nightdesk.journal.planning import WritePlan

    return WritePlan(_plans(), _trades(), _tags(), journal_place())


@cache
def lock_plan() -> "LockPlan":
    """Wire LockPlan."""
    from nightdesk.journal.planning import LockPlan

    return LockPlan(_plans())


@cache
def note_plan() -> "NotePlan":
    """Wire NotePlan."""
    from nightdesk.journal.planning import NotePlan

    return NotePlan(_plans())


@cache
def read_playbooks() -> "ReadPlaybooks":
    """Wire ReadPlaybooks."""
    from nightdesk.journal.playing import ReadPlaybooks

    return ReadPlaybooks(_playbooks())


@cache
def create_playbook() -> "CreatePlaybook":
    """Wire CreatePlaybook."""
    from nightdesk.journal.playing import CreatePlaybook

    return CreatePlaybook(_playbooks())


@cache
def change_playbook() -> "ChangePlaybook":
    """Wire ChangePlaybook."""
    from nightdesk.journal.playing import ChangePlaybook

    return ChangePlaybook(_playbooks())


@cache
def archive_playbook() -> "ArchivePlaybook":
    """Wire ArchivePlaybook."""
    from nightdesk.journal.playing import ArchivePlaybook

    return ArchivePlaybook(_playbooks())


@cache
def read_book_stats() -> "ReadBookStats":
    """Wire ReadBookStats."""
    from nightdesk.journal.playing import ReadBookStats

    return ReadBookStats(_playbooks(), _merged(), _tags(), journal_place())


@cache
def save_metric() -> "SaveMetric":
    """Wire SaveMetric."""
    from nightdesk.journal.metric_keeping import SaveMetric

    return SaveMetric(_metrics())


@cache
def remove_metric() -> "RemoveMetric":
    """Wire RemoveMetric."""
    from nightdesk.journal.metric_keeping import RemoveMetric

    return RemoveMetric(_metrics())


@cache
def read_preferences() -> "ReadPreferences":
    """Wire ReadPreferences."""
    from nightdesk.adapters.dynamo.journal_plans import DynamoPreferences
    from nightdesk.journal.preferring import ReadPreferences

    return ReadPreferences(DynamoPreferences(), users().profile)


@cache
def set_preferences() -> "SetPreferences":
    """Wire SetPreferences."""
    from nightdesk.journal.preferring import SetPreferences

    return SetPreferences(read_preferences())


@cache
def journal_place() -> "ReadPlace":
    """Wire ReadPlace."""
    from nightdesk.journal.preferring import ReadPlace

    return ReadPlace(read_preferences())


@cache
def _entries() -> "DynamoEntries":
    from nightdesk.adapters.dynamo.journal_writing import DynamoEntries

    started(settings.ApiSettings)
    return DynamoEntries()


@cache
def _tags() -> "DynamoTags":
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags

    started(settings.ApiSettings)
    return DynamoTags()


@cache
def _plans() -> "MergedPlans":
    from nightdesk.adapters.dynamo.journal_plans import DynamoPlans
    from nightdesk.journal.merged import MergedPlans

    return MergedPlans(DynamoPlans(), _tags())


@cache
def _playbooks() -> "MergedPlaybooks":
    from nightdesk.adapters.dynamo.journal_books import DynamoPlaybooks
    from nightdesk.journal.merged import MergedPlaybooks

    return MergedPlaybooks(DynamoPlaybooks(), _tags())


@cache
def _metrics() -> "DynamoSavedMetrics":
    from nightdesk.adapters.dynamo.journal_metrics import DynamoSavedMetrics

    started(settings.ApiSettings)
    return DynamoSavedMetrics()


@cache
def _screenshots() -> "DynamoScreenshots":
    from nightdesk.adapters.dynamo.journal_shots import DynamoScreenshots

    started(settings.ApiSettings)
    return DynamoScreenshots()


@cache
def _trades() -> "DynamoTrades":
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades

    started(settings.ApiSettings)
    return DynamoTrades()


@cache
def _merged() -> "MergedTrades":
    from nightdesk.journal.merged import MergedTrades

    return MergedTrades(_trades(), _tags())


@cache
def _files(
    kind: "type[settings.ApiSettings | settings.ScreenshotSettings]",
) -> "S3ScreenshotFiles":
    from nightdesk.adapters.archive.screenshots import S3ScreenshotFiles

    return S3ScreenshotFiles(started(kind).uploads_bucket)
