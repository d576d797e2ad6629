"""Exports of the journal in the bucket of exports: ``<owner>/journal/<export>/<file>``."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from nightdesk.adapters.archive.s3 import client, translated
from nightdesk.adapters.archive.uploading import Upload
from nightdesk.journal.export_job import ExportJob


@dataclass(frozen=True, slots=True)
class S3ExportObjects:
    """The port ExportObjects. The bucket forgets what lies in it for as long as a job is kept."""

    bucket: str

    def put(self, job: ExportJob, pieces: Iterable[bytes]) -> None:
        """Store them as one file; until the last of them is there, there is none."""
        upload = Upload(self.bucket, _key(job), job.kind.file.media)
        try:
            for piece in pieces:
                with translated():
                    upload.write(piece)
            with translated():
                upload.finish()
        except BaseException:
            upload.abort()
            raise

    def link(self, job: ExportJob, *, lasts: timedelta) -> str:
        """Return an address under which it is fetched by its name, for so long."""
        with translated():
            address: str = client().generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self.bucket,
                    "Key": _key(job),
                    "ResponseContentDisposition": f'attachment; filename="{job.kind.file.name}"',
                },
                ExpiresIn=int(lasts.total_seconds()),
            )
        return address

    def drop(self, job: ExportJob) -> None:
        """Remove it."""
        with translated():
            client().delete_object(Bucket=self.bucket, Key=_key(job))


def _key(job: ExportJob) -> str:
    return f"{job.owner}/journal/{job.id}/{job.kind.file.name}"
