"""A table and a bucket that take an import and give it back, in a process of their own.

The emulator looks at the whole partition for each query and takes one write at a time: what a long
import costs there says how long the emulator takes. Here the product's own clients are answered
over HTTP by dictionaries: what the clients do is real, the time of the services is hardly in it.
What the bench's imports do not ask for is refused.
"""

import subprocess
import sys
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from time import monotonic
from typing import Any, ClassVar
from urllib.parse import urlsplit
from urllib.request import urlopen

import orjson

from bench.answering import KEYS, PAGE_BYTES
from bench.capacity import read_units, size, write_units

Asked = Mapping[str, Any]
READ_UNITS = "/read-units"
THROTTLED = orjson.dumps(
    {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled",
        "CancellationReasons": [{"Code": "ThrottlingError", "Message": "Throughput exceeds"}],
    }
)


@dataclass(slots=True)
class _Order:
    """Items of one partition of the table, or of an index, by their sort keys."""

    keys: list[str] = field(default_factory=list)
    items: dict[str, Asked] = field(default_factory=dict)

    def put(self, sort: str, item: Asked) -> None:
        if sort not in self.items:
            insort(self.keys, sort)
        self.items[sort] = item

    def drop(self, sort: str) -> None:
        del self.items[sort]
        del self.keys[bisect_left(self.keys, sort)]


class NoRoom(Exception):
    """A partition has taken all that it takes in a second."""


@dataclass(slots=True)
class Room:
    """What partitions take, of the table and of its indexes: `rate` write units a second each.

    A write is let in while anything is left, and may take more than that. Source: Amazon DynamoDB
    Developer Guide, "Best practices for designing and using partition keys effectively".
    """

    rate: float
    _left: dict[tuple[str | None, str], tuple[float, float]] = field(default_factory=dict)

    def take(self, items: Sequence[Asked], *, times: int) -> None:
        """Let a request in whole. Raises NoRoom."""
        now, units = monotonic(), Counter[tuple[str | None, str]]()
        for item in items:
            for index, (partition, _) in KEYS.items():
                if partition in item:
                    place = index, item[partition]["S"]
                    units[place] += write_units(size(item)) * (1 if index else times)
        left: dict[tuple[str | None, str], float] = {}
        for place in units:
            before, at = self._left.get(place, (self.rate, now))
            left[place] = min(self.rate, before + (now - at) * self.rate)
            if left[place] <= 0:
                raise NoRoom
        self._left |= {place: (left[place] - units[place], now) for place in units}


@dataclass(slots=True)
class Storing:
    """One table. `read` counts the units of consistent queries; `room` bounds what it takes."""

    read: float = 0.0
    room: Room | None = None
    _orders: dict[tuple[str | None, str], _Order] = field(default_factory=dict)

    def answer(self, operation: str, asked: Asked) -> bytes:
        """Do what is asked. Raises NoRoom, RuntimeError for what no import asks."""
        if operation == "TransactWriteItems":
            items = [part["Put"]["Item"] for part in asked["TransactItems"]]
            self._let_in(items, times=2)
            for item in items:
                self._put(item, new="FILLX#")
            return b"{}"
        if operation == "BatchWriteItem":
            ((table, writes),) = asked["RequestItems"].items()
            items = [one["PutRequest"]["Item"] for one in writes]
            try:
                self._let_in(items, times=1)
            except NoRoom:
                return orjson.dumps({"UnprocessedItems": {table: writes}})
            for item in items:
                self._put(item)
            return b"{}"
        if operation == "BatchGetItem":
            ((table, wanted),) = asked["RequestItems"].items()
            items = list(filter(None, map(self._found, wanted["Keys"])))
            return orjson.dumps({"Responses": {table: items}})
        if operation == "GetItem":
            found = self._found(asked["Key"])
            return orjson.dumps({"Item": found} if found else {})
        if operation == "Query":
            return self._query(asked)
        raise RuntimeError(f"an import of the bench asks for {operation}")

    def _let_in(self, items: Sequence[Asked], *, times: int) -> None:
        if self.room is not None:
            self.room.take(items, times=times)

    def _put(self, item: Any, *, new: str | None = None) -> None:
        """Store an item in place of the former one; one whose key begins with `new` has none."""
        before = self._found(item)
        if before and new and item["sk"]["S"].startswith(new):
            raise RuntimeError(f"an import of the bench writes {item['sk']['S']} twice")
        for index, (partition, sort) in KEYS.items():
            if before and index and partition in before:
                self._orders[index, before[partition]["S"]].drop(before[sort]["S"])
            if partition in item:
                order = self._orders.setdefault((index, item[partition]["S"]), _Order())
                order.put(item[sort]["S"], item)

    def _found(self, key: Asked) -> Asked | None:
        """Return the item at the key of this one."""
        order = self._orders.get((None, key["pk"]["S"]))
        return order.items.get(key["sk"]["S"]) if order else None

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
            total += size(items[-1])
            if total > PAGE_BYTES:
                break
        answer: dict[str, Any] = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        if len(items) < len(there):
            answer["LastEvaluatedKey"] = {
                name: items[-1][name] for name in {"pk", "sk", *KEYS[index]}
            }
        if asked.get("ConsistentRead"):
            self.read += read_units(total, consistent=True)
        return orjson.dumps(answer)


class _Service(BaseHTTPRequestHandler):
    """DynamoDB's calls of one table, and the objects of a bucket by their paths."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    table: ClassVar[Storing]
    objects: ClassVar[dict[str, bytes]]
    one_at_a_time: ClassVar[Lock]

    def do_POST(self) -> None:
        """Answer a call of the table."""
        asked = orjson.loads(self._body())
        status = HTTPStatus.OK
        with self.one_at_a_time:
            try:
                answer = self.table.answer(self.headers["X-Amz-Target"].rpartition(".")[2], asked)
            except NoRoom:
                status, answer = HTTPStatus.BAD_REQUEST, THROTTLED
        self._say(answer, status)

    def do_PUT(self) -> None:
        """Keep an object."""
        self.objects[urlsplit(self.path).path] = self._body()
        self._say(b"")

    def do_GET(self) -> None:
        """Return an object, or what was read."""
        if self.path == READ_UNITS:
            self._say(orjson.dumps(self.table.read))
        else:
            self._say(self.objects[urlsplit(self.path).path])

    def do_HEAD(self) -> None:
        """Say how long an object is."""
        self.do_GET()

    def handle_expect_100(self) -> bool:
        """Let who asks first go on at once."""
        told = super().handle_expect_100()
        self.wfile.flush()
        return told

    def log_message(self, *_: Any) -> None:
        """Say nothing of a request."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _say(self, content: bytes, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def serve(rate: float) -> None:
    """Answer on a free port, which is printed, until the process is ended; `rate` 0: no bound."""
    _Service.table = Storing(room=Room(rate) if rate else None)
    _Service.objects, _Service.one_at_a_time = {}, Lock()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


@contextmanager
def serving(rate: float = 0) -> Iterator[str]:
    """Yield the address of a table and a bucket that are empty, in a process of their own.

    Each partition takes `rate` write units a second; 0 is as many as there are.
    """
    command = [sys.executable, "-m", "bench.storing", str(rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise RuntimeError("the table does not say where it is")
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def read_units_at(address: str) -> float:
    """Return what consistent queries have read."""
    with urlopen(address + READ_UNITS) as answer:  # nosec B310 - our own
        return float(answer.read())


if __name__ == "__main__":
    serve(float(sys.argv[1]))
