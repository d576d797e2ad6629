"""Long requests and answers as DynamoDB's JSON, without botocore's walk over every value.

botocore looks each value up in its model of the service, which costs more than all else that is
done with ten thousand rows. DynamoDB's JSON is what PynamoDB gives and takes already, but for
bytes, which go as base64.
"""

import json
from base64 import b64decode, b64encode
from http import HTTPStatus
from typing import Any

from botocore.session import Session

READS = ("Query", "BatchGetItem")
WRITES = ("TransactWriteItems", "BatchWriteItem", "BatchGetItem")
_KEPT = "nightdesk.kept"
_BINARY = (b'"B"', b'"BS"')


def register(session: Session) -> None:
    """Let clients of this session leave the reading of `READS`, the writing of `WRITES` to us."""
    for name in READS:
        session.register(f"before-parse.dynamodb.{name}", read, unique_id=f"read.{name}")
    for name in WRITES:
        session.register(f"provide-client-params.dynamodb.{name}", keep, unique_id=f"keep.{name}")
        session.register(f"before-call.dynamodb.{name}", write, unique_id=f"write.{name}")


def read(**event: Any) -> None:
    """Read an answer of one of `READS` in botocore's place; a refusal is left to it.

    A handler of botocore's event ``before-parse``: what it puts into `customized_response_dict`
    becomes the answer, and of the empty body that it leaves botocore makes the rest.
    """
    answer, own = event["response_dict"], event["customized_response_dict"]
    if answer["status_code"] != HTTPStatus.OK:
        return
    body: bytes = answer["body"]
    binary = any(mark in body for mark in _BINARY)
    own.update(json.loads(body, object_hook=_bytes if binary else None))
    answer["body"] = b"{}"


def keep(**event: Any) -> Any:
    """Take the items of a request of one of `WRITES` from botocore, which goes on without them.

    A handler of ``provide-client-params``: what it returns is what botocore serialises.
    """
    asked: dict[str, Any] = event["params"]
    event["context"][_KEPT] = asked
    return {
        name: type(value)() if isinstance(value, dict | list) else value
        for name, value in asked.items()
    }


def write(**event: Any) -> None:
    """Put what was kept into the body that botocore made: a handler of ``before-call``.

    The token by which a transaction is known again is botocore's, unless one was given.
    """
    request = event["params"]
    whole = json.loads(request["body"]) | event["context"].pop(_KEPT)
    request["body"] = json.dumps(whole, default=_base64, separators=(",", ":")).encode()


def _bytes(value: dict[str, Any]) -> dict[str, Any]:
    """Return a typed value with its bytes; all else as it is."""
    if len(value) == 1:
        text, texts = value.get("B"), value.get("BS")
        if isinstance(text, str):
            return {"B": b64decode(text)}
        if isinstance(texts, list):
            return {"BS": [b64decode(one) for one in texts]}
    return value


def _base64(value: Any) -> str:
    """Return bytes as DynamoDB takes them. Raises TypeError for all else that is no JSON."""
    if not isinstance(value, bytes):
        raise TypeError(f"no JSON for {value!r}")
    return b64encode(value).decode()
