"""The steps of the guard, one test each, and their order: of two that fail the first answers."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from fastapi import APIRouter, Depends

from functions.api.access import ByToken
from functions.api.dependencies import access
from functions.api.guard import guard
from functions.api.schemas import Request
from nightdesk.accounts.audit import Action, Outcome
from nightdesk.accounts.identity import AccountStatus, Role
from nightdesk.accounts.limits import LimitClass, of_user
from nightdesk.accounts.tokens import Scope, TokenScope
from tests.builders.accounts import ALICE, NOW
from tests.unit.accounts.doors import api_token, bearer, changing_password, member, session_of
from tests.unit.api.conftest import Api

KEY = {"Idempotency-Key": "k" * 16}

STEPS = {
    "size": (413, "BODY_TOO_LARGE"),
    "authenticate": (401, "UNAUTHENTICATED"),
    "blocked": (403, "ACCOUNT_BLOCKED"),
    "password": (403, "PASSWORD_CHANGE_REQUIRED"),
    "duty": (403, "MFA_REQUIRED"),
    "limit": (429, "RATE_LIMITED"),
    "scope": (403, "SCOPE_REQUIRED"),
    "role": (403, "FORBIDDEN"),
    "step-up": (403, "STEP_UP_REQUIRED"),
    "key": (400, "IDEMPOTENCY_KEY_REQUIRED"),
    "body": (422, "VALIDATION_FAILED"),
}
"""What each step answers, in the order of the page."""


class DoorIn(Request):
    n: int


def door(api: Api) -> list[int]:
    """Add a route that asks for everything; what it lets through is in the list."""
    seen: list[int] = []
    router = APIRouter(prefix="/door")

    @router.post("/all", openapi_extra=access(role=Role.ADMIN, elevated=True, once=True))
    async def everything(body: DoorIn) -> None:
        seen.append(body.n)

    @router.get("/plain")
    async def plain() -> None:
        seen.append(0)

    @router.post("/change", openapi_extra=access(changes_password=True))
    async def change() -> None:
        seen.append(1)

    @router.get("/early", openapi_extra=access(open_early=True))
    async def early() -> None:
        seen.append(2)

    @router.get("/trade", openapi_extra=access(token="trade"))
    async def trade() -> None:
        seen.append(3)

    @router.get("/admin", openapi_extra=access(token="admin", role=Role.ADMIN))
    async def admin() -> None:
        seen.append(4)

    @router.get("/never", openapi_extra=access(token="never"))
    async def never() -> None:
        seen.append(5)

    @router.post("/cancel", openapi_extra=access(token="never", cancels_deletion=True))
    async def cancel() -> None:
        seen.append(6)

    api.app.include_router(router, dependencies=[Depends(guard)])
    return seen


def answer_where(api: Api, *broken: str) -> tuple[int, str]:
    """Send a request that fails at these steps alone."""
    rig = api.rig
    role = Role.TRADER if "role" in broken else Role.ADMIN
    rig.duty = "duty" in broken
    member(rig, role=role, limits={LimitClass.WRITE: 1})
    up = None if "step-up" in broken else NOW + timedelta(minutes=5)
    token = bearer(rig, session_of(rig, elevated_until=up))
    if "scope" in broken:
        token = api_token(rig, ALICE, TokenScope.TRADE)
    if "limit" in broken:
        rig.take_request(of_user(ALICE), LimitClass.WRITE, NOW, 1)
    rig.desk.securities[ALICE] = replace(
        rig.desk.securities[ALICE],
        status=AccountStatus.BLOCKED if "blocked" in broken else AccountStatus.ACTIVE,
        must_change_password="password" in broken,
    )
    if "authenticate" in broken:
        token += "x"
    body = {"n": "x" * 300_000 if "size" in broken else 1}
    if "body" in broken and "size" not in broken:
        body = {"m": 1}
    headers = {"Authorization": f"Bearer {token}"} | ({} if "key" in broken else KEY)
    answer = api.client.post("/door/all", json=body, headers=headers)
    found = answer.json() or {"error": {"code": "OK"}}
    return answer.status_code, found["error"]["code"]


IMPOSSIBLE = {("duty", "role")}
"""The duty is that of administrators."""


@pytest.mark.parametrize("step", STEPS)
def test_each_step_refuses_by_itself(api: Api, step: str) -> None:
    seen = door(api)
    assert answer_where(api, step) == STEPS[step]
    assert seen == []


@pytest.mark.parametrize("first", list(STEPS)[:-1])
def test_of_two_steps_that_fail_the_first_answers(api: Api, first: str) -> None:
    door(api)
    for one, second in combinations(STEPS, 2):
        if one == first and (one, second) not in IMPOSSIBLE:
            api.rig.counters.counts.clear()
            assert answer_where(api, first, second) == STEPS[first], second


def test_where_nothing_fails_the_handler_is_reached(api: Api) -> None:
    seen = door(api)
    assert answer_where(api) == (200, "OK")
    assert seen == [1]


# one step at a time


def get(api: Api, path: str, token: str, method: str = "GET") -> tuple[int, str]:
    answer = api.client.request(
        method, f"/door/{path}", headers={"Authorization": f"Bearer {token}"}
    )
    found = answer.json() or {"error": {"code": "OK"}}
    return answer.status_code, found["error"]["code"]


def test_token_of_a_forced_change_opens_that_route_and_nothing_else(api: Api) -> None:
    door(api)
    token = changing_password(api.rig)
    assert get(api, "change", token, "POST") == (200, "OK")
    for path in ("plain", "early", "never"):
        assert get(api, path, token) == (401, "UNAUTHENTICATED")


def test_a_forced_change_stops_sessions_and_api_tokens_that_are_left(api: Api) -> None:
    door(api)
    member(api.rig)
    tokens = [bearer(api.rig, session_of(api.rig)), api_token(api.rig, ALICE, TokenScope.TRADE)]
    api.rig.desk.securities[ALICE] = replace(
        api.rig.desk.securities[ALICE], must_change_password=True
    )
    for token in tokens:
        assert get(api, "plain", token) == (403, "PASSWORD_CHANGE_REQUIRED")


def test_token_of_an_account_that_leaves_cancels_that_and_opens_nothing_else(api: Api) -> None:
    seen = door(api)
    member(api.rig, status=AccountStatus.DELETING)
    token = bearer(api.rig, session_of(api.rig), scope=Scope.DELETION)
    assert get(api, "cancel", token, "POST") == (200, "OK")
    for path in ("plain", "early", "never", "trade"):
        assert get(api, path, token) == (401, "UNAUTHENTICATED")
    assert get(api, "change", token, "POST") == (401, "UNAUTHENTICATED")
    assert seen == [6]


def test_a_session_from_before_the_end_of_an_account_opens_nothing(api: Api) -> None:
    door(api)
    member(api.rig, status=AccountStatus.DELETING)
    token = bearer(api.rig, session_of(api.rig))
    assert get(api, "plain", token)[0] in {401, 403}
    assert get(api, "cancel", token, "POST")[0] in {401, 403}


def test_token_of_a_forced_change_dies_with_the_change(api: Api) -> None:
    door(api)
    token = changing_password(api.rig)
    security = api.rig.desk.securities[ALICE]
    api.rig.desk.securities[ALICE] = security.with_password("new")
    assert get(api, "change", token, "POST") == (401, "TOKEN_REVOKED")


def test_admin_without_a_second_factor_reaches_what_is_open_early(api: Api) -> None:
    door(api)
    api.rig.duty = True
    member(api.rig, role=Role.ADMIN)
    token = bearer(api.rig, session_of(api.rig))
    assert get(api, "early", token) == (200, "OK")
    assert get(api, "plain", token) == (403, "MFA_REQUIRED")
    api.rig.duty = False
    assert get(api, "plain", token) == (200, "OK")


def test_two_factor_duty_is_no_traders(api: Api) -> None:
    door(api)
    api.rig.duty = True
    member(api.rig)
    assert get(api, "plain", bearer(api.rig, session_of(api.rig))) == (200, "OK")


LADDER: dict[ByToken, str] = {"read": "plain", "trade": "trade", "admin": "admin"}


@pytest.mark.parametrize("scope", TokenScope)
def test_a_scope_opens_what_the_scopes_before_it_open(api: Api, scope: TokenScope) -> None:
    door(api)
    member(api.rig, role=Role.ADMIN)
    token = api_token(api.rig, ALICE, scope)
    ladder = list(TokenScope)
    for needed, path in LADDER.items():
        good = ladder.index(TokenScope(needed)) <= ladder.index(scope)
        assert get(api, path, token) == ((200, "OK") if good else (403, "SCOPE_REQUIRED"))
    assert get(api, "never", token) == (403, "SCOPE_REQUIRED")


def test_step_up_ends_after_ten_minutes(api: Api) -> None:
    seen = door(api)
    member(api.rig, role=Role.ADMIN)
    until = NOW + timedelta(minutes=10)
    token = bearer(api.rig, session_of(api.rig, elevated_until=until))
    headers = {"Authorization": f"Bearer {token}"} | KEY
    for moment, status in ((until - timedelta(seconds=1), 200), (until, 403)):
        api.clock.moment = moment
        answer = api.client.post("/door/all", json={"n": 7}, headers=headers)
        assert answer.status_code == status
    assert seen == [7]


@pytest.mark.parametrize("broken", ["role", "scope", "step-up"])
def test_an_admin_route_that_is_refused_is_written_down(api: Api, broken: str) -> None:
    door(api)
    answer_where(api, broken)
    entry = api.rig.desk.entries[-1]
    assert (entry.action, entry.outcome) == (Action.ADMIN_REFUSED, Outcome.REFUSED)
    assert (entry.owner, entry.code) == (ALICE, STEPS[broken][1])
    assert entry.target is not None
    assert entry.target.id == "POST /door/all"


def test_a_route_of_traders_that_is_refused_is_not(api: Api) -> None:
    door(api)
    member(api.rig)
    token = api_token(api.rig)
    before = len(api.rig.desk.entries)
    assert get(api, "trade", token) == (403, "SCOPE_REQUIRED")
    assert len(api.rig.desk.entries) == before


def test_a_get_costs_one_batch_read_and_one_write(api: Api) -> None:
    door(api)
    member(api.rig)
    tokens = [bearer(api.rig, session_of(api.rig)), api_token(api.rig)]
    get(api, "plain", tokens[1])  # the first use of an API token is noted
    for token, read in zip(tokens, ("standing", "token standing"), strict=True):
        api.rig.desk.reads.clear()
        before = api.rig.counters.counts.total()
        assert get(api, "plain", token) == (200, "OK")
        assert api.rig.desk.reads == {read: 1}
        assert api.rig.counters.counts.total() == before + 1
