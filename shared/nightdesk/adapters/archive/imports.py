"""Uploaded files and the reports of their checks in a bucket."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from nightdesk.adapters.dynamo.bodies import packed, unpacked
from nightdesk.core.errors import Misconfigured, Missing, StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.imported import Planned, Summary, Upload
from nightdesk.journal.importing.issue import Issue

CONNECT_SECONDS = 2
READ_SECONDS = 20
FORM_SECONDS = 600
MANY = 1_000

_BUSY = frozenset({"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"})
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})

N = TypeVar("N")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    planned: tuple[Planned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issues:
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class S3ImportFiles:
    """The port ImportFiles: ``imports/<owner>/<import>/…``."""

    bucket: str

    def upload(self, owner: UserId, import_id: str, *, most: int) -> Upload:
        """Return a form for one file, good for ten minutes."""
        with _translated():
            form = _client().generate_presigned_post(
                Bucket=self.bucket,
                Key=_file(owner, import_id),
                Conditions=[["content-length-range", 1, most]],
                ExpiresIn=FORM_SECONDS,
            )
        return Upload(url=form["url"], fields=dict(form["fields"]))

    def size(self, owner: UserId, import_id: str) -> int | None:
        """Return the bytes of the file, or None."""
        try:
            with _translated():
                head = _client().head_object(Bucket=self.bucket, Key=_file(owner, import_id))
        except Missing:
            return None
        return int(head["ContentLength"])

    def content(self, owner: UserId, import_id: str, *, most: int) -> bytes:
        """Return the front of the file."""
        return self._get(_file(owner, import_id), most)

    def put_part(
        self, owner: UserId, import_id: str, part: int, planned: Sequence[Planned]
    ) -> None:
        """Store one batch."""
        self._put(_named(owner, import_id, "part", part), _Part(planned=tuple(planned)))

    def part(self, owner: UserId, import_id: str, part: int) -> Sequence[Planned]:
        """Return one batch."""
        return self._read(_named(owner, import_id, "part", part), _Part).planned

    def put_issues(self, owner: UserId, import_id: str, part: int, issues: Sequence[Issue]) -> None:
        """Store some issues."""
        self._put(_named(owner, import_id, "issues", part), _Issues(issues=tuple(issues)))

    def issues(self, owner: UserId, import_id: str, part: int) -> Sequence[Issue]:
        """Return them."""
        return self._read(_named(owner, import_id, "issues", part), _Issues).issues

    def put_summary(self, owner: UserId, import_id: str, summary: Summary) -> None:
        """Store the summary."""
        self._put(_named(owner, import_id, "summary", 0), summary)

    def summary(self, owner: UserId, import_id: str) -> Summary:
        """Return it."""
        return self._read(_named(owner, import_id, "summary", 0), Summary)

    def destroy(self, owner: UserId) -> int:
        """Delete all files of an owner."""
        count = 0
        with _translated():
            pages = _client().get_paginator("list_objects_v2")
            for answer in pages.paginate(Bucket=self.bucket, Prefix=f"imports/{owner}/"):
                gone = [{"Key": found["Key"]} for found in answer.get("Contents", [])]
                for start in range(0, len(gone), MANY):
                    objects = {"Objects": gone[start : start + MANY], "Quiet": True}
                    done = _client().delete_objects(Bucket=self.bucket, Delete=objects)
                    if done.get("Errors"):
                        raise StoreUnavailable(f"S3 left {len(done['Errors'])} objects undeleted")
                count += len(gone)
        return count

    def _put(self, key: str, noun: object) -> None:
        body = packed(noun)
        content = body.encode() if isinstance(body, str) else body
        with _translated():
            _client().put_object(Bucket=self.bucket, Key=key, Body=content)

    def _read(self, key: str, kind: type[N]) -> N:
        content = self._get(key)
        return unpacked(kind, content.decode() if content.startswith(b"{") else content)

    def _get(self, key: str, most: int = 0) -> bytes:
        span = {"Range": f"bytes=0-{most - 1}"} if most else {}
        with _translated():
            found: bytes = _client().get_object(Bucket=self.bucket, Key=key, **span)["Body"].read()
        return found


def _file(owner: UserId, import_id: str) -> str:
    return f"imports/{owner}/{import_id}/file"


def _named(owner: UserId, import_id: str, what: str, part: int) -> str:
    return f"imports/{owner}/{import_id}/{what}/{part:06d}"


@contextmanager
def _translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _ABSENT:
            raise Missing("no such file") from error
        if code in _BUSY:
            raise StoreUnavailable(f"S3: {code}") from error
        raise Misconfigured(f"S3: {code}") from error
    except BotoCoreError as error:
        raise StoreUnavailable("S3 was not answered") from error


@cache
def _client() -> Any:
    """Return the client; region, endpoint and credentials come from the environment."""
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    limits = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"max_attempts": 3},
        signature_version="s3v4",
    )
    return get_session().create_client("s3", config=limits)


def disconnect() -> None:
    """Drop the client; the next call makes one from the environment as it is then."""
    _client.cache_clear()
