"""Trades on their way into the journal, as deployed, and what follows from them."""

from datetime import UTC, datetime
from typing import Any

from infra.cdk.local.desk_client import DeskClient
from nightdesk.core.clock import iso
from tests.deployed import LTC, LTC_ENTERS, Desk

JOURNAL = "/api/journal/trades"
BY_HAND = {"account": "my ledger", "instrument": LTC, "kind": "spot", "mode": "live"}


def items(desk: Desk, kind: str) -> list[dict[str, Any]]:
    """Return every item of a kind in the desk table, in DynamoDB's own JSON."""
    pages = desk.cloud.tables.get_paginator("scan").paginate(
        TableName=desk.cloud.deployment.desk_table,
        FilterExpression="kind = :kind",
        ExpressionAttributeValues={":kind": {"S": kind}},
    )
    return [dict(item) for page in pages for item in page["Items"]]


def captured(desk: Desk, trader: DeskClient, status: str) -> dict[str, Any]:
    """Wait until the trader's one trade stands so, and return it whole."""
    seen: list[dict[str, Any]] = []

    def there() -> bool:
        seen[:] = trader.items(JOURNAL)
        return [one["status"] for one in seen] == [status]

    desk.until(f"one trade is there, {status}", there)
    found: dict[str, Any] = trader.get(f"{JOURNAL}/{seen[0]['id']}")
    return found


def test_a_bots_trade_stands_in_its_owners_journal_from_the_first_fill_on(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    bot = desk.bot(trader)
    desk.cycle(LTC_ENTERS)
    bought = captured(desk, trader, "open")
    (fill,) = trader.items("/api/fills")
    assert (bought["instrument"], bought["side"], bought["origin"]) == (LTC, "long", "bot")
    assert bought["fill_ids"] == [fill["fill_id"]]

    trader.post("/api/system/emergency-stop", {"level": "flatten", "reason": "enough"})
    sold = captured(desk, trader, "closed")
    fills = {one["fill_id"]: one for one in trader.items("/api/fills")}
    assert (sold["id"], sold["bot_id"]) == (bought["id"], bot["bot_id"])
    assert set(sold["fill_ids"]) == set(fills)
    assert sold["exit_reason"] == "emergency"
    decided = {one["decision_id"] for one in trader.items("/api/orders") if one["leg"] == "entry"}
    assert decided == set(sold["decision_ids"])
    assert sold["r"] is not None
    assert other.items(JOURNAL) == []


def test_a_persons_closed_trade_is_judged_and_told_of_once(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    desk.bot(trader)
    desk.cycle(LTC_ENTERS)  # so that there are candles to judge by
    at = ["2019-02-02T10:00:00Z", "2019-02-02T11:00:00Z"]
    fills = [
        {"at": at[0], "side": "BUY", "quantity": "2", "price": "33"},
        {"at": at[1], "side": "SELL", "quantity": "2", "price": "32"},
    ]
    trade = trader.post(JOURNAL, BY_HAND | {"fills": fills})
    path = f"/api/journal/behaviour/trades/{trade['id']}"
    desk.until("something is found", lambda: bool(trader.get(path)["items"]))
    found = {one["finding"]["detector"]: one["finding"] for one in trader.get(path)["items"]}
    assert found["NO_STOP"]["severity"] == "medium"
    assert found["NO_STOP"]["trades"] == [trade["id"]]
    # said once more it changes nothing
    trader.post(f"{JOURNAL}/{trade['id']}/restore")
    events = [one for one in items(desk, "EVENT") if one["type"]["S"] == "behaviour_flagged"]
    told = [one["data"]["S"] for one in events]
    assert sum(found["NO_STOP"]["id"] in one for one in told) == 1
    assert other.http.get(path).status_code == 404


def test_the_first_entry_of_a_day_locks_its_plan_for_good(desk: Desk) -> None:
    trader = desk.trader("ada")
    now = datetime.now(UTC)  # noqa: TID251 - a plan is written before its day is over
    path, plan = f"/api/journal/plans/{now.date()}", {"version": 0, "max_trades": 3}
    trader.http.put(path, json=plan).raise_for_status()
    assert trader.get(path)["locked_by"] is None
    fill = {"at": iso(now), "side": "BUY", "quantity": "1", "price": "33"}
    trade = trader.post(JOURNAL, BY_HAND | {"fills": [fill], "stop": "30"})
    desk.until("a trade has locked it", lambda: trader.get(path)["version"] == 2)
    trader.http.delete(f"{JOURNAL}/{trade['id']}").raise_for_status()
    assert trader.get(path)["locked_by"] == "entry"
    answer = trader.http.put(path, json=plan | {"version": 2, "max_trades": 9})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "PLAN_LOCKED")


def test_an_hour_with_nothing_due_does_nothing(desk: Desk) -> None:
    event = {"as_of": LTC_ENTERS, "owner": "SYSTEM", "task": {"kind": "due"}}
    assert desk.cloud.invoke("journal", event).payload == {"batchItemFailures": []}
