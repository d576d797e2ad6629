"""The first user, an invited one, and what their sessions allow."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from infra.cdk.local.desk_client import DeskClient, Refusal
from tests.deployed import PASSWORD, Desk


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def register(desk: Desk, name: str, **leave: Any) -> httpx.Response:
    email = f"{name}@nightdesk.example"
    body = {"username": name, "email": email, "password": PASSWORD}
    return desk.stranger().post("/api/auth/register", json=body | leave)


def test_registration_is_by_leave_alone(desk: Desk) -> None:
    assert refused(register(desk, "eve"))[0] == 403
    assert refused(register(desk, "eve", operator_token="guessed"))[0] == 403
    admin = register(desk, "admin", operator_token=desk.operator_token)
    assert admin.status_code == 201
    assert admin.json()["role"] == "admin"
    assert refused(register(desk, "eve", operator_token=desk.operator_token)) == (
        403,
        "OPERATOR_TOKEN_USED",
    )


def test_an_invitation_makes_one_trader(desk: Desk) -> None:
    token = desk.admin().post("/api/admin/invitations", {})["token"]
    first = register(desk, "ada", invitation=token)
    assert (first.status_code, first.json()["role"]) == (201, "trader")
    assert refused(register(desk, "eve", invitation=token)) == (403, "INVITATION_INVALID")


def test_a_trader_may_not_invite(desk: Desk) -> None:
    trader = desk.trader()
    answer = trader.http.post("/api/admin/invitations", json={"email": "eve@nightdesk.example"})
    assert refused(answer) == (403, "FORBIDDEN")


def test_a_wrong_password_and_an_unknown_account_look_the_same(desk: Desk) -> None:
    desk.trader("ada")
    answers = [
        desk.stranger().post("/api/auth/login", json={"email": email, "password": "not this one"})
        for email in ("ada@nightdesk.example", "nobody@nightdesk.example")
    ]
    assert [refused(answer) for answer in answers] == [(401, "INVALID_CREDENTIALS")] * 2
    messages = [answer.json()["error"]["message"] for answer in answers]
    assert messages[0] == messages[1]


def test_a_refresh_token_works_once_and_its_second_use_ends_the_session(desk: Desk) -> None:
    trader = desk.trader()
    spent = trader.refresh_token
    body = {"refresh_token": spent}
    pair = desk.stranger().post("/api/auth/refresh", json=body)
    assert pair.status_code == 200
    fresh = {"Authorization": f"Bearer {pair.json()['access_token']}"}
    assert desk.stranger().get("/api/account", headers=fresh).status_code == 200

    again = desk.stranger().post("/api/auth/refresh", json=body)

    assert again.status_code in (401, 409)
    if again.status_code == 401:
        assert desk.stranger().get("/api/account", headers=fresh).status_code == 401


@pytest.mark.parametrize("route", ["/api/auth/logout", "/api/auth/logout-all"])
def test_logout_ends_the_access_token_at_once(desk: Desk, route: str) -> None:
    trader = desk.trader()
    other = desk.client()
    other.login(email="ada@nightdesk.example", password=PASSWORD)

    assert trader.http.post(route).status_code == 204

    assert trader.http.get("/api/account").status_code == 401
    with pytest.raises(Refusal, match="401"):
        trader.get("/api/account")  # the refresh token is dead, too
    assert other.http.get("/api/account").status_code == (401 if route.endswith("all") else 200)


def test_one_idempotency_key_is_one_bot(desk: Desk) -> None:
    trader = desk.trader()
    key = {"Idempotency-Key": secrets.token_hex(16)}
    body = bot("One")

    first = trader.http.post("/api/bots", json=body, headers=key)
    again = trader.http.post("/api/bots", json=body, headers=key)
    other = trader.http.post("/api/bots", json=bot("Two"), headers=key)

    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert refused(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert refused(trader.http.post("/api/bots", json=body)) == (400, "IDEMPOTENCY_KEY_REQUIRED")
    assert len(trader.items("/api/bots")) == 1


def test_one_idempotency_key_in_parallel_is_one_bot(desk: Desk) -> None:
    trader = desk.trader()
    key = {"Idempotency-Key": secrets.token_hex(16)}

    def make(_: int) -> int:
        return trader.http.post("/api/bots", json=bot("One"), headers=key).status_code

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(make, range(3)))

    assert 201 in answers
    assert set(answers) <= {201, 409}
    assert len(trader.items("/api/bots")) == 1


def bot(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "instrument": "LTC/USD@bitstamp",
        "timeframe": "1d",
        "strategy": "donchian@1",
        "capital": "1000",
    }


def test_every_answer_carries_the_headers_of_the_page(desk: Desk) -> None:
    stranger = desk.stranger()
    for answer in (
        stranger.get("/api/health/live"),
        stranger.get("/api/account"),
        stranger.get("/api/nowhere"),
        stranger.delete("/api/health/live"),
    ):
        assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-request-id"]


def test_the_document_is_the_one_that_is_served(desk: Desk) -> None:
    from tests.e2e.document import DOCUMENT

    assert desk.stranger().get("/api/openapi.json").json() == DOCUMENT
    page = desk.stranger().get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")


def test_the_client_renews_its_token(desk: Desk) -> None:
    trader: DeskClient = desk.trader()
    trader.http.headers["Authorization"] = "Bearer spent"
    assert trader.get("/api/account")["username"] == "ada"
