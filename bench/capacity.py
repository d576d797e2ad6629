"""Capacity units of DynamoDB, computed by its published rules from what a call sent and got.

An emulator's own count is not used: MiniStack charges a Query by item and not by their sum.
Source: Amazon DynamoDB Developer Guide, "DynamoDB Item sizes and formats" and "DynamoDB read and
write operations": a read unit is 4 KB consistently read, half a one eventually; a write unit is
1 KB; transactional ones count twice; each secondary index that a write changes is written too.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

READ_BYTES = 4_096
WRITE_BYTES = 1_024
INDEXES = {"market": "by_market", "feed": "by_owner"}
"""Partition attributes of the sparse indexes; all attributes are projected into each."""

Item = Mapping[str, Any]
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one item, or one query, cost."""

    operation: str
    table: str
    key: str
    """Partition key and sort key; of a query, the partition alone."""
    read: float = 0.0
    write: float = 0.0


@dataclass(slots=True)
class Meter:
    """Uses in the order of the calls, and how many calls there were."""

    uses: list[Use] = field(default_factory=list)
    calls: int = 0
    _known: dict[Place, Item] = field(default_factory=dict)
    """Items as last seen, for what a write takes out of an index."""

    def clear(self) -> None:
        """Begin anew; what is known of items stays."""
        self.uses.clear()
        self.calls = 0

    def seen(self, kind: str) -> list[Item]:
        """Return the items of a kind that were written or read, oldest first."""
        every = self._known.values()
        return [item for item in every if item.get("kind", {}).get("S") == kind]

    def add(self, operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Count one call. Raises ValueError for an operation that the product does not use."""
        self.calls += 1
        count = {
            "GetItem": self._get,
            "BatchGetItem": self._batch_get,
            "Query": self._query,
            "PutItem": self._put,
            "UpdateItem": self._update,
            "DeleteItem": self._delete,
            "BatchWriteItem": self._batch_write,
            "TransactWriteItems": self._transact,
        }.get(operation)
        if count is None:
            raise ValueError(f"no rule for {operation}")
        count(request, answer)

    def _get(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        item = answer.get("Item") or {}
        units = read_units(size(item), consistent=bool(request.get("ConsistentRead")))
        self._note(request["TableName"], item)
        self._use("GetItem", request["TableName"], name(request["Key"]), read=units)

    def _batch_get(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        for table, asked in request["RequestItems"].items():
            consistent = bool(asked.get("ConsistentRead"))
            found = {name(item): item for item in answer.get("Responses", {}).get(table, [])}
            for key in map(name, asked["Keys"]):
                item = found.get(key, {})
                self._note(table, item)
                units = read_units(size(item), consistent=consistent)
                self._use("BatchGetItem", table, key, read=units)

    def _query(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        table, items = request["TableName"], answer.get("Items", [])
        partition = str(next(iter(request["ExpressionAttributeValues"].values()))["S"])
        if request.get("ProjectionExpression"):  # a part of an item is charged as the whole
            items = [self._whole(table, partition, item) for item in items]
        else:
            for item in items:
                self._note(table, item)
        total = sum(size(item) for item in items)
        units = read_units(total, consistent=bool(request.get("ConsistentRead")))
        self._use("Query", table, partition, read=units)

    def _whole(self, table: str, partition: str, seen: Item) -> Item:
        sort = seen.get("sk", {}).get("S", "")
        owner = "#".join(partition.split("#")[:2])  # what an index's partition begins with, too
        of_index = self._known.get((table, owner, sort), seen)
        return self._known.get((table, partition, sort), of_index)

    def _put(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        if "Error" in answer:
            self._refused("PutItem", request["TableName"], name(request["Item"]), answer)
            return
        self._written("PutItem", request["TableName"], request["Item"])

    def _update(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        key = name(request["Key"])
        if "Error" in answer:
            self._refused("UpdateItem", request["TableName"], key, answer)
            return
        stands = answer.get("Attributes") or request["Key"]
        self._written("UpdateItem", request["TableName"], stands)

    def _delete(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        self._gone("DeleteItem", request["TableName"], request["Key"])

    def _batch_write(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        for table, writes in request["RequestItems"].items():
            for one in writes:
                if "PutRequest" in one:
                    self._written("BatchWriteItem", table, one["PutRequest"]["Item"])
                else:
                    self._gone("BatchWriteItem", table, one["DeleteRequest"]["Key"])

    def _transact(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        for part in request["TransactItems"]:
            ((kind, one),) = part.items()
            operation = f"Transact{kind}"
            if kind == "Put" and "Error" not in answer:
                self._written(operation, one["TableName"], one["Item"], times=2)
            else:  # a condition, or a part of what was cancelled: charged by what stands there
                key = one.get("Key") or one["Item"]
                stands = self._known.get((one["TableName"], *parts(key)), {})
                units = 2 * write_units(size(stands))
                self._use(operation, one["TableName"], name(key), write=units)

    def _written(self, operation: str, table: str, item: Item, times: int = 1) -> None:
        before = self._known.get((table, *parts(item)), {})
        units = times * write_units(max(size(item), size(before)))
        self._note(table, item)
        self._use(operation, table, name(item), write=units + index_units(before, item))

    def _gone(self, operation: str, table: str, key: Item) -> None:
        before = self._known.pop((table, *parts(key)), {})
        units = write_units(size(before)) + index_units(before, {})
        self._use(operation, table, name(key), write=units)

    def _refused(self, operation: str, table: str, key: str, answer: Mapping[str, Any]) -> None:
        units = write_units(size(answer.get("Item") or {}))
        self._use(operation, table, key, write=units)

    def _note(self, table: str, item: Item) -> None:
        if item:
            self._known[(table, *parts(item))] = item

    def _use(
        self, operation: str, table: str, key: str, *, read: float = 0.0, write: float = 0.0
    ) -> None:
        self.uses.append(Use(operation=operation, table=table, key=key, read=read, write=write))


@contextmanager
def metered(client: Any) -> Iterator[Meter]:
    """Count every call of a botocore client of DynamoDB inside the block."""
    meter, events = Meter(), client.meta.events

    def before(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def after(model: Any, parsed: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        meter.add(model.name, context["asked"], parsed)

    events.register("provide-client-params.dynamodb", before)
    events.register("after-call.dynamodb", after)
    try:
        yield meter
    finally:
        events.unregister("provide-client-params.dynamodb", before)
        events.unregister("after-call.dynamodb", after)


def read_units(size_bytes: int, *, consistent: bool) -> float:
    """Return what reading so many bytes at once costs; nothing found costs as the least does."""
    units = max(1, -(-size_bytes // READ_BYTES))
    return float(units) if consistent else units / 2


def write_units(size_bytes: int) -> int:
    """Return what writing so many bytes costs."""
    return max(1, -(-size_bytes // WRITE_BYTES))


def index_units(before: Item, after: Item) -> int:
    """Return what a write costs in the indexes: an entry put, changed or taken out."""
    units = 0
    for attribute in INDEXES:
        sort = f"{attribute}_sk"
        old, new = before.get(attribute), after.get(attribute)
        moved = (old, before.get(sort)) != (new, after.get(sort))
        if old and (moved or not new):
            units += write_units(size(before))
        if new and (moved or before != after):
            units += write_units(max(size(after), 0 if moved else size(before)))
    return units


def size(item: Item) -> int:
    """Return the bytes of an item in DynamoDB's own form: names and values."""
    return sum(len(key.encode()) + value_size(value) for key, value in item.items())


def value_size(typed: Mapping[str, Any]) -> int:
    """Return the bytes of one typed value."""
    ((kind, value),) = typed.items()
    sizes: dict[str, Callable[[Any], int]] = {
        "S": lambda text: len(text.encode()),
        "N": number_size,
        "B": len,
        "M": lambda inner: 3 + len(inner) + size(inner),
        "L": lambda inner: 3 + len(inner) + sum(map(value_size, inner)),
    }
    return sizes[kind](value) if kind in sizes else 1


def number_size(text: str) -> int:
    """Return the bytes of a number: one for two significant digits, and one or two more."""
    digits = text.lstrip("-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def parts(item: Item) -> tuple[str, str]:
    """Return partition and sort key."""
    return str(item["pk"]["S"]), str(item["sk"]["S"])


def name(item: Item) -> str:
    """Return partition and sort key as one text."""
    return " ".join(parts(item))
