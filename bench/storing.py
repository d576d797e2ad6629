"""A table and a bucket that take an import and give it back, in this process.

The emulator looks at the whole partition for each query and takes one write at a time: what a long
import costs there says how long the emulator takes. Here the product's own clients are answered
below their HTTP layer: serialising, signing and parsing are real, the time of the services is not
in it. Items and objects are kept as the bytes that were sent. What the bench's imports do not ask
for is refused.
"""

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from bench.answering import KEYS, PAGE_BYTES
from bench.capacity import read_units, size

Asked = Mapping[str, Any]


class _Body(BytesIO):
    """An answer's body as botocore asks for it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


@dataclass(slots=True)
class _Order:
    """Items of one partition of the table, or of an index, by their sort keys."""

    keys: list[str] = field(default_factory=list)
    items: dict[str, bytes] = field(default_factory=dict)

    def put(self, sort: str, text: bytes) -> None:
        if sort not in self.items:
            insort(self.keys, sort)
        self.items[sort] = text

    def drop(self, sort: str) -> None:
        del self.items[sort]
        del self.keys[bisect_left(self.keys, sort)]


@dataclass(slots=True)
class Storing:
    """One table. `read` counts the units of consistent queries, `calls` requests of all kinds."""

    read: float = 0.0
    calls: int = 0
    _orders: dict[tuple[str | None, str], _Order] = field(default_factory=dict)

    def answer(self, operation: str, asked: Asked) -> bytes:
        """Do what is asked. Raises RuntimeError for what no import asks."""
        self.calls += 1
        if operation == "TransactWriteItems":
            for part in asked["TransactItems"]:
                self._put(part["Put"]["Item"], new="FILLX#")
            return b"{}"
        if operation == "BatchWriteItem":
            ((_, writes),) = asked["RequestItems"].items()
            for one in writes:
                self._put(one["PutRequest"]["Item"])
            return b"{}"
        if operation == "BatchGetItem":
            ((table, wanted),) = asked["RequestItems"].items()
            items = b",".join(filter(None, map(self._found, wanted["Keys"])))
            return b'{"Responses":{"%b":[%b]}}' % (table.encode(), items)
        if operation == "GetItem":
            found = self._found(asked["Key"])
            return b'{"Item":%b}' % found if found else b"{}"
        if operation == "Query":
            return self._query(asked)
        raise RuntimeError(f"an import of the bench asks for {operation}")

    def _put(self, item: Any, *, new: str | None = None) -> None:
        """Store an item in place of the former one; one whose key begins with `new` has none."""
        before = self._found({"pk": item["pk"], "sk": item["sk"]})
        if before and new and item["sk"]["S"].startswith(new):
            raise RuntimeError(f"an import of the bench writes {item['sk']['S']} twice")
        text = json.dumps(item).encode()
        for index, (partition, sort) in KEYS.items():
            old = json.loads(before) if before and index else {}
            if partition in old:
                self._orders[index, old[partition]["S"]].drop(old[sort]["S"])
            if partition in item:
                order = self._orders.setdefault((index, item[partition]["S"]), _Order())
                order.put(item[sort]["S"], text)

    def _found(self, key: Asked) -> bytes:
        order = self._orders.get((None, key["pk"]["S"]))
        return order.items.get(key["sk"]["S"], b"") if order else b""

    def _query(self, asked: Asked) -> bytes:
        """Answer a page between two sort keys, whole items; a filter is left to the caller."""
        values, index = asked["ExpressionAttributeValues"], asked.get("IndexName")
        partition, low, high = (values[f":{n}"]["S"] for n in range(3))
        sort = KEYS[index][1]
        order = self._orders.get((index, partition), _Order())
        first, last = bisect_left(order.keys, low), bisect_right(order.keys, high)
        start, forward = asked.get("ExclusiveStartKey"), asked.get("ScanIndexForward", True)
        if start and forward:
            first = bisect_right(order.keys, start[sort]["S"])
        elif start:
            last = bisect_left(order.keys, start[sort]["S"])
        there = order.keys[first:last] if forward else order.keys[first:last][::-1]
        total, items = 0, []
        for place in there[: asked.get("Limit", len(there))]:
            items.append(order.items[place])
            total += len(items[-1])
            if total > PAGE_BYTES:
                break
        rest: dict[str, Any] = {"Count": len(items), "ScannedCount": len(items)}
        if len(items) < len(there):
            last_item = json.loads(items[-1])
            rest["LastEvaluatedKey"] = {
                name: last_item[name] for name in {"pk", "sk", *KEYS[index]}
            }
        if asked.get("ConsistentRead"):
            self.read += read_units(sum(size(json.loads(one)) for one in items), consistent=True)
        return b'{"Items":[%b],%b' % (b",".join(items), json.dumps(rest).encode()[1:])


@contextmanager
def stored(dynamodb: Any, s3: Any, table: Storing) -> Iterator[dict[str, bytes]]:
    """Let `table` and a bucket answer these clients inside the block; yield what the bucket has."""
    objects: dict[str, bytes] = {}

    def items(request: Any, event_name: str, **_: Any) -> AWSResponse:
        content = table.answer(event_name.rpartition(".")[2], json.loads(request.body))
        return _response(request.url, content, {"content-type": "application/x-amz-json-1.0"})

    def files(request: Any, **_: Any) -> AWSResponse:
        path = urlsplit(request.url).path
        if request.method == "PUT":
            objects[path] = _read(request.body)
            return _response(request.url, b"", {})
        whole, only_head = objects[path], request.method == "HEAD"
        headers = {"content-length": str(len(whole))}
        return _response(request.url, b"" if only_head else whole, headers)

    dynamodb.meta.events.register("before-send.dynamodb", items)
    s3.meta.events.register("before-send.s3", files)
    try:
        yield objects
    finally:
        dynamodb.meta.events.unregister("before-send.dynamodb", items)
        s3.meta.events.unregister("before-send.s3", files)


def _response(url: str, content: bytes, headers: Mapping[str, str]) -> AWSResponse:
    return AWSResponse(url, 200, HTTPHeaders.from_dict(headers), _Body(content))


def _read(body: Any) -> bytes:
    """Return what is sent, given as bytes or as a file."""
    found: bytes = body.read() if hasattr(body, "read") else bytes(body)
    return found
