"""The app as bootstrap wires it, over DynamoDB and Secrets Manager in this process (moto)."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.tables import AuditItem, DeskItem, MarketItem, RuntimeItem
from nightdesk.names import Env
from tests.aws import aws
from tests.builders.accounts import OPERATOR, PASSWORD
from tests.wiring import forget

SECRETS = {
    "pepper": "pepper-of-the-tests-0123456789abcdef",
    "signing": "seed-of-the-tests-0123456789abcdefghij",
    "operator": OPERATOR,
}
SETTINGS = {
    Env.STAGE: "local",
    Env.DESK_TABLE: "wired-desk",
    Env.MARKET_TABLE: "wired-market",
    Env.RUNTIME_TABLE: "wired-runtime",
    Env.AUDIT_TABLE: "wired-audit",
    Env.PEPPER_SECRET: "pepper",
    Env.SIGNING_SECRET: "signing",
    Env.OPERATOR_SECRET: "operator",
    Env.VAULT_KEY: "alias/nightdesk/test",
    Env.PROBE_FUNCTION: "nightdesk-test-probe_key",
    Env.EXPORTS_BUCKET: "wired-exports",
    Env.UPLOADS_BUCKET: "wired-uploads",
    Env.IMPORT_QUEUE: "https://sqs.eu-west-1.amazonaws.com/000000000000/import",
    Env.SYNC_QUEUE: "https://sqs.eu-west-1.amazonaws.com/000000000000/sync",
    Env.JOURNAL_QUEUE: "https://sqs.eu-west-1.amazonaws.com/123456789012/journal",
    Env.REVIEW_QUEUE: "https://sqs.eu-west-1.amazonaws.com/000000000000/review",
    Env.EXPORT_WORKFLOW: "arn:aws:states:eu-west-1:000000000000:stateMachine:export",
    Env.DELETION_WORKFLOW: "arn:aws:states:eu-west-1:000000000000:stateMachine:deletion",
    Env.EMERGENCY_STOP_MACHINE: "arn:aws:states:eu-west-1:000000000000:stateMachine:stop",
}
ALICE = {"username": "alice", "email": "alice@example.com", "password": PASSWORD}
BOB = {"username": "bob", "email": "bob@example.com", "password": PASSWORD}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    ours = [name for name in os.environ if name.startswith("NIGHTDESK_")]
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", *ours):
        monkeypatch.delenv(name, raising=False)
    for setting, value in SETTINGS.items():
        monkeypatch.setenv(setting, value)
    with aws():
        forget()
        tables.bind_desk(SETTINGS[Env.DESK_TABLE])
        tables.bind_market(SETTINGS[Env.MARKET_TABLE])
        tables.bind_runtime(SETTINGS[Env.RUNTIME_TABLE])
        tables.bind_audit(SETTINGS[Env.AUDIT_TABLE])
        for item in (AuditItem, DeskItem, MarketItem, RuntimeItem):
            item.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        kms = boto3.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=SETTINGS[Env.VAULT_KEY], TargetKeyId=key)
        secrets = boto3.client("secretsmanager")
        for name, text in SECRETS.items():
            secrets.create_secret(Name=name, SecretString=text)
        with TestClient(create_app()) as client:
            yield client
    forget()


def signed_in(client: TestClient, user: dict[str, str], **leave: str) -> dict[str, Any]:
    made = client.post("/api/auth/register", json=user | leave)
    assert made.status_code == 201, made.text
    credentials = {"email": user["email"], "password": PASSWORD}
    tokens: dict[str, Any] = client.post("/api/auth/login", json=credentials).json()
    return tokens


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_two_traders_come_in_and_go(client: TestClient) -> None:
    ready = {"status": "ok", "failing": [], "emergency_stop": False}
    assert client.get("/api/health/ready").json() == ready
    alice = signed_in(client, ALICE, operator_token=OPERATOR)
    key = {"Idempotency-Key": "invite-bob-000001"}
    raised = client.post("/api/auth/step-up", json={"password": PASSWORD}, headers=bearer(alice))
    assert raised.status_code == 200
    invited = client.post("/api/admin/invitations", json={}, headers=bearer(alice) | key)
    again = client.post("/api/admin/invitations", json={}, headers=bearer(alice) | key)
    assert again.json()["error"]["code"] == "SECRET_ALREADY_SHOWN"
    bob = signed_in(client, BOB, invitation=invited.json()["token"])
    assert client.get("/api/account", headers=bearer(bob)).json()["username"] == "bob"

    sid = client.get("/api/auth/sessions", headers=bearer(alice)).json()["items"][0]["id"]
    stolen = client.delete(f"/api/auth/sessions/{sid}", headers=bearer(bob))
    assert stolen.status_code == 404

    pair = client.post("/api/auth/refresh", json={"refresh_token": bob["refresh_token"]}).json()
    assert client.get("/api/account", headers=bearer(pair)).status_code == 200
    assert client.post("/api/auth/logout-all", headers=bearer(pair)).status_code == 204
    assert client.get("/api/account", headers=bearer(pair)).status_code == 401
    assert client.get("/api/account", headers=bearer(alice)).status_code == 200


def test_a_table_that_is_gone_is_named_by_ready_alone(client: TestClient) -> None:
    RuntimeItem.delete_table()
    answer = client.get("/api/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert len(answer.json()["failing"]) == 1


def test_a_trader_writes_in_the_journal(client: TestClient) -> None:
    import boto3

    boto3.client("s3").create_bucket(
        Bucket=SETTINGS[Env.UPLOADS_BUCKET],
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    headers = bearer(signed_in(client, ALICE, operator_token=OPERATOR))

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = client.request(method, f"/api/journal{path}", json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    tag = call("POST", "/tags", {"name": "Patience"})
    entry = {"kind": "free", "title": "Waited", "tags": [tag["id"]], "mood": 7}
    made = call("POST", "/entries", entry)
    call("PUT", f"/entries/{made['id']}", entry | {"title": "Waited longer", "version": 1})
    found = call("GET", "/entries/search?q=longer pat&mood_min=7")["items"]
    assert [one["entry"]["id"] for one in found] == [made["id"]]
    shot = {"type": "image/png", "bytes": 9, "sha256": "ab" * 32}
    assert call("POST", f"/entries/{made['id']}/screenshots", shot)["upload"]["fields"]["key"]
    shown = call("GET", f"/entries/{made['id']}")
    assert (len(shown["screenshots"]), len(shown["former"])) == (1, 1)
    assert call("POST", f"/entries/{made['id']}/insight")["insight"]["facts"] == []
    assert {one["name"]: one["uses"] for one in call("GET", "/tags")["items"]}["Patience"] == 1
    day = shown["created_at"][:10]
    assert call("PUT", f"/plans/{day}", {"max_trades": 2})["verdict"]["state"] == "pending"
    assert call("POST", f"/plans/{day}/lock")["locked_by"] == "hand"
    assert len(call("GET", "/plans")["items"]) == 1
    book = call("POST", "/playbooks", {"name": "Ranges"})
    assert call("GET", f"/playbooks/{book['id']}/stats")["rules"] == []
    assert call("GET", "/metrics/saved")["items"][0]["figure"]["value"] is None
    assert call("GET", "/settings")["places"][0]["zone"] == "UTC"
    call("DELETE", f"/entries/{made['id']}")
    assert call("GET", "/entries")["items"] == []


def test_figures_of_stored_trades_are_wired(client: TestClient) -> None:
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.core.ids import UserId
    from nightdesk.journal.stored import Stored, built_from
    from tests.builders.journal_trades import a_trade

    headers = bearer(signed_in(client, ALICE, operator_token=OPERATOR))

    def get(path: str) -> Any:
        answer = client.get(f"/api/journal{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    owner = UserId(client.get("/api/account", headers=headers).json()["id"])
    trade = a_trade(owner=owner)
    DynamoTrades().add([Stored(trade=trade, fills_hash=built_from(trade))])
    metrics = get("/analytics/metrics?mode=live")
    assert metrics["trade_metrics"]["net"]["value"] == 2_458
    assert metrics["account"]["days"] == 0
    for path in ("equity", "drawdowns", "calendar", "heatmap", "distribution", "rolling"):
        assert get(f"/analytics/{path}")["counts"]["modes"] == ["live"]
    assert get("/analytics/breakdown/rule?unit=r")["rows"] == []  # it follows no playbook
    assert get("/analytics/compare?a.side=short")["b"]["counts"]["n"] == 1
    assert len(get("/analytics/exit-analysis")["readings"]) == 4
    assert get("/metrics/saved")["items"][0]["figure"]["reason"] == "NO_DAYS"


def test_a_trader_keeps_trades_and_cash_and_is_told_of_them(client: TestClient) -> None:
    import boto3

    queues = boto3.client("sqs")
    queues.create_queue(QueueName="journal")
    headers = bearer(signed_in(client, ALICE, operator_token=OPERATOR))

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = client.request(method, f"/api/journal{path}", json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    first = {"at": "2026-02-01T10:00:00Z", "side": "BUY", "quantity": "1", "price": "100"}
    trade = {"account": "mine", "instrument": "BTC/USD@bitstamp", "fills": [first], "stop": "95"}
    made = call("POST", "/trades", trade | {"labels": {"note": "Waited for it"}})
    path = f"/trades/{made['id']}"
    call("PUT", f"{path}/tags/range")
    closed = call("POST", f"{path}/close", {"at": "2026-02-01T11:00:00Z", "price": "110"})
    assert (closed["net"], closed["r"]) == ("10", "2")
    waiting = queues.get_queue_attributes(
        QueueUrl=SETTINGS[Env.JOURNAL_QUEUE], AttributeNames=["All"]
    )["Attributes"]
    # what follows is asked for each time, and seen once the trade is stored
    assert waiting["ApproximateNumberOfMessagesDelayed"] == "2"
    edited = call("PATCH", path, {"version": closed["version"], "emotions": ["calm"]})
    assert edited["labels"]["tags"] == ["range"]
    assert call("GET", "/trades?sort=net&tag=range")["items"][0]["id"] == made["id"]
    assert call("GET", "/entries/search?q=waited")["items"][0]["trade_id"] == made["id"]
    assert {one["name"]: one["uses"] for one in call("GET", "/tags")["items"]}["range"] == 1
    assert len(call("GET", path)["legs"]) == 2
    assert call("GET", f"{path}/candles")["candles"] == []
    cash = {"account": "mine", "asset": "USD", "amount": "500", "kind": "deposit"}
    row = call("POST", "/cash", cash | {"at": "2026-02-01T09:00:00Z"})
    told = call("GET", "/reconciliation?account=mine")["assets"]
    assert {one["asset"]: one["journal"] for one in told} == {"BTC": "0", "USD": "510"}
    call("DELETE", f"/cash/{row['id']}")
    assert call("GET", "/behaviour?days=730")["trades"] == 1
    assert call("GET", "/behaviour/tilt?from=2026-01-01&to=2026-02-28")["items"]
    assert call("GET", "/behaviour/times?days=730&by=session")["items"][0]["n"] == 1
    assert call("GET", "/behaviour/setups")["items"] == []
    assert call("GET", f"/behaviour/trades/{made['id']}")["items"] == []
    tuned = call("PATCH", "/behaviour/detectors/REVENGE", {"version": 0, "status": "shadow"})
    assert tuned["version"] == 1
    assert call("GET", "/imports")["items"] == []
    assert call("GET", "/sync")["items"] == []
    call("DELETE", path)
    assert call("GET", "/entries/search?q=waited")["items"] == []
    assert call("POST", f"{path}/restore")["status"] == "closed"
