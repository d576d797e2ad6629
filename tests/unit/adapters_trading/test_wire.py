"""Requests and answers go without botocore's walk: both are what botocore would have made."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.parsers import create_parser
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from bench.capacity import metered
from nightdesk.adapters.dynamo import wire
from nightdesk.adapters.dynamo.connection import NAMED, connection
from nightdesk.adapters.dynamo.wire import read

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
    left = {"desk": {"Keys": [{"pk": {"B": "eA=="}}]}}
    body = {"Responses": {"desk": items}, "UnprocessedKeys": left}
    assert parsed(body, "BatchGetItem", ours=True) == parsed(body, "BatchGetItem", ours=False)


@pytest.mark.parametrize("ours", [True, False])
def test_a_refusal_keeps_its_code(*, ours: bool) -> None:
    body = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow"}
    found = parsed(body, "Query", ours=ours, status=400)
    assert found["Error"] == {"Message": "slow", "Code": "ThrottlingException"}


RAW = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, TEXT),
        st.builds(lambda number: {"N": str(number)}, st.integers()),
        st.builds(lambda raw: {"B": raw}, st.binary(max_size=9)),
        st.builds(lambda raws: {"BS": raws}, st.just([b"x", b"\xff"])),
        st.builds(lambda said: {"BOOL": said}, st.booleans()),
    ),
    lambda inner: st.one_of(
        st.builds(lambda many: {"L": many}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"M": parts}, st.dictionaries(NAMES, inner, max_size=3)),
    ),
    max_leaves=6,
)
ROWS = st.lists(st.dictionaries(NAMES, RAW, max_size=4), max_size=4)


WRITES: dict[str, Callable[[list[Any]], dict[str, Any]]] = {
    "TransactWriteItems": lambda rows: {
        "TransactItems": [
            {
                "Put": {
                    "TableName": "desk",
                    "Item": row,
                    "ConditionExpression": "attribute_exists(pk)",
                }
            }
            for row in rows
        ],
        "ReturnConsumedCapacity": "TOTAL",
    },
    "BatchWriteItem": lambda rows: {
        "RequestItems": {"desk": [{"PutRequest": {"Item": row}} for row in rows]}
    },
    "BatchGetItem": lambda rows: {
        "RequestItems": {"desk": {"Keys": rows, "ConsistentRead": True}},
        "ReturnConsumedCapacity": "TOTAL",
    },
}


class Answer(BytesIO):
    """A body as botocore asks for it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()


@cache
def client(*, ours: bool) -> tuple[Any, list[Any]]:
    """Return a client, and what it would send."""
    sent: list[Any] = []
    session = get_session()
    session.set_credentials("key", "secret")
    if ours:
        wire.register(session)

    def take(request: Any, **_: Any) -> Any:
        sent.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), Answer(b"{}"))

    session.register("before-send.dynamodb", take)  # type: ignore[arg-type]
    unchecked = Config(parameter_validation=False)  # as PynamoDB makes its own
    return session.create_client("dynamodb", "eu-west-1", config=unchecked), sent


def asked(operation: str, request: dict[str, Any], *, ours: bool) -> tuple[Any, dict[str, str]]:
    """Return body and target of what is sent; the token of a transaction is drawn each time."""
    made, sent = client(ours=ours)
    sent.clear()
    made._make_api_call(operation, request)
    (one,) = sent
    body = json.loads(one.body)
    drawn = body.pop("ClientRequestToken", None)
    assert bool(drawn) == (operation == "TransactWriteItems")
    told = {name: one.headers[name] for name in ("X-Amz-Target", "Content-Type")}
    assert one.headers["Content-Length"] == str(len(one.body))
    return body, told


@pytest.mark.parametrize("operation", sorted(WRITES))
@given(rows=ROWS)
def test_a_request_is_what_botocore_would_send(operation: str, rows: list[dict[str, Any]]) -> None:
    request = WRITES[operation](rows)
    assert asked(operation, request, ours=True) == asked(operation, request, ours=False)


def test_a_token_that_is_given_is_sent() -> None:
    made, sent = client(ours=True)
    sent.clear()
    made._make_api_call("TransactWriteItems", {"TransactItems": [], "ClientRequestToken": "mine"})
    assert json.loads(sent[0].body)["ClientRequestToken"] == "mine"


def test_what_is_no_json_is_refused_before_it_is_sent() -> None:
    made, sent = client(ours=True)
    sent.clear()
    with pytest.raises(TypeError, match="not JSON"):
        made._make_api_call("BatchGetItem", {"RequestItems": {"desk": {"Keys": [{"pk": 1j}]}}})
    assert sent == []


def test_who_weighs_requests_sees_them_whole() -> None:
    row = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    put = {"Put": {"TableName": "desk", "Item": row}}
    made, _ = client(ours=True)
    with metered(made) as meter:
        made._make_api_call("TransactWriteItems", {"TransactItems": [put]})
    assert [(use.operation, use.write) for use in meter.uses] == [("TransactPut", 2)]


def test_requests_say_where_they_come_from(bound_tables: None) -> None:
    """A name of their own is what spares botocore to put one together for each of them."""
    said: list[str] = []

    def note(request: Any, **_: Any) -> None:
        name = request.headers["User-Agent"]
        said.append(name if isinstance(name, str) else name.decode())

    connection().client.meta.events.register("before-send.dynamodb", note)
    connection().dispatch("ListTables", {})
    (name,) = said
    assert name.split()[0] == NAMED
    assert "Botocore" not in name
