"""Two-factor sign-in, step-up and an API token, through the deployed desk."""

import base64
import secrets
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx

from nightdesk.accounts.totp import code_at, step_at
from tests.deployed import PASSWORD, Desk


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_from_setup_to_a_login_with_a_code_and_a_token(desk: Desk) -> None:
    trader = desk.trader("twofa")
    assert refused(trader.http.post("/api/auth/2fa/setup")) == (403, "STEP_UP_REQUIRED")
    trader.step_up(PASSWORD)
    uri = trader.post("/api/auth/2fa/setup")["otpauth_uri"]
    secret = base64.b32decode(parse_qs(urlsplit(uri).query)["secret"][0])
    now = step_at(datetime.now(UTC))  # noqa: TID251 - the desk's own clock decides
    codes = trader.post("/api/auth/2fa/confirm", {"code": code_at(secret, now)})["codes"]

    body = {"email": "twofa@nightdesk.example", "password": PASSWORD}
    login = desk.stranger()
    assert refused(login.post("/api/auth/login", json=body)) == (401, "OTP_REQUIRED")
    used = body | {"otp": code_at(secret, now)}
    assert refused(login.post("/api/auth/login", json=used)) == (401, "INVALID_CREDENTIALS")
    paper = body | {"recovery_code": codes[0]}
    assert login.post("/api/auth/login", json=paper).json()["user"]["two_factor"] is True
    assert refused(login.post("/api/auth/login", json=paper)) == (401, "INVALID_CREDENTIALS")

    made = trader.http.post(
        "/api/tokens",
        json={"name": "bench", "scopes": ["read"]},
        headers={"Idempotency-Key": secrets.token_hex(16)},
    ).json()
    head = {"Authorization": f"Bearer {made['token']}"}
    program = desk.stranger()
    assert program.get("/api/account", headers=head).status_code == 200
    assert refused(program.get("/api/tokens", headers=head)) == (403, "SCOPE_REQUIRED")
    assert trader.http.delete(f"/api/tokens/{made['id']}").status_code == 204
    assert refused(program.get("/api/account", headers=head)) == (401, "UNAUTHENTICATED")
