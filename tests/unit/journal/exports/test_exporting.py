"""Exports as jobs: one of a kind at a time, made once, told once, fetched for a while."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.core.errors import Conflict, IllegalTransition, Missing
from nightdesk.core.ids import UserId
from nightdesk.journal.export_job import HELD, KEPT, ExportJob, ExportKind, JobStatus
from nightdesk.journal.exporting import AskExport, MakeExport, ReadExports, RemoveExport, Told
from tests.fakes.exports import MemoryExportJobs, MemoryExportObjects, MemoryWorkflows
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
    return AskExport(jobs, MemoryWorkflows())(owner, kind, options(), cause=cause, now=at)


def made(job: ExportJob, told: Told) -> Iterator[bytes]:
    told(40)
    told(30)
    yield job.options.key[:10].encode()
    yield job.options.key[10:].encode()


def test_asked_twice_for_one_cause_it_is_one_job_that_is_started_under_its_name(
    jobs: MemoryExportJobs,
) -> None:
    machines = MemoryWorkflows()
    call = AskExport(jobs, machines)
    asked = [call(ADA, ExportKind.ALL, options(), cause="c1", now=NOW) for _ in range(2)]
    assert asked[0] == asked[1]
    state = {
        "as_of": "2026-01-02T08:00:00Z",
        "owner": ADA,
        "export_id": asked[0].id,
        "journal": True,
    }
    assert machines.started == [("export", asked[0].id, state)] * 2


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

    def cut(job: ExportJob, told: Told) -> Iterator[bytes]:
        yield b"half"
        told(70)
        told(72)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        MakeExport(jobs, objects, cut)(ADA, job.id, lambda: NOW)
    assert jobs.get(ADA, job.id).progress == 70  # a sign of life comes every five percent
    assert objects.kept == {}
    ready = MakeExport(jobs, objects, made)(ADA, job.id, lambda: NOW + MINUTE)
    content = objects.kept[ready.id]
    assert content == options().key.encode()
    assert (ready.size, ready.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_link_is_made_anew_for_ten_minutes_while_it_is_kept(jobs: MemoryExportJobs) -> None:
    objects = MemoryExportObjects()
    job, read = ask(jobs), ReadExports(jobs, objects)
    assert read(ADA, job.id, NOW) == (job, None)
    MakeExport(jobs, objects, made)(ADA, job.id, lambda: NOW)
    links = [read(ADA, job.id, NOW)[1] for _ in range(2)]
    assert links == [f"https://store/{job.id}?lasts=600&n={n}" for n in (1, 2)]
    with pytest.raises(Missing):
        read(BOB, job.id, NOW)
    gone, link = read(ADA, job.id, NOW + KEPT)
    assert (gone.status, link) == (JobStatus.EXPIRED, None)


def test_one_that_gave_no_sign_of_life_is_shown_as_failed(jobs: MemoryExportJobs) -> None:
    job = ask(jobs)
    lost, link = ReadExports(jobs, MemoryExportObjects())(ADA, job.id, NOW + HELD)
    assert (lost.status, lost.finished_at, link) == (JobStatus.FAILED, NOW + HELD, None)


def test_exports_are_listed_newest_first_as_they_stand_by_now(jobs: MemoryExportJobs) -> None:
    ask(jobs)
    later = NOW + timedelta(minutes=30)
    ask(jobs, kind=ExportKind.TEXT, at=later)
    found = ReadExports(jobs, MemoryExportObjects()).page(ADA, limit=9, after=None, now=later)
    shown = [(one.kind, one.status) for one in found.items]
    assert shown == [
        (ExportKind.TEXT, JobStatus.QUEUED),
        (ExportKind.TRADES, JobStatus.FAILED),
    ]


def test_one_that_is_made_is_not_removed_and_one_that_was_is_gone(jobs: MemoryExportJobs) -> None:
    objects = MemoryExportObjects()
    job, remove = ask(jobs), RemoveExport(jobs, objects)
    with pytest.raises(Conflict) as refused:
        remove(ADA, job.id, NOW)
    assert refused.value.code == "EXPORT_RUNNING"
    MakeExport(jobs, objects, made)(ADA, job.id, lambda: NOW)
    with pytest.raises(Missing):
        remove(BOB, job.id, NOW)
    for _ in range(2):
        remove(ADA, job.id, NOW)
        assert (objects.kept, jobs.get(ADA, job.id).status) == ({}, JobStatus.EXPIRED)
    lost = ask(jobs, cause="c2")
    remove(ADA, lost.id, NOW + HELD)
    assert jobs.get(ADA, lost.id).status is JobStatus.EXPIRED


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
