"""Screenshots in a bucket, and the function that is told of uploads, over moto."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from functions.screenshot.handler import lambda_handler
from functions.screenshot.messages import Input
from nightdesk.adapters.archive import s3
from nightdesk.adapters.archive.screenshots import NEW, READY, S3ScreenshotFiles, uploaded_as
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.journal_shots import DynamoScreenshots
from nightdesk.core.errors import Misconfigured
from nightdesk.journal.screenshot import ImageType, Picture, Screenshot, ShotStatus
from nightdesk.names import Env
from tests.aws import aws
from tests.builders.writing import NOON, OWNER, a_screenshot
from tests.unit.journal.writing.test_screenshots import image_file
from tests.wiring import forget

BUCKET = "uploads-test"
EVENT = Path(__file__).parents[4] / "events" / "screenshot" / "uploaded.json"
CONTENT = image_file("PNG")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in [one for one in os.environ if one.startswith(("NIGHTDESK_", "AWS_ENDPOINT"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name, value in (
        (Env.STAGE, "local"),
        (Env.DESK_TABLE, "desk-test"),
        (Env.UPLOADS_BUCKET, BUCKET),
    ):
        monkeypatch.setenv(name, value)
    with aws():
        forget()
        s3.disconnect()
        tables.bind_desk("desk-test")
        tables.DeskItem.create_table(billing_mode="PAY_PER_REQUEST")
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
    forget()
    s3.disconnect()


def a_shot(**changes: Any) -> Screenshot:
    return a_screenshot(sha256=hashlib.sha256(CONTENT).hexdigest(), **changes)


def keys(client: Any) -> list[str]:
    found = client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [one["Key"] for one in found]


def test_a_form_fixes_key_type_checksum_and_size(bucket: Any) -> None:
    import base64

    upload = S3ScreenshotFiles(BUCKET).upload(a_shot(), 2_048)
    assert upload.fields["key"] == f"{NEW}U1/01ENTRY/shot_1"
    assert upload.fields["Content-Type"] == "image/png"
    policy = json.loads(base64.b64decode(upload.fields["policy"]))
    assert ["content-length-range", 1, 2_048] in policy["conditions"]
    assert {"key": upload.fields["key"]} in policy["conditions"]
    assert {"Content-Type": "image/png"} in policy["conditions"]
    checksum = base64.b64decode(upload.fields["x-amz-checksum-sha256"])
    assert checksum.hex() == a_shot().sha256


def test_what_was_uploaded_is_read_no_further_than_allowed(bucket: Any) -> None:
    files, shot = S3ScreenshotFiles(BUCKET), a_shot()
    assert files.uploaded(shot, 10) is None
    bucket.put_object(Bucket=BUCKET, Key=f"{NEW}U1/01ENTRY/shot_1", Body=b"x" * 100)
    assert files.uploaded(shot, 10) == b"x" * 11
    assert files.uploaded(shot, 1_000) == b"x" * 100


def test_a_kept_image_is_shown_as_an_image_for_so_long(bucket: Any) -> None:
    files, shot = S3ScreenshotFiles(BUCKET), a_shot()
    files.keep(shot, Picture(content=CONTENT, type=ImageType.PNG, width=30, height=20))
    found = bucket.get_object(Bucket=BUCKET, Key=f"{READY}U1/01ENTRY/shot_1")
    assert (found["ContentType"], found["Body"].read()) == ("image/png", CONTENT)
    link = files.link(shot, 600)
    assert "X-Amz-Expires=600" in link
    assert "response-content-type=image%2Fpng" in link
    files.drop(shot)
    files.drop(shot)
    assert keys(bucket) == []


def test_all_of_an_owner_goes_and_nothing_of_another(bucket: Any) -> None:
    for name in (f"{NEW}U1/e/a", f"{READY}U1/e/b", f"{READY}U11/e/c", "imports/U1/x"):
        bucket.put_object(Bucket=BUCKET, Key=name, Body=b"x")
    assert S3ScreenshotFiles(BUCKET).destroy(OWNER) == 2
    assert keys(bucket) == ["imports/U1/x", f"{READY}U11/e/c"]


def test_a_bucket_that_is_not_there_is_the_operators(bucket: Any) -> None:
    with pytest.raises(Misconfigured):
        S3ScreenshotFiles("nowhere").uploaded(a_shot(), 10)


@pytest.mark.parametrize(
    "key", ["", "x", NEW, f"{NEW}U1/e", f"{NEW}U1/e/s/more", f"{NEW}/e/s", f"{READY}U1/e/s"]
)
def test_a_key_that_no_form_fixed_is_nobodys(key: str) -> None:
    assert uploaded_as(key) is None
    assert uploaded_as(f"{NEW}U1/e/s") == ("U1", "e", "s")


def told(name: str) -> dict[str, Any]:
    """Return what EventBridge says of this key."""
    event: dict[str, Any] = json.loads(EVENT.read_text())
    event["detail"]["object"]["key"] = name
    return event


CONTEXT: Any = SimpleNamespace(
    function_name="screenshot",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:000000000000:function:screenshot",
    aws_request_id="r1",
)


def test_an_upload_is_made_anew_once_however_often_it_is_told(bucket: Any) -> None:
    shots, shot = DynamoScreenshots(), a_shot()
    shots.place(shot, NOON)
    name = f"{NEW}U1/01ENTRY/shot_1"
    bucket.put_object(Bucket=BUCKET, Key=name, Body=CONTENT)
    assert lambda_handler(told(name), CONTEXT) == {"status": "ready"}
    for other in (f"{READY}U1/01ENTRY/shot_1", "elsewhere"):
        assert lambda_handler(told(other), CONTEXT) == {"status": None}
    (ready,) = shots.of(OWNER, "01ENTRY")
    assert (ready.status, ready.width, ready.height) == (ShotStatus.READY, 30, 20)
    assert keys(bucket) == [f"{READY}U1/01ENTRY/shot_1"]
    assert lambda_handler(told(name), CONTEXT) == {"status": "ready"}
    assert shots.of(OWNER, "01ENTRY") == [ready]


def test_a_page_that_calls_itself_an_image_is_refused(bucket: Any) -> None:
    page = b"<html><script>alert(1)</script></html>"
    shots = DynamoScreenshots()
    shots.place(a_screenshot(sha256=hashlib.sha256(page).hexdigest()), NOON)
    name = f"{NEW}U1/01ENTRY/shot_1"
    bucket.put_object(Bucket=BUCKET, Key=name, Body=page, ContentType="image/png")
    assert lambda_handler(told(name), CONTEXT) == {"status": "refused"}
    assert shots.of(OWNER, "01ENTRY")[0].reason == "IMAGE_TYPE"
    assert keys(bucket) == []


def test_the_sample_event_is_read_with_its_moment() -> None:
    message = Input.model_validate(json.loads(EVENT.read_text()))
    assert message.as_of.isoformat() == "2026-11-21T12:00:00+00:00"
    found = uploaded_as(message.key)
    assert found is not None
    assert found[2].startswith("shot_")
