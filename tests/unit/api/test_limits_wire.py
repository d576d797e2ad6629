"""Rate limits as callers meet them: whose bucket, what every answer says, no counters at all."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import Request

from functions.api import limits
from functions.api.dependencies import Access
from functions.api.document import METHODS
from nightdesk.accounts.limits import LimitClass
from nightdesk.accounts.session import Identity
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from nightdesk.names import Metric
from nightdesk.observability import metrics
from tests.builders.accounts import NOW, PASSWORD
from tests.e2e.document import DOCUMENT
from tests.unit.api.conftest import Api

LIVE = "/api/health/live"
LOGIN = "/api/auth/login"
REFRESH = "/api/auth/refresh"
WRONG = {"refresh_token": "wrong"}


@pytest.fixture(autouse=True)
def no_metrics() -> Iterator[None]:
    metrics.clear_metrics()
    yield
    metrics.clear_metrics()


def told(answer: Any) -> tuple[str, int, int, int, int]:
    """Return class, quota, window, remaining and reset from both headers."""
    policy = re.fullmatch(r'"(\w+)";q=(\d+);w=(\d+)', answer.headers["ratelimit-policy"])
    state = re.fullmatch(r'"(\w+)";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    assert policy is not None
    assert state is not None
    assert policy[1] == state[1]
    return policy[1], int(policy[2]), int(policy[3]), int(state[2]), int(state[3])


def test_strangers_are_told_of_public_and_of_auth(api: Api) -> None:
    assert told(api.client.get(LIVE)) == ("public", 60, 60, 59, 60)
    assert told(api.client.get("/api/auth/jwks.json"))[3] == 58
    assert told(api.client.post(REFRESH, json=WRONG)) == ("auth", 10, 60, 9, 60)


def test_the_signed_in_are_told_of_their_own_bucket(api: Api) -> None:
    alice = api.alice()
    assert told(api.client.get("/api/account", headers=alice)) == ("read", 120, 60, 119, 60)
    assert told(api.client.get("/api/account", headers=api.bob()))[3] == 119
    assert told(api.client.get("/api/account", headers=alice))[3] == 118
    assert told(api.client.post("/api/auth/logout", headers=alice))[:2] == ("write", 60)


def test_a_spent_bucket_is_429_says_when_and_leaves_the_others_alone(api: Api) -> None:
    for expected in (*reversed(range(10)), 0, 0):
        answer = api.client.post(REFRESH, json=WRONG)
        assert told(answer)[3] == expected
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert answer.headers["retry-after"] == str(told(answer)[4])
    assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]
    assert api.client.post(LOGIN, json={"email": "a@b.test", "password": "x"}).status_code == 429
    assert api.client.get(LIVE).status_code == 200


def test_size_and_type_come_before_the_limit_and_the_limit_before_all_else(api: Api) -> None:
    for content, kind in ((b"x" * 300_000, "application/json"), (b"x", "text/plain")):
        answer = api.client.post(REFRESH, content=content, headers={"content-type": kind})
        assert "ratelimit" not in answer.headers
    for _ in range(10):
        assert api.client.post(REFRESH, json={"unknown": 1}).status_code == 422
    assert api.client.post(REFRESH, json={"unknown": 1}).status_code == 429


def test_after_retry_after_a_request_passes_again(api: Api) -> None:
    for _ in range(15):
        answer = api.client.post(REFRESH, json=WRONG)
    # 15 are counted: 15 * (1 - e) + 1 <= 10 from e = 0.4 of the next window on
    assert answer.headers["retry-after"] == "84"
    api.clock.moment = NOW + timedelta(seconds=84)
    assert api.client.post(REFRESH, json=WRONG).status_code == 401


def test_a_spent_trade_bucket_never_blocks_what_makes_trading_safer(api: Api) -> None:
    alice = api.alice()
    while api.client.post("/api/bots/resume-all", headers=alice).status_code != 429:
        pass
    answer = api.client.post("/api/bots/pause-all", headers=alice)
    assert answer.status_code != 429
    assert told(answer)[0] == "safety"


def test_who_may_not_is_counted_too_and_who_is_nobody_is_not(api: Api) -> None:
    api.alice()
    bob = api.bob()
    refused = api.client.post("/api/admin/invitations", headers=bob, json={})
    assert (refused.status_code, told(refused)[0]) == (403, "admin")
    stranger = api.client.get("/api/account")
    assert stranger.status_code == 401
    assert "ratelimit" not in stranger.headers


def test_an_admins_number_for_one_user_holds_for_that_user(api: Api) -> None:
    alice, bob = api.alice(), api.bob()
    owner = next(each for each in api.rig.desk.profiles.values() if each.username == "bob").owner
    security = api.rig.desk.securities[owner]
    api.rig.desk.securities[owner] = replace(security, limits={"read": 2})
    found = [api.client.get("/api/account", headers=bob) for _ in range(3)]
    assert [each.status_code for each in found] == [200, 200, 429]
    assert told(found[2])[1] == 2
    assert api.client.get("/api/account", headers=alice).status_code == 200


@pytest.mark.parametrize("fault", [StoreUnavailable("gone"), Misconfigured("no such table")])
def test_without_counters_signing_in_is_refused_and_the_rest_passes(
    api: Api, fault: Exception
) -> None:
    alice = api.alice()
    api.rig.counters.down = fault
    found = api.client.get("/api/account", headers=alice)
    assert found.status_code == 200
    assert "ratelimit" not in found.headers
    assert api.client.get(LIVE).status_code == 200
    assert len(metrics.metric_set[Metric.RATE_LIMITER_FAILED]["Value"]) == 2
    body = {"email": "alice@example.com", "password": PASSWORD}
    shut = api.client.post(LOGIN, json=body)
    assert (shut.status_code, shut.json()["error"]["code"]) == (503, "STORE_UNAVAILABLE")
    assert int(shut.headers["retry-after"]) >= 1
    assert "ratelimit" not in shut.headers


def test_a_key_test_is_counted_against_the_user_and_the_provider(api: Api) -> None:
    @api.app.post("/probe/{provider}")
    async def probe(provider: str, request: Request) -> None:
        who = Identity(owner=next(iter(api.rig.desk.securities)), role=None)  # type: ignore[arg-type]
        wanted = Access(limit=LimitClass.PROBE)
        limits.user(request, who, wanted, NOW, take=api.rig.take_request)
        limits.provider(request, who, provider, NOW, take=api.rig.take_request)

    api.alice()
    found = [api.client.post(f"/probe/{name}") for name in ("kraken",) * 6 + ("binance",) * 5]
    assert found[0].headers["ratelimit-policy"] == '"probe";q=10;w=60, "probe_provider";q=5;w=60'
    assert found[0].headers["ratelimit"] == '"probe";r=9;t=60, "probe_provider";r=4;t=60'
    # the sixth for one provider, and the eleventh of all
    assert [each.status_code for each in found] == [200] * 5 + [429] + [200] * 4 + [429]
    api.rig.counters.down = StoreUnavailable("gone")
    assert api.client.post("/probe/kraken").status_code == 503


def test_forged_headers_do_not_change_whose_bucket_it_is(api: Api) -> None:
    for number in range(5):
        forged = {
            "X-Forwarded-For": f"198.51.100.{number}",
            "X-Real-IP": f"198.51.{number}.7",
            "Forwarded": f"for=203.0.113.{number}",
            "CF-Connecting-IP": "203.0.113.7",
        }
        answer = api.client.post(REFRESH, json=WRONG, headers=forged)
        assert told(answer)[3] == 9 - number


CLASSES = {
    # of the accounts page, part 7
    "POST /api/bots": "trade",
    "POST /api/bots/resume-all": "trade",
    "POST /api/bots/{bot_id}/start": "trade",
    "POST /api/bots/{bot_id}/resume": "trade",
    "POST /api/bots/{bot_id}/mode": "trade",
    "DELETE /api/bots/{bot_id}": "trade",
    "POST /api/bots/pause-all": "safety",
    "POST /api/bots/{bot_id}/pause": "safety",
    "POST /api/system/emergency-stop": "safety",
    "POST /api/admin/emergency-stop": "safety",
    "POST /api/keys/test": "probe",
    # of the journal page, part 9
    "POST /api/journal/entries/{entry_id}/insight": "ai",
    "POST /api/journal/exports": "heavy",
    "POST /api/journal/imports": "heavy",
    "POST /api/journal/sync": "heavy",
    "POST /api/journal/reviews/{kind}": "ai",
}


def test_every_route_has_the_class_of_the_page() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if method not in METHODS or not operation.get("security"):
                continue
            name = f"{method.upper()} {path}"
            found = operation["x-access"]["limit"]
            usual = "read" if method == "get" else "write"
            usual = "admin" if path.startswith("/api/admin/") else usual
            if path.endswith("/export") and method == "post":
                usual = "heavy"
            assert found == CLASSES.get(name, usual), name
            LimitClass(found)
