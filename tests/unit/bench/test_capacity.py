"""Units of DynamoDB, by its published rules."""

import pytest

from bench.capacity import Meter, index_units, read_units, size, write_units

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


def an_item(size_bytes: int, **more: str) -> dict[str, dict[str, str]]:
    """Return an item of so many bytes, its keys and further texts included."""
    item = {**KEY, **{name: {"S": text} for name, text in more.items()}}
    return {**item, "x": {"S": "." * (size_bytes - size(item) - 1)}}


def total(meter: Meter) -> tuple[float, float]:
    return sum(use.write for use in meter.uses), sum(use.read for use in meter.uses)


def test_reads_are_by_four_kilobytes_and_half_when_eventually_consistent() -> None:
    assert read_units(4_096, consistent=True) == 1
    assert read_units(4_097, consistent=True) == 2
    assert read_units(4_097, consistent=False) == 1
    assert read_units(0, consistent=False) == 0.5


def test_writes_are_by_one_kilobyte() -> None:
    assert [write_units(n) for n in (0, 1, 1_024, 1_025)] == [1, 1, 1, 2]


def test_an_items_size_is_that_of_its_names_and_values() -> None:
    item = {**KEY, "n": {"N": "-12.5"}, "l": {"L": [{"BOOL": True}]}, "m": {"M": {"k": {"S": "é"}}}}
    # keys 3 + 3; n: 1 + 2 bytes of digits + 1 + its sign; l: 1 + 3 + 1 + 1; m: 1 + 3 + 1 + 1 + 2
    assert size(item) == 6 + 5 + 6 + 8


def test_a_query_is_charged_for_the_sum_and_not_by_item() -> None:
    meter = Meter()
    request = {"TableName": "t", "ExpressionAttributeValues": {":0": {"S": "a"}}}
    meter.add("Query", request, {"Items": [an_item(100)] * 50})
    assert total(meter) == (0, 1)


def test_a_batch_is_charged_by_item() -> None:
    meter = Meter()
    keys = [{"pk": {"S": "a"}, "sk": {"S": str(n)}} for n in range(3)]
    request = {"RequestItems": {"t": {"Keys": keys, "ConsistentRead": True}}}
    meter.add("BatchGetItem", request, {"Responses": {"t": []}})
    assert total(meter) == (0, 3)


def test_a_transaction_counts_twice_and_its_conditions_too() -> None:
    meter = Meter()
    parts = [
        {"ConditionCheck": {"TableName": "t", "Key": KEY}},
        {"Put": {"TableName": "t", "Item": an_item(1_500)}},
    ]
    meter.add("TransactWriteItems", {"TransactItems": parts}, {})
    assert total(meter) == (2 + 4, 0)


def test_a_refused_put_costs_what_stands_there() -> None:
    meter = Meter()
    answer = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": an_item(2_000)}
    meter.add("PutItem", {"TableName": "t", "Item": an_item(100)}, answer)
    assert total(meter) == (2, 0)


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        ({}, an_item(100), 0),
        ({}, an_item(100, market="m", market_sk="1"), 1),
        (an_item(100, market="m", market_sk="1"), an_item(200, market="m", market_sk="1"), 1),
        (an_item(100, market="m", market_sk="1"), an_item(100, market="m", market_sk="1"), 0),
        (an_item(100, market="m", market_sk="1"), an_item(100, market="m", market_sk="2"), 2),
        (an_item(100, market="m", market_sk="1"), an_item(100), 1),
    ],
)
def test_an_index_is_written_where_its_entry_changes(
    before: dict[str, dict[str, str]], after: dict[str, dict[str, str]], units: int
) -> None:
    assert index_units(before, after) == units
