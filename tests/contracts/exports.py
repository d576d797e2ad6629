"""What every ExportJobs keeps to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nightdesk.core.errors import Conflict, Missing, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.export_job import HELD, ExportJob, ExportKind
from nightdesk.journal.export_options import ExportOptions, Numbers
from nightdesk.journal.ports.exports import ExportJobs

ADA, BEN = UserId("ada"), UserId("ben")
NOW = datetime(2026, 1, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_job(
    cause: str = "c1",
    owner: UserId = ADA,
    kind: ExportKind = ExportKind.TRADES,
    at: datetime = NOW,
) -> ExportJob:
    options = ExportOptions(
        since=datetime(2025, 1, 1, tzinfo=UTC),
        until=datetime(2026, 1, 1, tzinfo=UTC),
        zone="Europe/Vienna",
        numbers=Numbers.DE_AT,
        open_too=True,
        filters={"side": ("long",), "min_r": ("-1.5",)},
    )
    return ExportJob.asked(owner, kind, options, cause=cause, now=at)


class ExportJobsContract:
    def test_what_was_begun_is_read_as_it_was_asked_for(self, jobs: ExportJobs) -> None:
        begun = jobs.begin(a_job(), NOW)
        assert begun == replace(a_job(), version=1)
        assert jobs.get(ADA, begun.id) == begun
        assert jobs.begin(a_job(), NOW + MINUTE) == begun

    def test_another_of_the_kind_waits_for_the_end(self, jobs: ExportJobs) -> None:
        first = jobs.begin(a_job(), NOW)
        with pytest.raises(Conflict) as refused:
            jobs.begin(a_job("c2", at=NOW + MINUTE), NOW + MINUTE)
        assert refused.value.code == "EXPORT_RUNNING"
        jobs.begin(a_job(kind=ExportKind.REPORT), NOW)
        jobs.begin(a_job(owner=BEN), NOW)
        jobs.save(first.failed(NOW), None, NOW)
        jobs.begin(a_job("c3", at=NOW + 2 * MINUTE), NOW + 2 * MINUTE)

    def test_one_without_a_sign_of_life_makes_room(self, jobs: ExportJobs) -> None:
        jobs.begin(a_job(), NOW)
        later = NOW + HELD
        assert jobs.begin(a_job("c2", at=later), later).asked_at == later

    def test_a_save_over_something_older_is_stale(self, jobs: ExportJobs) -> None:
        first = jobs.begin(a_job(), NOW)
        second = jobs.save(first.working(30, NOW), None, NOW)
        with pytest.raises(StaleWrite):
            jobs.save(first.working(40, NOW), None, NOW)
        ready = jobs.save(second.ready(12, "ab" * 32, NOW + MINUTE), None, NOW)
        assert jobs.get(ADA, first.id) == ready
        assert (ready.progress, ready.size, ready.version) == (100, 12, 3)

    def test_a_page_has_the_newest_first(self, jobs: ExportJobs) -> None:
        names = []
        for number, kind in enumerate((ExportKind.TRADES, ExportKind.FILLS, ExportKind.ALL)):
            at = NOW + number * MINUTE
            names.append(jobs.begin(a_job(kind=kind, at=at), at).id)
        first = jobs.page(ADA, limit=2, after=None)
        assert [one.id for one in first.items] == names[:0:-1]
        rest = jobs.page(ADA, limit=2, after=first.next_key)
        assert ([one.id for one in rest.items], rest.next_key) == (names[:1], None)
        assert jobs.page(BEN, limit=2, after=None).items == []

    def test_another_owners_is_missing(self, jobs: ExportJobs) -> None:
        begun = jobs.begin(a_job(), NOW)
        with pytest.raises(Missing):
            jobs.get(BEN, begun.id)
