"""DynamoDB's answers, given again: what an emulator has said once is said at the table's speed.

The emulator looks at every item of a partition for each query, DynamoDB at those that are asked
for: time on the emulator says nothing of a long list. So its answers are taken down, and the same
requests get the same bytes after the time that DynamoDB would take.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

Answer = tuple[int, dict[str, str], bytes]


class _Body:
    """An answer's body as botocore asks for it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


@contextmanager
def taken_down(client: Any) -> Iterator[dict[bytes, Answer]]:
    """Take down, by request, what a client of DynamoDB is answered inside the block."""
    session = client._endpoint.http_session
    said: dict[bytes, Answer] = {}
    send: Callable[[AWSPreparedRequest], AWSResponse] = session.send

    def listening(request: AWSPreparedRequest) -> AWSResponse:
        answer = send(request)
        said[request.body] = (answer.status_code, dict(answer.headers), answer.content)
        return answer

    session.send = listening
    try:
        yield said
    finally:
        del session.send


@contextmanager
def given_again(client: Any, said: dict[bytes, Answer], seconds: float) -> Iterator[None]:
    """Answer inside the block with what was taken down, each after some seconds."""

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        status, headers, content = said[request.body]
        sleep(seconds)
        return AWSResponse(request.url, status, headers, _Body(content))

    client.meta.events.register("before-send.dynamodb", answer)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send.dynamodb", answer)
