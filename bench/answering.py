"""DynamoDB's side of a query, by its published rules, in this process.

The emulator looks at every item of a partition for each query, DynamoDB at those that are asked
for: on the emulator a long list says how long the emulator takes. Here requests go through the
product's own client and its HTTP layer is answered: items in the order of the index, pages of a
megabyte before projection, read units by size. Source: Amazon DynamoDB Developer Guide, "Querying
tables in DynamoDB", "Paginating table query results".
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import sleep
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from bench.capacity import Item, read_units, size

PAGE_BYTES = 1_000_000
WAIT_SECONDS, MEGABYTE_SECONDS = 0.005, 0.025
"""Taken for an answer, and for each megabyte of items more: assumed, on the slow side."""
KEYS: Mapping[str | None, tuple[str, str]] = {
    None: ("pk", "sk"),
    "by_owner": ("feed", "feed_sk"),
    "by_market": ("market", "market_sk"),
}


@dataclass(slots=True)
class _Order:
    """Items of one partition, by their sort keys."""

    keys: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


class _Body:
    """An answer's body as botocore asks for it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


@dataclass(slots=True)
class Answering:
    """A table that answers queries. `read` counts units, `calls` queries."""

    read: float = 0.0
    calls: int = 0
    _orders: dict[tuple[str | None, str], _Order] = field(default_factory=dict)
    _texts: dict[tuple[str, str], str] = field(default_factory=dict)
    _answers: dict[bytes, tuple[bytes, float, int]] = field(default_factory=dict)

    def put(self, items: Sequence[Item]) -> None:
        """Take the items of a table, in DynamoDB's own JSON."""
        for index, (partition, sort) in KEYS.items():
            there = [item for item in items if partition in item and sort in item]
            for item in sorted(there, key=lambda one: str(one[sort]["S"])):
                order = self._orders.setdefault((index, item[partition]["S"]), _Order())
                order.keys.append(item[sort]["S"])
                order.items.append(item)
                order.sizes.append(size(item))

    def answer(self, asked: bytes) -> bytes:
        """Answer one page of a query between two sort keys, after the time that it takes.

        The same question is worked out once: that work is the server's, not the reader's.
        """
        if asked not in self._answers:
            self._answers[asked] = self._worked_out(json.loads(asked))
        content, units, total = self._answers[asked]
        self.calls += 1
        self.read += units
        sleep(WAIT_SECONDS + MEGABYTE_SECONDS * total / PAGE_BYTES)
        return content

    def _worked_out(self, request: Mapping[str, Any]) -> tuple[bytes, float, int]:
        """Return the answer, its read units and the size of what it looked at."""
        values = [one["S"] for one in request["ExpressionAttributeValues"].values()]
        index = request.get("IndexName")
        partition, sort = KEYS[index]
        order = self._orders.get((index, values[0]), _Order())
        places = self._places(order, request, values[1:], sort)
        most, total, taken = request.get("Limit", len(places)), 0, 0
        for place in places[:most]:
            total += order.sizes[place]
            taken += 1
            if total > PAGE_BYTES:
                break
        units = read_units(total, consistent=bool(request.get("ConsistentRead")))
        found = ",".join(self._text(order.items[place], request) for place in places[:taken])
        rest: dict[str, Any] = {
            "Count": taken,
            "ConsumedCapacity": {"TableName": request["TableName"], "CapacityUnits": units},
        }
        if taken < len(places):
            last = order.items[places[taken - 1]]
            rest["LastEvaluatedKey"] = {name: last[name] for name in {"pk", "sk", partition, sort}}
        return f'{{"Items":[{found}],{json.dumps(rest)[1:]}'.encode(), units, total

    def _places(
        self, order: _Order, request: Mapping[str, Any], between: Sequence[str], sort: str
    ) -> Sequence[int]:
        low, high = (min(between), max(between)) if between else ("", "\uffff")
        first, last = bisect_left(order.keys, low), bisect_right(order.keys, high)
        forward, start = request.get("ScanIndexForward", True), request.get("ExclusiveStartKey")
        if start and forward:
            first = bisect_right(order.keys, start[sort]["S"])
        elif start:
            last = bisect_left(order.keys, start[sort]["S"])
        return range(first, last) if forward else range(last - 1, first - 1, -1)

    def _text(self, item: Item, request: Mapping[str, Any]) -> str:
        """Return an item as JSON, with the attributes that are asked for."""
        wanted = request.get("ProjectionExpression", "")
        key = (f"{item['pk']['S']} {item['sk']['S']}", wanted)
        if key not in self._texts:
            names = request.get("ExpressionAttributeNames", {})
            only = {names.get(one, one) for one in wanted.replace(" ", "").split(",")}
            shown = {name: one for name, one in item.items() if not wanted or name in only}
            self._texts[key] = json.dumps(shown)
        return self._texts[key]


@contextmanager
def answered(client: Any, table: Answering) -> Iterator[None]:
    """Let `table` answer the queries of a client of DynamoDB inside the block."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        content = table.answer(request.body)
        headers = HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"})
        return AWSResponse(request.url, 200, headers, _Body(content))

    client.meta.events.register("before-send.dynamodb.Query", answer)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send.dynamodb.Query", answer)
