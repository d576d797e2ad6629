"""Exports as jobs: one of a kind at a time, made once, told once, fetched for a while."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.core.errors import Conflict, IllegalTransition, Missing
from nightdesk.core.ids import UserId
from nightdesk.journal.export_job import HELD, KEPT, ExportJob, ExportKind, JobStatus
from nightdesk.journal.exporting import AskExport, FailExport, LinkExport, MakeExport, Told
from tests.fakes.exports import MemoryExportJobs, MemoryExportObjects
from tests.unit.journal.exports.test_csv import options

ADA, BOB = UserId("ada"), UserId("bob")
NOW = datetime(2026, 1, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def jobs() -> MemoryExportJobs:
    return MemoryExportJobs()


def ask(
    jobs: MemoryExportJobs,
    owner: UserId = ADA,
    cause: str = "c1",
    at: datetime = NOW,
    kind: ExportKind = ExportKind.TRADES,
) -> ExportJob:
    return AskExport(jobs)(owner, kind, options(), cause=cause, now=at)


def made(job: ExportJob, told: Told) -> bytes:
    told(40)
    told(30)
    return job.options.key.encode()


def test_asked_twice_for_one_cause_it_is_one_job(jobs: MemoryExportJobs) -> None:
    assert ask(jobs) == ask(jobs)
    assert len(jobs.kept) == 1


def test_one_of_a_kind_is_under_way_for_an_owner(jobs: MemoryExportJobs) -> None:
    first = ask(jobs)
    with pytest.raises(Conflict) as refused:
        ask(jobs, cause="c2")
    assert refused.value.code == "EXPORT_RUNNING"
    ask(jobs, BOB)
    ask(jobs, kind=ExportKind.REPORT)
    FailExport(jobs)(ADA, first.id, NOW)
    assert ask(jobs, cause="c3").status is JobStatus.QUEUED


def test_one_without_a_sign_of_life_makes_room_for_another(jobs: MemoryExportJobs) -> None:
    ask(jobs)
    assert ask(jobs, cause="c2", at=NOW + HELD).status is JobStatus.QUEUED


def test_it_is_made_and_told_once(jobs: MemoryExportJobs) -> None:
    objects = MemoryExportObjects()
    make = MakeExport(jobs, objects, made)
    job = ask(jobs)
    ready = make(ADA, job.id, lambda: NOW + MINUTE)
    again = make(ADA, job.id, lambda: NOW + 2 * MINUTE)
    assert (ready.status, ready.progress, ready.size) == (JobStatus.READY, 100, 64)
    assert again == ready
    assert [(one.type, one.data["export_id"]) for one in jobs.told] == [("export_ready", job.id)]


def test_cut_off_and_repeated_it_has_the_same_bytes(jobs: MemoryExportJobs) -> None:
    objects = MemoryExportObjects()
    job = ask(jobs)

    def cut(job: ExportJob, told: Told) -> bytes:
        told(70)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        MakeExport(jobs, objects, cut)(ADA, job.id, lambda: NOW)
    assert jobs.get(ADA, job.id).progress == 70
    ready = MakeExport(jobs, objects, made)(ADA, job.id, lambda: NOW + MINUTE)
    assert objects.kept[ready.id] == options().key.encode()


def test_a_link_is_made_anew_for_ten_minutes_while_it_is_kept(jobs: MemoryExportJobs) -> None:
    objects = MemoryExportObjects()
    job, link = ask(jobs), LinkExport(jobs, objects)
    with pytest.raises(Missing):
        link(ADA, job.id, NOW)
    MakeExport(jobs, objects, made)(ADA, job.id, lambda: NOW)
    first, second = link(ADA, job.id, NOW), link(ADA, job.id, NOW)
    assert "lasts=600" in first
    assert first != second
    with pytest.raises(Missing):
        link(BOB, job.id, NOW)
    with pytest.raises(Missing):
        link(ADA, job.id, NOW + KEPT)


def test_progress_never_falls_and_an_end_is_an_end(jobs: MemoryExportJobs) -> None:
    job = ask(jobs).working(60, NOW)
    assert job.working(20, NOW).progress == 60
    assert job.working(100, NOW).progress == 99
    failed = job.failed(NOW)
    assert failed.standing(NOW + KEPT) is JobStatus.EXPIRED
    with pytest.raises(IllegalTransition):
        failed.working(80, NOW)
    with pytest.raises(IllegalTransition):
        failed.ready(1, "d", NOW)


def test_a_ready_one_without_a_digest_is_refused(jobs: MemoryExportJobs) -> None:
    with pytest.raises(ValueError, match="digest"):
        replace(ask(jobs), status=JobStatus.READY, finished_at=NOW)
