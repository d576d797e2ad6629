"""Exports in a bucket: parts while one is made, then its archive. Nothing is held whole."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import RawIOBase
from typing import Any

from nightdesk.accounts.exported import Export
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from nightdesk.core.ids import UserId

CONNECT_SECONDS = 2
READ_SECONDS = 20
PART_BYTES = 8 * 2**20
"""Of the archive; S3 takes no smaller than 5 MiB but for the last, and no more than 10,000."""
CHUNK_BYTES = 2**20
MANY = 1_000

_BUSY = frozenset({"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"})


@dataclass(frozen=True, slots=True)
class S3ExportFiles:
    """The port ExportFiles: ``<owner>/<export>.zip`` and ``<owner>/<export>/<step>/<file>``."""

    bucket: str

    def put(self, export: Export, step: int, files: Mapping[str, bytes]) -> None:
        """Store what a step collected, in place of what an earlier try of it did."""
        folder = f"{_folder(export)}{step:06d}/"
        with _translated():
            self._remove([key for key in self._keys(folder) if key[len(folder) :] not in files])
            for name, content in files.items():
                _client().put_object(Bucket=self.bucket, Key=f"{folder}{name}", Body=content)

    def pack(self, export: Export, heads: Mapping[str, bytes], single: Mapping[str, bytes]) -> int:
        """Join the parts and make the archive. An unfinished one is lost, and made again."""
        with _translated():
            parts = list(self._keys(_folder(export)))
            if not parts and (size := self._size(_archive(export))) is not None:
                return size  # packed before; only the answer was lost
            upload = _Upload(self.bucket, _archive(export))
            try:
                self._write(upload, parts, heads, single)
                size = upload.finish()
            except BaseException:
                upload.abort()
                raise
            self._remove(parts)
        return size

    def link(self, export: Export, seconds: int) -> str:
        """Return an address under which the archive is fetched, for so long."""
        with _translated():
            address: str = _client().generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self.bucket,
                    "Key": _archive(export),
                    "ResponseContentDisposition": f'attachment; filename="{export.export_id}.zip"',
                },
                ExpiresIn=seconds,
            )
        return address

    def destroy(self, owner: UserId) -> int:
        """Delete all archives and parts of an owner."""
        with _translated():
            found = list(self._keys(f"{owner}/"))
            self._remove(found)
        return len(found)

    def _write(
        self,
        upload: "_Upload",
        parts: Sequence[str],
        heads: Mapping[str, bytes],
        single: Mapping[str, bytes],
    ) -> None:
        """Write each file whole, one after the other: the parts of one by their steps."""
        names = sorted({key.rpartition("/")[2] for key in parts} | heads.keys())
        with zipfile.ZipFile(upload, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in single.items():
                archive.writestr(name, content)
            for name in names:
                with archive.open(name, "w", force_zip64=True) as file:
                    file.write(heads.get(name, b""))
                    for key in parts:
                        if key.rpartition("/")[2] == name:
                            for chunk in self._read(key):
                                file.write(chunk)

    def _read(self, key: str) -> Iterator[bytes]:
        body = _client().get_object(Bucket=self.bucket, Key=key)["Body"]
        yield from body.iter_chunks(CHUNK_BYTES)

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = _client().get_paginator("list_objects_v2")
        for answer in pages.paginate(Bucket=self.bucket, Prefix=prefix):
            for found in answer.get("Contents", []):
                yield found["Key"]

    def _size(self, key: str) -> int | None:
        for found in _client().list_objects_v2(Bucket=self.bucket, Prefix=key).get("Contents", []):
            return int(found["Size"])
        return None

    def _remove(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), MANY):
            gone = [{"Key": key} for key in keys[start : start + MANY]]
            answer = _client().delete_objects(
                Bucket=self.bucket, Delete={"Objects": gone, "Quiet": True}
            )
            if answer.get("Errors"):
                raise StoreUnavailable(f"S3 left {len(answer['Errors'])} objects undeleted")


@dataclass(slots=True)
class _Upload(RawIOBase):
    """A file that is written once from front to back, in parts of a multipart upload."""

    bucket: str
    key: str
    _id: str = ""
    _tags: list[dict[str, Any]] = field(default_factory=list)
    _waiting: bytearray = field(default_factory=bytearray)
    _size: int = 0

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Take some bytes; whole parts are sent."""
        self._waiting += data
        self._size += len(data)
        while len(self._waiting) >= PART_BYTES:
            self._send(PART_BYTES)
        return len(data)

    def finish(self) -> int:
        """Send the rest and close the upload. Return the size of all."""
        self._send(len(self._waiting))
        _client().complete_multipart_upload(
            Bucket=self.bucket,
            Key=self.key,
            UploadId=self._id,
            MultipartUpload={"Parts": self._tags},
        )
        return self._size

    def abort(self) -> None:
        """Forget what was sent. What this misses, the bucket forgets by itself."""
        if self._id:
            _client().abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self._id)

    def _send(self, size: int) -> None:
        if not self._id:
            begun = _client().create_multipart_upload(
                Bucket=self.bucket, Key=self.key, ContentType="application/zip"
            )
            self._id = begun["UploadId"]
        number = len(self._tags) + 1
        sent = _client().upload_part(
            Bucket=self.bucket,
            Key=self.key,
            UploadId=self._id,
            PartNumber=number,
            Body=bytes(self._waiting[:size]),
        )
        del self._waiting[:size]
        self._tags.append({"PartNumber": number, "ETag": sent["ETag"]})


def _folder(export: Export) -> str:
    return f"{export.owner}/{export.export_id}/"


def _archive(export: Export) -> str:
    return f"{export.owner}/{export.export_id}.zip"


@contextmanager
def _translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
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
