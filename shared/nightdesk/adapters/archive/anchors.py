"""Anchors of the audit log in a bucket under Object Lock.

All that an anchor says stands in its key, so a listing reads them. Versions are listed, not
objects: a delete only hides an object, and one put under the same key hides nothing.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from nightdesk.accounts.anchor import Anchor
from nightdesk.adapters.archive.s3 import client, translated

READ_SECONDS = 10
PREFIX = "anchors/"

_KEY = re.compile(
    r"anchors/(?P<chain>.+)/(?P<seq>\d{12})\.(?P<day>\d{4}-\d\d-\d\d)\.(?P<hash>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class S3Anchors:
    """The port Anchors. Chains' names hold `#` where keys have `/`."""

    bucket: str

    def put(self, anchor: Anchor) -> None:
        """Keep it, under the retention that the bucket gives to all."""
        body = {"chain": anchor.chain, "seq": anchor.seq, "hash": anchor.hash}
        with translated():
            client(read_seconds=READ_SECONDS).put_object(
                Bucket=self.bucket,
                Key=_key(anchor),
                Body=json.dumps(body | {"day": anchor.day.isoformat()}).encode(),
                ContentType="application/json",
            )

    def of(self, name: str) -> Sequence[Anchor]:
        """Return every anchor of a chain."""
        return list(self._listed(_folder(name)))

    def all(self) -> Iterator[Anchor]:
        """Return all anchors, those of a chain together."""
        return self._listed(PREFIX)

    def _listed(self, prefix: str) -> Iterator[Anchor]:
        with translated():
            pages = client(read_seconds=READ_SECONDS).get_paginator("list_object_versions")
            for answer in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                for version in answer.get("Versions", []):
                    if found := _KEY.fullmatch(version["Key"]):
                        yield _anchor(found)


def _folder(name: str) -> str:
    return f"{PREFIX}{name.replace('#', '/')}/"


def _key(anchor: Anchor) -> str:
    return f"{_folder(anchor.chain)}{anchor.seq:012d}.{anchor.day.isoformat()}.{anchor.hash}"


def _anchor(found: re.Match[str]) -> Anchor:
    return Anchor(
        chain=found["chain"].replace("/", "#"),
        seq=int(found["seq"]),
        day=date.fromisoformat(found["day"]),
        hash=found["hash"],
    )
