"""Fakes, tables, bucket and queue keep the same contracts."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import boto3
import pytest

from nightdesk.adapters.archive import s3
from nightdesk.adapters.archive.imports import S3ImportFiles
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.connection import CountingConnection, measured
from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords, ExternalLegItem
from nightdesk.adapters.dynamo.journal_imports import DynamoImports
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.workflows import sqs as queues
from nightdesk.adapters.workflows.import_queue import SqsImportQueue
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from nightdesk.core.ids import InstrumentId
from nightdesk.journal.imported import Planned, Step, Summary
from nightdesk.journal.ports.imports import ImportFiles, Imports
from nightdesk.journal.trade_import import told
from nightdesk.trading.external import ExternalRecords, Put
from tests.aws import aws
from tests.builders.imports import AT, OWNER, a_fill_outside, an_import, mark
from tests.contracts.imports import (
    ExternalRecordsContract,
    ImportFilesContract,
    ImportsContract,
)
from tests.fakes.imports import FakeExternalRecords, FakeImportFiles, FakeImports

BUCKET = "uploads"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with ExitStack() as stack:
        stack.enter_context(aws())
        _forget()
        tables.bind_desk(f"desk-{uuid4().hex[:8]}")
        tables.DeskItem.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        place: Any = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield
        _forget()


def _forget() -> None:
    tables.disconnect()
    s3.disconnect()
    queues.disconnect()


class TestFakeImports(ImportsContract):
    @pytest.fixture
    def imports(self) -> Imports:
        return FakeImports()


class TestDynamoImports(ImportsContract):
    @pytest.fixture
    def imports(self, cloud: None) -> Imports:
        return DynamoImports()


class TestFakeImportFiles(ImportFilesContract):
    @pytest.fixture
    def files(self) -> ImportFiles:
        return FakeImportFiles()


class TestS3ImportFiles(ImportFilesContract):
    @pytest.fixture
    def files(self, cloud: None) -> ImportFiles:
        return S3ImportFiles(BUCKET)


class TestFakeExternalRecords(ExternalRecordsContract):
    @pytest.fixture
    def records(self) -> ExternalRecords:
        return FakeExternalRecords()


class TestDynamoExternalRecords(ExternalRecordsContract):
    @pytest.fixture
    def records(self, cloud: None) -> ExternalRecords:
        return DynamoExternalRecords()


def test_the_event_of_an_import_is_stored_with_it(cloud: None) -> None:
    imports = DynamoImports()
    first = imports.create(an_import())
    imports.save(first, events=[told(first, AT)], now=AT)
    (stored,) = EventItem.query(f"U#{OWNER}", EventItem.sk.startswith("EVENT#"))
    assert (stored.type, stored.data["status"]) == ("import_updated", "waiting")


def test_a_form_takes_one_file_up_to_its_size(cloud: None) -> None:
    form = S3ImportFiles(BUCKET).upload(OWNER, "i1", most=1_000)
    assert form.fields["key"] == f"imports/files/{OWNER}/i1"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=form.fields["key"], Body=b"0123456789")
    files = S3ImportFiles(BUCKET)
    assert files.size(OWNER, "i1") == 10
    assert files.content(OWNER, "i1", most=4) == b"0123"
    with pytest.raises(Misconfigured):
        S3ImportFiles("nowhere").put_issues(OWNER, "i1", 0, [])


def test_the_report_of_an_import_does_not_lie_where_files_expire(cloud: None) -> None:
    files = S3ImportFiles(BUCKET)
    files.put_part(OWNER, "i1", 0, [Planned(record=a_fill_outside("1"), rows=(1,))])
    files.put_issues(OWNER, "i1", 0, [])
    files.put_summary(OWNER, "i1", Summary())
    store = boto3.client("s3")
    store.put_object(Bucket=BUCKET, Key=files.upload(OWNER, "i1", most=9).fields["key"], Body=b"a")
    kept = {one["Key"] for one in store.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert {one for one in kept if one.startswith("imports/files/")} == {
        f"imports/files/{OWNER}/i1"
    }
    assert len(kept) == 4
    assert (files.destroy(OWNER), store.list_objects_v2(Bucket=BUCKET)["KeyCount"]) == (4, 0)


def test_a_record_of_many_legs_that_was_cut_off_is_written_on(cloud: None) -> None:
    """Its first legs were claimed, then the worker died: they name the record."""
    marks = tuple(mark(f"leg{n}") for n in range(150))
    whole = a_fill_outside("whole", legs=marks, ref="")
    for leg in marks[:99]:
        ExternalLegItem(f"U#{OWNER}", f"FILLX#{leg}", record=whole.fingerprint).save()
    records = DynamoExternalRecords()
    other = a_fill_outside("other", legs=marks[:1], ref="")
    assert records.put(OWNER, [other], "import:b") == [Put.TAKEN]
    assert records.put(OWNER, [whole], "import:a") == [Put.ADDED]
    assert len(records.taken(OWNER, [whole.fingerprint, *marks])) == 151


def test_what_nobody_has_seen_is_written_without_a_look(cloud: None) -> None:
    """A look at each record that is not there costs a read unit, of a file fifty thousand."""
    records, many = DynamoExternalRecords(), [a_fill_outside(str(n)) for n in range(230)]
    with measured() as used:
        records.put(OWNER, many, "import:a", unseen=True)
    assert used.calls == {"TransactWriteItems": 3}
    with measured() as used:
        records.put(OWNER, many, "import:a", unseen=True)
    assert used.calls["BatchGetItem"] == 3


def test_what_one_file_alone_told_goes_by_hundreds(cloud: None) -> None:
    records, many = DynamoExternalRecords(), [a_fill_outside(str(n)) for n in range(230)]
    records.put(OWNER, many, "import:a", unseen=True)
    records.put(OWNER, many[150:151], "import:b")
    with measured() as used:
        gone = records.drop(OWNER, many, "import:a")
    assert gone == [n != 150 for n in range(230)]
    assert used.calls["TransactWriteItems"] == 3
    assert records.taken(OWNER, [one.fingerprint for one in many]) == {many[150].fingerprint}


def test_a_record_that_another_source_told_meanwhile_stays(
    cloud: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was read as told by the file alone; before it is deleted a sync tells it, too."""
    records, many = DynamoExternalRecords(), [a_fill_outside(str(n)) for n in range(3)]
    records.put(OWNER, many, "import:a")
    dispatch, told = CountingConnection.dispatch, False

    def between(self: CountingConnection, name: str, given: dict[str, Any]) -> dict[str, Any]:
        nonlocal told
        if name == "TransactWriteItems" and not told:
            told = True
            records.put(OWNER, many[1:2], "sync:mine")
        return dispatch(self, name, given)

    monkeypatch.setattr(CountingConnection, "dispatch", between)
    assert records.drop(OWNER, many, "import:a") == [True, False, True]
    assert many[0].instrument is not None
    (kept,) = records.fills(OWNER, "mine", many[0].instrument)
    assert kept.sources == ("sync:mine",)


def test_fills_of_one_book_are_read_without_looking_at_the_others(
    cloud: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account of many fills is not read whole for each of its instruments."""
    records, looked = DynamoExternalRecords(), 0
    ether = InstrumentId("ETH/EUR@kraken")
    few = [a_fill_outside(f"e{n}", instrument=ether) for n in range(3)]
    many = [a_fill_outside(str(n)) for n in range(120)]
    records.put(OWNER, [*many, *few], "import:a")
    dispatch = CountingConnection.dispatch

    def counted(self: CountingConnection, name: str, given: dict[str, Any]) -> dict[str, Any]:
        nonlocal looked
        answer = dispatch(self, name, given)
        looked += answer.get("ScannedCount", 0)
        return answer

    monkeypatch.setattr(CountingConnection, "dispatch", counted)
    assert len(list(records.fills(OWNER, "mine", ether))) == 3
    assert looked == 3


def test_a_fingerprint_of_another_book_is_refused(cloud: None) -> None:
    astray = a_fill_outside("1", fingerprint=mark("1"))
    with pytest.raises(ValueError, match="of another book"):
        DynamoExternalRecords().put(OWNER, [astray], "import:a")


def test_a_step_is_a_message_of_the_queue(cloud: None) -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="imports")["QueueUrl"]
    SqsImportQueue(queues.SqsQueue(url)).send(OWNER, "i1", Step.COMMIT, AT)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    wanted = {
        "as_of": "2026-03-05T14:30:00Z",
        "owner": OWNER,
        "import_id": "i1",
        "step": "commit",
    }
    assert json.loads(message["Body"]) == wanted
    with pytest.raises((Misconfigured, StoreUnavailable)):
        SqsImportQueue(queues.SqsQueue(url + "-gone")).send(OWNER, "i1", Step.COMMIT, AT)
