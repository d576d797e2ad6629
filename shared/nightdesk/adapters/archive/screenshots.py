"""Screenshots in a bucket: ``screenshots/new/<owner>/<entry>/<id>`` as uploaded, ``ready`` as kept.

The names below ``new/`` say whose an upload is: a form fixes its key, so nobody writes elsewhere.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nightdesk.adapters.archive.s3 import client, translated
from nightdesk.core.errors import StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.screenshot import UPLOAD_LIVES, Picture, Screenshot, Upload

READ_SECONDS = 10
NEW, READY = "screenshots/new/", "screenshots/ready/"
PARTS = 3
MANY = 1_000

_ABSENT = frozenset({"NoSuchKey", "404", "InvalidRange"})


def uploaded_as(key: str) -> tuple[UserId, str, str] | None:
    """Return owner, entry and id of an uploaded file by its key; None for any other key."""
    parts = key.removeprefix(NEW).split("/")
    if not key.startswith(NEW) or len(parts) != PARTS or not all(parts):
        return None
    return UserId(parts[0]), parts[1], parts[2]


@dataclass(frozen=True, slots=True)
class S3ScreenshotFiles:
    """The port ScreenshotFiles."""

    bucket: str

    def upload(self, shot: Screenshot, size: int) -> Upload:
        """Return the form that takes exactly one file of its type and of at most `size` bytes."""
        checksum = base64.b64encode(bytes.fromhex(shot.sha256)).decode()
        fields = {"Content-Type": shot.type.value, "x-amz-checksum-sha256": checksum}
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", 1, size])
        with translated():
            form = client(read_seconds=READ_SECONDS).generate_presigned_post(
                self.bucket,
                _new(shot),
                Fields=fields,
                Conditions=conditions,
                ExpiresIn=int(UPLOAD_LIVES.total_seconds()),
            )
        return Upload(url=form["url"], fields=form["fields"])

    def uploaded(self, shot: Screenshot, most: int) -> bytes | None:
        """Return what was uploaded, cut after one byte more than `most`; None if nothing is."""
        with translated():
            try:
                answer = client(read_seconds=READ_SECONDS).get_object(
                    Bucket=self.bucket, Key=_new(shot), Range=f"bytes=0-{most}"
                )
            except client(read_seconds=READ_SECONDS).exceptions.ClientError as error:
                if error.response.get("Error", {}).get("Code") in _ABSENT:
                    return None
                raise
            content: bytes = answer["Body"].read(most + 1)
        return content

    def keep(self, shot: Screenshot, picture: Picture) -> None:
        """Store what is shown; again, it is the same file."""
        with translated():
            client(read_seconds=READ_SECONDS).put_object(
                Bucket=self.bucket,
                Key=_ready(shot),
                Body=picture.content,
                ContentType=picture.type.value,
                CacheControl="private, max-age=600",
            )

    def forget_upload(self, shot: Screenshot) -> None:
        """Remove what was uploaded."""
        self._remove(_new(shot))

    def drop(self, shot: Screenshot) -> None:
        """Remove whatever there is of it."""
        self._remove(_new(shot), _ready(shot))

    def link(self, shot: Screenshot, seconds: int) -> str:
        """Return an address under which it is shown for so long, as an image and nothing else."""
        with translated():
            address: str = client(read_seconds=READ_SECONDS).generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self.bucket,
                    "Key": _ready(shot),
                    "ResponseContentType": shot.type.value,
                    "ResponseContentDisposition": "inline",
                },
                ExpiresIn=seconds,
            )
        return address

    def destroy(self, owner: UserId) -> int:
        """Delete all screenshots of an owner, new and ready; return how many files there were."""
        gone = 0
        with translated():
            for prefix in (f"{NEW}{owner}/", f"{READY}{owner}/"):
                keys = list(self._keys(prefix))
                self._remove(*keys)
                gone += len(keys)
        return gone

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = client(read_seconds=READ_SECONDS).get_paginator("list_objects_v2")
        for answer in pages.paginate(Bucket=self.bucket, Prefix=prefix):
            for found in answer.get("Contents", []):
                yield found["Key"]

    def _remove(self, *keys: str) -> None:
        with translated():
            for start in range(0, len(keys), MANY):
                gone = [{"Key": key} for key in keys[start : start + MANY]]
                answer = client(read_seconds=READ_SECONDS).delete_objects(
                    Bucket=self.bucket, Delete={"Objects": gone, "Quiet": True}
                )
                if answer.get("Errors"):
                    raise StoreUnavailable(f"S3 left {len(answer['Errors'])} objects undeleted")


def _new(shot: Screenshot) -> str:
    return f"{NEW}{shot.owner}/{shot.entry_id}/{shot.id}"


def _ready(shot: Screenshot) -> str:
    return f"{READY}{shot.owner}/{shot.entry_id}/{shot.id}"
