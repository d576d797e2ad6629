"""Reviews as deployed: asked for over the API, handed out by the hour, made by the queue."""

from typing import Any

from tests.deployed import Desk

REVIEWS = "/api/journal/reviews"
LABEL = "2026-W02"
"""A week that is over."""


def items(desk: Desk, owner: str, prefix: str) -> list[dict[str, Any]]:
    found = desk.cloud.tables.query(
        TableName=desk.cloud.deployment.desk_table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={":pk": {"S": f"U#{owner}"}, ":sk": {"S": prefix}},
    )
    return list(found["Items"])


def test_a_review_that_is_asked_for_is_made_once_and_tells_of_itself(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    owner = trader.get("/api/account")["id"]
    asked = trader.post(f"{REVIEWS}/week", {"label": LABEL})
    assert (asked["label"], asked["status"]) == (LABEL, "computing")
    desk.until("it is written", lambda: trader.get(f"{REVIEWS}/week/{LABEL}")["status"] == "ready")
    made = trader.get(f"{REVIEWS}/week/{LABEL}")
    assert made["text"]["opening"].startswith(f"No trade was closed in {LABEL}.")
    assert made["experiment"]["status"] == "open"
    there = trader.post(f"{REVIEWS}/week", {"label": LABEL})
    assert (there["version"], there["revision"]) == (1, made["revision"])
    told = [one for one in items(desk, owner, "EVENT#") if one["type"]["S"] == "review_ready"]
    assert len(told) == 1
    assert other.items(REVIEWS) == []


def test_the_hourly_pass_gives_whoever_is_new_an_appointment_of_each_kind(desk: Desk) -> None:
    owner = desk.trader("ada").get("/api/account")["id"]
    event = {"as_of": "2026-01-12T03:02:00Z", "task": {"kind": "hour"}}
    for _ in range(2):
        answer = desk.cloud.invoke("review", event)
        assert answer.error is None
    desk.until("each kind is planned", lambda: len(items(desk, owner, "JDUE#")) == 3)
    kinds = {one["sk"]["S"] for one in items(desk, owner, "JDUE#")}
    assert kinds == {"JDUE#day", "JDUE#month", "JDUE#week"}
