"""The key routes: order, markers, masking, refusals, isolation."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from nightdesk import bootstrap
from nightdesk.accounts.credential import Answer, KeyStatus, Withdraw
from nightdesk.accounts.offers import CheckUrls
from nightdesk.accounts.providers import PROVIDERS
from nightdesk.core.ids import SYSTEM
from tests.builders.accounts import NOW
from tests.builders.vault import some_fields
from tests.fakes.vault import found, may
from tests.unit.api.conftest import Api
from tests.unit.vault.rig import Vault

KEY = {"Idempotency-Key": "save-a-key-0000001"}
KRAKEN = {"fields": some_fields("kraken")}


@pytest.fixture
def vault(api: Api) -> Vault:
    vault = Vault()
    api.give(
        {
            bootstrap.save_key: vault.save_key,
            bootstrap.test_key: vault.test_key,
            bootstrap.try_key: vault.try_key,
            bootstrap.delete_key: vault.delete_key,
            bootstrap.list_keys: vault.list_keys,
        }
    )
    return vault


def elevated(api: Api, headers: dict[str, str]) -> dict[str, str]:
    """Step up every session there is."""
    for session_id in api.rig.desk.sessions:
        api.rig.sessions.elevate(session_id, NOW + timedelta(minutes=10))
    return headers


@pytest.fixture
def alice(api: Api, vault: Vault) -> dict[str, str]:
    return api.alice_up()


@pytest.fixture
def bob(api: Api, alice: dict[str, str]) -> dict[str, str]:
    return elevated(api, api.bob())


def save(api: Api, who: dict[str, str], provider: str = "kraken", **body: Any) -> Any:
    key = {"Idempotency-Key": f"save-{uuid4().hex}"}
    sent = {"fields": some_fields(provider)} | body
    return api.client.post(f"/api/keys/{provider}", json=sent, headers=who | key)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_row_13_test_and_providers_reach_their_own_handlers(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    listed = api.client.get("/api/keys/providers")
    assert listed.status_code == 200
    assert [one["id"] for one in listed.json()["items"]] == list(PROVIDERS)
    tried = api.client.post("/api/keys/test", json={"provider": "kraken"} | KRAKEN, headers=alice)
    assert (tried.status_code, tried.json()["ok"]) == (200, True)
    assert not vault.credentials.slots


def test_the_public_list_says_what_each_provider_wants(api: Api, vault: Vault) -> None:
    rows = {one["id"]: one for one in api.client.get("/api/keys/providers").json()["items"]}
    assert rows["kraken"]["tells_permissions"] is True
    assert rows["luno"]["declaration_required"] is True
    assert rows["ovex"]["expires_at_required"] is True
    assert rows["bitpanda"]["trades"] is False
    fields = {one["name"]: one for one in rows["binance"]["fields"]}
    assert (fields["api_key"]["secret"], fields["api_secret"]["secret"]) == (False, True)
    assert fields["api_key"]["min_length"] == 8


def test_a_saved_key_is_shown_masked(api: Api, vault: Vault, alice: dict[str, str]) -> None:
    saved = save(api, alice, label="sub-1")
    assert saved.status_code == 201
    shown = saved.json()["key"]
    assert shown["hint"] == some_fields("kraken")["api_key"][-4:]
    assert (shown["status"], shown["version"], shown["waiting"]) == ("test_ok", 1, None)
    assert shown["permissions"] == {"read": True, "trade": True, "withdraw": "no"}
    one = api.client.get("/api/keys/kraken?label=sub-1", headers=alice).json()
    listed = api.client.get("/api/keys", headers=alice).json()["items"]
    assert one == shown
    assert listed == [shown]
    for value in some_fields("kraken").values():
        assert value not in saved.text + str(one) + str(listed)
    assert set(shown) == {
        *("provider", "label", "shared", "version", "status", "hint", "permissions"),
        *("ip_restricted", "saved_at", "expires_at", "last_tested_at", "last_error", "waiting"),
    }


def test_a_newer_key_is_shown_beside_the_one_that_serves(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    save(api, alice)
    vault.probe.answers["kraken"] = found(Answer.UNREACHABLE, message="HTTP 503")
    shown = save(api, alice, declares_no_withdrawal=True).json()["key"]
    assert (shown["version"], shown["status"]) == (1, "test_ok")
    assert (shown["waiting"]["version"], shown["waiting"]["status"]) == (2, "saved_untested")
    assert shown["waiting"]["last_error"] == "HTTP 503"


def test_saving_and_deleting_ask_for_a_step_up_and_a_key(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    unkeyed = api.client.post("/api/keys/kraken", json=KRAKEN, headers=alice)
    assert code(unkeyed) == (400, "IDEMPOTENCY_KEY_REQUIRED")
    plain = api.bob()
    assert code(api.client.post("/api/keys/kraken", json=KRAKEN, headers=plain | KEY)) == (
        403,
        "STEP_UP_REQUIRED",
    )
    assert code(api.client.delete("/api/keys/kraken", headers=plain)) == (403, "STEP_UP_REQUIRED")
    assert not vault.credentials.slots


def test_the_same_command_saves_once(api: Api, vault: Vault, alice: dict[str, str]) -> None:
    first = api.client.post("/api/keys/kraken", json=KRAKEN, headers=alice | KEY)
    again = api.client.post("/api/keys/kraken", json=KRAKEN, headers=alice | KEY)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert vault.list_keys(next(iter(vault.credentials.slots))[0])[0].newest.version == 1
    kept = str(list(api.rig.replies.kept.values()))
    for value in some_fields("kraken").values():
        assert value not in kept


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "fields"),
        ({"fields": []}, "fields"),
        ({"fields": {"api_key": 5}}, "fields.api_key"),
        ({"fields": {"API KEY": "x"}}, "fields.API KEY.[key]"),
        ({"fields": {f"f{'x' * n}": "x" for n in range(11)}}, "fields"),
        ({"fields": {"api_key": "x" * 9000}}, "fields.api_key"),
        (KRAKEN | {"label": "Main"}, "label"),
        (KRAKEN | {"declares_no_withdrawal": "yes"}, "declares_no_withdrawal"),
        (KRAKEN | {"expires_at": "2027-01-01"}, "expires_at"),
        (KRAKEN | {"owner": "someone"}, "owner"),
        (KRAKEN | {"status": "test_ok"}, "status"),
        (KRAKEN | {"version": 7}, "version"),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused_by_its_field(
    api: Api, vault: Vault, alice: dict[str, str], body: Any, field: str
) -> None:
    answer = api.client.post("/api/keys/kraken", json=body, headers=alice | KEY)
    assert code(answer) == (422, "VALIDATION_FAILED")
    assert answer.json()["error"]["details"][0]["field"] == field
    assert "4SDr" not in answer.text
    assert not vault.credentials.slots


@pytest.mark.parametrize(
    ("provider", "changes", "wanted"),
    [
        ("kraken", {"fields": {"api_key": "4SDrDBcOOPnm"}}, "BAD_FORMAT"),
        ("luno", {}, "DECLARATION_REQUIRED"),
        ("ovex", {"declares_no_withdrawal": True}, "BAD_FORMAT"),
        ("ollama", {"fields": {"base_url": "http://127.0.0.1:11434"}}, "URL_NOT_ALLOWED"),
    ],
)
def test_what_the_rules_of_a_provider_refuse_is_422(
    *,
    api: Api,
    vault: Vault,
    alice: dict[str, str],
    provider: str,
    changes: dict[str, Any],
    wanted: str,
) -> None:
    assert code(save(api, alice, provider, **changes)) == (422, wanted)
    assert not vault.credentials.slots


def test_row_14_a_key_that_may_withdraw_is_refused(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    vault.probe.answers["kraken"] = found(permissions=may(Withdraw.YES))
    assert code(save(api, alice)) == (422, "KEY_CAN_WITHDRAW")
    assert not vault.credentials.slots


def test_row_14_a_key_that_gains_it_later_fails(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    save(api, alice)
    vault.probe.answers["kraken"] = found(permissions=may(Withdraw.YES))
    answer = api.client.post("/api/keys/test", json={"provider": "kraken"}, headers=alice)
    assert answer.json()["ok"] is False
    assert answer.json()["status"] == "test_failed"
    shown = api.client.get("/api/keys/kraken", headers=alice).json()
    assert (shown["status"], shown["permissions"]["withdraw"]) == ("test_failed", "yes")


def test_duplicates_and_the_sixth_are_conflicts(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    save(api, alice)
    assert code(save(api, alice, label="again")) == (409, "KEY_DUPLICATE")
    for n in range(4):
        fields = some_fields("kraken") | {"api_key": f"4SDrDBcOOPnm3nPlNfEM{n}"}
        assert save(api, alice, label=f"sub-{n}", fields=fields).status_code == 201
    fields = some_fields("kraken") | {"api_key": "4SDrDBcOOPnm3nPlNfEM9"}
    assert code(save(api, alice, label="sub-9", fields=fields)) == (409, "KEY_LIMIT")


@pytest.mark.parametrize("path", ["mtgox", "UPPER", "a-b", "x" * 21])
def test_an_unknown_provider_is_404(
    api: Api, vault: Vault, alice: dict[str, str], path: str
) -> None:
    wanted = "UNKNOWN_PROVIDER" if path == "mtgox" else "NOT_FOUND"
    posted = api.client.post(f"/api/keys/{path}", json=KRAKEN, headers=alice | KEY)
    assert code(posted) == (404, wanted)
    assert code(api.client.get(f"/api/keys/{path}", headers=alice)) == (404, wanted)
    assert code(api.client.delete(f"/api/keys/{path}", headers=alice)) == (404, wanted)


def test_testing_what_is_not_there_and_what_does_not_answer(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    stored = {"provider": "kraken"}
    answer = api.client.post("/api/keys/test", json=stored, headers=alice)
    assert code(answer) == (404, "NOT_CONFIGURED")
    save(api, alice)
    vault.probe.answers["kraken"] = found(Answer.UNREACHABLE, message="HTTP 503")
    answer = api.client.post("/api/keys/test", json=stored, headers=alice)
    assert code(answer) == (424, "PROVIDER_UNREACHABLE")
    vault.probe.answers["kraken"] = found(Answer.FORBIDDEN_URL)
    answer = api.client.post("/api/keys/test", json=stored, headers=alice)
    assert code(answer) == (422, "URL_NOT_ALLOWED")
    bad = {"provider": "kraken", "fields": {"api_key": "short"}}
    assert code(api.client.post("/api/keys/test", json=bad, headers=alice)) == (422, "BAD_FORMAT")


def test_tests_are_ten_a_minute_and_five_of_one_provider(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    body = {"provider": "kraken"} | KRAKEN
    statuses = [
        api.client.post("/api/keys/test", json=body, headers=alice).status_code for _ in range(6)
    ]
    assert statuses == [200] * 5 + [429]
    other = {"provider": "binance", "fields": some_fields("binance")}
    statuses = [
        api.client.post("/api/keys/test", json=other, headers=alice).status_code for _ in range(5)
    ]
    assert statuses == [200] * 4 + [429]


def test_deleting_is_idempotent_and_spares_what_is_in_use(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    save(api, alice)
    owner = next(iter(vault.credentials.slots))[0]
    vault.uses.live.add((owner, "kraken", "main"))
    assert code(api.client.delete("/api/keys/kraken", headers=alice)) == (409, "KEY_IN_USE")
    for _ in range(2):
        answer = api.client.delete("/api/keys/kraken?force=true", headers=alice)
        assert (answer.status_code, answer.content) == (204, b"")
    assert code(api.client.get("/api/keys/kraken", headers=alice)) == (404, "NOT_CONFIGURED")


def test_another_traders_keys_are_none(
    api: Api, vault: Vault, alice: dict[str, str], bob: dict[str, str]
) -> None:
    save(api, alice, label="secret-label")
    before = dict(vault.credentials.slots)
    query = "?label=secret-label"
    assert api.client.get("/api/keys", headers=bob).json()["items"] == []
    assert code(api.client.get(f"/api/keys/kraken{query}", headers=bob)) == (404, "NOT_CONFIGURED")
    body = {"provider": "kraken", "label": "secret-label"}
    assert code(api.client.post("/api/keys/test", json=body, headers=bob)) == (
        404,
        "NOT_CONFIGURED",
    )
    assert api.client.delete(f"/api/keys/kraken{query}", headers=bob).status_code == 204
    assert vault.credentials.slots == before
    owner = before[next(iter(before))].serving.owner
    forged = KRAKEN | {"owner": owner}
    assert code(api.client.post("/api/keys/kraken", json=forged, headers=bob | KEY)) == (
        422,
        "VALIDATION_FAILED",
    )


def test_shared_keys_are_an_admins_alone(
    api: Api, vault: Vault, alice: dict[str, str], bob: dict[str, str]
) -> None:
    saved = save(api, alice, "openai", shared=True)
    assert saved.json()["key"]["shared"] is True
    assert next(iter(vault.credentials.slots))[0] == SYSTEM
    listed = api.client.get("/api/keys", headers=alice).json()["items"]
    assert [one["shared"] for one in listed] == [True]
    assert api.client.get("/api/keys", headers=bob).json()["items"] == []
    for answer in (
        save(api, bob, "openai", shared=True),
        api.client.get("/api/keys/openai?shared=true", headers=bob),
        api.client.delete("/api/keys/openai?shared=true", headers=bob),
        api.client.post("/api/keys/test", json={"provider": "openai", "shared": True}, headers=bob),
    ):
        assert code(answer) == (403, "FORBIDDEN")
    assert api.client.delete("/api/keys/openai?shared=true", headers=alice).status_code == 204
    assert not vault.credentials.slots


def test_a_channel_is_confirmed_by_its_code(api: Api, vault: Vault, alice: dict[str, str]) -> None:
    save(api, alice, "telegram")
    body = {"provider": "telegram"}
    sent = api.client.post("/api/keys/test", json=body, headers=alice).json()
    assert sent["status"] == KeyStatus.SAVED_UNTESTED
    right = vault.probe.codes[-1]
    assert right is not None
    assert right not in str(sent)
    confirmed = api.client.post("/api/keys/test", json=body | {"code": right}, headers=alice)
    assert confirmed.json()["status"] == KeyStatus.TEST_OK
    again = api.client.post("/api/keys/test", json=body | {"code": right}, headers=alice)
    assert code(again) == (422, "CODE_WRONG")


def test_a_private_host_that_was_admitted_is_for_ollama(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    vault.names.hosts = {"models.example.com": [["10.0.0.7"]]}
    assert code(save(api, alice, "ollama")) == (422, "URL_NOT_ALLOWED")
    vault.hosts.append("models.example.com")
    assert save(api, alice, "ollama").status_code == 201


def test_loopback_is_open_on_stage_local_alone(
    api: Api, vault: Vault, alice: dict[str, str]
) -> None:
    local = replace(vault.save_key, check_urls=CheckUrls(vault.names, local=True))
    api.give({bootstrap.save_key: local})
    fields = {"base_url": "http://127.0.0.1:11434"}
    assert save(api, alice, "ollama", fields=fields).status_code == 201
