from datetime import timedelta
from typing import Any

import pytest

from tests.builders.accounts import NOW, OPERATOR, PASSWORD
from tests.unit.api.conftest import Api

REGISTER: dict[str, Any] = {
    "username": "alice",
    "email": "alice@example.com",
    "password": PASSWORD,
    "operator_token": OPERATOR,
}
LOGIN = {"email": "alice@example.com", "password": PASSWORD, "device": "laptop"}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def signed_in(api: Api) -> dict[str, Any]:
    api.client.post("/api/auth/register", json=REGISTER)
    tokens: dict[str, Any] = api.client.post("/api/auth/login", json=LOGIN).json()
    return tokens


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_register_login_account_end_to_end(api: Api) -> None:
    user = api.client.post("/api/auth/register", json=REGISTER)
    assert user.status_code == 201
    assert set(user.json()) == {"id", "username", "email", "role", "created_at"}
    tokens = api.client.post("/api/auth/login", json=LOGIN).json()
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert tokens["user"] == {"id": user.json()["id"], "role": "admin", "two_factor": False}
    account = api.client.get("/api/account", headers=bearer(tokens)).json()
    assert account["id"] == user.json()["id"]
    assert account["security"] == {
        "role": "admin",
        "status": "active",
        "two_factor": False,
        "recovery_codes_left": 0,
    }
    assert account["created_at"] == "2026-03-01T12:00:00Z"


def test_no_answer_holds_password_or_hash(api: Api) -> None:
    tokens = signed_in(api)
    (stored,) = api.rig.desk.securities.values()
    for path in ("/api/account", "/api/auth/sessions"):
        text = api.client.get(path, headers=bearer(tokens)).text
        assert stored.password_hash not in text
        assert PASSWORD not in text


def test_no_cookie_is_set(api: Api) -> None:
    signed_in(api)
    assert "set-cookie" not in api.client.post("/api/auth/login", json=LOGIN).headers


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"operator_token": "wrong"}, (403, "FORBIDDEN")),
        ({"operator_token": None}, (403, "REGISTRATION_CLOSED")),
        ({"operator_token": None, "invitation": "x"}, (403, "INVITATION_INVALID")),
        ({"password": "short"}, (422, "WEAK_PASSWORD")),
        ({"password": "alice in wonderland"}, (422, "WEAK_PASSWORD")),
        ({"email": "nobody"}, (422, "BAD_FORMAT")),
        ({"username": "Alice"}, (422, "VALIDATION_FAILED")),
        ({"username": "a"}, (422, "VALIDATION_FAILED")),
        ({"password": 7}, (422, "VALIDATION_FAILED")),
        ({"password": "x" * 257}, (422, "VALIDATION_FAILED")),
    ],
)
def test_refused_registration(api: Api, changes: dict[str, Any], answer: tuple[int, str]) -> None:
    refusal = api.client.post("/api/auth/register", json=REGISTER | changes)
    assert code(refusal) == answer
    assert not api.rig.desk.profiles


def test_operator_token_twice_is_403(api: Api) -> None:
    signed_in(api)
    again = REGISTER | {"username": "bob", "email": "bob@example.com"}
    assert code(api.client.post("/api/auth/register", json=again)) == (403, "OPERATOR_TOKEN_USED")


@pytest.mark.parametrize("name", ["role", "status", "epoch", "owner", "is_admin"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/auth/register", REGISTER),
        ("/api/auth/login", LOGIN),
        ("/api/auth/refresh", {"refresh_token": "x"}),
        ("/api/admin/invitations", {}),
    ],
)
def test_mass_assignment_is_422(api: Api, path: str, body: dict[str, Any], name: str) -> None:
    if (path, name) == ("/api/admin/invitations", "role"):
        return  # an admin who has stepped up says which role is invited
    headers = api.alice_up()
    answer = api.client.post(path, json=body | {name: "admin"}, headers=headers)
    assert code(answer) == (422, "VALIDATION_FAILED")
    assert [each["field"] for each in answer.json()["error"]["details"]] == [name]


def test_known_and_unknown_accounts_get_the_same_refusal_for_the_same_work(api: Api) -> None:
    signed_in(api)
    bodies, work = [], []
    for email in ("alice@example.com", "nobody@example.com", "nonsense"):
        api.rig.hasher.work.clear()
        answer = api.client.post(
            "/api/auth/login", json={"email": email, "password": "wrong password"}
        )
        error = answer.json()["error"] | {"request_id": ""}
        bodies.append((answer.status_code, error))
        work.append(dict(api.rig.hasher.work))
    assert bodies[0] == bodies[1] == bodies[2]
    assert work[0] == work[1] == work[2] == {"verify": 1}


@pytest.mark.parametrize("device", ["x" * 101, "a\nb", "a\x00b", "\x7f", 7, None])
def test_device_is_a_short_line(api: Api, device: object) -> None:
    answer = api.client.post("/api/auth/login", json=LOGIN | {"device": device})
    assert answer.json()["error"]["details"][0]["field"] == "device"


def test_refresh_rotates_races_and_ends_on_reuse(api: Api) -> None:
    first = signed_in(api)
    body = {"refresh_token": first["refresh_token"]}
    second = api.client.post("/api/auth/refresh", json=body)
    assert second.status_code == 200
    assert code(api.client.post("/api/auth/refresh", json=body)) == (409, "REFRESH_RACED")
    assert api.client.get("/api/account", headers=bearer(second.json())).status_code == 200
    api.clock.moment = NOW + timedelta(seconds=11)
    assert code(api.client.post("/api/auth/refresh", json=body)) == (401, "TOKEN_REVOKED")
    answer = api.client.get("/api/account", headers=bearer(second.json()))
    assert code(answer) == (401, "TOKEN_REVOKED")


def test_logout_ends_this_session_alone(api: Api) -> None:
    one = signed_in(api)
    two = api.client.post("/api/auth/login", json=LOGIN).json()
    answer = api.client.post("/api/auth/logout", headers=bearer(one))
    assert (answer.status_code, answer.content) == (204, b"")
    assert code(api.client.get("/api/account", headers=bearer(one))) == (401, "TOKEN_REVOKED")
    assert api.client.get("/api/account", headers=bearer(two)).status_code == 200


def test_logout_all_ends_every_session(api: Api) -> None:
    one = signed_in(api)
    two = api.client.post("/api/auth/login", json=LOGIN).json()
    assert api.client.post("/api/auth/logout-all", headers=bearer(one)).status_code == 204
    for tokens in (one, two):
        answer = api.client.get("/api/account", headers=bearer(tokens))
        assert code(answer) == (401, "TOKEN_REVOKED")
        body = {"refresh_token": tokens["refresh_token"]}
        assert code(api.client.post("/api/auth/refresh", json=body)) == (401, "TOKEN_REVOKED")


def test_sessions_list_marks_the_present_one(api: Api) -> None:
    one = signed_in(api)
    api.client.post("/api/auth/login", json=LOGIN | {"device": "phone"})
    page = api.client.get("/api/auth/sessions", headers=bearer(one)).json()
    assert page["next_cursor"] is None
    shown = {each["device"]: each["current"] for each in page["items"]}
    assert shown == {"laptop": True, "phone": False}
    assert {each["network"] for each in page["items"]} == {"testclient"}


def test_another_session_of_mine_ends_by_its_id(api: Api) -> None:
    one = signed_in(api)
    two = api.client.post("/api/auth/login", json=LOGIN | {"device": "phone"}).json()
    items = api.client.get("/api/auth/sessions", headers=bearer(one)).json()["items"]
    sid = next(each["id"] for each in items if each["device"] == "phone")
    path = f"/api/auth/sessions/{sid}"
    assert api.client.delete(path, headers=bearer(one)).status_code == 204
    assert code(api.client.get("/api/account", headers=bearer(two))) == (401, "TOKEN_REVOKED")


def test_session_of_another_trader_is_404_like_an_unknown_one(api: Api) -> None:
    alice = api.alice()
    bob = api.bob()
    items = api.client.get("/api/auth/sessions", headers=alice).json()["items"]
    texts = []
    for sid in (items[0]["id"], "x", "%2e%2e%2fSECURITY", "y" * 65):
        answer = api.client.delete(f"/api/auth/sessions/{sid}", headers=bob)
        assert code(answer) == (404, "NOT_FOUND")
        texts.append(answer.json()["error"]["message"])
    assert len(set(texts)) == 1
    assert api.client.get("/api/account", headers=alice).status_code == 200


def test_invitation_lets_a_trader_in_once(api: Api) -> None:
    headers = api.alice_up()
    answer = api.client.post("/api/admin/invitations", json={}, headers=headers)
    assert answer.status_code == 201
    bob = {
        "username": "bob",
        "email": "bob@example.com",
        "password": PASSWORD,
        "invitation": answer.json()["token"],
    }
    user = api.client.post("/api/auth/register", json=bob)
    assert (user.status_code, user.json()["role"]) == (201, "trader")
    again = api.client.post("/api/auth/register", json=bob | {"username": "carl"})
    assert code(again) == (403, "INVITATION_INVALID")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"username": "alice"}, (409, "USERNAME_TAKEN")),
        ({"email": "alice@example.com"}, (409, "EMAIL_TAKEN")),
    ],
)
def test_taken_names_are_409(api: Api, changes: dict[str, str], answer: tuple[int, str]) -> None:
    headers = api.alice_up()
    token = api.client.post("/api/admin/invitations", json={}, headers=headers).json()["token"]
    bob = {"username": "bob", "email": "bob@example.com", "password": PASSWORD}
    taken = bob | {"invitation": token} | changes
    assert code(api.client.post("/api/auth/register", json=taken)) == answer


def test_key_set_is_public_and_holds_public_halves(api: Api) -> None:
    (key,) = api.client.get("/api/auth/jwks.json").json()["keys"]
    assert set(key) == {"kty", "crv", "alg", "use", "kid", "x"}


def test_live_answers_without_any_part(api: Api) -> None:
    assert api.client.get("/api/health/live").json()["status"] == "ok"


def test_ready_names_what_fails_and_nothing_more(api: Api) -> None:
    calm = {"status": "ok", "failing": [], "emergency_stop": False}
    assert api.client.get("/api/health/ready").json() == calm

    def broken() -> None:
        raise ConnectionError("10.0.0.7 refused")

    api.parts.update(desk=lambda: None, signing_ring=broken)
    answer = api.client.get("/api/health/ready")
    assert answer.status_code == 503
    assert answer.json() == calm | {"status": "down", "failing": ["signing_ring"]}
    assert answer.headers["retry-after"] == "5"

    api.parts.clear()
    api.rig.stopped = True
    assert api.client.get("/api/health/ready").json() == calm | {"emergency_stop": True}
