"""The routes of administrators: closed to everybody else, told of, and blind to what is private."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from functions.api.access import of_route
from nightdesk import bootstrap
from nightdesk.accounts.administering import (
    BlockUser,
    ChangeRole,
    LastAdmin,
    LimitUser,
    UnblockUser,
)
from nightdesk.accounts.audit import Action, ActorKind, Entry, Outcome
from nightdesk.accounts.directory import Account, BotCounts, Listed, TableSize, UserFigures
from nightdesk.accounts.identity import Profile, Role, Security
from nightdesk.accounts.limits import default_quota
from nightdesk.accounts.overview import ListUsers, ShowUser, ShowUsers
from nightdesk.accounts.system_stats import SystemStats
from nightdesk.accounts.tokens import TokenId, TokenScope
from nightdesk.core.errors import StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId
from tests.builders.accounts import ALICE, BOB, NOW
from tests.e2e.document import DOCUMENT
from tests.unit.accounts.doors import api_token, bearer, member, session_of, signed_in
from tests.unit.api.conftest import Api

PREFIX = "/api/admin/"
ROUTES = [
    (method.upper(), path)
    for path, methods in sorted(DOCUMENT["paths"].items())
    if path.startswith(PREFIX)
    for method in methods
]
NOBODY = "01HZZZZZZZZZZZZZZZZZZZZZZZ"
REASON = {"reason": "asked for in a letter"}


def path_of(path: str) -> str:
    """Fill in ids that could be."""
    path = path.replace("{bot_id}", "bot_01HKZZZZZZZZZZZZZZZZZZZZZZ").replace("{name}", "ai.model")
    return re.sub(r"\{\w+\}", NOBODY, path)


def elevated(method: str, path: str) -> bool:
    operation = DOCUMENT["paths"][path][method.lower()]
    return of_route(operation, method, path).elevated


def call(api: Api, method: str, path: str, token: str, body: Any = None) -> Any:
    key = sha256(repr(body).encode()).hexdigest()[:16]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    return api.client.request(method, path_of(path), headers=headers, json=body)


def refused(api: Api, answer: Any, code: str, method: str, path: str) -> None:
    """Assert that nothing was done but told, to whom it concerns."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, code)
    (entry,) = [one for one in api.rig.desk.entries if one.action is Action.ADMIN_REFUSED]
    assert entry.target is not None
    assert (entry.outcome, entry.code, entry.target.id) == (
        Outcome.REFUSED,
        code,
        f"{method} {path}",
    )


@pytest.mark.parametrize(("method", "path"), ROUTES)
class TestEveryAdminRoute:
    def test_is_closed_to_traders_even_stepped_up(self, api: Api, method: str, path: str) -> None:
        token = signed_in(api.rig, ALICE, Role.TRADER, up=True)
        refused(api, call(api, method, path, token), "FORBIDDEN", method, path)

    @pytest.mark.parametrize("scope", [TokenScope.READ, TokenScope.TRADE])
    @pytest.mark.parametrize("role", list(Role))
    def test_is_closed_to_lesser_tokens(
        self, api: Api, method: str, path: str, role: Role, scope: TokenScope
    ) -> None:
        member(api.rig, ALICE, role)
        token = api_token(api.rig, ALICE, scope)
        refused(api, call(api, method, path, token), "SCOPE_REQUIRED", method, path)

    def test_is_read_and_never_written_by_an_admin_token(
        self, api: Api, method: str, path: str
    ) -> None:
        operation = DOCUMENT["paths"][path][method.lower()]
        if of_route(operation, method, path).token == "admin":
            assert method == "GET"
            return
        member(api.rig, ALICE, Role.ADMIN)
        token = api_token(api.rig, ALICE, TokenScope.ADMIN)
        refused(api, call(api, method, path, token), "SCOPE_REQUIRED", method, path)

    def test_that_is_marked_is_closed_without_step_up(
        self, api: Api, method: str, path: str
    ) -> None:
        if not elevated(method, path):
            return
        token = signed_in(api.rig, ALICE, Role.ADMIN)
        refused(api, call(api, method, path, token), "STEP_UP_REQUIRED", method, path)

    def test_is_closed_to_who_was_admin_a_moment_ago(
        self, api: Api, method: str, path: str
    ) -> None:
        token = signed_in(api.rig, ALICE, Role.ADMIN, up=True)
        before = api.rig.desk.securities[ALICE]
        api.rig.desk.securities[ALICE] = replace(before, role=Role.TRADER)
        refused(api, call(api, method, path, token), "FORBIDDEN", method, path)


def test_every_write_wants_step_up_but_those_that_only_take_away() -> None:
    open_ones = {
        f"{method} {path}"
        for method, path in ROUTES
        if method != "GET" and not elevated(method, path)
    }
    assert open_ones == {
        "DELETE /api/admin/invitations/{invitation_id}",
        "POST /api/admin/emergency-stop",
    }


PRIVATE = re.compile(
    r"journal|prompt|chat|message|note|opinion|decision|strateg|parameter|secret|password|hash"
    r"|api_key|fields|hint|passphrase|pem|ciphertext|wrapped|totp|recovery|digest|device"
)
SHOWN = {
    ("POST /api/admin/users/{user_id}/reset-password", "temporary_password"),
    ("GET /api/admin/users", "must_change_password"),
    ("GET /api/admin/users/{user_id}", "must_change_password"),
    ("POST /api/admin/users/{user_id}/unblock", "must_change_password"),
    ("POST /api/admin/users/{user_id}/role", "must_change_password"),
    ("GET /api/admin/audit/events", "hash"),
    ("GET /api/admin/audit/events", "prev_hash"),
}
"""Words of the list that give nothing away: made here, whether, and of the log itself."""


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_admin_route_shows_what_is_a_user_s_own(method: str, path: str) -> None:
    operation = DOCUMENT["paths"][path][method.lower()]
    shown = {
        (f"{method} {path}", name)
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for body in answer.get("content", {}).values()
        for name in names(body["schema"])
        if PRIVATE.search(name)
    }
    assert shown <= SHOWN


def names(schema: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the names of all fields of a schema, at any depth."""
    if isinstance(schema, list):
        for one in schema:
            yield from names(one, seen)
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref", "")
    if reference and reference not in seen:
        found = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
        yield from names(found, seen | {reference})
    properties = schema.get("properties", {})
    yield from properties
    for part in (*properties.values(), *(schema.get(key) for key in ("items", "anyOf", "allOf"))):
        yield from names(part, seen)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from names(schema["additionalProperties"], seen)


@dataclass
class Office:
    """The ports of administrators over what the rig keeps."""

    api: Api
    pauses: int = 2
    changes: list[Security] = field(default_factory=list)

    def since(self, after: UserId | None) -> Iterator[Listed]:
        desk = self.api.rig.desk
        for owner in sorted(desk.profiles):
            if after is None or owner > after:
                yield Listed.of(desk.profiles[owner], desk.securities[owner])

    def accounts(self, owners: Sequence[UserId]) -> Mapping[UserId, Account]:
        desk = self.api.rig.desk
        return {
            one: (desk.profiles[one], desk.securities[one])
            for one in owners
            if one in desk.profiles
        }

    def change(
        self,
        profile: Profile,
        before: Security,
        after: Security,
        now: datetime,
        *,
        witness: UserId | None = None,
        ended: Sequence[SessionId] = (),
        revoked: Sequence[TokenId] = (),
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
    ) -> None:
        desk = self.api.rig.desk
        if desk.securities[after.owner] != before:
            raise StaleWrite("moved")
        desk.securities[after.owner] = replace(after, version=after.version + 1)
        desk.entries.extend(entries)

    def pause(self, owner: UserId, now: datetime, *, by: str) -> int:
        return self.pauses

    def of(self, owners: Sequence[UserId], now: datetime) -> Mapping[UserId, UserFigures]:
        counts = BotCounts(total=1, by_venue={"kraken": 1}, by_mode={"paper": 1})
        return {one: UserFigures(bots=counts, trades=4, trades_24h=1) for one in owners}

    def bots(self) -> BotCounts:
        return BotCounts()

    def all(self, owner: UserId) -> Sequence[Any]:
        return ()


@pytest.fixture
def office(api: Api) -> Office:
    made, rig = Office(api), api.rig
    last = LastAdmin(rig.users, made)
    show = ShowUsers(made, made, made)  # type: ignore[arg-type]
    api.give(
        {
            bootstrap.list_users: ListUsers(made, show),
            bootstrap.show_user: ShowUser(show, rig.audit),
            bootstrap.block_user: BlockUser(rig.users, made, rig.sessions, last, made),
            bootstrap.unblock_user: UnblockUser(rig.users, made),
            bootstrap.change_role: ChangeRole(rig.users, made, rig.sessions, rig.tokens, last),
            bootstrap.limit_user: LimitUser(rig.users, default_quota),
            bootstrap.reset_password_by_admin: rig.reset_password_by_admin,
        }
    )
    return made


@pytest.fixture
def admin(api: Api, office: Office) -> str:
    """Return the token of an administrator who has stepped up; BOB is a trader."""
    member(api.rig, BOB)
    return signed_in(api.rig, ALICE, Role.ADMIN, up=True)


def test_one_user_is_shown_with_figures_and_null_for_what_nobody_counts(
    api: Api, admin: str
) -> None:
    answer = call(api, "GET", f"/api/admin/users/{BOB}", admin)
    assert answer.status_code == 200
    assert answer.json() == {
        "user": {
            "id": BOB,
            "username": "userzb0b",
            "email": "userzb0b@example.com",
            "email_verified": False,
            "role": "trader",
            "status": "active",
            "two_factor": False,
            "must_change_password": False,
            "block": None,
            "limits": {},
            "created_at": "2026-03-01T12:00:00Z",
        },
        "last_seen": None,
        "credentials": {},
        "bots": {
            "total": 1,
            "by_venue": {"kraken": 1},
            "by_mode": {"paper": 1},
            "by_status": {},
        },
        "usage": {"trades": 4, "trades_24h": 1, "requests_24h": None, "llm_usd_30d": None},
    }
    assert [(one.owner, one.action) for one in api.rig.desk.entries] == [
        (BOB, Action.ADMIN_READ),
        (ALICE, Action.ADMIN_READ),
    ]


def test_users_are_paged_with_cursors_of_their_route(api: Api, admin: str) -> None:
    first = call(api, "GET", "/api/admin/users?limit=1", admin).json()
    second = call(
        api, "GET", f"/api/admin/users?limit=1&cursor={first['next_cursor']}", admin
    ).json()
    ids = [page["items"][0]["user"]["id"] for page in (first, second)]
    assert ids == sorted([ALICE, BOB])
    assert second["next_cursor"] is None
    edited = call(api, "GET", f"/api/admin/users?cursor={first['next_cursor'][:-2]}AA", admin)
    assert (edited.status_code, edited.json()["error"]["code"]) == (400, "BAD_CURSOR")
    named = call(api, "GET", "/api/admin/users?query=UserZ", admin).json()
    assert [one["user"]["id"] for one in named["items"]] == [BOB]
    assert call(api, "GET", "/api/admin/users?status=blocked", admin).json()["items"] == []
    assert call(api, "GET", "/api/admin/users?status=none", admin).status_code == 422


def test_a_block_holds_from_the_next_request_on(api: Api, admin: str) -> None:
    theirs = bearer(api.rig, session_of(api.rig, BOB))
    assert call(api, "GET", "/api/account", theirs).status_code == 200
    answer = call(api, "POST", f"/api/admin/users/{BOB}/block", admin, REASON)
    assert (answer.status_code, answer.json()) == (200, {"bots_paused": 2})
    refusal = call(api, "GET", "/api/account", theirs)
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (403, "ACCOUNT_BLOCKED")
    shown = call(api, "GET", f"/api/admin/users/{BOB}", admin).json()["user"]
    assert shown["block"] == {"at": "2026-03-01T12:00:00Z", "by": ALICE, "reason": REASON["reason"]}
    answer = call(api, "POST", f"/api/admin/users/{BOB}/unblock", admin, REASON)
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert call(api, "GET", "/api/account", theirs).status_code == 401


def test_a_role_is_lost_from_the_next_request_on(api: Api, admin: str) -> None:
    made = call(api, "POST", f"/api/admin/users/{BOB}/role", admin, {"role": "admin"})
    assert (made.status_code, made.json()["role"]) == (200, "admin")
    theirs = bearer(api.rig, session_of(api.rig, BOB))
    assert call(api, "GET", "/api/admin/users", theirs).status_code == 200
    call(api, "POST", f"/api/admin/users/{BOB}/role", admin, {"role": "trader"})
    assert call(api, "GET", "/api/admin/users", theirs).status_code == 401


def test_nobody_does_to_themselves_what_is_for_others(api: Api, admin: str) -> None:
    for what, body in (("block", REASON), ("reset-password", None), ("logout", None)):
        answer = call(api, "POST", f"/api/admin/users/{ALICE}/{what}", admin, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "SELF")
    answer = call(api, "POST", f"/api/admin/users/{ALICE}/role", admin, {"role": "trader"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "LAST_ADMIN")
    assert api.rig.desk.securities[ALICE].role is Role.ADMIN


def test_a_forced_logout_ends_sessions_and_tokens_if_asked(api: Api, admin: str) -> None:
    theirs = bearer(api.rig, session_of(api.rig, BOB))
    token = api_token(api.rig, BOB)
    answer = call(api, "POST", f"/api/admin/users/{BOB}/logout", admin)
    assert (answer.status_code, answer.json()) == (200, {"sessions_ended": 1})
    assert call(api, "GET", "/api/account", theirs).status_code == 401
    assert call(api, "GET", "/api/account", token).status_code == 200
    call(api, "POST", f"/api/admin/users/{BOB}/logout", admin, {"include_tokens": True})
    assert call(api, "GET", "/api/account", token).status_code == 401
    assert {one.action for one in api.rig.desk.entries if one.owner == ALICE} == {
        Action.FORCED_LOGOUT
    }


def test_a_temporary_password_is_shown_once(api: Api, admin: str) -> None:
    answer = call(api, "POST", f"/api/admin/users/{BOB}/reset-password", admin)
    assert answer.status_code == 200
    assert len(answer.json()["temporary_password"]) == 20
    assert api.rig.desk.securities[BOB].must_change_password
    again = call(api, "POST", f"/api/admin/users/{BOB}/reset-password", admin)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "SECRET_ALREADY_SHOWN")


def test_a_limit_of_one_s_own_is_set_and_taken_away(api: Api, admin: str) -> None:
    path = f"/api/admin/users/{BOB}/limits"
    answer = call(api, "POST", path, admin, {"class": "trade", "per_minute": 5})
    assert (answer.status_code, answer.json()) == (200, {"limits": {"trade": 5}})
    headers = {"Authorization": f"Bearer {admin}"}
    gone = api.client.post(path, json={"class": "trade", "per_minute": None}, headers=headers)
    assert gone.json() == {"limits": {}}
    for body in (
        {"class": "auth", "per_minute": 5},
        {"class": "trade", "per_minute": 0},
        {"class": "trade", "per_minute": 10_001},
        {"class": "trade"},
        {"class": "trade", "per_minute": 5, "role": "admin"},
    ):
        assert api.client.post(path, json=body, headers=headers).status_code == 422


@pytest.mark.parametrize("what", ["block", "unblock"])
def test_a_reason_is_wanted_in_one_line_of_5_to_200(api: Api, admin: str, what: str) -> None:
    for reason in ("", "four", "x" * 201, "two\nlines here", None):
        answer = call(api, "POST", f"/api/admin/users/{BOB}/{what}", admin, {"reason": reason})
        assert answer.status_code == 422, reason


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("block", REASON),
        ("unblock", REASON),
        ("reset-password", None),
        ("logout", None),
        ("role", {"role": "admin"}),
        ("limits", {"class": "read", "per_minute": 1}),
    ],
)
def test_nobody_s_account_is_missing(api: Api, admin: str, what: str, body: Any) -> None:
    answer = call(api, "POST", f"/api/admin/users/{NOBODY}/{what}", admin, body)
    assert answer.status_code == 404
    assert call(api, "GET", f"/api/admin/users/{NOBODY}", admin).status_code == 404
    assert api.rig.desk.entries == []


def test_last_seen_is_noted_at_most_every_five_minutes(api: Api, admin: str) -> None:
    session_id = session_of(api.rig, BOB)
    moments = []
    for minutes in (0, 4, 5, 9, 11):
        now = NOW + timedelta(minutes=minutes)
        api.clock.moment = now
        theirs = bearer(api.rig, session_id, now)
        assert call(api, "GET", "/api/account", theirs).status_code == 200
        moments.append(api.rig.desk.profiles[BOB].last_seen_at)
    noted = [NOW, NOW + timedelta(minutes=5), NOW + timedelta(minutes=11)]
    assert moments == [noted[0], noted[0], noted[1], noted[1], noted[2]]


def test_the_desk_in_figures_is_shown_with_nulls(api: Api, admin: str) -> None:
    stats = SystemStats(
        as_of=NOW,
        version="1.2.3",
        commit="c",
        users={"active": 2},
        bots=BotCounts(total=1, by_mode={"paper": 1}, by_status={"active": 1}),
        cycles_1h=60,
        lag_p95=timedelta(milliseconds=1500),
        dead_letters=0,
        tables={"desk": TableSize(items=3, size=900)},
        llm_usd_month=Decimal("1.50"),
    )
    api.give({bootstrap.read_system_stats: lambda now: stats})
    found = call(api, "GET", "/api/admin/system-stats", admin).json()
    assert found["tables"] == {"desk": {"items": 3, "bytes": 900}}
    assert (found["lag_p95_s"], found["dlq_depth"], found["llm_usd_month"]) == (1.5, 0, "1.5")
    assert found["errors_1h"] is found["cost_month_usd"] is None


def test_an_account_is_removed_by_another_admin_with_its_name_confirmed(
    api: Api, admin: str
) -> None:
    asked: list[dict[str, Any]] = []

    def remove(owner: UserId, **how: Any) -> Any:
        asked.append({"owner": owner, **how})
        return SimpleNamespace(effective_at=NOW)

    api.give({bootstrap.request_deletion: remove})
    path, body = f"/api/admin/users/{BOB}", {"confirm": "userzb0b", **REASON}
    answer = call(api, "DELETE", path, admin, body | {"immediate": True})
    assert (answer.status_code, answer.json()) == (202, {"effective_at": "2026-03-01T12:00:00Z"})
    (how,) = asked
    assert (how["owner"], how["confirm"], how["reason"]) == (BOB, "userzb0b", REASON["reason"])
    assert (how["flatten"], how["immediate"], how["origin"].kind) == (False, True, ActorKind.ADMIN)
    headers = {"Authorization": f"Bearer {admin}"}
    unnamed = api.client.request("DELETE", path, json=body, headers=headers)
    assert unnamed.json()["error"]["code"] == "IDEMPOTENCY_KEY_REQUIRED"
    assert call(api, "DELETE", path, admin, {"confirm": "userzb0b"}).status_code == 422
