"""AWS in this process: DynamoDB by the emulator's own engine, without its server; the rest by moto.

moto has DynamoDB, too, but copies tables where the engine reads them: a query of fifty items takes
it six times as long. It counts no units of a transaction, and takes one writer at a time.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock, Thread
from typing import Any
from unittest import mock

import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

KEYS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "test")


@contextmanager
def dynamodb() -> Iterator[None]:
    """Answer what clients ask of DynamoDB inside the block; it begins without tables."""
    engine = _engine()
    with mock.patch.dict(os.environ, KEYS):
        engine.reset()
        _here.answers = True
        try:
            yield
        finally:
            _here.answers = False
            engine.reset()


@contextmanager
def aws() -> Iterator[None]:
    """Answer what clients ask of any service inside the block."""
    from moto import mock_aws

    with mock_aws(config={"core": {"passthrough": {"services": ["dynamodb"]}}}), dynamodb():
        yield


@cache
def _engine() -> Any:
    """Import the engine without the thread that deletes, by the wall's clock, what has expired.

    Moments of tests are long over: it would take their items away in the middle of a test.
    """
    with mock.patch.object(Thread, "start"):
        from ministack.services import dynamodb as engine
    return engine


class _Here:
    """Takes requests off the wire before they reach it, one at a time, as the server does."""

    def __init__(self) -> None:
        self.answers = False
        self._turn = Lock()

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        if not self.answers:
            return None
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        with self._turn:
            work = _engine().handle_request(request.method, "/", headers, request.body, {})
            status, told, body = _done(work)
        content = body if isinstance(body, bytes) else body.encode()
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(told), _Body(content))


class _Body:
    """An answer's body as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _done(work: Any) -> Any:
    """Return what a coroutine returns that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("the engine waits for something")


_here = _Here()
# Sessions take these when they are made; moto's stub joins them in the same way.
botocore.handlers.BUILTIN_HANDLERS.append(("before-send.dynamodb", _here))
