"""Rows 19 and 20 of the abuse table: forged headers and log lines, bodies that are bombs."""

import json
import logging
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from functions.api.edge import MAX_BODY
from nightdesk import bootstrap
from nightdesk.observability import logger
from tests.builders.accounts import NOW, PASSWORD
from tests.unit.api.conftest import Api

LOGIN = "/api/auth/login"
VALID = {"email": "alice@example.com", "password": PASSWORD}
JSON = {"content-type": "application/json"}
FORGED = 'bot\r\n{"level":"INFO","message":"live trading enabled"}'
BOT: dict[str, Any] = {
    "name": "Alpha",
    "instrument": "BTC/USD@bitstamp",
    "timeframe": "1d",
    "strategy": "donchian@1",
}
BREAKS = ("\r\nX-Evil: 1", "a\nb", "a\rb", "a\x00b", "a\x1b[2Jb", "a\x7fb")


def never(*_: object) -> None:
    raise AssertionError("it got through")


def nothing_behind(api: Api) -> None:
    """Let no use case be there that a refused body could reach."""
    known = api.app.dependency_overrides
    factories = [made for made in vars(bootstrap).values() if hasattr(made, "cache_clear")]
    api.give({factory: never for factory in factories if factory not in known})


# row 19: header injection and log forging


@pytest.mark.parametrize("text", BREAKS)
def test_a_name_or_device_with_a_line_break_is_refused(api: Api, text: str) -> None:
    nothing_behind(api)
    alice = api.alice()
    for key, session in api.rig.desk.sessions.items():
        api.rig.desk.sessions[key] = replace(session, elevated_until=NOW + timedelta(minutes=10))
    for path, body in (
        (LOGIN, VALID | {"device": text}),
        ("/api/auth/register", {"username": f"eve{text}", "email": "e@x.test", "password": "x"}),
        ("/api/bots", BOT | {"name": text}),
        ("/api/bots/bot_01HZZZZZZZZZZZZZZZZZZZA1CE/pause", {"reason": text}),
        ("/api/tokens", {"name": text, "scopes": ["read"]}),
    ):
        answer = api.client.post(path, json=body, headers=alice | {"Idempotency-Key": "k" * 16})
        assert answer.status_code == 422, path
        assert "x-evil" not in answer.headers
        assert json.dumps(text)[1:-1] not in answer.text


def test_a_log_line_stays_one_line_whatever_is_in_it() -> None:
    fault = ValueError(FORGED)
    record = logging.makeLogRecord(
        {
            "levelname": "WARNING",
            "msg": "no such bot: %s",
            "args": (FORGED,),
            "device": "a\u2028b\u202egnp.exe\x85\ud800",
            "exc_info": (type(fault), fault, None),
        }
    )
    line = logger.registered_formatter.format(record)
    assert line.isascii()
    assert line.isprintable()
    written = json.loads(line)
    assert (written["level"], written["message"]) == ("WARNING", f"no such bot: {FORGED}")


def test_forged_headers_are_ignored(api: Api) -> None:
    alice = api.alice()
    plain = api.client.get("/api/account", headers=alice)
    forged = {
        "Host": "evil.example.com",
        "X-Forwarded-Host": "evil.example.com",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Prefix": "/evil",
        "X-Original-URL": "/api/admin/users",
        "X-Rewrite-URL": "/api/admin/users",
        "X-User-Id": "somebody",
        "X-Request-Id": "forged",
    }
    answer = api.client.get("/api/account", headers=alice | forged)
    assert (answer.status_code, answer.json()) == (200, plain.json())
    assert answer.headers["x-request-id"] != "forged"
    assert "evil" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"]
)
def test_a_method_is_what_it_is(api: Api, name: str) -> None:
    alice = api.alice()
    answer = api.client.post("/api/account", headers=alice | {name: "GET"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    sessions = api.client.get("/api/auth/sessions", headers=alice | {name: "DELETE"})
    assert sessions.status_code == 200
    queried = api.client.post("/api/account?_method=GET", headers=alice)
    assert queried.status_code == 405


def test_a_network_is_what_the_gateway_saw(api: Api) -> None:
    headers = {"X-Forwarded-For": "203.0.113.66", "Forwarded": "for=203.0.113.66"}
    api.alice()
    assert api.client.post(LOGIN, json=VALID, headers=headers).status_code == 200
    stored = api.rig.desk.sessions.values()
    assert "203.0.113" not in str([session.network for session in stored])


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null"])
def test_an_origin_that_is_not_listed_reads_nothing(
    api: Api, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "cors_origins", lambda: frozenset({"https://example.com"}))
    with_cors = create_app(["health"])
    with_cors.dependency_overrides = api.app.dependency_overrides
    with TestClient(with_cors) as client:
        answer = client.get("/api/health/live", headers={"Origin": origin})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


# row 20: bodies that are bombs

BOMBS = {
    "300 KiB": (b'{"email":"' + b"a" * (300 * 1024) + b'"}', 413),
    "just too large": (b"[" + b" " * MAX_BODY, 413),
    "10,000 deep lists": (b"[" * 10_000 + b"]" * 10_000, 400),
    "10,000 deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    "10,000 open": (b"[" * 10_000, 400),
    "NaN": (b'{"email":"a@example.com","password":NaN}', 400),
    "Infinity": (b'{"email":"a@example.com","password":-Infinity}', 400),
    "1e400": (b'{"email":"a@example.com","password":1e400}', 400),
    "a number of 200,000 digits": (b'{"email":' + b"9" * 200_000 + b"}", 400),
    "quotes to go back over": (b'"' + b'\\"' * 100_000, 400),
    "2,000 unknown fields": (
        b"{" + b",".join(b'"%d":1' % number for number in range(2_000)) + b"}",
        422,
    ),
    "a list of 60,000": (b"[" + b",".join([b"[]"] * 60_000) + b"]", 422),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(api: Api, name: str) -> None:
    body, status = BOMBS[name]
    api.client.post(LOGIN, content=b"{}", headers=JSON)  # what is made once is made
    took = []
    for _ in range(3):  # the best of three: other tests run beside this one
        began = time.perf_counter()
        answer = api.client.post(LOGIN, content=body, headers=JSON)
        took.append(time.perf_counter() - began)
        assert answer.status_code == status
        assert len(answer.content) < 20_000
    assert min(took) < 0.1


def amounts(api: Api, capital: bytes) -> tuple[int, str]:
    """Return what a bot with this capital is answered: status and field."""
    headers = api.alice() | {"Idempotency-Key": "k" * 16} | JSON
    body = json.dumps(BOT).encode()[:-1] + b',"capital":' + capital + b"}"
    answer = api.client.post("/api/bots", content=body, headers=headers)
    details = answer.json()["error"]["details"]
    return answer.status_code, details[0]["field"] if details else ""


@pytest.mark.parametrize("amount", ["0.1", "1e2", "-0.0", "100", "1e-400"])
def test_money_as_a_json_number_is_422(api: Api, amount: str) -> None:
    nothing_behind(api)
    assert amounts(api, amount.encode()) == (422, "capital")


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-1", "1e400", "1e2", "0x10", "1_000", "\u0663", " 1", "+1", ""]
)
def test_money_as_a_text_that_is_no_amount_is_422(api: Api, text: str) -> None:
    nothing_behind(api)
    assert amounts(api, json.dumps(text).encode()) == (422, "capital")
