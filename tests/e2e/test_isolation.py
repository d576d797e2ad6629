"""Nobody without a token gets anything, and no trader finds another's things: on every route."""

import base64
import json
import secrets
from typing import Any

import pytest

from tests.e2e.document import BODIES, ROUTES, Route
from tests.e2e.share import one_in
from tests.e2e.story import Story

PUBLIC = {
    "POST /api/auth/register",
    "POST /api/auth/login",
    "POST /api/auth/refresh",
    "POST /api/auth/password/forgot",
    "POST /api/auth/password/reset",
    "POST /api/auth/email/verify",
    "GET /api/keys/providers",
    "GET /api/auth/jwks.json",
    "GET /api/health/live",
    "GET /api/health/ready",
}
CLOSED = [route for route in ROUTES if not route.public]
ADMIN = [route for route in CLOSED if route.path.startswith("/api/admin/")]
TRADERS = [route for route in CLOSED if route not in ADMIN]
NAMED = {"provider", "day", "dimension", "detector_id", "kind", "label"}
"""Parameters of a path that name no trader's thing."""
OWNED = [route for route in TRADERS if set(route.names("path")) - NAMED]
READS = [route for route in TRADERS if route.method == "get" and not route.names("path")]
BOT_FILTERS = [route for route in READS if "bot_id" in route.names("query")]
OPEN_LISTS = [route for route in READS if route.path != "/api/ledger/verify"]
"""It wants a bot: see the filters."""
PAGED = [route for route in OPEN_LISTS if "cursor" in route.names("query")]
QUERIES = {
    "/api/journal/entries/search": {"q": "quiet day"},
    "/api/journal/reconciliation": {"account": "my ledger"},
    "/api/market/candles": {"instrument": "LTC/USD@bitstamp", "tf": "1d"},
    "/api/market/instrument": {"instrument": "LTC/USD@bitstamp"},
}


def named(route: Route) -> str:
    return str(route)


def key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(16)}


@pytest.fixture(scope="module")
def before(story: Story) -> Any:
    """Return what is stored: no test of this module changes it."""
    return story.stands()


def test_public_routes_are_those_of_the_page_and_no_other() -> None:
    assert {str(route) for route in ROUTES if route.public} == PUBLIC


def test_every_route_with_a_body_has_one_here() -> None:
    assert {str(route) for route in ROUTES if route.body is not None} == set(BODIES)


@pytest.mark.parametrize("route", CLOSED, ids=named)
def test_without_a_session_every_route_says_401_and_nothing_else(
    story: Story, route: Route
) -> None:
    bearers = [None, "Bearer", "Bearer nonsense", "Basic YWRhOmFkYQ==", f"Bearer {unsigned()}"]
    for bearer in bearers[:1] + [one for one in bearers[1:] if one_in(4, str(route), one)]:
        headers = key() | ({"Authorization": bearer} if bearer else {})
        answer = story.stranger.request(
            route.method, story.path(route), json=BODIES.get(str(route)), headers=headers
        )
        assert answer.status_code == 401, (bearer, answer.text)
        error = answer.json()["error"]
        assert error["code"] == "UNAUTHENTICATED"
        assert error["details"] == []
        assert answer.headers["www-authenticate"] == "Bearer"


def unsigned() -> str:
    """Return a token that says it needs no signature."""
    parts = ({"alg": "none", "typ": "JWT"}, {"sub": "01ADA", "exp": 4_000_000_000})
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join(part.rstrip("=") for part in coded) + "."


@pytest.mark.parametrize("at", ["header", "claims", "signature"])
def test_a_token_with_a_changed_part_is_refused(story: Story, at: str) -> None:
    token = story.ada.http.headers["Authorization"].removeprefix("Bearer ")
    parts = token.split(".")
    n = ["header", "claims", "signature"].index(at)
    middle = len(parts[n]) // 2
    parts[n] = (
        parts[n][:middle] + ("A" if parts[n][middle] != "A" else "B") + parts[n][middle + 1 :]
    )
    answer = story.stranger.get(
        "/api/account", headers={"Authorization": "Bearer " + ".".join(parts)}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("route", OWNED, ids=named)
def test_with_another_traders_ids_every_route_says_404_and_changes_nothing(
    story: Story, before: Any, route: Route
) -> None:
    answer = story.ben.http.request(
        route.method, story.path(route), json=BODIES.get(str(route)), headers=key()
    )
    assert answer.status_code == 404, answer.text
    error = answer.json()["error"]
    assert error["code"] == "NOT_FOUND"
    assert story.stands() == before


@pytest.mark.parametrize("route", ADMIN, ids=named)
def test_to_a_trader_every_admin_route_says_403_and_changes_nothing(
    story: Story, before: Any, route: Route
) -> None:
    answer = story.ben.http.request(
        route.method, story.path(route), json=BODIES.get(str(route)), headers=key()
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert story.stands() == before


@pytest.mark.parametrize("route", OWNED, ids=named)
def test_an_id_of_nobody_is_answered_like_an_id_of_another(story: Story, route: Route) -> None:
    theirs = story.ben.http.request(
        route.method, story.path(route), json=BODIES.get(str(route)), headers=key()
    )
    made_up = {
        name: ident
        if name in {"version", *NAMED}
        else ident[:-4] + ("aaaa" if ident.islower() else "ZZZZ")
        for name, ident in story.ids.items()
    }
    nobodys = story.ben.http.request(
        route.method, route.path.format(**made_up), json=BODIES.get(str(route)), headers=key()
    )
    assert nobodys.status_code == theirs.status_code
    assert told_without_id(theirs.text) == told_without_id(nobodys.text)


def told_without_id(text: str) -> object:
    error = json.loads(text)["error"]
    return error["code"], error["message"], error["details"]


@pytest.mark.parametrize("route", OPEN_LISTS, ids=named)
def test_no_list_shows_anything_of_another_trader(story: Story, route: Route) -> None:
    answer = story.ben.http.get(route.path, params=QUERIES.get(route.path))
    assert answer.status_code == 200, answer.text
    plain = {"version", *NAMED}
    secrets_of_ada = [ident for name, ident in story.ids.items() if name not in plain]
    for secret in [*secrets_of_ada, "ada@nightdesk.example"]:
        assert secret not in answer.text


@pytest.mark.parametrize("route", BOT_FILTERS, ids=named)
def test_a_filter_by_another_traders_bot_finds_nothing(story: Story, route: Route) -> None:
    answer = story.ben.http.get(route.path, params={"bot_id": story.ids["bot_id"]})
    if answer.status_code == 404:
        return
    assert answer.status_code == 200
    if route.path.endswith(".csv"):
        assert len(answer.text.splitlines()) == 1  # the names of its columns
        return
    found = answer.json()
    if "counts" in found:
        assert found["counts"]["n"] == 0
    elif "trades" in found:
        assert (found["trades"], found["findings"]) == (0, [])
    else:
        assert found["items"] == []


@pytest.mark.parametrize("route", PAGED, ids=named)
def test_a_cursor_of_another_trader_or_route_is_refused(story: Story, route: Route) -> None:
    cursor = story.ada.get("/api/decisions", limit=1)["next_cursor"]
    clients = [story.ben] if route.path == "/api/decisions" else [story.ada, story.ben]
    for client in clients:
        answer = client.http.get(route.path, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_CURSOR")


def test_an_edited_cursor_is_refused(story: Story) -> None:
    cursor = story.ada.get("/api/decisions", limit=1)["next_cursor"]
    assert story.ada.get("/api/decisions", cursor=cursor)["items"]
    for n in range(0, len(cursor), 7):
        answer = story.ada.http.get("/api/decisions", params={"cursor": edited(cursor, n)})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_CURSOR")


def edited(text: str, at: int) -> str:
    """Return a text with another character at one place."""
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
