"""Copies and deletions as deployed: asked for over the API, made by the machines."""

import io
import json
import time
import zipfile
from typing import Any

import httpx

from infra.cdk.local.cloud import Run
from infra.cdk.local.desk_client import DeskClient
from tests.deployed import LTC_ENTERS, PASSWORD, Desk

DELETION = "nightdesk-local-account-deletion"
PAST = "2026-01-01T00:00:00Z"

NEVER = """
def lambda_handler(event, context):
    from functions.export.deployed import lambda_handler as deployed
    if event.get("failed"):
        return deployed(event, context)
    raise RuntimeError("never")
"""


def machine(desk: Desk, name: str) -> str:
    found = desk.cloud.step_functions.list_state_machines()["stateMachines"]
    (arn,) = (one["stateMachineArn"] for one in found if one["name"] == name)
    return arn


def ended(trader: DeskClient, export_id: str) -> dict[str, Any]:
    """Wait for the end of an export."""
    deadline = time.monotonic() + 60
    while (found := trader.get(f"/api/account/export/{export_id}"))["status"] == "running":
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return dict(found)


def fetched(url: str) -> dict[str, bytes]:
    answer = httpx.get(url, timeout=30)
    answer.raise_for_status()
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return {name: archive.read(name) for name in archive.namelist()}


def login(desk: Desk, name: str) -> httpx.Response:
    body = {"email": f"{name}@nightdesk.example", "password": PASSWORD}
    return desk.stranger().post("/api/auth/login", json=body)


def test_a_trader_fetches_a_copy_of_everything(desk: Desk) -> None:
    trader = desk.trader()
    desk.bot(trader)
    desk.cycle(LTC_ENTERS)
    trader.step_up(PASSWORD)

    begun = trader.post("/api/account/export")
    done = ended(trader, begun["export_id"])

    assert (done["status"], done["counts"]["fills"]) == ("ready", 1)
    files = fetched(done["url"])
    (fill,) = (json.loads(one) for one in files["fills.jsonl"].splitlines())
    assert fill["instrument_id"] == "LTC/USD@bitstamp"
    assert len(files["trades.csv"].splitlines()) == 2
    reports = [json.loads(one) for one in files["audit_report.jsonl"].splitlines()]
    assert reports
    assert all(one["holds"] for one in reports)
    words = [json.loads(one)["words"] for one in files["audit_words.jsonl"].splitlines()]
    assert any("network" in one for one in words)

    again = trader.post("/api/audit/export")
    assert "fills.jsonl" not in fetched(ended(trader, again["export_id"])["url"])


def test_an_export_that_cannot_be_made_fails_and_lets_another_start(desk: Desk) -> None:
    trader = desk.trader()
    trader.step_up(PASSWORD)
    with desk.cloud.replaced("export", NEVER):
        begun = trader.post("/api/account/export")
        assert ended(trader, begun["export_id"])["status"] == "failed"
    assert ended(trader, trader.post("/api/account/export")["export_id"])["status"] == "ready"


def test_a_login_in_grace_opens_the_way_back_alone(desk: Desk) -> None:
    trader = desk.trader()
    trader.step_up(PASSWORD)
    trader.post("/api/account/delete", {"confirm": "ada"})

    assert trader.http.get("/api/account").status_code == 401
    refused = login(desk, "ada")
    assert refused.status_code == 403
    error = refused.json()["error"]
    assert error["code"] == "ACCOUNT_DELETING"
    narrow = {"Authorization": f"Bearer {error['details'][0]['access_token']}"}
    stranger = desk.stranger()
    for path in ("/api/account", "/api/bots", "/api/auth/sessions"):
        assert stranger.get(path, headers=narrow).status_code == 401
    assert stranger.post("/api/account/delete/cancel", headers=narrow).status_code == 204
    assert login(desk, "ada").status_code == 200


def test_an_account_whose_time_has_come_is_erased(desk: Desk) -> None:
    trader = desk.trader("grace")
    bot = desk.bot(trader)
    desk.cycle(LTC_ENTERS)
    owner = trader.get("/api/account")["id"]
    trader.step_up(PASSWORD)
    trader.post("/api/account/delete", {"confirm": "grace"})

    run = erased(desk, owner)

    assert run.succeeded, (run.error, run.cause)
    assert run.output["counts"]["kept.FILL"] == 1
    assert login(desk, "grace").status_code == 401
    found = json.dumps(rows(desk, f"U#{owner}") + rows(desk, f"U#{owner}#BOT#{bot['bot_id']}"))
    assert "grace" not in found
    assert "127.0.0.1" not in found
    assert '"FILL"' in found
    # again it changes nothing
    assert erased(desk, owner).output["counts"] == run.output["counts"]


def erased(desk: Desk, owner: str) -> Run:
    """Let the days of grace be over, and run the machine to its end."""
    tables, table = desk.cloud.tables, desk.cloud.deployment.desk_table
    key: Any = {"pk": {"S": f"U#{owner}"}, "sk": {"S": "DELETION"}}
    stored = tables.get_item(TableName=table, Key=key)["Item"]
    past: Any = {":past": {"S": PAST}}
    tables.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET effective_at = :past, asked_at = :past",
        ExpressionAttributeValues=past,
    )
    request_id = stored["request_id"]["S"]
    state = {"owner": owner, "request_id": request_id, "as_of": PAST, "effective_at": PAST}
    return desk.cloud.run(machine(desk, DELETION), state)


def rows(desk: Desk, partition: str) -> list[Any]:
    tables, table = desk.cloud.tables, desk.cloud.deployment.desk_table
    values: Any = {":pk": {"S": partition}}
    found = tables.query(
        TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values
    )["Items"]
    return [{name: str(next(iter(value.values()))) for name, value in one.items()} for one in found]
