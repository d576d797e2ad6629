"""The abuse cases of the accounts page (part 14), one by one, on the deployed desk.

Rows that are whole files of their own stand in `ELSEWHERE`; what of a row waits for a room to
come stands in `WAITING`, by the name of that room.
"""

import base64
import hashlib
import hmac
import json
import secrets
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from infra.cdk.assets.layout import ROOT
from infra.cdk.local.desk_client import DeskClient
from tests.deployed import PASSWORD, Desk, empty_desk
from tests.e2e.document import ROUTES, Route

ELSEWHERE = {
    1: "tests/e2e/test_isolation.py",
    2: "tests/e2e/test_isolation.py",
    8: "tests/unit/accounts/test_throttle.py",
    14: "tests/unit/vault/test_saving.py",
    16: "tests/unit/vault/test_sealing.py",
    17: "tests/workflow/test_audit.py",
    18: "tests/unit/privacy/test_export.py",
    22: "tests/e2e/test_limits.py",
    25: "tests/workflow/test_privacy.py",
}
WAITING = {
    5: "WebSockets: an open one ends within 5 s",
    7: "WebSockets: a ticket is used once",
    11: "live venues: PAPER_ONLY_TOKEN on what is live",
    14: "live venues: a key that gains the right to withdraw blocks live entries",
    18: "reports: XLSX and PDF",
    23: "quarantine, autopilot: neither starts a bot while stopped",
    24: "chat: a stop without the exact phrase, a resume by chat",
}


@pytest.fixture(scope="module")
def desk(cloud: Any) -> Iterator[Desk]:
    """Return one emptied desk for all rows: each brings people of its own."""
    with empty_desk(cloud) as found:
        yield found


@pytest.fixture
def trader(desk: Desk) -> DeskClient:
    """Return a trader nobody else uses."""
    return desk.trader(f"t{secrets.token_hex(5)}")


@pytest.fixture(scope="module")
def refused(desk: Desk) -> DeskClient:
    """Return a trader for all rows whose requests change nothing; the password was shown."""
    found = desk.trader(f"r{secrets.token_hex(5)}")
    found.step_up(PASSWORD)
    return found


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def access_token(client: DeskClient) -> str:
    return client.http.headers["Authorization"].removeprefix("Bearer ")


def email_of(client: DeskClient) -> str:
    found: str = client.get("/api/account")["email"]
    return found


def id_of(client: DeskClient) -> str:
    return str(read(access_token(client), 1)["sub"])


def read(token: str, part: int) -> dict[str, Any]:
    """Return header (0) or claims (1) of a JWT."""
    text = token.split(".")[part]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def coded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def totp(uri: str, at: float) -> str:
    """Return the code of an otpauth URI by RFC 6238, written anew for this test."""
    secret = httpx.URL(uri).params["secret"]
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.digest(raw, struct.pack(">Q", int(at) // 30), "sha1")
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


ADMIN = [route for route in ROUTES if route.path.startswith("/api/admin/")]


def test_every_row_stands_somewhere() -> None:
    here = {int(name[9:11]) for name in globals() if name.startswith("test_row_")}
    assert here | set(ELSEWHERE) == set(range(1, 26))
    assert set(WAITING) < set(range(1, 26))
    assert all((ROOT / path).exists() for path in ELSEWHERE.values())


# -- who may come in


@pytest.mark.parametrize("route", ADMIN, ids=str)
def test_row_03_every_admin_route_refuses_a_trader(
    desk: Desk, refused: DeskClient, route: Route
) -> None:
    path = route.path.format(**dict.fromkeys(route.names("path"), id_of(refused)))
    answer = refused.http.request(route.method, path, json={}, headers=key())
    assert told(answer) == (403, "FORBIDDEN")
    sought = {"user_id": id_of(refused), "action": "admin_refused"}
    found = desk.admin().get("/api/admin/audit/events", **sought)["items"]
    assert found[0]["outcome"] == "refused"
    assert found[0]["target"]["id"] == f"{route.method.upper()} {route.path}"


def test_row_03_the_last_admin_stays_one(desk: Desk) -> None:
    admin = desk.admin()
    own = id_of(admin)
    for path, body in (
        ("block", {"reason": "a try at it"}),
        ("role", {"role": "trader"}),
    ):
        answer = admin.http.post(f"/api/admin/users/{own}/{path}", json=body, headers=key())
        assert answer.status_code == 409, answer.text
        assert answer.json()["error"]["code"] in {"SELF", "LAST_ADMIN"}


def test_row_03_an_admin_who_has_not_stepped_up_changes_nothing(desk: Desk) -> None:
    desk.admin()
    admin = desk.client()
    admin.login(email="admin@nightdesk.example", password=PASSWORD)
    changing = [route for route in ADMIN if route.operation.get("x-access", {}).get("elevated")]
    assert changing
    for route in changing:
        path = route.path.format(**dict.fromkeys(route.names("path"), "01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        answer = admin.http.request(route.method, path, json={}, headers=key())
        assert told(answer) == (403, "STEP_UP_REQUIRED"), route


@pytest.mark.parametrize("kind", ["none", "hs256", "foreign kid", "path kid", "jwk", "cut"])
def test_row_04_a_token_that_says_how_to_be_verified_is_refused(
    desk: Desk, refused: DeskClient, kind: str
) -> None:
    token = access_token(refused)
    header, claims = read(token, 0), read(token, 1)
    signature = token.split(".")[2]
    keys = desk.stranger().get("/api/auth/jwks.json").json()["keys"]
    if kind == "none":
        header, signature = header | {"alg": "none"}, ""
    elif kind == "hs256":
        header = header | {"alg": "HS256"}
        public = base64.urlsafe_b64decode(keys[0]["x"] + "=")
        text = f"{coded(header)}.{coded(claims)}".encode()
        mac = hmac.digest(public, text, hashlib.sha256)
        signature = base64.urlsafe_b64encode(mac).decode().rstrip("=")
    elif kind == "foreign kid":
        header = header | {"kid": "another"}
    elif kind == "path kid":
        header = header | {"kid": "../../dev/null"}
    elif kind == "jwk":
        header = header | {"jwk": keys[0]}
    elif kind == "cut":
        signature = signature[:-4]
    forged = f"{coded(header)}.{coded(claims)}.{signature}"
    answer = desk.stranger().get("/api/account", headers=bearer(forged))
    assert told(answer) == (401, "UNAUTHENTICATED")


def test_row_04_a_changed_claim_is_refused(desk: Desk, refused: DeskClient) -> None:
    header, claims, signature = access_token(refused).split(".")
    changed = coded(read(f"{header}.{claims}.", 1) | {"sub": id_of(desk.admin())})
    answer = desk.stranger().get("/api/account", headers=bearer(f"{header}.{changed}.{signature}"))
    assert told(answer) == (401, "UNAUTHENTICATED")


def test_row_05_a_block_holds_from_the_next_request_on(desk: Desk, trader: DeskClient) -> None:
    email, own = email_of(trader), id_of(trader)
    admin = desk.admin()
    blocked = admin.post(f"/api/admin/users/{own}/block", {"reason": "under review"})
    assert blocked["bots_paused"] == 0
    assert told(trader.http.get("/api/account")) == (403, "ACCOUNT_BLOCKED")
    body = {"email": email, "password": PASSWORD}
    assert told(desk.stranger().post("/api/auth/login", json=body)) == (403, "ACCOUNT_BLOCKED")
    admin.post(f"/api/admin/users/{own}/unblock", {"reason": "all is well"})
    assert desk.stranger().post("/api/auth/login", json=body).status_code == 200


def test_row_05_a_password_change_ends_every_other_token(desk: Desk, trader: DeskClient) -> None:
    email = email_of(trader)
    other = desk.client()
    other.login(email=email, password=PASSWORD)
    changed = {"current": PASSWORD, "new": "an entirely different sentence"}
    assert trader.http.post("/api/auth/password/change", json=changed).status_code == 204
    assert told(other.http.get("/api/account")) == (401, "TOKEN_REVOKED")
    old = {"email": email, "password": PASSWORD}
    assert told(desk.stranger().post("/api/auth/login", json=old)) == (401, "INVALID_CREDENTIALS")


def test_row_06_two_tabs_refresh_at_once(desk: Desk, trader: DeskClient) -> None:
    body = {"refresh_token": trader.refresh_token}

    def refresh(_: int) -> httpx.Response:
        return httpx.post(f"{desk.url}/api/auth/refresh", json=body, timeout=60)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(refresh, range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (slow,) = [answer for answer in answers if answer.status_code == 409]
    assert told(slow) == (409, "REFRESH_RACED")


def test_row_07_a_code_counts_once_and_an_old_one_not_at_all(
    desk: Desk, trader: DeskClient
) -> None:
    email = email_of(trader)
    trader.step_up(PASSWORD)
    uri = trader.post("/api/auth/2fa/setup")["otpauth_uri"]
    now = time.time()  # noqa: TID251 - codes are by the clock
    codes = trader.post("/api/auth/2fa/confirm", {"code": totp(uri, now)})["codes"]
    assert len(set(codes)) == 10
    login = {"email": email, "password": PASSWORD}

    def tried(**more: str) -> httpx.Response:
        return desk.stranger().post("/api/auth/login", json=login | more)

    assert told(tried()) == (401, "OTP_REQUIRED")
    assert told(tried(otp=totp(uri, now))) == (401, "INVALID_CREDENTIALS")
    assert told(tried(otp=totp(uri, now - 90))) == (401, "INVALID_CREDENTIALS")
    assert tried(recovery_code=codes[0]).status_code == 200
    assert told(tried(recovery_code=codes[0])) == (401, "INVALID_CREDENTIALS")
    assert tried(otp=totp(uri, now + 30)).status_code == 200


def test_row_09_forgot_says_the_same_of_known_and_unknown(desk: Desk, trader: DeskClient) -> None:
    answers = [
        desk.stranger().post("/api/auth/password/forgot", json={"email": email})
        for email in (email_of(trader), "nobody@nightdesk.example")
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content


WRITES = [
    route for route in ROUTES if route.body is not None and route.method in {"post", "put", "patch"}
]


OWN = {
    "PATCH /api/journal/behaviour/detectors/{detector_id}": "status",
    "PATCH /api/journal/reviews/week/{label}/experiment": "status",
    "POST /api/admin/invitations": "role",
    "POST /api/admin/users/{user_id}/role": "role",
    "POST /api/journal/playbooks": "status",
    "PUT /api/journal/playbooks/{playbook_id}": "status",
}
"""What these are for: a role that an admin gives, whether a book or a detector is in use."""


@pytest.mark.parametrize("field", ["role", "status", "epoch", "owner", "is_admin"])
def test_row_10_no_write_model_takes_a_field_that_is_not_its_own(field: str) -> None:
    for route in WRITES:
        body = route.body
        assert body is not None
        shapes = [body, *body.get("oneOf", [])]
        assert all(one.get("additionalProperties", False) is False for one in shapes), route
        if OWN.get(str(route)) != field:
            assert field not in body.get("properties", {}), route


def test_row_10_what_is_not_asked_for_is_refused_by_name(refused: DeskClient) -> None:
    for field in ("role", "status", "epoch", "owner", "is_admin"):
        answer = refused.http.patch("/api/account", json={"version": 1, field: "admin"})
        assert told(answer) == (422, "VALIDATION_FAILED")
        assert field in answer.text


def test_row_11_a_token_does_not_do_what_only_a_session_may(desk: Desk, trader: DeskClient) -> None:
    trader.step_up(PASSWORD)
    issued = trader.post("/api/tokens", {"name": "my script", "scopes": ["read", "trade"]})
    token = desk.stranger()
    token.headers.update(bearer(issued["token"]))
    assert token.get("/api/account").status_code == 200
    for method, path in (
        ("POST", "/api/tokens"),
        ("POST", "/api/keys/binance"),
        ("POST", "/api/system/emergency-stop/resume"),
        ("POST", "/api/account/delete"),
        ("POST", "/api/auth/2fa/setup"),
        ("POST", "/api/auth/step-up"),
    ):
        answer = token.request(method, path, json={}, headers=key())
        assert answer.status_code == 403, (path, answer.text)
        assert answer.json()["error"]["code"] == "SCOPE_REQUIRED", path


def test_row_11_a_token_out_of_its_network_or_withdrawn_is_nothing(
    desk: Desk, trader: DeskClient
) -> None:
    trader.step_up(PASSWORD)
    far = trader.post(
        "/api/tokens", {"name": "elsewhere", "scopes": ["read"], "cidrs": ["203.0.113.0/24"]}
    )
    assert desk.stranger().get("/api/account", headers=bearer(far["token"])).status_code in {
        401,
        403,
    }
    near = trader.post("/api/tokens", {"name": "here", "scopes": ["read"]})
    assert desk.stranger().get("/api/account", headers=bearer(near["token"])).status_code == 200
    assert trader.http.delete(f"/api/tokens/{near['id']}").status_code == 204
    assert desk.stranger().get("/api/account", headers=bearer(near["token"])).status_code == 401


# -- what may be said


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/v1",
        "https://[::1]/v1",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/v1",
        "https://100.64.0.1/v1",
        "https://[::ffff:7f00:1]/v1",
        "https://2130706433/v1",
        "https://0177.0.0.1/v1",
        "https://user:pass@example.com/v1",  # pragma: allowlist secret
        "https://example.com:8443/v1",
        "ftp://example.com/v1",
        "file:///etc/passwd",
    ],
)
def test_row_12_a_url_that_leads_inwards_is_refused(refused: DeskClient, url: str) -> None:
    fields = {"base_url": url, "api_key": "sk-0123456789abcdef0123456789", "model": "m"}
    body = {"fields": fields}
    answer = refused.http.post("/api/keys/openai_compatible", json=body, headers=key())
    assert told(answer) == (422, "URL_NOT_ALLOWED")


def test_row_13_literal_routes_are_reached(desk: Desk, refused: DeskClient) -> None:
    listed = desk.stranger().get("/api/keys/providers")
    assert listed.status_code == 200
    assert {"binance", "openai"} <= {one["id"] for one in listed.json()["items"]}
    answer = refused.http.post("/api/keys/test", json={"provider": "kraken"})
    assert told(answer) == (404, "NOT_CONFIGURED")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"name": "' + b"x" * 300 * 1024 + b'"}', 413),
        (b"[" * 10_000 + b"]" * 10_000, 400),
        (b'{"capital": NaN}', 400),
        (b'{"capital": 1e400}', 400),
        (b'{"name": "a", "capital": 12.5}', 422),
    ],
    ids=["300 KiB", "deep", "NaN", "1e400", "float money"],
)
def test_row_20_a_body_that_is_none_is_refused(
    refused: DeskClient, body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json"} | key()
    answer = refused.http.post("/api/bots", content=body, headers=headers)
    assert answer.status_code == status, answer.text[:200]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
    ],
    ids=str,
)
def test_row_19_headers_that_lie_change_nothing(
    refused: DeskClient, headers: dict[str, str]
) -> None:
    answer = refused.http.get("/api/auth/sessions", headers=headers)
    assert answer.status_code == 200
    assert "203.0.113.9" not in answer.text
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_row_21_one_key_is_one_effect(trader: DeskClient) -> None:
    body = {
        "name": "One",
        "instrument": "LTC/USD@bitstamp",
        "timeframe": "1d",
        "strategy": "donchian@1",
        "capital": "1000",
    }
    same = key()

    def make(_: int) -> int:
        return trader.http.post("/api/bots", json=body, headers=same).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(make, range(4)))
    assert answers <= {201, 409}
    assert make(0) == 201
    other = trader.http.post("/api/bots", json=body | {"name": "Two"}, headers=same)
    assert told(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len(trader.items("/api/bots")) == 1


# -- what must stay true


def test_row_15_a_secret_that_was_saved_is_seen_nowhere(desk: Desk, trader: DeskClient) -> None:
    mark = f"MARKED{secrets.token_hex(29)}"
    trader.step_up(PASSWORD)
    saved = trader.http.post(
        "/api/keys/openai", json={"fields": {"api_key": f"sk-{mark}"}}, headers=key()
    )
    assert saved.status_code == 201, saved.text
    seen = [saved.text, trader.http.get("/api/keys").text, trader.http.get("/api/audit").text]
    seen.append(trader.http.get("/api/keys/openai").text)
    deployment = desk.cloud.deployment
    for table in (deployment.desk_table, deployment.audit_table, deployment.runtime_table):
        pages = desk.cloud.tables.get_paginator("scan").paginate(TableName=table)
        seen += [str(page["Items"]) for page in pages]
    assert all(mark not in text for text in seen)


def test_row_23_no_entry_follows_a_stop(desk: Desk, trader: DeskClient) -> None:
    from tests.deployed import LTC_ENTERS

    desk.bot(trader)
    stopped = trader.post("/api/system/emergency-stop", {"reason": "enough", "level": "block"})
    assert (stopped["enabled"], stopped["level"]) == (True, "block")
    desk.cycle(LTC_ENTERS)
    assert trader.items("/api/fills") == []
    again = trader.post("/api/system/emergency-stop", {"reason": "again", "level": "block"})
    assert again["at"] == stopped["at"]


def test_row_24_only_its_owner_resumes_and_by_session(desk: Desk, trader: DeskClient) -> None:
    trader.post("/api/system/emergency-stop", {"reason": "enough", "level": "block"})
    body = {"reason": "all is well", "confirm": "RESUME TRADING", "restart_bots": False}
    path = "/api/system/emergency-stop/resume"
    assert told(trader.http.post(path, json=body)) == (403, "STEP_UP_REQUIRED")
    trader.step_up(PASSWORD)
    wrong = trader.http.post(path, json=body | {"confirm": "resume trading"})
    assert wrong.status_code == 422
    other = desk.trader(f"o{secrets.token_hex(4)}")
    other.step_up(PASSWORD)
    assert told(other.http.post(path, json=body)) == (409, "NOT_STOPPED")
    assert trader.http.post(path, json=body).status_code == 200
    assert trader.get("/api/system/emergency-stop")["enabled"] is False
