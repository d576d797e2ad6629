"""Step-up, two-factor and API tokens as their callers see them."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nightdesk.accounts.audit import Action
from nightdesk.accounts.identity import Role
from nightdesk.accounts.totp import code_at, step_at
from tests.builders.accounts import ALICE, BOB, NOW, PASSWORD
from tests.unit.accounts.doors import api_token, enrolled, signed_in
from tests.unit.api.conftest import Api

KEY = {"Idempotency-Key": "k" * 16}
TOKEN = {"name": "bench", "scopes": ["read"]}


def head(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def secret_of(uri: str) -> bytes:
    import base64

    return base64.b32decode(parse_qs(urlsplit(uri).query)["secret"][0])


def test_step_up_opens_what_wants_it_for_ten_minutes(api: Api) -> None:
    headers = head(signed_in(api.rig))
    setup = "/api/auth/2fa/setup"
    assert code(api.client.post(setup, headers=headers)) == (403, "STEP_UP_REQUIRED")
    answer = api.client.post("/api/auth/step-up", json={"password": PASSWORD}, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"elevated_until": "2026-03-01T12:10:00Z"})
    assert api.client.post(setup, headers=headers).status_code == 200
    api.clock.moment = NOW + timedelta(minutes=10)
    assert code(api.client.post(setup, headers=headers)) == (403, "STEP_UP_REQUIRED")


def test_step_up_with_a_wrong_password_is_401_and_locks(api: Api) -> None:
    headers = head(signed_in(api.rig))
    body = {"password": "not this one"}
    for _ in range(5):
        answer = api.client.post("/api/auth/step-up", json=body, headers=headers)
        assert code(answer) == (401, "INVALID_CREDENTIALS")
    answer = api.client.post("/api/auth/step-up", json={"password": PASSWORD}, headers=headers)
    assert code(answer) == (429, "TOO_MANY_ATTEMPTS")
    assert int(answer.headers["retry-after"]) > 0


def test_two_factor_from_setup_to_disable(api: Api) -> None:
    headers = head(signed_in(api.rig, up=True))
    uri = api.client.post("/api/auth/2fa/setup", headers=headers).json()["otpauth_uri"]
    secret = secret_of(uri)
    good = code_at(secret, step_at(NOW))
    wrong = "000000" if good != "000000" else "000001"
    confirm = "/api/auth/2fa/confirm"
    assert code(api.client.post(confirm, json={"code": wrong}, headers=headers)) == (
        401,
        "INVALID_CODE",
    )
    codes = api.client.post(confirm, json={"code": good}, headers=headers).json()["codes"]
    assert len(set(codes)) == 10
    account = api.client.get("/api/account", headers=headers).json()["security"]
    assert (account["two_factor"], account["recovery_codes_left"]) == (True, 10)
    assert code(api.client.post("/api/auth/2fa/setup", headers=headers)) == (409, "ALREADY_ENABLED")
    renewed = api.client.post(
        "/api/auth/2fa/recovery-codes", json={"code": codes[0]}, headers=headers
    )
    assert not set(renewed.json()["codes"]) & set(codes)
    body = {"password": PASSWORD, "code": codes[1]}
    disable = "/api/auth/2fa/disable"
    assert code(api.client.post(disable, json=body, headers=headers)) == (401, "INVALID_CODE")
    body["code"] = renewed.json()["codes"][1]
    assert api.client.post(disable, json=body, headers=headers).status_code == 204
    assert not api.rig.desk.securities[ALICE].enrolled


def test_login_asks_for_the_code_and_takes_it_once(api: Api) -> None:
    signed_in(api.rig)
    secret, codes = enrolled(api.rig)
    login = {"email": api.rig.desk.profiles[ALICE].email, "password": PASSWORD}
    path = "/api/auth/login"
    assert code(api.client.post(path, json=login)) == (401, "OTP_REQUIRED")
    otp = {"otp": code_at(secret, step_at(NOW))}
    answer = api.client.post(path, json=login | otp)
    assert (answer.status_code, answer.json()["user"]["two_factor"]) == (200, True)
    assert code(api.client.post(path, json=login | otp)) == (401, "INVALID_CREDENTIALS")
    recovery = {"recovery_code": codes[0]}
    assert api.client.post(path, json=login | recovery).status_code == 200
    assert code(api.client.post(path, json=login | recovery)) == (401, "INVALID_CREDENTIALS")


def test_admin_under_duty_gets_from_login_to_a_second_factor(api: Api) -> None:
    api.rig.duty = True
    headers = head(signed_in(api.rig, role=Role.ADMIN))
    assert code(api.client.get("/api/bots", headers=headers)) == (403, "MFA_REQUIRED")
    assert api.client.get("/api/account", headers=headers).status_code == 200
    api.client.post("/api/auth/step-up", json={"password": PASSWORD}, headers=headers)
    uri = api.client.post("/api/auth/2fa/setup", headers=headers).json()["otpauth_uri"]
    good = {"code": code_at(secret_of(uri), step_at(NOW))}
    assert api.client.post("/api/auth/2fa/confirm", json=good, headers=headers).status_code == 200
    assert api.client.get("/api/auth/sessions", headers=headers).status_code == 200


def test_token_is_shown_once_listed_without_and_revoked(api: Api) -> None:
    headers = head(signed_in(api.rig, up=True))
    body = TOKEN | {"cidrs": ["0.0.0.0/0", "::/0"], "scopes": ["trade", "read"]}
    answer = api.client.post("/api/tokens", json=body, headers=headers | KEY)
    made = answer.json()
    assert (answer.status_code, made["scopes"]) == (201, ["read", "trade"])
    assert made["paper_only"] is True
    text = made.pop("token")
    again = api.client.post("/api/tokens", json=body, headers=headers | KEY)
    assert code(again) == (409, "SECRET_ALREADY_SHOWN")
    listed = api.client.get("/api/tokens", headers=headers)
    assert listed.json()["items"] == [made]
    path = f"/api/tokens/{made['id']}"
    assert api.client.delete(path, headers=headers).status_code == 204
    assert code(api.client.delete(path, headers=headers)) == (404, "NOT_FOUND")
    assert code(api.client.get("/api/account", headers=head(text))) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("changes", "status", "wanted"),
    [
        ({"scopes": ["admin"]}, 403, "SCOPE_NOT_ALLOWED"),
        ({"scopes": []}, 422, "VALIDATION_FAILED"),
        ({"scopes": ["root"]}, 422, "VALIDATION_FAILED"),
        ({"name": ""}, 422, "VALIDATION_FAILED"),
        ({"expires_at": "2026-03-01T11:00:00Z"}, 422, "VALIDATION_FAILED"),
        ({"expires_at": "2027-03-02T12:00:00Z"}, 422, "VALIDATION_FAILED"),
        ({"expires_at": "2026-04-01T12:00:00"}, 422, "VALIDATION_FAILED"),
        ({"cidrs": ["10.0.0.1/8"]}, 422, "VALIDATION_FAILED"),
        ({"owner": BOB}, 422, "VALIDATION_FAILED"),
    ],
)
def test_a_token_that_may_not_be_is_refused(
    api: Api, changes: dict[str, Any], status: int, wanted: str
) -> None:
    headers = head(signed_in(api.rig, up=True))
    answer = api.client.post("/api/tokens", json=TOKEN | changes, headers=headers | KEY)
    assert code(answer) == (status, wanted)
    assert api.rig.desk.tokens == {}


def test_token_of_another_trader_is_404_like_an_unknown_one(api: Api) -> None:
    alice = head(signed_in(api.rig, up=True))
    bob = head(signed_in(api.rig, BOB, up=True))
    made = api.client.post("/api/tokens", json=TOKEN, headers=alice | KEY).json()
    for token_id in (made["id"], "x", "%2e%2e%2fSECURITY"):
        answer = api.client.delete(f"/api/tokens/{token_id}", headers=bob)
        assert code(answer) == (404, "NOT_FOUND")
    assert api.client.get("/api/tokens", headers=bob).json()["items"] == []


def test_token_reads_and_writes_nothing_with_the_scope_read(api: Api) -> None:
    signed_in(api.rig)
    headers = head(api_token(api.rig))
    assert api.client.get("/api/account", headers=headers).status_code == 200
    answer = api.client.post("/api/strategies", json={"definition": {}}, headers=headers)
    assert code(answer) == (403, "SCOPE_REQUIRED")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"expires_at": NOW + timedelta(seconds=1)}, "TOKEN_EXPIRED"),
        ({"cidrs": ("192.0.2.0/24",)}, "FORBIDDEN"),
    ],
)
def test_expired_token_or_one_from_elsewhere_is_403(
    api: Api, changes: dict[str, Any], wanted: str
) -> None:
    signed_in(api.rig)
    headers = head(api_token(api.rig, **changes))
    api.clock.moment = NOW + timedelta(seconds=2)
    assert code(api.client.get("/api/account", headers=headers)) == (403, wanted)


@pytest.mark.parametrize("include", [None, False, True])
def test_logout_all_takes_tokens_along_where_it_is_told(api: Api, *, include: bool | None) -> None:
    headers = head(signed_in(api.rig))
    token = head(api_token(api.rig))
    body = None if include is None else {"include_tokens": include}
    assert api.client.post("/api/auth/logout-all", json=body, headers=headers).status_code == 204
    assert api.client.get("/api/account", headers=headers).status_code == 401
    assert api.client.get("/api/account", headers=token).status_code == (401 if include else 200)


def test_what_is_done_is_told_with_its_origin(api: Api) -> None:
    headers = head(signed_in(api.rig, up=True)) | {"User-Agent": "bench/1"}
    api.client.post("/api/tokens", json=TOKEN, headers=headers | KEY)
    (entry,) = api.rig.desk.entries
    assert entry.action is Action.API_TOKEN_CREATED
    origin = entry.origin
    assert (origin.actor, origin.kind.value, origin.source.value) == (ALICE, "user", "api")
    assert (origin.agent, origin.network) == ("bench/1", "testclient")
    assert origin.session_id
    assert origin.request_id
