"""Saving keys: what is kept, what is refused and leaves nothing behind."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.accounts.audit import Action, Outcome, Severity
from nightdesk.accounts.credential import Answer, KeyStatus, Permissions, Withdraw
from nightdesk.accounts.providers import PROVIDERS, Kind
from nightdesk.core.errors import Conflict, Invalid, Missing, Refused, StaleWrite
from nightdesk.core.ids import SYSTEM
from nightdesk.names import EventType
from tests.builders.vault import ADA, BEN, NOW, ORIGIN, an_offer, some_fields
from tests.fakes.vault import found, may
from tests.unit.vault.rig import Vault

WITHDRAWS = found(permissions=may(Withdraw.YES))
SILENT = found(Answer.UNREACHABLE, message="HTTP 503")
REFUSED = found(Answer.REFUSED, message="Invalid API-key")


def refused(vault: Vault, code: str, provider: str = "kraken", **changes: object) -> Invalid:
    """Save what must be refused; return the refusal, with nothing stored."""
    before = dict(vault.credentials.slots)
    with pytest.raises((Invalid, Conflict, Refused)) as told:
        vault.save(provider, **changes)
    assert told.value.code == code
    assert vault.credentials.slots == before
    assert isinstance(told.value, Invalid | Conflict | Refused)
    return told.value  # type: ignore[return-value]


def test_a_key_whose_venue_tells_is_tested_before_it_is_kept() -> None:
    vault = Vault()
    slot = vault.save("kraken").slot
    one = slot.serving
    assert (one.status, one.version, one.hint) == (KeyStatus.TEST_OK, 1, "IVqPz"[-4:])
    assert one.permissions == may()
    assert one.ip_restricted is True
    assert one.last_tested_at == NOW
    assert one.serves_entries(NOW)
    assert vault.cipher.opened == 0, "who saves a key opens none"


def test_a_provider_that_is_switched_off_takes_no_new_key_and_keeps_the_old_one() -> None:
    vault = Vault()
    kept = vault.save("kraken").slot
    only_binance = replace(vault.save_key, enabled=lambda provider: provider == "binance")
    with pytest.raises(Missing) as refusal:
        only_binance(ADA, an_offer("kraken", label="second"), ORIGIN, NOW)
    assert refusal.value.code == "UNKNOWN_PROVIDER"
    assert vault.credentials.slot(ADA, "kraken", kept.serving.label) == kept
    only_binance(ADA, an_offer("binance"), ORIGIN, NOW)


def test_what_was_probed_is_what_is_kept() -> None:
    vault = Vault()
    one = vault.save("kraken").slot.serving
    assert vault.probe.asked == [one.context]
    assert vault.cipher.open(one.context, one.sealed) == some_fields("kraken")


def test_saving_writes_the_audit_and_the_event_with_the_key() -> None:
    vault = Vault()
    vault.save("binance", label="second")
    (entry,) = vault.credentials.entries
    assert (entry.action, entry.action.severity) == (Action.CREDENTIAL_SAVED, Severity.CRITICAL)
    assert entry.target is not None
    assert entry.target.id == "binance:second"
    (event,) = vault.credentials.events
    assert event.type == EventType.KEY_SAVED
    assert event.data == {
        "provider": "binance",
        "label": "second",
        "version": 1,
        "status": "test_ok",
    }


def test_a_key_that_may_withdraw_is_refused_and_written_down() -> None:
    vault = Vault()
    vault.probe.answers["kraken"] = WITHDRAWS
    refused(vault, "KEY_CAN_WITHDRAW", declares_no_withdrawal=True)
    (entry,) = vault.trail.entries
    assert entry.action is Action.CREDENTIAL_REFUSED
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "KEY_CAN_WITHDRAW")
    assert not vault.credentials.revisions


def test_a_key_that_may_withdraw_leaves_the_one_before_as_it_was() -> None:
    vault = Vault()
    before = vault.save().slot
    vault.probe.answers["kraken"] = WITHDRAWS
    refused(vault, "KEY_CAN_WITHDRAW")
    assert vault.slot() == before


def test_an_unreachable_venue_leaves_the_key_saved_and_untested() -> None:
    vault = Vault()
    vault.probe.answers["kraken"] = SILENT
    one = vault.save().slot.serving
    assert one.status is KeyStatus.SAVED_UNTESTED
    assert one.last_error == "HTTP 503"
    assert not one.serves_entries(NOW)


def test_a_key_that_the_venue_does_not_take_is_kept_as_failed() -> None:
    vault = Vault()
    vault.probe.answers["kraken"] = REFUSED
    one = vault.save().slot.serving
    assert (one.status, one.last_error) == (KeyStatus.TEST_FAILED, "Invalid API-key")


@pytest.mark.parametrize("provider", sorted(one.id for one in PROVIDERS.values()))
def test_only_what_a_venue_leaves_open_must_be_declared(provider: str) -> None:
    vault = Vault()
    of = PROVIDERS[provider]
    until = NOW + timedelta(days=30) if of.expires else None
    if of.kind is Kind.VENUE and not of.tells:
        refused(vault, "DECLARATION_REQUIRED", provider, expires_at=until)
    saved = vault.save(provider, declares_no_withdrawal=True, expires_at=until)
    assert saved.slot.serving.kind is of.kind
    assert bool(vault.probe.asked) is of.tells


def test_a_declaration_is_audited() -> None:
    vault = Vault()
    vault.save("luno", declares_no_withdrawal=True)
    (entry,) = vault.credentials.entries
    assert entry.details["declares_no_withdrawal"] is True


def test_a_venue_that_tells_and_says_nothing_this_time_wants_the_declaration() -> None:
    vault = Vault()
    vault.probe.answers["kraken"] = found(permissions=Permissions(read=True))
    refused(vault, "DECLARATION_REQUIRED")
    assert vault.save(declares_no_withdrawal=True).slot.serving.status is KeyStatus.TEST_OK


def test_five_labels_of_a_provider_and_no_more() -> None:
    vault = Vault()
    for n in range(5):
        fields = some_fields("binance") | {"api_key": f"public-key-{n}-0123456789"}
        vault.save("binance", label=f"sub-{n}", fields=fields)
    fields = some_fields("binance") | {"api_key": "public-key-5-0123456789"}
    refused(vault, "KEY_LIMIT", "binance", label="sub-5", fields=fields)
    assert vault.save("binance", label="sub-4", fields=fields).slot.newest.version == 2
    assert vault.save("bybit")


def test_one_key_stands_under_one_label() -> None:
    vault = Vault()
    vault.save("binance")
    refused(vault, "KEY_DUPLICATE", "binance", label="again")
    other_secret = some_fields("binance") | {"api_secret": "another-secret-0123456789"}
    refused(vault, "KEY_DUPLICATE", "binance", label="again", fields=other_secret)
    assert vault.offer(an_offer("binance"), BEN), "another owner's key is nobody else's business"


def test_a_key_that_waits_counts_as_there() -> None:
    vault = Vault()
    vault.save("binance")
    vault.probe.answers["binance"] = SILENT
    newer = some_fields("binance") | {"api_key": "newer-public-key-0123"}
    vault.save("binance", fields=newer)
    refused(vault, "KEY_DUPLICATE", "binance", label="again", fields=newer)


def test_equal_keys_of_two_providers_have_nothing_in_common() -> None:
    vault = Vault()
    one = vault.save("binance").slot.serving
    two = vault.save("bybit").slot.serving
    assert one.fingerprint != two.fingerprint
    assert some_fields("binance")["api_key"] not in one.fingerprint


@pytest.mark.parametrize("label", ["", "Main", "a b", "a/b", "a#b", "x" * 21, "ä"])
def test_a_label_has_its_form(label: str) -> None:
    assert refused(Vault(), "BAD_FORMAT", label=label).field == "label"


def test_an_unknown_provider_is_missing() -> None:
    with pytest.raises(Missing) as told:
        Vault().offer(replace(an_offer(), provider="mtgox"))
    assert told.value.code == "UNKNOWN_PROVIDER"


@pytest.mark.parametrize("days", [None, 0, -1, 366])
def test_ovex_keys_say_when_they_end_within_a_year(days: int | None) -> None:
    until = None if days is None else NOW + timedelta(days=days)
    error = refused(Vault(), "BAD_FORMAT", "ovex", declares_no_withdrawal=True, expires_at=until)
    assert error.field == "expires_at"


def test_an_expired_key_serves_no_entries() -> None:
    vault = Vault()
    until = NOW + timedelta(days=30)
    one = vault.save("kraken", expires_at=until).slot.serving
    assert one.serves_entries(until - timedelta(seconds=1))
    assert not one.serves_entries(until)


def test_a_trader_shares_nothing() -> None:
    refused(Vault(), "FORBIDDEN", "openai", shared=True)


def test_an_admin_shares_models_and_feeds_under_the_desk() -> None:
    vault = Vault()
    offer = an_offer("openai", shared=True)
    slot = vault.save_key(ADA, offer, ORIGIN, NOW, admin=True).slot
    assert slot.serving.owner == SYSTEM
    assert slot.serving.context.outer["owner"] == "SYSTEM"
    assert vault.list_keys(ADA) == []
    assert [one.chain for one in vault.credentials.entries] == ["SYSTEM"]


@pytest.mark.parametrize("provider", ["kraken", "telegram"])
def test_venues_and_channels_are_never_shared(provider: str) -> None:
    with pytest.raises(Invalid) as told:
        Vault().save_key(ADA, an_offer(provider, shared=True), ORIGIN, NOW, admin=True)
    assert told.value.field == "shared"


@pytest.mark.parametrize(
    ("provider", "field", "text"),
    [
        ("ollama", "base_url", "https://127.0.0.1"),
        ("ollama", "base_url", "http://models.example.com"),
        ("openai_compatible", "base_url", "https://169.254.169.254/latest"),
        ("openai_compatible", "base_url", "https://user@models.example.com"),
        ("azure_openai", "endpoint", "https://models.example.com"),
        ("discord", "webhook_url", "https://evil.example.com/api/webhooks/1/x"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused(provider: str, field: str, text: str) -> None:
    changed = some_fields(provider) | {field: text}
    assert refused(Vault(), "URL_NOT_ALLOWED", provider, fields=changed).field == f"fields.{field}"


def test_a_name_that_leads_inwards_is_refused_at_save() -> None:
    vault = Vault()
    vault.names.hosts = {"models.example.com": [["93.184.216.34", "10.0.0.7"]]}
    refused(vault, "URL_NOT_ALLOWED", "ollama")


def test_a_name_that_leads_nowhere_now_may_be_kept() -> None:
    vault = Vault()
    vault.names.hosts = {}
    assert vault.save("ollama").slot.serving.status is KeyStatus.SAVED_UNTESTED


def test_an_admitted_host_is_for_ollama_alone() -> None:
    vault = Vault()
    vault.names.hosts = {"models.example.com": [["10.0.0.7"]]}
    vault.hosts.append("models.example.com")
    assert vault.save("ollama")
    refused(vault, "URL_NOT_ALLOWED", "openai_compatible")


def test_a_newer_key_waits_until_it_has_passed() -> None:
    vault = Vault()
    vault.save()
    vault.probe.answers["kraken"] = SILENT
    slot = vault.save().slot
    assert (slot.serving.version, slot.newest.version) == (1, 2)
    assert vault.open_key(ADA, "kraken", "main", NOW).version == 1
    vault.probe.answers["kraken"] = found()
    tested = vault.test_key(ADA, "kraken", "main", ORIGIN, NOW)
    assert tested.slot is not None
    assert (tested.slot.serving.version, tested.slot.waiting) == (2, None)
    assert vault.open_key(ADA, "kraken", "main", NOW).version == 2


def test_a_newer_key_that_passes_at_once_takes_over_and_the_old_is_gone() -> None:
    vault = Vault()
    old = vault.save().slot.serving
    slot = vault.save().slot
    assert (slot.serving.version, slot.waiting) == (2, None)
    kept = [one.sealed for slot in vault.credentials.everywhere() for one in slot.versions]
    assert old.sealed not in kept


def test_a_key_that_waits_is_replaced_by_the_next() -> None:
    vault = Vault()
    vault.save()
    vault.probe.answers["kraken"] = SILENT
    vault.save()
    slot = vault.save().slot
    assert [one.version for one in slot.versions] == [1, 3]


def test_a_faster_writer_makes_us_look_again_without_asking_the_venue_twice() -> None:
    vault = Vault()
    vault.credentials.overtaken = 2
    assert vault.save().slot.serving.version == 1
    assert len(vault.probe.asked) == 1
    vault.credentials.overtaken = 3
    with pytest.raises(StaleWrite):
        vault.save()


def test_two_labels_for_one_key_at_the_same_time_become_one() -> None:
    vault = Vault()
    vault.probe.meanwhile.append(lambda: vault.save(label="other"))
    with pytest.raises(Conflict) as told:
        vault.save(label="main")
    assert told.value.code == "KEY_DUPLICATE"
    assert [slot.serving.label for slot in vault.list_keys(ADA)] == ["other"]


def test_unusual_prefixes_are_warned_of() -> None:
    saved = Vault().save("deepseek", fields={"api_key": "no-usual-prefix-01"})
    assert saved.warnings == ("API key usually begins with sk-.",)
