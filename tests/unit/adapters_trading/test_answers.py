"""Rows are read without botocore's walk: what comes out is what botocore would have said."""

import json
from base64 import b64encode
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.adapters.dynamo.answers import read

TEXT = st.text(max_size=8)
SCALARS = st.one_of(
    st.builds(lambda text: {"S": text}, TEXT),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda raw: {"B": b64encode(raw).decode()}, st.binary(max_size=9)),
    st.builds(lambda raws: {"BS": [b64encode(raw).decode() for raw in raws]}, st.just([b"x"])),
    st.builds(lambda said: {"BOOL": said}, st.booleans()),
)
NAMES = st.sampled_from(["pk", "B", "BS", "row", "S"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(lambda many: {"L": many}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"M": parts}, st.dictionaries(NAMES, inner, max_size=3)),
    ),
    max_leaves=6,
)
ITEMS = st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=4)
MODEL = get_session().get_service_model("dynamodb")


def parsed(body: dict[str, Any], operation: str, *, ours: bool, status: int = 200) -> Any:
    answer = {"body": json.dumps(body).encode(), "status_code": status, "headers": {}}
    own: dict[str, Any] = {}
    if ours:
        read(response_dict=answer, customized_response_dict=own, operation_model=None)
    shape: Any = MODEL.operation_model(operation).output_shape
    return create_parser("json").parse(answer, shape) | own


@given(ITEMS)
def test_a_query_is_answered_as_botocore_would(items: list[dict[str, Any]]) -> None:
    body = {"Items": items, "Count": len(items), "LastEvaluatedKey": {"pk": {"B": "eA=="}}}
    assert parsed(body, "Query", ours=True) == parsed(body, "Query", ours=False)


@given(ITEMS)
def test_a_batch_is_answered_as_botocore_would(items: list[dict[str, Any]]) -> None:
    body = {"Responses": {"desk": items}, "UnprocessedKeys": {}}
    assert parsed(body, "BatchGetItem", ours=True) == parsed(body, "BatchGetItem", ours=False)


@pytest.mark.parametrize("ours", [True, False])
def test_a_refusal_keeps_its_code(*, ours: bool) -> None:
    body = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow"}
    found = parsed(body, "Query", ours=ours, status=400)
    assert found["Error"] == {"Message": "slow", "Code": "ThrottlingException"}
