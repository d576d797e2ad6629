"""Reads of more than one item, and the put that answers with what is there already."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from time import sleep
from typing import Any, TypeVar

from pynamodb.connection.table import TableConnection
from pynamodb.constants import RESPONSES, UNPROCESSED_KEYS
from pynamodb.exceptions import VerboseClientError
from pynamodb.expressions.operand import Path

from nightdesk.adapters.dynamo.connection import connection, translated
from nightdesk.adapters.dynamo.tables import Item
from nightdesk.core.errors import StoreUnavailable

I = TypeVar("I", bound=Item)  # noqa: E741 - an item
T = TypeVar("T")
Key = tuple[str, str]
Row = Mapping[str, Any]
"""An item, or an answer, as DynamoDB has it."""

BATCH_KEYS = 100
BATCH_PUTS = 25
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds before each further try of what a batch left undone, or a throttled transaction."""
PATIENCE = (0.5, 1, 2, 4, 4)
"""The same before each further try of who writes by thousands: less than what its worker spares."""
FIRST, LAST = " ", "\uffff"
"""Sort before and after every key; a key cannot be empty."""


def page(
    kind: type[I],
    partition: str,
    low: str,
    high: str,
    *,
    limit: int,
    after: str | None,
    newest_first: bool = False,
    index: str | None = None,
    sort_key: str = "sk",
) -> tuple[list[I], str | None]:
    """Return up to `limit` items with ``low <= sort key <= high``, and the key to go on after.

    Sort keys are unique in their partition, in an index too. The page is cut by its bounds and
    not by DynamoDB's start key: that of an index holds keys of the table that no caller knows.
    """
    if after is not None:
        low, high = (low, min(high, after)) if newest_first else (max(low, after), high)
    if low > high:
        return [], None
    reading = rows(
        kind,
        partition,
        low,
        high,
        index=index,
        sort_key=sort_key,
        newest_first=newest_first,
        page_size=limit + 2,
    )
    # an answer of DynamoDB ends at a megabyte, however many items were asked for
    found = list(islice((row for row in reading if row[sort_key]["S"] != after), limit + 1))
    more = found[limit - 1][sort_key]["S"] if len(found) > limit else None
    return [kind.from_raw_data(row) for row in found[:limit]], more


def every(
    kind: type[I], partition: str, low: str, high: str, *, consistent: bool = False
) -> Iterator[I]:
    """Return all items with ``low <= sk <= high``, in order."""
    for row in rows(kind, partition, low, high, consistent=consistent):
        yield kind.from_raw_data(row)


def rows(
    kind: type[Item],
    partition: str,
    low: str,
    high: str,
    *,
    consistent: bool = False,
    only: Sequence[str] | None = None,
    index: str | None = None,
    sort_key: str = "sk",
    newest_first: bool = False,
    page_size: int | Callable[[], int] | None = None,
) -> Iterator[dict[str, Any]]:
    """Return the same as DynamoDB has them, and `only` some attributes where so asked.

    They are read as they are asked for; `page_size` bounds what one query reads ahead, and may be
    told anew for each.
    """
    start: dict[str, Any] | None = None
    while True:
        answer = _table(kind).query(
            partition,
            range_key_condition=Path(sort_key).between(low, high),
            consistent_read=consistent,
            attributes_to_get=only and list(only),
            index_name=index,
            exclusive_start_key=start,
            limit=page_size() if callable(page_size) else page_size,
            scan_index_forward=not newest_first,
        )
        yield from answer["Items"]
        start = answer.get("LastEvaluatedKey")
        if not start:
            return


def opening(
    kind: type[Item],
    partition: str,
    low: str,
    high: str,
    *,
    only: Sequence[str],
    index: str | None = None,
    sort_key: str = "sk",
) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
    """Return the first rows with ``low <= sort key <= high``, as many as one answer holds.

    Where there are more, the last key of these and the last one of all come with them.
    """
    answer = _table(kind).query(
        partition,
        range_key_condition=Path(sort_key).between(low, high),
        attributes_to_get=list(only),
        index_name=index,
    )
    found = answer["Items"]
    if not answer.get("LastEvaluatedKey"):
        return found, None
    newest = rows(
        kind,
        partition,
        low,
        high,
        only=(sort_key,),
        index=index,
        sort_key=sort_key,
        newest_first=True,
        page_size=1,
    )
    until = answer["LastEvaluatedKey"][sort_key]["S"]
    last = next((row[sort_key]["S"] for row in newest), until)
    return found, (until, last) if until < last else None


def stretch(
    kind: type[Item], partition: str, after: str, *, limit: int, consistent: bool = False
) -> tuple[list[dict[str, Any]], str | None]:
    """Return up to `limit` rows behind the sort key `after`, and the key to go on after.

    One query: fewer come where rows are long, and None alone says that there are no more.
    """
    answer = _table(kind).query(
        partition,
        range_key_condition=Path("sk").between(after, LAST) if after else None,
        consistent_read=consistent,
        limit=limit + 1,
    )
    found = [row for row in answer["Items"] if row["sk"]["S"] != after]
    goes_on = answer.get("LastEvaluatedKey")
    return found, goes_on["sk"]["S"] if goes_on else None


def batch(kind: type[I], wanted: Iterable[Key], *, consistent: bool = False) -> Iterator[I]:
    """Return the items at these keys, in no order; what is not there is left out."""
    table = _table(kind)
    keys = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in dict.fromkeys(wanted)]
    for start in range(0, len(keys), BATCH_KEYS):
        left: list[dict[str, Any]] = keys[start : start + BATCH_KEYS]
        for pause in (*PAUSES, None):
            request = {table.table_name: {"Keys": left, "ConsistentRead": consistent}}
            answer = connection().dispatch("BatchGetItem", {"RequestItems": request})
            for row in answer[RESPONSES].get(table.table_name, []):
                yield kind.from_raw_data(row)
            left = (answer.get(UNPROCESSED_KEYS) or {}).get(table.table_name, {}).get("Keys", [])
            if not left:
                break
            _wait(pause, "keys", len(left))


def put_all(items: Sequence[Item]) -> None:
    """Put items of one table, in batches; the same item again changes nothing."""
    for start in range(0, len(items), BATCH_PUTS):
        part = items[start : start + BATCH_PUTS]
        table = _table(type(part[0])).table_name
        left = [{"PutRequest": {"Item": item.serialize()}} for item in part]
        for pause in (*PAUSES, None):
            answer = connection().dispatch("BatchWriteItem", {"RequestItems": {table: left}})
            left = (answer.get("UnprocessedItems") or {}).get(table, [])
            if not left:
                break
            _wait(pause, "items", len(left))


def delete_all(kind: type[Item], wanted: Sequence[Key]) -> None:
    """Delete items of one table, in batches; one that is not there is as good as deleted."""
    table = _table(kind).table_name
    for start in range(0, len(wanted), BATCH_PUTS):
        part = wanted[start : start + BATCH_PUTS]
        left = [{"DeleteRequest": {"Key": {"pk": {"S": a}, "sk": {"S": b}}}} for a, b in part]
        for pause in (*PAUSES, None):
            answer = connection().dispatch("BatchWriteItem", {"RequestItems": {table: left}})
            left = (answer.get("UnprocessedItems") or {}).get(table, [])
            if not left:
                break
            _wait(pause, "items", len(left))


def patiently(write: Callable[[], T]) -> T:
    """Write something that may be written again, and wait where the table has no room for it.

    A partition takes a thousand write units a second, and all that is an owner's is in one: who
    writes by thousands is throttled for sure. Raises StoreUnavailable after twenty seconds.
    """
    for pause in PATIENCE:
        try:
            with translated():
                return write()
        except StoreUnavailable:
            sleep(pause)
    with translated():
        return write()


def put_if_absent(item: Item) -> Row | None:
    """Put `item` unless its key is taken; return the row that stands there, or None if written."""
    request = item.get_save_kwargs_from_instance(
        condition=Path("pk").does_not_exist(), return_values_on_condition_failure="ALL_OLD"
    )
    return attempt("PutItem", request)[1]


def attempt(operation: str, request: dict[str, Any]) -> tuple[Row, Row | None]:
    """Write under a condition; return the answer, and the row that failed the condition if any.

    One call either way: the request asks for ALL_OLD, so that DynamoDB hands the row out.
    """
    try:
        return connection().dispatch(operation, request), None
    except VerboseClientError as error:
        # PynamoDB keeps the error alone; the row is in the answer behind it
        answer: Row = getattr(error.__cause__, "response", {})
        if "Item" not in answer:
            raise
        return answer, answer["Item"]


def _table(kind: type[Item]) -> TableConnection:
    return kind._get_connection()  # noqa: SLF001 - PynamoDB has no public way


def _wait(pause: float | None, what: str, left: int) -> None:
    if pause is None:
        raise StoreUnavailable(f"{left} {what} of a batch were left undone {len(PAUSES) + 1} times")
    sleep(pause)
