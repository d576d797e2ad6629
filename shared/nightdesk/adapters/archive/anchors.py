"""Anchors of the audit log in a bucket under Object Lock.

All that an anchor says stands in its key, so a listing reads them. Versions are listed, not
objects: a delete only hides an object, and one put under the same key hides nothing.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from nightdesk.accounts.anchor import Anchor
from nightdesk.core.errors import Misconfigured, StoreUnavailable

CONNECT_SECONDS = 2
READ_SECONDS = 10
PREFIX = "anchors/"

_KEY = re.compile(
    r"anchors/(?P<chain>.+)/(?P<seq>\d{12})\.(?P<day>\d{4}-\d\d-\d\d)\.(?P<hash>[0-9a-f]{64})"
)
_BUSY = frozenset({"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"})


@dataclass(frozen=True, slots=True)
class S3Anchors:
    """The port Anchors. Chains' names hold `#` where keys have `/`."""

    bucket: str

    def put(self, anchor: Anchor) -> None:
        """Keep it, under the retention that the bucket gives to all."""
        body = {"chain": anchor.chain, "seq": anchor.seq, "hash": anchor.hash}
        with _translated():
            _client().put_object(
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
        with _translated():
            pages = _client().get_paginator("list_object_versions")
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
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"max_attempts": 2}
    )
    return get_session().create_client("s3", config=limits)


def disconnect() -> None:
    """Drop the client; the next call makes one from the environment as it is then."""
    _client.cache_clear()
