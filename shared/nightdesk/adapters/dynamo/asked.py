"""Writes of many items, told to DynamoDB without botocore's walk over every value.

botocore looks each value of a request up in its model of the service, to find that DynamoDB's JSON
is what PynamoDB has made of it already, but for bytes, which go as base64; and it searches all
items for the ARN of a table, where ours are names. The items are kept from it and put into the
body that it makes of the rest.
"""

import json
from base64 import b64encode
from typing import Any

WRITES = {"BatchWriteItem": "RequestItems", "TransactWriteItems": "TransactItems"}
"""Operations with many items, and under which name the items stand."""
_ASIDE = "nightdesk-items"


def aside(**event: Any) -> dict[str, Any]:
    """Return the parameters of one of `WRITES` with no items.

    A handler of botocore's event ``provide-client-params``: what it returns is asked for instead.
    """
    asked, name = event["params"], WRITES[event["model"].name]
    event["context"][_ASIDE] = asked[name]
    return {**asked, name: type(asked[name])()}


def whole(**event: Any) -> None:
    """Put the items into the body. A handler of botocore's event ``before-call``."""
    request, name = event["params"], WRITES[event["model"].name]
    told = {**json.loads(request["body"]), name: event["context"].pop(_ASIDE)}
    request["body"] = json.dumps(told, default=_base64).encode()


def _base64(value: object) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    raise TypeError(f"{type(value).__name__} is no value of an item")
