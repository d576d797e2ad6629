"""Rows as DynamoDB sends them, read without botocore's walk over every value.

botocore looks each value of an answer up in its model of the service, which costs more than all
else that is done with ten thousand rows. DynamoDB's JSON is what PynamoDB takes already, but for
bytes, which come as base64.
"""

import json
from base64 import b64decode
from http import HTTPStatus
from typing import Any

READS = ("Query", "BatchGetItem")
_BINARY = (b'"B"', b'"BS"')


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


def _bytes(value: dict[str, Any]) -> dict[str, Any]:
    """Return a typed value with its bytes; all else as it is."""
    if len(value) == 1:
        text, texts = value.get("B"), value.get("BS")
        if isinstance(text, str):
            return {"B": b64decode(text)}
        if isinstance(texts, list):
            return {"BS": [b64decode(one) for one in texts]}
    return value
