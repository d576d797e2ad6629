"""Routes of passwords, addresses, invitations and the profile."""

from datetime import timedelta
from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.accounts.identity import Role
from nightdesk.accounts.user import Admission
from tests.builders.accounts import ALICE, BOB, NOW, PASSWORD
from tests.unit.accounts.doors import changing_password, member, signed_in
from tests.unit.accounts.rig import Rig
from tests.unit.api.conftest import Api

NEW = "a quite different phrase"
EMAIL = f"user{ALICE[-4:].lower()}@example.com"
PROFILE = {"version": 1, "locale": "en-ZA"}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def trader(api: Api, *, up: bool = False) -> dict[str, str]:
    return headers(signed_in(api.rig, ALICE, up=up))


def admin(api: Api, *, up: bool = True) -> dict[str, str]:
    return headers(signed_in(api.rig, BOB, Role.ADMIN, up=up))


def login(api: Api, password: str, email: str = EMAIL) -> Any:
    return api.client.post("/api/auth/login", json={"email": email, "password": password})


@pytest.mark.parametrize("name", ["role", "status", "epoch", "owner", "is_admin", "verified_at"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/auth/password/change", {"current": PASSWORD, "new": NEW}),
        ("POST", "/api/auth/password/forgot", {"email": EMAIL}),
        ("POST", "/api/auth/password/reset", {"token": "x", "new": NEW}),
        ("POST", "/api/auth/email/verify", {"token": "x"}),
        ("PATCH", "/api/account", PROFILE),
    ],
)
def test_mass_assignment_is_422(
    api: Api, method: str, path: str, body: dict[str, Any], name: str
) -> None:
    answer = api.client.request(method, path, json=body | {name: "admin"}, headers=trader(api))
    assert code(answer) == (422, "VALIDATION_FAILED")
    assert [each["field"] for each in answer.json()["error"]["details"]] == [name]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/auth/password/change", {"current": PASSWORD}),
        ("POST", "/api/auth/password/change", {"current": PASSWORD, "new": 7}),
        ("POST", "/api/auth/password/change", {"current": PASSWORD, "new": "x" * 257}),
        ("POST", "/api/auth/password/forgot", {"email": ["a@example.com"]}),
        ("POST", "/api/auth/password/forgot", {}),
        ("POST", "/api/auth/password/reset", {"token": "x" * 257, "new": NEW}),
        ("POST", "/api/auth/email/verify", {"token": None}),
        ("PATCH", "/api/account", {"locale": "en"}),
        ("PATCH", "/api/account", {"version": 0}),
        ("PATCH", "/api/account", {"version": "1"}),
    ],
)
def test_bad_bodies_are_422(api: Api, method: str, path: str, body: dict[str, Any]) -> None:
    answer = api.client.request(method, path, json=body, headers=trader(api))
    assert code(answer) == (422, "VALIDATION_FAILED")


def test_change_kills_the_access_token_and_the_new_password_signs_in(api: Api) -> None:
    token = trader(api)
    body = {"current": PASSWORD, "new": NEW}
    answer = api.client.post("/api/auth/password/change", json=body, headers=token)
    assert (answer.status_code, answer.content) == (204, b"")
    assert code(api.client.get("/api/account", headers=token)) == (401, "TOKEN_REVOKED")
    assert code(login(api, PASSWORD)) == (401, "INVALID_CREDENTIALS")
    assert login(api, NEW).status_code == 200


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"current": "wrong password", "new": NEW}, (401, "INVALID_CREDENTIALS")),
        ({"current": PASSWORD, "new": "short"}, (422, "WEAK_PASSWORD")),
        ({"current": PASSWORD, "new": PASSWORD}, (422, "WEAK_PASSWORD")),
    ],
)
def test_change_that_is_refused(api: Api, body: dict[str, str], answer: tuple[int, str]) -> None:
    token = trader(api)
    assert code(api.client.post("/api/auth/password/change", json=body, headers=token)) == answer
    assert api.client.get("/api/account", headers=token).status_code == 200


def test_forced_change_gives_a_token_that_opens_the_change_alone(api: Api) -> None:
    changing_password(api.rig)
    answer = login(api, PASSWORD)
    assert code(answer) == (403, "PASSWORD_CHANGE_REQUIRED")
    (detail,) = answer.json()["error"]["details"]
    assert (detail["token_type"], detail["expires_in"]) == ("Bearer", 600)
    token = headers(detail["access_token"])
    for path in ("/api/account", "/api/auth/sessions", "/api/bots"):
        assert api.client.get(path, headers=token).status_code == 401
    body = {"current": PASSWORD, "new": NEW}
    assert api.client.post("/api/auth/password/change", json=body, headers=token).is_success
    assert login(api, NEW).status_code == 200


def test_forgot_answers_known_and_unknown_alike(api: Api) -> None:
    member(api.rig)
    answers = [
        api.client.post("/api/auth/password/forgot", json={"email": email})
        for email in (EMAIL, "nobody@example.com", "nonsense")
    ]
    assert {(each.status_code, each.text) for each in answers} == {(202, '{"mail":true}')}
    assert not api.rig.hasher.work["verify"]


def test_forgot_says_when_the_desk_sends_no_mail(api: Api) -> None:
    api.rig.mailer.configured = False
    answer = api.client.post("/api/auth/password/forgot", json={"email": EMAIL})
    assert (answer.status_code, answer.json()) == (202, {"mail": False})


def test_confirm_then_forget_then_reset(api: Api) -> None:
    token = trader(api, up=True)
    asked = api.client.patch("/api/account", json={"version": 1, "email": EMAIL}, headers=token)
    assert asked.json()["email_verified"] is False
    confirmation = {"token": api.rig.mailer.token("ndv_")}
    assert api.client.post("/api/auth/email/verify", json=confirmation).status_code == 204
    assert code(api.client.post("/api/auth/email/verify", json=confirmation)) == (
        410,
        "TOKEN_USED",
    )
    api.client.post("/api/auth/password/forgot", json={"email": EMAIL})
    body = {"token": api.rig.mailer.token("ndp_"), "new": NEW}
    assert code(api.client.post("/api/auth/password/reset", json=body | {"new": "short"})) == (
        422,
        "WEAK_PASSWORD",
    )
    assert api.client.post("/api/auth/password/reset", json=body).status_code == 204
    assert code(api.client.post("/api/auth/password/reset", json=body)) == (410, "TOKEN_USED")
    assert login(api, NEW).status_code == 200


def test_locked_login_is_429_with_its_seconds_for_known_and_unknown(api: Api) -> None:
    member(api.rig)
    answers = []
    for email in (EMAIL, "nobody@example.com"):
        for _ in range(5):
            assert login(api, "wrong password", email).status_code == 401
        api.rig.counters.counts.clear()
        api.clock.moment = NOW + timedelta(minutes=1)
        answer = login(api, PASSWORD, email)
        api.clock.moment = NOW
        answers.append((*code(answer), answer.headers["retry-after"]))
    assert answers == [(429, "TOO_MANY_ATTEMPTS", "840")] * 2


def test_patch_changes_the_profile_against_its_version(api: Api) -> None:
    token = trader(api)
    answer = api.client.patch("/api/account", json=PROFILE, headers=token)
    assert (answer.status_code, answer.json()["locale"]) == (200, "en-ZA")
    assert answer.json()["version"] == 2
    assert code(api.client.patch("/api/account", json=PROFILE, headers=token)) == (
        409,
        "STALE_VERSION",
    )


@pytest.mark.parametrize(
    ("up", "body", "answer"),
    [
        (False, {"email": "new@example.com"}, (403, "STEP_UP_REQUIRED")),
        (True, {"email": "nobody"}, (422, "BAD_FORMAT")),
        (True, {"time_zone": "Mars/Base"}, (422, "BAD_FORMAT")),
        (True, {"display_name": "a\u202eb"}, (422, "BAD_FORMAT")),
    ],
)
def test_patch_that_is_refused(
    api: Api, up: bool, body: dict[str, str], answer: tuple[int, str]
) -> None:
    token = trader(api, up=up)
    assert code(api.client.patch("/api/account", json=body | {"version": 1}, headers=token)) == (
        answer
    )


def test_patch_without_mail_says_so(api: Api) -> None:
    api.rig.mailer.configured = False
    body = {"version": 1, "email": "new@example.com"}
    answer = api.client.patch("/api/account", json=body, headers=trader(api, up=True))
    assert code(answer) == (409, "MAIL_NOT_CONFIGURED")


def test_open_registration_is_202_whatever_comes_of_it(api: Api) -> None:
    rig = Rig(admission=Admission.OPEN, desk=api.rig.desk, mailer=api.rig.mailer)
    api.give({bootstrap.register: rig.register})
    member(rig)
    body = {"username": "carl", "email": "carl@example.com", "password": PASSWORD}
    answers = [
        api.client.post("/api/auth/register", json=body | changes)
        for changes in ({}, {"email": EMAIL}, {"email": "dora@example.com"}, {})
    ]
    assert {(each.status_code, each.text) for each in answers} == {(202, '{"mail":true}')}


def test_invitations_are_made_listed_and_withdrawn(api: Api) -> None:
    token = admin(api)
    body = {"email": "guest@example.com", "role": "admin", "hours": 2}
    made = api.client.post("/api/admin/invitations", json=body, headers=token)
    assert made.status_code == 201
    (shown,) = api.client.get("/api/admin/invitations", headers=token).json()["items"]
    assert (shown["role"], shown["expires_at"]) == ("admin", "2026-03-01T14:00:00Z")
    assert "token" not in shown
    path = f"/api/admin/invitations/{made.json()['id']}"
    assert api.client.delete(path, headers=token).status_code == 204
    assert code(api.client.delete(path, headers=token)) == (404, "NOT_FOUND")
    assert api.client.get("/api/admin/invitations", headers=token).json()["items"] == []


@pytest.mark.parametrize("hours", [0, 169, "72", 1.5])
def test_an_invitation_lasts_whole_hours_of_a_week(api: Api, hours: object) -> None:
    answer = api.client.post("/api/admin/invitations", json={"hours": hours}, headers=admin(api))
    assert code(answer) == (422, "VALIDATION_FAILED")


def test_inviting_needs_step_up_and_an_admin(api: Api) -> None:
    for token, answer in (
        (admin(api, up=False), (403, "STEP_UP_REQUIRED")),
        (trader(api, up=True), (403, "FORBIDDEN")),
    ):
        refusal = api.client.post("/api/admin/invitations", json={}, headers=token)
        assert code(refusal) == answer
