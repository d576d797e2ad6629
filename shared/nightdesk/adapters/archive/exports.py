"""Exports in a bucket: parts while one is made, then its archive. Nothing is held whole."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nightdesk.accounts.exported import Export
from nightdesk.adapters.archive.s3 import client, translated
from nightdesk.adapters.archive.uploading import Upload
from nightdesk.core.errors import StoreUnavailable
from nightdesk.core.ids import UserId

CHUNK_BYTES = 2**20
MANY = 1_000


@dataclass(frozen=True, slots=True)
class S3ExportFiles:
    """The port ExportFiles: ``<owner>/<export>.zip`` and ``<owner>/<export>/<step>/<file>``."""

    bucket: str

    def put(self, export: Export, step: int, files: Mapping[str, bytes]) -> None:
        """Store what a step collected, in place of what an earlier try of it did."""
        folder = f"{_folder(export)}{step:06d}/"
        with translated():
            self._remove([key for key in self._keys(folder) if key[len(folder) :] not in files])
            for name, content in files.items():
                client().put_object(Bucket=self.bucket, Key=f"{folder}{name}", Body=content)

    def pack(self, export: Export, heads: Mapping[str, bytes], single: Mapping[str, bytes]) -> int:
        """Join the parts and make the archive. An unfinished one is lost, and made again."""
        with translated():
            parts = list(self._keys(_folder(export)))
            if not parts and (size := self._size(_archive(export))) is not None:
                return size  # packed before; only the answer was lost
            upload = Upload(self.bucket, _archive(export), "application/zip")
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
        with translated():
            address: str = client().generate_presigned_url(
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
        with translated():
            found = list(self._keys(f"{owner}/"))
            self._remove(found)
        return len(found)

    def _write(
        self,
        upload: Upload,
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
        body = client().get_object(Bucket=self.bucket, Key=key)["Body"]
        yield from body.iter_chunks(CHUNK_BYTES)

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = client().get_paginator("list_objects_v2")
        for answer in pages.paginate(Bucket=self.bucket, Prefix=prefix):
            for found in answer.get("Contents", []):
                yield found["Key"]

    def _size(self, key: str) -> int | None:
        for found in client().list_objects_v2(Bucket=self.bucket, Prefix=key).get("Contents", []):
            return int(found["Size"])
        return None

    def _remove(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), MANY):
            gone = [{"Key": key} for key in keys[start : start + MANY]]
            answer = client().delete_objects(
                Bucket=self.bucket, Delete={"Objects": gone, "Quiet": True}
            )
            if answer.get("Errors"):
                raise StoreUnavailable(f"S3 left {len(answer['Errors'])} objects undeleted")


def _folder(export: Export) -> str:
    return f"{export.owner}/{export.export_id}/"


def _archive(export: Export) -> str:
    return f"{export.owner}/{export.export_id}.zip"
