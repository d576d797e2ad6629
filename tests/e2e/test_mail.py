"""Mail that leaves the deployed desk, and what its tokens are good for."""

from tests.deployed import PASSWORD, Desk

NEW = "a quite different phrase"


def newest(desk: Desk, address: str, prefix: str) -> str:
    """Return the newest token of this kind that was sent to an address."""
    lines = [line for text in desk.cloud.letters(address) for line in text.splitlines()]
    return next(line for line in reversed(lines) if line.startswith(prefix))


def test_an_address_is_confirmed_and_a_password_reset_by_mail(desk: Desk) -> None:
    trader, stranger = desk.trader("carl"), desk.stranger()
    address = trader.get("/api/account")["email"]
    token = {"token": newest(desk, address, "ndv_")}
    assert stranger.post("/api/auth/email/verify", json=token).status_code == 204
    assert stranger.post("/api/auth/email/verify", json=token).status_code == 410
    assert trader.get("/api/account")["email_verified"]

    asked = stranger.post("/api/auth/password/forgot", json={"email": address})
    assert (asked.status_code, asked.json()) == (202, {"mail": True})
    reset = {"token": newest(desk, address, "ndp_"), "new": NEW}
    assert stranger.post("/api/auth/password/reset", json=reset).status_code == 204
    assert stranger.post("/api/auth/password/reset", json=reset).status_code == 410
    assert trader.http.get("/api/account").status_code == 401
    desk.client().login(email=address, password=NEW)


def test_a_changed_password_keeps_this_session_by_its_refresh_token(desk: Desk) -> None:
    trader = desk.trader()
    other = desk.client()
    address = trader.get("/api/account")["email"]
    other.login(email=address, password=PASSWORD)
    body = {"current": PASSWORD, "new": NEW}

    assert trader.http.post("/api/auth/password/change", json=body).status_code == 204

    assert trader.http.get("/api/account").status_code == 401
    assert trader.get("/api/account")["email"] == address  # refreshed
    spent = {"refresh_token": other.refresh_token}
    assert desk.stranger().post("/api/auth/refresh", json=spent).status_code == 401


def test_five_wrong_passwords_lock_known_and_unknown_alike(desk: Desk) -> None:
    address = desk.trader().get("/api/account")["email"]
    answers = []
    for email in (address, "nobody@nightdesk.example"):
        body = {"email": email, "password": "not this one"}
        codes = [desk.stranger().post("/api/auth/login", json=body).status_code for _ in range(5)]
        assert codes == [401] * 5
        locked = desk.stranger().post("/api/auth/login", json=body | {"password": PASSWORD})
        error = locked.json()["error"]
        answers.append((locked.status_code, error["code"], error["message"]))
        assert 600 < int(locked.headers["retry-after"]) <= 900
    assert answers[0] == answers[1]
