"""Row 22 of the abuse table, and the headers, on the deployed desk: a crowd on one bucket."""

import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from infra.cdk.local.desk_client import DeskClient
from nightdesk.adapters.dynamo import keys
from nightdesk.core.ids import UserId
from tests.deployed import Desk, empty_desk

CROWD, LIMIT, AT_ONCE = 200, 50, 4
ENOUGH = 20
"""Seconds that a crowd may take, on a machine that does something else besides."""


@pytest.fixture(scope="module")
def desk(cloud: Any) -> Iterator[Desk]:
    with empty_desk(cloud) as found:
        yield found


@pytest.fixture
def trader(desk: Desk) -> DeskClient:
    return desk.trader(f"t{secrets.token_hex(5)}")


def allow(desk: Desk, trader: DeskClient, quotas: dict[str, int]) -> None:
    """Give a trader numbers of their own, as an admin would."""
    owner = UserId(trader.get("/api/account")["id"])
    desk.cloud.tables.update_item(
        TableName=desk.cloud.deployment.desk_table,
        Key={"pk": {"S": keys.owner(owner)}, "sk": {"S": keys.SECURITY}},
        UpdateExpression="SET #limits = :limits",
        ExpressionAttributeNames={"#limits": "limits"},
        ExpressionAttributeValues={":limits": {"S": json.dumps(quotas)}},
        ConditionExpression="attribute_exists(pk)",
    )


def within_one_window(trader: DeskClient) -> None:
    """Wait for the next window if the present one is nearly over: all have the same."""
    state = trader.http.get("/api/account").headers["ratelimit"]
    left = int(state.partition("t=")[2])
    if left < ENOUGH:
        time.sleep(left + 1)


def remaining(answer: httpx.Response) -> int:
    found = re.fullmatch(r'"write";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    assert found is not None
    assert 1 <= int(found[2]) <= 120
    return int(found[1])


def test_row_22_of_200_requests_at_once_exactly_the_limit_passes(
    desk: Desk, trader: DeskClient
) -> None:
    allow(desk, trader, {"write": LIMIT})

    def looks(_: int) -> int:
        return trader.http.get("/api/account").status_code

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        # workers start when so many come at once, and on a busy machine not in time for an answer
        desk.until(
            "enough workers have started",
            lambda: set(crowd.map(looks, range(2 * AT_ONCE))) == {200},
            seconds=120,
        )
    within_one_window(trader)

    def ask(_: int) -> httpx.Response:
        return trader.http.post("/api/strategies/validate", json={})

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answers = list(crowd.map(ask, range(CROWD)))
    passed = [answer for answer in answers if answer.status_code != 429]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert Counter(answer.status_code for answer in passed) == {422: LIMIT}
    assert len(refused) == CROWD - LIMIT
    # each of those who passed was told another number, down to none
    assert sorted(remaining(answer) for answer in passed) == list(range(LIMIT))
    for answer in answers:
        assert answer.headers["ratelimit-policy"] == f'"write";q={LIMIT};w=60'
    for answer in refused:
        assert answer.json()["error"]["code"] == "RATE_LIMITED"
        assert remaining(answer) == 0
        assert answer.headers["retry-after"] == answer.headers["ratelimit"].partition("t=")[2]
    assert trader.http.post("/api/bots/pause-all", json={}).status_code == 200


def test_pages_of_no_origin_are_let_in_by_function_or_gateway(
    desk: Desk, trader: DeskClient
) -> None:
    page = {"Origin": "https://evil.example.com", "Access-Control-Request-Method": "POST"}
    stranger = desk.stranger()
    # The emulator's gateway refuses a preflight by itself, 403; that of AWS asks the function.
    for answer in (
        stranger.options("/api/bots", headers=page),
        stranger.get("/api/health/live", headers=page),
        trader.http.get("/api/account", headers=page),
    ):
        assert answer.status_code in {200, 204, 403}
        assert not [name for name in answer.headers if name.startswith("access-control-")]
