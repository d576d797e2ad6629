"""Wrapping keys anew: nothing is lost, whatever happens meanwhile."""

import subprocess
from dataclasses import replace
from typing import Any

import boto3
import pytest

from infra.cdk import reseal_keys
from nightdesk.accounts.credential import Answer, Slot
from nightdesk.accounts.resealing import Reseal
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.credentials import DynamoCredentials
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.secrets.vault_cipher import KmsCipher
from nightdesk.bootstrap import resealing
from nightdesk.bootstrap.parts import audit_log
from nightdesk.core.errors import StaleWrite
from nightdesk.names import Env
from nightdesk.settings import ResealSettings
from tests.builders.vault import ADA, BEN, NOW, a_credential, an_offer, some_fields
from tests.fakes.vault import found
from tests.unit.vault.rig import Vault
from tests.unit.vault.test_sealing import kms as kms  # noqa: PLC0414 - a fixture
from tests.wiring import forget


def filled() -> Vault:
    vault = Vault()
    vault.save("kraken")
    vault.offer(an_offer("binance"), BEN)
    vault.probe.answers["kraken"] = found(Answer.UNREACHABLE)
    vault.save("kraken")
    vault.cipher.wrapping = "2"
    return vault


def reseal_of(vault: Vault) -> Reseal:
    return Reseal(everywhere=vault.credentials, credentials=vault.credentials, cipher=vault.cipher)


def test_every_version_is_wrapped_anew_and_opens() -> None:
    vault = filled()
    before = [one for slot in vault.credentials.everywhere() for one in slot.versions]
    done = reseal_of(vault)(NOW)
    assert (done.done, done.broken) == (3, ())
    after = [one for slot in vault.credentials.everywhere() for one in slot.versions]
    assert [replace(one, sealed=None) for one in after] == [  # type: ignore[arg-type]
        replace(one, sealed=None)  # type: ignore[arg-type]
        for one in before
    ]
    assert all(one.sealed.wrapped.startswith(b"2:") for one in after)
    assert vault.open_key(ADA, "kraken", "main", NOW).fields == some_fields("kraken")
    assert vault.open_key(BEN, "binance", "main", NOW).fields == some_fields("binance")
    assert vault.cipher.opened == 2, "wrapping anew opens nothing"


def test_a_writer_meanwhile_loses_nothing() -> None:
    vault = filled()
    vault.credentials.overtaken = 2
    assert reseal_of(vault)(NOW).done == 3
    vault.credentials.overtaken = 3
    with pytest.raises(StaleWrite):
        reseal_of(vault)(NOW)


def test_a_key_that_is_deleted_meanwhile_stays_deleted() -> None:
    vault = filled()

    class Deleting:
        def everywhere(self) -> Any:
            slots = list(vault.credentials.everywhere())
            vault.credentials.slots.clear()
            return slots

    done = replace(reseal_of(vault), everywhere=Deleting())(NOW)
    assert done.done == 0
    assert not vault.credentials.slots


def test_a_moved_row_is_named_and_keeps_no_other_from_it() -> None:
    vault = filled()
    moved = replace(vault.slot().serving, owner=BEN)
    vault.credentials.slots[BEN, "kraken", "main"] = Slot(serving=moved, revision=1)
    done = reseal_of(vault)(NOW)
    assert (done.done, done.broken) == (3, (f"{BEN}|kraken|main",))


def test_row_16_the_command_and_a_new_signing_key_lose_no_credential(
    kms: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/nightdesk/dev", TargetKeyId=key)
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="signing", SecretString="seed-one-0123456789-0123456789-0123")
    forget()
    for name, value in {
        Env.STAGE: "dev",
        Env.DESK_TABLE: "vault-desk",
        Env.VAULT_KEY: "alias/nightdesk/dev",
    }.items():
        monkeypatch.setenv(name, value)
    tables.bind_desk("vault-desk")
    DeskItem.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
    cipher = KmsCipher("alias/nightdesk/dev")
    one = a_credential()
    sealed = cipher.seal(one.context, some_fields("kraken"))
    stored = DynamoCredentials(audit_log(ResealSettings))
    slot = Slot(serving=replace(one, sealed=sealed))
    stored.place(slot, stored.shelf(ADA, "kraken"), now=NOW)

    secrets.update_secret(SecretId="signing", SecretString="seed-two-0123456789-0123456789-0123")
    assert resealing.main() == 0
    assert capsys.readouterr().out == "keys wrapped anew: 1\n"
    again = stored.slot(ADA, "kraken", "main")
    assert again is not None
    assert again.serving.sealed.wrapped != sealed.wrapped
    assert cipher.open(again.serving.context, again.serving.sealed) == some_fields("kraken")
    forget()


def test_the_command_finds_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class Stacks:
        def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto's
            asked.append(StackName)
            outputs = [{"OutputKey": "DeskTable", "OutputValue": "the-table"}]
            return {"Stacks": [{"Outputs": outputs}]}

    def run(command: list[str], env: dict[str, str], check: bool) -> Any:
        asked.append(env)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(boto3, "client", lambda name: Stacks())
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("NIGHTDESK_RUNTIME_TABLE", "of another")
    assert reseal_keys.main(["--stage", "staging"]) == 1
    name, env = asked
    assert name == "nightdesk-staging-data"
    ours = {key: value for key, value in env.items() if key.startswith("NIGHTDESK_")}
    assert ours == {
        "NIGHTDESK_STAGE": "staging",
        "NIGHTDESK_DESK_TABLE": "the-table",
        "NIGHTDESK_VAULT_KEY": "alias/nightdesk/staging",
    }
