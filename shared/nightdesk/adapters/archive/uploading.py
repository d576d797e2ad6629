"""Files that are written once from front to back, in parts: nothing is held whole."""

import logging
from dataclasses import dataclass, field
from io import RawIOBase
from typing import Any

from nightdesk.adapters.archive.s3 import client, translated
from nightdesk.core.errors import Fault

logger = logging.getLogger(__name__)

PART_BYTES = 8 * 2**20
"""Of a file; S3 takes no smaller than 5 MiB but for the last, and no more than 10,000."""


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
        """Forget what was sent, after a fault: it never raises one that would hide that one.

        What it misses the bucket forgets by itself.
        """
        if not self._id:
            return
        try:
            with translated():
                client().abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self._id)
        except Fault:
            logger.warning("parts of %s are left to the bucket", self.key, exc_info=True)

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
