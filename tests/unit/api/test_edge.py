import json
import logging
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.api.edge import HEADERS, MAX_BODY, strict_json
from functions.api.errors import HttpRefusal
from tests.unit.api.conftest import Api

JSON = {"content-type": "application/json"}
LOGIN = "/api/auth/login"
VALID = b'{"email":"a@example.com","password":"x"}'


def test_every_kind_of_answer_has_the_headers(api: Api) -> None:
    answers = [
        api.client.get("/api/health/live"),
        api.client.get("/nowhere"),
        api.client.put("/api/health/live"),
        api.client.get("/api/account"),
        api.client.post(LOGIN, content=b"{", headers=JSON),
        api.client.post(LOGIN, content=b"x" * (MAX_BODY + 1), headers=JSON),
        api.client.get("/api/openapi.json"),
    ]
    assert [each.status_code for each in answers] == [200, 404, 405, 401, 400, 413, 200]
    for each in answers:
        assert {name: each.headers[name] for name in HEADERS} == HEADERS
        assert each.headers["x-request-id"]
        assert "server" not in each.headers


def test_request_id_is_ours_and_stands_in_the_error(api: Api) -> None:
    answer = api.client.get("/nowhere", headers={"X-Request-Id": "forged\tid"})
    request_id = answer.headers["x-request-id"]
    assert request_id != "forged\tid"
    assert answer.json()["error"]["request_id"] == request_id


def test_unknown_path_and_method_answer_in_the_one_form(api: Api) -> None:
    assert api.client.get("/nowhere").json()["error"]["code"] == "NOT_FOUND"
    answer = api.client.put("/api/health/live")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"


def test_trailing_slash_is_another_path(api: Api) -> None:
    assert api.client.get("/api/health/live/", follow_redirects=False).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nope",
        b"\xff\xfe{}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b'{"a": -1e400}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 10_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000,
        b'"' + b'\\"' * 60_000,
        b"\x00",
        b"{}{}",
    ],
)
def test_what_is_not_strict_json_is_400(api: Api, body: bytes) -> None:
    answer = api.client.post(LOGIN, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_JSON")


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"7", b'"x"', b'{"a": "[[[{{{"}', b'{"a": "\\"["}']
)
def test_json_of_another_shape_is_422(api: Api, body: bytes) -> None:
    assert api.client.post(LOGIN, content=body, headers=JSON).status_code == 422


def test_a_repeated_name_takes_the_last_value(api: Api) -> None:
    body = b'{"email":"a@example.com","email":7,"password":"x"}'
    answer = api.client.post(LOGIN, content=body, headers=JSON)
    assert answer.json()["error"]["details"][0]["field"] == "email"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/jsonx"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_another_content_type_is_415(api: Api, headers: dict[str, str]) -> None:
    answer = api.client.post(LOGIN, content=VALID, headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'],
)
def test_json_types_are_read(api: Api, kind: str) -> None:
    answer = api.client.post(LOGIN, content=VALID, headers={"content-type": kind})
    assert answer.json()["error"]["code"] == "INVALID_CREDENTIALS"


def test_body_above_256_kib_is_413_with_and_without_its_length(api: Api) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(300):
            yield b"x" * 1024

    for content in (b"x" * (MAX_BODY + 1), chunks()):
        answer = api.client.post(LOGIN, content=content, headers=JSON)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "BODY_TOO_LARGE")


def test_body_of_exactly_256_kib_is_read(api: Api) -> None:
    body = VALID + b" " * (MAX_BODY - len(VALID))
    assert api.client.post(LOGIN, content=body, headers=JSON).status_code == 401


def test_what_nobody_foresaw_is_500_without_a_trace_and_logged(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    @api.app.get("/boom")
    async def boom() -> None:
        raise ZeroDivisionError("secret particulars")

    with caplog.at_level(logging.ERROR):
        answer = api.client.get("/boom")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "INTERNAL")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "secret particulars" in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@given(
    st.recursive(
        st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_shallow_json_passes(value: object) -> None:
    import json

    strict_json(json.dumps(value).encode())


def test_depth_of_32_passes_and_of_65_does_not() -> None:
    strict_json(b"[" * 32 + b"]" * 32)
    with pytest.raises(HttpRefusal):
        strict_json(b"[" * 65 + b"]" * 65)


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with suppress(HttpRefusal):
        strict_json(body)
        json.loads(body)
