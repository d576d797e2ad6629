"""The client of the buckets, and what its errors are here."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from nightdesk.core.errors import Misconfigured, Missing, StoreUnavailable

CONNECT_SECONDS = 2
READ_SECONDS = 20

_BUSY = frozenset({"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"})


@contextmanager
def translated(*, absent: Collection[str] = ()) -> Iterator[None]:
    """Tell the client's errors as ours: StoreUnavailable where another try may help.

    A code among `absent` is Missing, any other is Misconfigured.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in absent:
            raise Missing("no such file") from error
        if code in _BUSY:
            raise StoreUnavailable(f"S3: {code}") from error
        raise Misconfigured(f"S3: {code}") from error
    except BotoCoreError as error:
        raise StoreUnavailable("S3 was not answered") from error


@cache
def client(*, read_seconds: int = READ_SECONDS) -> Any:
    """Return the client; region, endpoint and credentials come from the environment."""
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    limits = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"max_attempts": 3},
        signature_version="s3v4",
    )
    return get_session().create_client("s3", config=limits)


def disconnect() -> None:
    """Drop the clients; the next call makes one from the environment as it is then."""
    client.cache_clear()
