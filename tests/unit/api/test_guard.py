from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from fastapi import APIRouter, Depends
from pydantic import Field

from functions.api.dependencies import CauseDep, access
from functions.api.document import METHODS
from functions.api.guard import guard
from functions.api.pages import PagingDep
from functions.api.schemas import PageOut, Request
from nightdesk.accounts.identity import AccountStatus, Role
from nightdesk.accounts.tokens import ApiTokenText, TokenScope, new_token_id
from nightdesk.core.errors import Conflict, StoreUnavailable
from nightdesk.core.pages import Page
from tests.builders.accounts import ALICE, BOB, NOW
from tests.e2e.document import DOCUMENT
from tests.unit.accounts.doors import (
    api_token,
    bearer,
    changing_password,
    member,
    session_of,
)
from tests.unit.accounts.rig import ORIGIN
from tests.unit.accounts.test_tokens import HEADER, KEY, payload, signed
from tests.unit.api.conftest import Api

KEYED = {"Idempotency-Key": "k" * 16}

PUBLIC = {
    ("post", "/api/auth/register"),
    ("post", "/api/auth/login"),
    ("post", "/api/auth/refresh"),
    ("post", "/api/auth/password/forgot"),
    ("post", "/api/auth/password/reset"),
    ("post", "/api/auth/email/verify"),
    ("get", "/api/keys/providers"),
    ("get", "/api/auth/jwks.json"),
    ("get", "/api/health/live"),
    ("get", "/api/health/ready"),
}


def routes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                yield method, path, operation


BAD = (
    "none",
    "empty",
    "other scheme",
    "garbage",
    "two",
    "ended",
    "audience",
    "scope",
    "unknown account",
    "foreign key",
    "API token that never was",
    "forced change",
)
SHARE = 3
"""Every route meets four bad tokens, and every bad token a third of the routes."""
CLOSED = [
    (method, path)
    for method, path, operation in routes()
    if (method, path) not in PUBLIC and not operation["x-access"]["changes_password"]
]


def test_exactly_the_routes_of_the_page_are_public() -> None:
    assert {(m, p) for m, p, operation in routes() if not operation.get("security")} == PUBLIC


def bad_tokens(api: Api) -> dict[str, str | None]:
    api.rig.alice()
    ended = api.rig.bob()
    who = api.rig.authenticate(ended.access_token, NOW)
    assert who.session_id is not None
    api.rig.logout(who.owner, who.session_id, ORIGIN, NOW)
    foreign = jwt.encode(payload(), KEY.private, algorithm="EdDSA", headers={"kid": "foreign"})
    return {
        "none": None,
        "empty": "Bearer ",
        "other scheme": "Basic YTpi",
        "garbage": "Bearer x.y.z",
        "two": f"Bearer {ended.access_token}, Bearer {ended.access_token}",
        "ended": f"Bearer {ended.access_token}",
        "audience": f"Bearer {signed(HEADER, payload(aud='other'))}",
        "scope": f"Bearer {signed(HEADER, payload(scope='password_change'))}",
        "unknown account": f"Bearer {signed(HEADER, payload())}",
        "foreign key": f"Bearer {foreign}",
        "API token that never was": f"Bearer {ApiTokenText.new('local', new_token_id(BOB, NOW))}",
        "forced change": f"Bearer {changing_password(api.rig, BOB)}",
    }


@pytest.mark.parametrize("name", BAD)
def test_closed_routes_without_a_good_token_are_401_and_tell_nothing(api: Api, name: str) -> None:
    value = bad_tokens(api)[name]
    headers = {"Authorization": value} if value else {}
    for method, path in CLOSED[BAD.index(name) % SHARE :: SHARE]:
        answer = api.client.request(method, path, headers=headers)
        assert answer.status_code == 401, (method, path)
        code = answer.json()["error"]["code"]
        assert code in {"UNAUTHENTICATED", "TOKEN_REVOKED"}, (method, path)


def test_expired_token_says_so(api: Api) -> None:
    headers = api.alice()
    api.clock.moment = NOW + timedelta(minutes=16)
    answer = api.client.get("/api/account", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "TOKEN_EXPIRED")


def test_blocked_account_is_403_on_the_next_request(api: Api) -> None:
    headers = api.alice()
    owner, security = next(iter(api.rig.desk.securities.items()))
    api.rig.desk.securities[owner] = replace(security, status=AccountStatus.BLOCKED)
    answer = api.client.get("/api/account", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ACCOUNT_BLOCKED")


def test_token_in_query_or_cookie_is_not_read(api: Api) -> None:
    token = api.alice()["Authorization"].removeprefix("Bearer ")
    api.client.cookies.set("access_token", token)
    assert api.client.get(f"/api/account?access_token={token}").status_code == 401


def test_admin_routes_as_a_trader_are_403(api: Api) -> None:
    api.alice()
    bob = api.bob()
    for method, path, operation in routes():
        if operation.get("x-access", {}).get("role") == "admin":
            answer = api.client.request(method, path, headers=bob)
            found = (answer.status_code, answer.json()["error"]["code"])
            assert found == (403, "FORBIDDEN"), (method, path)


def test_admin_routes_with_read_and_trade_tokens_are_403(api: Api) -> None:
    member(api.rig, role=Role.ADMIN)
    for scope in (TokenScope.READ, TokenScope.TRADE):
        headers = {"Authorization": f"Bearer {api_token(api.rig, ALICE, scope)}"}
        for method, path, operation in routes():
            if operation.get("x-access", {}).get("role") == "admin":
                answer = api.client.request(method, path, headers=headers)
                found = (answer.status_code, answer.json()["error"]["code"])
                assert found == (403, "SCOPE_REQUIRED"), (method, path)


def test_no_token_opens_what_is_for_sessions_alone(api: Api) -> None:
    member(api.rig, role=Role.ADMIN)
    headers = {"Authorization": f"Bearer {api_token(api.rig, ALICE, TokenScope.ADMIN)}"}
    for method, path, operation in routes():
        if operation.get("x-access", {}).get("token") == "never":
            answer = api.client.request(method, path, headers=headers)
            found = (answer.status_code, answer.json()["error"]["code"])
            assert found == (403, "SCOPE_REQUIRED"), (method, path)


def test_what_wants_step_up_is_403_without_it(api: Api) -> None:
    member(api.rig, role=Role.ADMIN)
    headers = {"Authorization": f"Bearer {bearer(api.rig, session_of(api.rig))}"}
    for method, path, operation in routes():
        if operation.get("x-access", {}).get("elevated"):
            answer = api.client.request(method, path, headers=headers)
            found = (answer.status_code, answer.json()["error"]["code"])
            assert found == (403, "STEP_UP_REQUIRED"), (method, path)


def test_role_loss_holds_on_the_next_request(api: Api) -> None:
    headers = api.alice()
    owner, security = next(iter(api.rig.desk.securities.items()))
    demoted = replace(security, role=type(security.role).TRADER)
    api.rig.desk.securities[owner] = demoted
    assert api.client.post("/api/admin/invitations", json={}, headers=headers).status_code == 403


# the Idempotency-Key, on a router of the tests


class EchoIn(Request):
    n: int = Field(ge=0)


class Echo:
    """A room whose effects are counted."""

    def __init__(self, api: Api) -> None:
        self.seen: list[tuple[str, str]] = []
        self.fault: Exception | None = None
        router = APIRouter(prefix="/echo")

        @router.post("/keyed/{name}", status_code=201, openapi_extra=access(once=True))
        async def keyed(name: str, body: EchoIn, cause: CauseDep) -> dict[str, int]:
            self.seen.append((cause.name, cause.at.isoformat()))
            if self.fault:
                raise self.fault
            return {"n": body.n, "calls": len(self.seen)}

        @router.post("/secret", openapi_extra=access(secret=True))
        async def secret() -> dict[str, str]:
            return {"token": "hush"}

        @router.post("/empty", status_code=204)
        async def empty(cause: CauseDep) -> None:
            self.seen.append((cause.name, cause.at.isoformat()))

        @router.delete("/gone/{name}", status_code=204, openapi_extra=access(once=True))
        async def gone(name: str, cause: CauseDep) -> None:
            self.seen.append((cause.name, cause.at.isoformat()))

        @router.delete("/plain", status_code=204)
        async def plain(cause: CauseDep) -> None:
            self.seen.append((cause.name, cause.at.isoformat()))

        @router.get("/page")
        async def page(paging: PagingDep) -> PageOut[int]:
            start = int(paging.after or 0)
            end = start + paging.limit
            rest = Page(range(start, end), str(end) if end < 100 else None)
            return paging.out(rest, lambda item: item)

        api.app.include_router(router, dependencies=[Depends(guard)])


@pytest.fixture
def echo(api: Api) -> Echo:
    return Echo(api)


def test_keyed_route_without_a_key_is_400(api: Api, echo: Echo) -> None:
    answer = api.client.post("/echo/keyed/a", json={"n": 1}, headers=api.alice())
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "IDEMPOTENCY_KEY_REQUIRED")
    assert echo.seen == []


def test_a_delete_that_is_done_once_wants_a_key_and_is_replayed(api: Api, echo: Echo) -> None:
    alice = api.alice()
    refused = api.client.delete("/echo/gone/a", headers=alice)
    assert refused.json()["error"]["code"] == "IDEMPOTENCY_KEY_REQUIRED"
    first, again = (api.client.delete("/echo/gone/a", headers=alice | KEYED) for _ in range(2))
    assert (refused.status_code, first.status_code, again.status_code) == (400, 204, 204)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(echo.seen) == 1


def test_a_delete_that_is_not_marked_takes_no_notice_of_a_key(api: Api, echo: Echo) -> None:
    alice = api.alice() | KEYED
    assert [api.client.delete("/echo/plain", headers=alice).status_code for _ in "ab"] == [204, 204]
    assert len(echo.seen) == 2


def test_malformed_key_is_422(api: Api, echo: Echo) -> None:
    headers = api.alice() | {"Idempotency-Key": "short"}
    answer = api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers)
    assert answer.json()["error"]["details"][0]["field"] == "Idempotency-Key"
    assert answer.status_code == 422


def test_same_command_twice_has_one_effect_and_the_first_answer(api: Api, echo: Echo) -> None:
    headers = api.alice() | KEYED
    first = api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers)
    again = api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == "application/json"
    assert len(echo.seen) == 1


def test_other_body_under_the_key_is_422(api: Api, echo: Echo) -> None:
    headers = api.alice() | KEYED
    api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers)
    answer = api.client.post("/echo/keyed/a", json={"n": 2}, headers=headers)
    assert answer.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert (answer.status_code, len(echo.seen)) == (422, 1)


def test_another_path_or_owner_under_the_key_is_another_command(api: Api, echo: Echo) -> None:
    alice = api.alice() | KEYED
    bob = api.bob() | KEYED
    for path, headers in (("a", alice), ("b", alice), ("a", bob)):
        answer = api.client.post(f"/echo/keyed/{path}", json={"n": 1}, headers=headers)
        assert answer.status_code == 201
    assert len(set(echo.seen)) == 3


def test_running_command_is_409(api: Api, echo: Echo) -> None:
    headers = api.alice() | KEYED
    api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers)
    (kept,) = api.rig.replies.kept.values()
    api.rig.replies.kept[kept.cause] = replace(kept, status=None)
    answer = api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
    assert answer.json()["error"]["code"] == "IDEMPOTENCY_IN_PROGRESS"


@pytest.mark.parametrize("fault", [StoreUnavailable("x"), ZeroDivisionError("x")])
def test_failed_command_runs_again_under_the_same_cause(
    api: Api, echo: Echo, fault: Exception
) -> None:
    headers = api.alice() | KEYED
    echo.fault = fault
    assert api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers).status_code >= 500
    echo.fault, api.clock.moment = None, NOW + timedelta(seconds=5)
    assert api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers).status_code == 201
    first, second = echo.seen
    assert first == second


def test_refusal_is_kept(api: Api, echo: Echo) -> None:
    headers = api.alice() | KEYED
    echo.fault = Conflict("NOT_FLAT", "Open.")
    first = api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers)
    again = api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers)
    assert first.content == again.content
    assert (again.status_code, len(echo.seen)) == (409, 1)


def test_invalid_body_is_answered_the_same_again(api: Api, echo: Echo) -> None:
    headers = api.alice() | KEYED
    for _ in range(2):
        answer = api.client.post("/echo/keyed/a", json={"n": -1}, headers=headers)
        assert answer.status_code == 422
    assert answer.headers["idempotency-replayed"] == "true"


def test_empty_answer_is_replayed_empty(api: Api, echo: Echo) -> None:
    headers = api.alice() | KEYED
    for _ in range(2):
        answer = api.client.post("/echo/empty", headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
    assert len(echo.seen) == 1


def test_shown_secret_is_not_shown_again(api: Api, echo: Echo) -> None:
    headers = api.alice() | KEYED
    assert "hush" in api.client.post("/echo/secret", headers=headers).text
    answer = api.client.post("/echo/secret", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "SECRET_ALREADY_SHOWN")


def test_answer_leaves_though_it_cannot_be_kept(
    api: Api, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> bool:
        raise StoreUnavailable("x")

    headers = api.alice() | KEYED
    monkeypatch.setattr(type(api.rig.replies), "finish", down)
    answer = api.client.post("/echo/keyed/a", json={"n": 1}, headers=headers)
    assert answer.status_code == 201


# pages


def test_pages_follow_their_cursors(api: Api, echo: Echo) -> None:
    headers, cursor, seen = api.alice(), None, []
    while True:
        query = {"limit": "30"} | ({"cursor": cursor} if cursor else {})
        page = api.client.get("/echo/page", params=query, headers=headers).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen[:100] == list(range(100))


def test_edited_or_foreign_cursor_is_400(api: Api, echo: Echo) -> None:
    alice, bob = api.alice(), api.bob()
    cursor = api.client.get("/echo/page", headers=alice).json()["next_cursor"]
    edited = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for text, headers in ((edited, alice), (cursor, bob), ("x", alice), ("é", alice), ("", alice)):
        answer = api.client.get("/echo/page", params={"cursor": text}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_CURSOR"), text


@pytest.mark.parametrize("limit", ["0", "201", "x", "1.5", "-1"])
def test_limit_outside_1_to_200_is_422(api: Api, echo: Echo, limit: str) -> None:
    answer = api.client.get("/echo/page", params={"limit": limit}, headers=api.alice())
    assert answer.json()["error"]["details"][0]["field"] == "limit"
    assert answer.status_code == 422
