"""Whatever a body looks like: a refusal with a code, never a 5xx, and nothing has changed."""

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.document import BODIES, ROUTES, Route, model
from tests.e2e.share import one_in
from tests.e2e.story import Story

WRITES = [route for route in ROUTES if route.body is not None]
JSON = "application/json"
LONG = "x" * 10_000
SHARE = 3
AT_ONCE = 3
"""Requests that are under way together: nothing changes, so none minds another."""
AUTHORITY = ("role", "status", "epoch", "owner", "is_admin")
WRONG_TEXTS = (
    ("a number", 7),
    ("a truth", True),
    ("too long", LONG),
    ("control characters", "a\x00b\x1bc"),
)
Shape = tuple[str, bytes, str]
"""What it is, the body, its type."""


ASKS_FOR_PROOF = {
    "POST /api/admin/emergency-stop/resume",
    "POST /api/auth/2fa/confirm",
    "POST /api/auth/2fa/disable",
    "POST /api/auth/2fa/recovery-codes",
    "POST /api/auth/email/verify",
    "POST /api/auth/password/change",
    "POST /api/auth/password/reset",
    "POST /api/auth/step-up",
}


RIGHT = {
    # a negative fee is a rebate
    ("POST /api/journal/trades/{trade_id}/close", "fee: as '-5'"),
    # what shall be reached, or not be passed, may be a loss
    ("POST /api/journal/metrics/saved", "goal: value as '-5'"),
    ("PUT /api/journal/metrics/saved/{metric_id}", "goal: value as '-5'"),
}
"""Fields in which a sign belongs."""


def named(route: Route) -> str:
    return str(route)


def unreadable(body: dict[str, Any]) -> Iterator[Shape]:
    """Yield bodies that are no JSON object at all, or too much of one."""
    text = json.dumps(body)
    yield "cut off", text[:-1].encode(), JSON
    yield "not JSON", b"name=Alpha", JSON
    yield "a list", f"[{text}]".encode(), JSON
    yield "a text", json.dumps(text).encode(), JSON
    yield "a number", b"7", JSON
    yield "a truth", b"true", JSON
    yield "NaN", (text[:-1] + ', "more": NaN}').encode(), JSON
    yield "infinite", (text[:-1] + ', "more": 1e400}').encode(), JSON
    yield "not UTF-8", text.encode("utf-16"), JSON
    yield "half a surrogate", (text[:-1] + ', "more": "\\ud800"}').encode(), JSON
    yield "deep", b'{"more": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", JSON
    yield "too large", (text[:-1] + f', "more": "{"x" * 300_000}"}}').encode(), JSON
    yield "another type", text.encode(), "text/plain"
    yield "a form", text.encode(), "application/x-www-form-urlencoded"


def with_wrong_fields(route: Route) -> Iterator[Shape]:
    """Yield bodies that are right but for one field."""
    body, schema = BODIES[str(route)], route.body or {}
    if schema.get("required"):
        yield "empty", b"{}", JSON
    for name in schema.get("required", []):
        yield f"without {name}", dump({key: body[key] for key in body if key != name}), JSON
    yield "an unknown field", dump(body | {"more": 1}), JSON
    for name, value in body.items():
        properties = schema["properties"][name]
        for what, wrong in wrongs(value, properties):
            if (str(route), f"{name}: {what}") not in RIGHT:
                yield f"{name}: {what}", dump(body | {name: wrong}), JSON


def wrongs(value: Any, properties: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield values of another type than `value`, and bad ones of its own."""
    if not any(one.get("type") == "null" for one in properties.get("anyOf", [])):
        yield "null", None
    yield "a list", [value]
    if isinstance(value, dict):
        yield "a text", "{}"
        if "properties" in model(properties):
            yield "with an unknown part", value | {"more": 1}
        for name, inner in model(properties).get("properties", {}).items():
            if is_amount(value.get(name)):
                assert "pattern" in json.dumps(inner)
                for what, wrong in wrong_money():
                    yield f"{name} {what}", value | {name: wrong}
        return
    yield "an object", {"$gt": ""}
    yield from wrong_plain(value)


def wrong_plain(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield bad values for what is a text, a truth, a list or a number."""
    if isinstance(value, str):
        yield from WRONG_TEXTS
        if is_amount(value):
            yield from wrong_money()
    elif isinstance(value, bool):
        yield from (("a number", 1), ("a text", "true"))
    elif isinstance(value, list):
        yield from (("a text", "read"), ("of numbers", [1]))
    else:
        yield from (("a text", str(value)), ("a fraction", value + 0.5), ("a truth", True))
        yield from (("huge", 10**30), ("negative", -1))


def is_amount(value: object) -> bool:
    return isinstance(value, str) and value.replace(".", "").isdigit()


def wrong_money() -> Iterator[tuple[str, Any]]:
    """Yield what looks like an amount and is none."""
    for wrong in (
        1000.5,
        1000,
        "1e3",
        "-5",
        "+5",
        " 5",
        "5 ",
        "0x10",
        "NaN",
        "Infinity",
        "",
        "1_0",
    ):
        yield f"as {wrong!r}", wrong
    yield "with too many digits", "1" * 19
    yield "with too many decimals", "1." + "1" * 19
    yield "in other digits", "\u0661\u0662\u0663"


def dump(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("route", WRITES, ids=named)
def test_a_malformed_body_is_refused_with_a_code_and_changes_nothing(
    story: Story, route: Route
) -> None:
    before = story.stands()
    client = story.desk.admin() if route.path.startswith("/api/admin") else story.ada

    def unexpected(shape: Shape) -> tuple[str, int, str] | None:
        what, body, kind = shape
        headers = {"Content-Type": kind, "Idempotency-Key": secrets.token_hex(16)}
        answer = client.http.request(route.method, story.path(route), content=body, headers=headers)
        if well_refused(route, answer.status_code, answer.json()):
            return None
        return what, answer.status_code, answer.text[:300]

    every = [*unreadable(BODIES[str(route)]), *with_wrong_fields(route)]
    shapes = [one for one in every if one_in(SHARE, str(route), one[0])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert [one for one in pool.map(unexpected, shapes) if one] == []
    assert story.stands() == before


def well_refused(route: Route, status: int, answer: dict[str, Any]) -> bool:
    """Whether it is a refusal in the one form, that names a field where a field is to blame.

    Where something secret is to be shown, a well-formed wrong one is refused as such. Who has
    forgotten a password hears the same whatever the address.
    """
    if str(route) == "POST /api/auth/password/forgot" and status == 202:
        return True
    error = answer.get("error")
    if error is None or not error["code"]:
        return False
    if str(route) in ASKS_FOR_PROOF and status in (401, 403, 404, 410, 429):
        return True
    if route.public and status in (401, 403):
        return True
    if status == 422:
        return bool(error["details"]) and all("field" in each for each in error["details"])
    return status in (400, 409, 413, 415)


OWN = {
    "PATCH /api/journal/behaviour/detectors/{detector_id}": {"status"},
    "PATCH /api/journal/reviews/week/{label}/experiment": {"status"},
    "POST /api/admin/invitations": {"role"},
    "POST /api/admin/users/{user_id}/role": {"role"},
    "POST /api/journal/playbooks": {"status"},
    "PUT /api/journal/playbooks/{playbook_id}": {"status"},
}
"""What these are for."""


@pytest.mark.parametrize("route", WRITES, ids=named)
def test_no_body_takes_what_gives_authority(story: Story, route: Route) -> None:
    body = dict.fromkeys(AUTHORITY, "admin")
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    client = story.desk.admin() if route.path.startswith("/api/admin") else story.ada
    answer = client.http.request(route.method, story.path(route), json=body, headers=headers)
    assert answer.status_code == 422
    forbidden = {
        detail["field"]
        for detail in answer.json()["error"]["details"]
        if detail["rule"] == "extra_forbidden"
    }
    assert forbidden == set(AUTHORITY) - OWN.get(str(route), set())
