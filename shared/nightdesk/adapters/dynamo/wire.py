"""Long requests and answers as DynamoDB's JSON, without botocore's walk over every value.

botocore looks each value up in its model of the service, which costs more than all else that is
done with ten thousand rows. DynamoDB's JSON is what PynamoDB gives and takes already, but for
bytes, which go as base64.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import orjson
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
    own.update(orjson.loads(body))
    if any(mark in body for mark in _BINARY):
        _decode(own.get("Items", ()))
        _decode((own.get("LastEvaluatedKey", {}),))
        for found in own.get("Responses", {}).values():
            _decode(found)
        for left in own.get("UnprocessedKeys", {}).values():
            _decode(left["Keys"])
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
    whole = orjson.loads(request["body"]) | event["context"].pop(_KEPT)
    request["body"] = orjson.dumps(whole, default=_base64)


def _decode(items: Iterable[dict[str, dict[str, Any]]]) -> None:
    """Turn the base64 of items into bytes, where it stands."""
    for item in items:
        for typed in item.values():
            if "B" in typed:
                typed["B"] = a2b_base64(typed["B"])
            elif "BS" in typed:
                typed["BS"] = [a2b_base64(one) for one in typed["BS"]]
            elif "M" in typed:
                _decode((typed["M"],))
            elif "L" in typed:
                _decode({"": one} for one in typed["L"])


def _base64(value: Any) -> str:
    """Return bytes as DynamoDB takes them. Raises TypeError for all else that is no JSON."""
    if not isinstance(value, bytes):
        raise TypeError(f"no JSON for {value!r}")
    return b2a_base64(value, newline=False).decode()
