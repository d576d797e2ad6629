"""The emergency stop as deployed: gate, bots, orders, positions; repeated, lifted, of the desk."""

import time
from typing import Any

import pytest

from infra.cdk.local.desk_client import DeskClient, Refusal
from tests.deployed import ETH, LTC_ENTERS, NEXT_CLOSE, PASSWORD, Desk, verify

SECONDS = 60
RESUME = {"reason": "it is over", "confirm": "RESUME TRADING"}


def machine(desk: Desk) -> str:
    """Return the ARN of the machine that carries stops out."""
    found = desk.cloud.step_functions.list_state_machines()["stateMachines"]
    (arn,) = (one["stateMachineArn"] for one in found if one["name"].endswith("emergency-stop"))
    return arn


def carried_out(desk: Desk, runs: int = 1) -> None:
    """Wait until so many runs have ended, all of them well. Runs of earlier tests do not count."""
    deadline = time.monotonic() + SECONDS
    while True:
        listed = desk.cloud.step_functions.list_executions(stateMachineArn=machine(desk))
        states = [one["status"] for one in listed["executions"]]
        if len(states) >= runs and "RUNNING" not in states:
            break
        assert time.monotonic() < deadline, states
        time.sleep(0.2)
    assert set(states) == {"SUCCEEDED"}, listed["executions"]


def runs(desk: Desk) -> int:
    """Return how many runs there were so far."""
    listed = desk.cloud.step_functions.list_executions(stateMachineArn=machine(desk))
    return len(listed["executions"])


def stop(trader: DeskClient, level: str = "block") -> dict[str, Any]:
    answer: dict[str, Any] = trader.post(
        "/api/system/emergency-stop", {"level": level, "reason": "a bad feeling"}
    )
    return answer


def test_a_stop_pauses_bots_refuses_entries_and_is_lifted_by_its_owner(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    bot, theirs = desk.bot(trader), desk.bot(other)
    before = runs(desk)
    stopped = stop(trader)
    assert (stopped["enabled"], stopped["level"], stopped["trading_state"]) == (
        True,
        "block",
        "REDUCING",
    )
    assert stop(trader)["stop_id"] == stopped["stop_id"]
    carried_out(desk, before + 1)
    seen = trader.get(f"/api/bots/{bot['bot_id']}")
    assert (seen["status"], seen["pause_code"]) == ("paused", "EMERGENCY_STOP")
    assert trader.get("/api/system/emergency-stop")["bots_paused"] == 1

    desk.cycle(LTC_ENTERS)
    assert trader.items("/api/fills") == []
    assert {one["bot_id"] for one in other.items("/api/fills")} == {theirs["bot_id"]}
    with pytest.raises(Refusal) as refusal:
        trader.post(f"/api/bots/{bot['bot_id']}/resume")
    assert refusal.value.code == "START_REFUSED"

    with pytest.raises(Refusal) as refusal:
        trader.post("/api/system/emergency-stop/resume", RESUME)
    assert refusal.value.code == "STEP_UP_REQUIRED"
    trader.step_up(PASSWORD)
    lifted = trader.post("/api/system/emergency-stop/resume", RESUME | {"restart_bots": True})
    assert not lifted["enabled"]
    assert lifted["restarted"]["changed"] == [bot["bot_id"]]
    assert trader.get(f"/api/bots/{bot['bot_id']}")["status"] == "active"
    told = [one["action"] for one in trader.items("/api/audit")]
    assert {"emergency_stop_engaged", "emergency_stop_resumed"} <= set(told)


def test_to_flatten_sells_what_is_held_and_a_decision_meanwhile_names_the_stop(desk: Desk) -> None:
    trader = desk.trader()
    bot, flat = desk.bot(trader), desk.bot(trader, ETH)
    desk.cycle(LTC_ENTERS)
    assert len(trader.items("/api/positions")) == 1
    before = runs(desk)
    assert stop(trader, "flatten")["level"] == "flatten"
    carried_out(desk, before + 1)
    assert trader.items("/api/positions") == []
    sale = next(one for one in trader.items("/api/orders") if one["leg"] == "exit")
    assert (sale["status"], sale["reason"]) == ("FILLED", "emergency")
    after = trader.get("/api/system/emergency-stop")
    assert (after["bots_paused"], after["positions_closed"]) == (2, 1)
    verify(trader, bot)

    trader.post("/api/system/emergency-stop")  # a run that has ended runs again, and finds nothing
    carried_out(desk, before + 2)
    orders = trader.items("/api/orders")
    desk.cycle(NEXT_CLOSE)
    assert trader.items("/api/orders") == orders
    assert flat["bot_id"] != bot["bot_id"]


def test_the_desks_stop_reaches_everybody_and_goes_again(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    bots = [(trader, desk.bot(trader)), (other, desk.bot(other, ETH))]
    admin = desk.admin()
    before = runs(desk)
    answer = admin.post(
        "/api/admin/emergency-stop", {"scope": "global", "level": "block", "reason": "drill"}
    )
    assert answer["scope"] == "global"
    carried_out(desk, before + 1)
    assert admin.get("/api/health/ready")["emergency_stop"]
    for client, bot in bots:
        seen = client.get(f"/api/bots/{bot['bot_id']}")
        assert (seen["status"], seen["pause_code"]) == ("paused", "EMERGENCY_STOP")
        client.step_up(PASSWORD)
        with pytest.raises(Refusal) as refusal:
            client.post("/api/system/emergency-stop/resume", RESUME)
        assert refusal.value.code == "NOT_YOURS_TO_LIFT"

    admin.step_up(PASSWORD)
    admin.post(
        "/api/admin/emergency-stop/resume", RESUME | {"scope": "global", "restart_bots": True}
    )
    carried_out(desk, before + 2)
    for client, bot in bots:
        assert not client.get("/api/system/emergency-stop")["enabled"]
        assert client.get(f"/api/bots/{bot['bot_id']}")["status"] == "active"
    assert not admin.get("/api/health/ready")["emergency_stop"]
