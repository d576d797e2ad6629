"""Uploaded files and the reports of their checks in a bucket."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from nightdesk.adapters.archive.s3 import client, translated
from nightdesk.adapters.dynamo.bodies import encoded, unpacked
from nightdesk.core.errors import Missing, StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.imported import Planned, Summary, Upload
from nightdesk.journal.importing.issue import Issue

UPLOADED, REPORTS = "imports/files/", "imports/reports/"
"""Where they lie, ``<owner>/<import>`` below: the bucket lets the first go by themselves."""
FORM_SECONDS = 600
MANY = 1_000

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
    """The port ImportFiles. What was uploaded expires, its report does not: it is undone by it."""

    bucket: str

    def upload(self, owner: UserId, import_id: str, *, most: int) -> Upload:
        """Return a form for one file, good for ten minutes."""
        with translated(absent=_ABSENT):
            form = client().generate_presigned_post(
                Bucket=self.bucket,
                Key=_file(owner, import_id),
                Conditions=[["content-length-range", 1, most]],
                ExpiresIn=FORM_SECONDS,
            )
        return Upload(url=form["url"], fields=dict(form["fields"]))

    def size(self, owner: UserId, import_id: str) -> int | None:
        """Return the bytes of the file, or None."""
        try:
            with translated(absent=_ABSENT):
                head = client().head_object(Bucket=self.bucket, Key=_file(owner, import_id))
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
        return sum(self._destroy(f"{place}{owner}/") for place in (UPLOADED, REPORTS))

    def _destroy(self, prefix: str) -> int:
        count = 0
        with translated(absent=_ABSENT):
            pages = client().get_paginator("list_objects_v2")
            for answer in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                gone = [{"Key": found["Key"]} for found in answer.get("Contents", [])]
                for start in range(0, len(gone), MANY):
                    objects = {"Objects": gone[start : start + MANY], "Quiet": True}
                    done = client().delete_objects(Bucket=self.bucket, Delete=objects)
                    if done.get("Errors"):
                        raise StoreUnavailable(f"S3 left {len(done['Errors'])} objects undeleted")
                count += len(gone)
        return count

    def _put(self, key: str, noun: object) -> None:
        content = zlib.compress(encoded(noun), zlib.Z_BEST_SPEED)
        with translated(absent=_ABSENT):
            client().put_object(Bucket=self.bucket, Key=key, Body=content)

    def _read(self, key: str, kind: type[N]) -> N:
        return unpacked(kind, self._get(key))

    def _get(self, key: str, most: int = 0) -> bytes:
        span = {"Range": f"bytes=0-{most - 1}"} if most else {}
        with translated(absent=_ABSENT):
            found: bytes = client().get_object(Bucket=self.bucket, Key=key, **span)["Body"].read()
        return found


def _file(owner: UserId, import_id: str) -> str:
    return f"{UPLOADED}{owner}/{import_id}"


def _named(owner: UserId, import_id: str, what: str, part: int) -> str:
    return f"{REPORTS}{owner}/{import_id}/{what}/{part:06d}"
