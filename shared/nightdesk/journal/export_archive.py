"""An archive that is written as it is read: files one after the other, and what they hold last.

Equal files make equal bytes: names, order and dates of the archive are fixed.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import RawIOBase
from typing import Any

from nightdesk.accounts.audit import Json

CHUNK_BYTES = 2**20
MANIFEST = "manifest.json"
NEVER = (1980, 1, 1, 0, 0, 0)
"""The date of every file: the first that the format knows."""
FOR_ITS_OWNER = 0o600 << 16
UNIX = 3
DEFLATED_ALREADY = (".pdf", ".xlsx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file. `heads`: how many of its pieces are no rows; None where rows mean nothing."""

    name: str
    pieces: Iterable[bytes]
    heads: int | None = None


@dataclass(slots=True)
class _Out(RawIOBase):
    """What a zip file is written to, taken away from time to time."""

    waiting: bytearray = field(default_factory=bytearray)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def taken(self) -> bytes:
        content = bytes(self.waiting)
        self.waiting.clear()
        return content


def archived(parts: Iterable[Part], about: Mapping[str, Json]) -> Iterator[bytes]:
    """Yield a zip of these files and `manifest.json` behind them.

    That holds `about`, and of each file its size, SHA-256 and, where it has rows, their count.
    """
    out, files = _Out(), dict[str, Json]()
    with zipfile.ZipFile(out, "w") as archive:
        for part in parts:
            digest, size, pieces = hashlib.sha256(), 0, 0
            with archive.open(_entry(part.name), "w", force_zip64=True) as file:
                for piece in part.pieces:
                    digest.update(piece)
                    size, pieces = size + len(piece), pieces + 1
                    file.write(piece)
                    if len(out.waiting) >= CHUNK_BYTES:
                        yield out.taken()
            told: dict[str, Json] = {"bytes": size, "sha256": digest.hexdigest()}
            if part.heads is not None:
                told["rows"] = pieces - part.heads
            files[part.name] = told
        text = json.dumps({**about, "files": files}, ensure_ascii=False, indent=2)
        archive.writestr(_entry(MANIFEST), f"{text}\n")
    yield out.taken()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, NEVER)
    deflated = name.endswith(DEFLATED_ALREADY)
    entry.compress_type = zipfile.ZIP_STORED if deflated else zipfile.ZIP_DEFLATED
    entry.create_system, entry.external_attr = UNIX, FOR_ITS_OWNER
    return entry


def json_lines(rows: Iterable[Mapping[str, Json]]) -> Iterator[bytes]:
    """Yield one line of JSON for each row, names in their order."""
    for row in rows:
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        yield f"{text}\n".encode()
