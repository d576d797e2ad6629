"""Screenshots of an entry: uploaded once, made anew without what cameras add, shown by a link."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.core.ids import UserId
from nightdesk.journal.wording import said

LIMIT = 10
"""Of one entry."""
MAX_BYTES = 5 * 2**20
MAX_PIXELS = 4_096
"""Of the longer side of what is kept."""
MAX_CAPTION = 200
LINK_LIVES = timedelta(minutes=10)
UPLOAD_LIVES = timedelta(minutes=10)
WAITED_FOR = timedelta(hours=1)
"""After this an upload that never came gives its place back."""


class ImageType(StrEnum):
    """What may be uploaded."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"


DIGEST = re.compile(r"[0-9a-f]{64}")

MAGIC = {
    ImageType.PNG: ((0, b"\x89PNG\r\n\x1a\n"),),
    ImageType.JPEG: ((0, b"\xff\xd8\xff"),),
    ImageType.WEBP: ((0, b"RIFF"), (8, b"WEBP")),
}
"""Which bytes a file of each type has, and where."""


def type_of(content: bytes) -> ImageType | None:
    """Return what the first bytes say a file is, whatever its name; None for anything else."""
    for kind, marks in MAGIC.items():
        if all(content[at : at + len(mark)] == mark for at, mark in marks):
            return kind
    return None


class ShotStatus(StrEnum):
    """Where a screenshot stands."""

    WAITING = "waiting"
    """Its upload is awaited."""
    READY = "ready"
    REFUSED = "refused"
    """What was uploaded is no image of the kinds allowed."""


class Refusal(StrEnum):
    """Why an upload is not kept."""

    IMAGE_TYPE = "IMAGE_TYPE"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    IMAGE_BROKEN = "IMAGE_BROKEN"
    CHECKSUM_WRONG = "CHECKSUM_WRONG"
    IMAGE_TOO_LARGE = "IMAGE_TOO_LARGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screenshot:
    """One picture of an entry. `slot` is its place of ten; `size` is of what is kept, in bytes.

    `sha256` is what the browser said of the file that it was about to send, in hex.
    """

    owner: UserId
    entry_id: str
    slot: int
    id: str
    type: ImageType
    sha256: str
    caption: str = ""
    status: ShotStatus = ShotStatus.WAITING
    reason: Refusal | None = None
    width: int | None = None
    height: int | None = None
    size: int | None = None
    asked_at: datetime

    def __post_init__(self) -> None:
        if not 0 <= self.slot < LIMIT:
            raise ValueError(f"an entry has {LIMIT} screenshots, was slot {self.slot}")
        if not DIGEST.fullmatch(self.sha256):
            raise ValueError("a SHA-256 is 64 digits of hex, in lower case")
        if self.caption:
            said(self.caption, MAX_CAPTION)
        if (self.reason is None) == (self.status is ShotStatus.REFUSED):
            raise ValueError("what is refused says why, and nothing else does")

    def taken(self, now: datetime) -> bool:
        """Whether it holds its place: an upload that never came does not."""
        return self.status is ShotStatus.READY or (
            self.status is ShotStatus.WAITING and now < self.asked_at + WAITED_FOR
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image as it is kept: re-encoded, nothing in it but pixels."""

    content: bytes
    type: ImageType
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Where a browser sends a file to: a form's address and its fields."""

    url: str
    fields: dict[str, str]
