"""Memory, table and bucket keep the same contracts."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import boto3
import httpx2 as httpx
import pytest
from botocore.exceptions import EndpointConnectionError

from nightdesk.adapters.archive import s3, uploading
from nightdesk.adapters.archive.journal_exports import S3ExportObjects
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.journal_exports import (
    REMEMBERED,
    DynamoExportJobs,
    JournalExportItem,
)
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.core.errors import Misconfigured
from nightdesk.journal.export_job import ExportKind
from nightdesk.journal.exporting import MakeExport
from nightdesk.journal.ports.exports import ExportJobs
from tests.aws import aws
from tests.contracts.exports import ADA, NOW, ExportJobsContract, a_job
from tests.fakes.exports import MemoryExportJobs

BUCKET = "copies"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with ExitStack() as stack:
        stack.enter_context(aws())
        forget()
        tables.bind_desk(f"desk-{uuid4().hex[:8]}")
        tables.DeskItem.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        place: Any = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield
        forget()


def forget() -> None:
    tables.disconnect()
    s3.disconnect()


class TestMemoryExportJobs(ExportJobsContract):
    @pytest.fixture
    def jobs(self) -> ExportJobs:
        return MemoryExportJobs()


class TestDynamoExportJobs(ExportJobsContract):
    @pytest.fixture
    def jobs(self, cloud: None) -> ExportJobs:
        return DynamoExportJobs()

    def test_its_item_outlives_its_file_for_a_while(self, jobs: ExportJobs) -> None:
        begun = jobs.begin(a_job(), NOW)
        item = JournalExportItem.get(f"U#{ADA}", f"JEXP#{begun.id}")
        assert item.expires_at == begun.until + REMEMBERED


def keys() -> list[str]:
    return [
        one["Key"] for one in boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    ]


def test_a_file_lies_under_its_owner_and_is_fetched_by_its_name(cloud: None) -> None:
    objects, job = S3ExportObjects(BUCKET), a_job()
    objects.put(job, iter([b"one,", b"two"]))
    assert keys() == [f"{ADA}/journal/{job.id}/trades.csv"]
    link = objects.link(job, lasts=timedelta(minutes=10))
    query = httpx.URL(link).params
    assert query["X-Amz-Expires"] == "600"
    assert query["response-content-disposition"] == 'attachment; filename="trades.csv"'
    stored = boto3.client("s3").get_object(Bucket=BUCKET, Key=keys()[0])
    assert (stored["Body"].read(), stored["ContentType"]) == (b"one,two", "text/csv; charset=utf-8")
    objects.drop(job)
    objects.drop(job)
    assert keys() == []


def test_what_is_cut_off_leaves_nothing_to_fetch(cloud: None) -> None:
    def cut() -> Iterator[bytes]:
        yield b"x" * uploading.PART_BYTES
        raise TimeoutError

    with pytest.raises(TimeoutError):
        S3ExportObjects(BUCKET).put(a_job(), cut())
    assert keys() == []
    assert "Uploads" not in boto3.client("s3").list_multipart_uploads(Bucket=BUCKET)
    with pytest.raises(Misconfigured):
        S3ExportObjects("nowhere").put(a_job(), [b"x"])


def test_what_cut_it_off_is_told_though_its_parts_cannot_be_forgotten(
    cloud: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def cut() -> Iterator[bytes]:
        yield b"x" * uploading.PART_BYTES
        raise TimeoutError

    def down(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3")

    monkeypatch.setattr(s3.client(), "abort_multipart_upload", down)
    with pytest.raises(TimeoutError):
        S3ExportObjects(BUCKET).put(a_job(), cut())
    assert "left to the bucket" in caplog.text
    s3.disconnect()


def test_what_was_made_is_told_in_the_transaction_that_says_so(cloud: None) -> None:
    jobs = DynamoExportJobs()
    job = jobs.begin(a_job(kind=ExportKind.FILLS), NOW)
    make = MakeExport(jobs, S3ExportObjects(BUCKET), lambda job, told: iter([b"bytes"]))
    ready = make(ADA, job.id, lambda: NOW)
    assert make(ADA, job.id, lambda: NOW) == ready
    (told,) = EventItem.query(f"U#{ADA}", EventItem.sk.startswith("EVENT#"))
    assert (told.type, told.data) == ("export_ready", {"export_id": job.id, "kind": "fills"})
