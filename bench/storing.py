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

from bench.answering import PAGE_BYTES
from bench.capacity import INDEXES, read_units, size

Asked = Mapping[str, Any]


class _Body(BytesIO):
    """An answer's body as botocore asks for it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


@dataclass(slots=True)
class _Partition:
    keys: list[str] = field(default_factory=list)
    items: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Storing:
    """One table. `read` counts units of queries, `calls` requests of all kinds."""

    read: float = 0.0
    calls: int = 0
    _partitions: dict[str, _Partition] = field(default_factory=dict)
    _indexed: set[str] = field(default_factory=set)

    def answer(self, operation: str, asked: Asked) -> bytes:
        """Do what is asked. Raises RuntimeError for what no import asks."""
        self.calls += 1
        if operation == "TransactWriteItems":
            return self._all(one["Put"]["Item"] for one in asked["TransactItems"])
        if operation == "BatchWriteItem":
            ((_, writes),) = asked["RequestItems"].items()
            return self._all(one["PutRequest"]["Item"] for one in writes)
        if operation == "BatchGetItem":
            ((table, wanted),) = asked["RequestItems"].items()
            found = [self._found(one["pk"]["S"], one["sk"]["S"]) for one in wanted["Keys"]]
            items = b",".join(one for one in found if one)
            return b'{"Responses":{"%b":[%b]}}' % (table.encode(), items)
        if operation == "Query":
            return self._query(asked)
        raise RuntimeError(f"an import of the bench asks for {operation}")

    def _all(self, items: Iterator[Any]) -> bytes:
        for item in items:
            there = self._partitions.setdefault(item["pk"]["S"], _Partition())
            sort, text = item["sk"]["S"], json.dumps(item).encode()
            if sort in there.items:
                raise RuntimeError(f"an import of the bench writes {sort} twice")
            insort(there.keys, sort)
            there.items[sort], there.sizes[sort] = text, size(item)
            self._indexed |= {item[name]["S"] for name in INDEXES if name in item}
        return b"{}"

    def _found(self, partition: str, sort: str) -> bytes:
        there = self._partitions.get(partition)
        return there.items.get(sort, b"") if there else b""

    def _query(self, asked: Asked) -> bytes:
        """Answer a page between two sort keys; the filter of a book finds all that lies there."""
        values = asked["ExpressionAttributeValues"]
        partition, low, high = (values[f":{n}"]["S"] for n in range(3))
        if "IndexName" in asked:
            if partition in self._indexed:
                raise RuntimeError("an import of the bench reads its indexes before it writes")
            return b'{"Items":[],"Count":0,"ScannedCount":0}'
        there = self._partitions.get(partition, _Partition())
        start = asked.get("ExclusiveStartKey")
        first = (
            bisect_right(there.keys, start["sk"]["S"]) if start else bisect_left(there.keys, low)
        )
        total, items = 0, []
        for sort in there.keys[first : bisect_right(there.keys, high)]:
            items.append(there.items[sort])
            total += there.sizes[sort]
            if total > PAGE_BYTES:
                break
        self.read += read_units(total, consistent=bool(asked.get("ConsistentRead")))
        rest: dict[str, Any] = {"Count": len(items), "ScannedCount": len(items)}
        if total > PAGE_BYTES:
            last = json.loads(items[-1])
            rest["LastEvaluatedKey"] = {"pk": last["pk"], "sk": last["sk"]}
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
