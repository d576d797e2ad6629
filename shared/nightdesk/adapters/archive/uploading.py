"""Files that are written once from front to back, in parts: nothing is held whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import RawIOBase
from typing import Any

from nightdesk.core.errors import Misconfigured, StoreUnavailable

CONNECT_SECONDS = 2
READ_SECONDS = 20
PART_BYTES = 8 * 2**20
"""Of a file; S3 takes no smaller than 5 MiB but for the last, and no more than 10,000."""

_BUSY = frozenset({"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"})


@dataclass(slots=True)
class Upload(RawIOBase):
    """A file that is written once from front to back, in parts of a multipart upload."""

    bucket: str
    key: str
    media: str
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
        client().complete_multipart_upload(
            Bucket=self.bucket,
            Key=self.key,
            UploadId=self._id,
            MultipartUpload={"Parts": self._tags},
        )
        return self._size

    def abort(self) -> None:
        """Forget what was sent. What this misses, the bucket forgets by itself."""
        if self._id:
            client().abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self._id)

    def _send(self, size: int) -> None:
        if not self._id:
            begun = client().create_multipart_upload(
                Bucket=self.bucket, Key=self.key, ContentType=self.media
            )
            self._id = begun["UploadId"]
        number = len(self._tags) + 1
        sent = client().upload_part(
            Bucket=self.bucket,
            Key=self.key,
            UploadId=self._id,
            PartNumber=number,
            Body=bytes(self._waiting[:size]),
        )
        del self._waiting[:size]
        self._tags.append({"PartNumber": number, "ETag": sent["ETag"]})


@contextmanager
def translated() -> Iterator[None]:
    """Tell the client's errors as ours: StoreUnavailable where another try may help."""
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
def client() -> Any:
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
    client.cache_clear()
