"""Abuse row 15: marked secrets go in, through everything that is wired, and are never seen again.

The API, DynamoDB, KMS and the function that tests keys are all here; only the network is not.
"""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from functions.probe_key import handler
from nightdesk import bootstrap
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.tables import AuditItem, DeskItem, RuntimeItem
from nightdesk.adapters.probes.here import ProbeHere
from nightdesk.adapters.secrets.vault_cipher import KmsCipher
from nightdesk.names import Env
from nightdesk.settings import ApiSettings
from tests.aws import aws
from tests.builders.accounts import PASSWORD
from tests.fakes.providers.server import Asked, Said, served
from tests.unit.api.test_wired import ALICE, SECRETS, SETTINGS, bearer, signed_in
from tests.unit.vault.test_remote import Context
from tests.wiring import forget

MARK = "MARKEDsecret7f3a9c"
FIELDS = {
    "kraken": {"api_key": f"{MARK}kraken", "api_secret": f"{MARK}krakensecret"},
    "kucoin": {
        "api_key": f"{MARK}kucoin",
        "api_secret": f"{MARK}kucoinsecret",
        "passphrase": f"{MARK}pass",
    },
    "openai": {"api_key": f"sk-{MARK}openai"},
    "telegram": {"bot_token": f"123456:{MARK}telegramtoken", "chat_id": "-100"},
    "fred": {"api_key": f"{MARK}fred"},
}


class Cloud:
    """Lambda, as far as the API calls it; and what it carried."""

    def __init__(self) -> None:
        self.carried: list[str] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto's
        answer = json.dumps(handler.lambda_handler(json.loads(Payload), Context()))
        self.carried += [Payload.decode(), answer]
        return {"Payload": io.BytesIO(answer.encode())}


def echo(asked: Asked) -> Said:
    """Answer like the worst provider: with all that it was sent."""
    told = f"no: {asked.path}?{asked.query} {asked.headers} {asked.body.decode()}"
    return Said(401, {"message": told, "error": [f"EAPI:Invalid key {told}"]})


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> Iterator[TestClient]:
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with aws(), served(echo) as server:
        forget()
        kms = boto3.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=SETTINGS[Env.VAULT_KEY], TargetKeyId=key)
        for one in ApiSettings.model_fields.values():
            if one.is_required():
                monkeypatch.setenv(str(one.alias), SETTINGS.get(Env(str(one.alias)), "other"))
        tables.bind_desk(SETTINGS[Env.DESK_TABLE])
        tables.bind_runtime(SETTINGS[Env.RUNTIME_TABLE])
        tables.bind_audit(SETTINGS[Env.AUDIT_TABLE])
        for item in (DeskItem, RuntimeItem, AuditItem):
            item.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        for name, text in SECRETS.items():
            boto3.client("secretsmanager").create_secret(Name=name, SecretString=text)
        probe = ProbeHere(
            opener=KmsCipher(SETTINGS[Env.VAULT_KEY]),
            local=True,
            base_urls=dict.fromkeys(FIELDS, server.url),
        )
        monkeypatch.setattr(bootstrap, "probe_here", lambda: probe)
        remote = bootstrap.save_key().probe
        monkeypatch.setattr(remote, "_client", cloud)
        with TestClient(create_app()) as client:
            yield client
    forget()


def test_row_15_a_marked_secret_is_never_seen_again(
    client: TestClient,
    cloud: Cloud,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    alice = bearer(signed_in(client, ALICE, operator_token=SECRETS["operator"]))
    up = client.post("/api/auth/step-up", json={"password": PASSWORD}, headers=alice)
    assert up.status_code == 200, up.text
    seen: list[str] = []
    for n, (provider, fields) in enumerate(FIELDS.items()):
        key = {"Idempotency-Key": f"save-marked-{n:08d}"}
        body = {"fields": fields, "declares_no_withdrawal": True}
        for answer in (
            client.post(f"/api/keys/{provider}", json=body, headers=alice | key),
            client.post(f"/api/keys/{provider}", json=body, headers=alice | key),
            client.post("/api/keys/test", json={"provider": provider}, headers=alice),
            client.post(
                "/api/keys/test", json={"provider": provider, "fields": fields}, headers=alice
            ),
            client.get(f"/api/keys/{provider}", headers=alice),
            client.post(
                f"/api/keys/{provider}",
                json=body | {"label": f"Not {MARK}", "extra": MARK},
                headers=alice | {"Idempotency-Key": f"bad-marked-{n:09d}"},
            ),
        ):
            assert answer.status_code in {200, 201, 422}, answer.text
            seen += [answer.text, str(answer.headers)]
    for path in ("/api/keys", "/api/account"):
        seen.append(client.get(path, headers=alice).text)
    assert client.delete("/api/keys/fred", headers=alice).status_code == 204
    stored = [
        str(item.to_simple_dict(force=True))
        for kind in (DeskItem, RuntimeItem, AuditItem)
        for item in kind.scan()
    ]
    logged = capsys.readouterr()
    heard = [logged.out, logged.err, caplog.text]
    places = {"answers": seen, "tables": stored, "lambda": cloud.carried, "logs": heard}
    assert any("CREDENTIAL" in row for row in stored)
    assert any("key_saved" in row for row in stored)
    assert any("credential_saved" in row for row in stored)
    assert any("***" in text for text in seen), "the provider did quote the key"
    for place, texts in places.items():
        for text in texts:
            assert MARK not in text, place
