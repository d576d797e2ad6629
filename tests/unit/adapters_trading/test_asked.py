"""Writes of many items go out without botocore's walk: what is sent is what botocore would send."""

import json
from typing import Any

import pytest
from botocore.serialize import create_serializer
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st
from pynamodb.attributes import AttributeContainer

from nightdesk.adapters.dynamo.asked import aside, whole
from tests.builders.accounts import ALICE, NOW
from tests.builders.household import Household

VALUES = st.one_of(
    st.builds(lambda text: {"S": text}, st.text(max_size=8)),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda raw: {"B": raw}, st.binary(max_size=9)),
    st.builds(lambda said: {"BOOL": said}, st.booleans()),
)
ITEMS = st.lists(st.dictionaries(st.sampled_from(["pk", "B", "row"]), VALUES), max_size=4)
MODEL = get_session().get_service_model("dynamodb")


def sent(asked: dict[str, Any], operation: str, *, ours: bool) -> dict[str, Any]:
    model, context = MODEL.operation_model(operation), dict[str, Any]()
    told = aside(params=asked, model=model, context=context) if ours else asked
    # PynamoDB asks botocore for no validation, which would refuse a transaction of nothing
    request = create_serializer("json", include_validation=False).serialize_to_request(told, model)
    if ours:
        whole(params=request, model=model, context=context)
    return {**request, "body": json.loads(request["body"])}


@given(ITEMS)
def test_a_batch_is_sent_as_botocore_would(items: list[dict[str, Any]]) -> None:
    asked = {
        "RequestItems": {"desk": [{"PutRequest": {"Item": one}} for one in items]},
        "ReturnConsumedCapacity": "TOTAL",
    }
    by_botocore = sent(asked, "BatchWriteItem", ours=False)
    assert sent(asked, "BatchWriteItem", ours=True) == by_botocore
    assert list(asked["RequestItems"]) == ["desk"]


@given(ITEMS)
def test_a_transaction_is_sent_as_botocore_would(items: list[dict[str, Any]]) -> None:
    parts = [{"Put": {"TableName": "desk", "Item": one}} for one in items]
    asked = {"TransactItems": parts, "ReturnConsumedCapacity": "TOTAL"}
    by_botocore = sent(asked, "TransactWriteItems", ours=False)
    assert sent(asked, "TransactWriteItems", ours=True) == by_botocore


def test_a_value_that_is_no_items_is_refused() -> None:
    parts = [{"Put": {"TableName": "desk", "Item": {"pk": {"S": object()}}}}]
    with pytest.raises(TypeError, match="object"):
        sent({"TransactItems": parts}, "TransactWriteItems", ours=True)


def test_every_kind_of_item_is_serialised_as_pynamodb_would() -> None:
    items = list(Household(ALICE, NOW).everything())
    assert items
    for item in items:
        assert item.serialize() == AttributeContainer._container_serialize(item), type(item)
