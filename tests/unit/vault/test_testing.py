"""Testing, deleting and opening keys."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.accounts.audit import Action
from nightdesk.accounts.credential import (
    Answer,
    KeyStatus,
    Opened,
    SealBroken,
    Sealed,
    Slot,
    Withdraw,
    scrubbed,
)
from nightdesk.accounts.probing import NotConfigured, new_code
from nightdesk.core.errors import Conflict, Fault, Invalid, Refused
from nightdesk.names import EventType
from tests.builders.vault import (
    ADA,
    BEN,
    NOW,
    ORIGIN,
    a_credential,
    an_offer,
    some_fields,
)
from tests.fakes.vault import FakeCipher, found, may
from tests.unit.vault.rig import Vault

LATER = NOW + timedelta(hours=1)


def ask(vault: Vault, provider: str = "kraken", **changes: str) -> object:
    return vault.test_key(ADA, provider, "main", ORIGIN, LATER, **changes)


def test_a_test_keeps_what_the_provider_says() -> None:
    vault = Vault()
    vault.save("openai")
    assert vault.slot("openai").serving.status is KeyStatus.SAVED_UNTESTED
    vault.probe.answers["openai"] = found(permissions=None, ip_restricted=None)
    ask(vault, "openai")
    one = vault.slot("openai").serving
    assert (one.status, one.last_tested_at, one.last_error) == (KeyStatus.TEST_OK, LATER, None)
    assert [entry.action for entry in vault.trail.entries] == [Action.CREDENTIAL_TESTED]
    assert vault.credentials.events[-1].type == EventType.KEY_TESTED


def test_a_key_that_gains_the_right_to_withdraw_fails_and_still_serves_exits() -> None:
    vault = Vault()
    vault.save()
    vault.probe.answers["kraken"] = found(permissions=may(Withdraw.YES))
    ask(vault)
    one = vault.slot().serving
    assert one.status is KeyStatus.TEST_FAILED
    assert "may withdraw" in (one.last_error or "")
    opened = vault.open_key(ADA, "kraken", "main", LATER)
    assert not opened.serves_entries
    assert opened.fields == some_fields("kraken"), "exits and cancels must work"


@pytest.mark.parametrize("answer", [Answer.UNREACHABLE, Answer.FORBIDDEN_URL])
def test_no_answer_changes_no_status(answer: Answer) -> None:
    vault = Vault()
    vault.save()
    vault.probe.answers["kraken"] = found(answer, message="HTTP 503")
    with pytest.raises(Fault) as told:
        ask(vault)
    one = vault.slot().serving
    assert (one.status, one.last_error) == (KeyStatus.TEST_OK, "HTTP 503")
    if answer is Answer.UNREACHABLE:
        assert isinstance(told.value, Refused)
        assert (told.value.code, told.value.status) == ("PROVIDER_UNREACHABLE", 424)
    else:
        assert told.value.code == "URL_NOT_ALLOWED"


def test_another_traders_key_and_none_are_not_configured() -> None:
    vault = Vault()
    vault.save()
    for owner, label in ((BEN, "main"), (ADA, "other")):
        with pytest.raises(NotConfigured):
            vault.test_key(owner, "kraken", label, ORIGIN, NOW)
        with pytest.raises(NotConfigured):
            vault.list_keys.one(owner, "kraken", label)
        with pytest.raises(NotConfigured):
            vault.open_key(owner, "kraken", label, NOW)
    assert vault.list_keys(BEN) == []


def test_a_version_that_was_replaced_during_its_test_is_left() -> None:
    vault = Vault()
    vault.save()
    vault.probe.meanwhile.append(vault.save)
    ask(vault)
    slot = vault.slot()
    assert (slot.serving.version, slot.serving.last_tested_at) == (2, NOW)


def test_a_key_that_was_deleted_during_its_test_stays_deleted() -> None:
    vault = Vault()
    vault.save()
    gone = lambda: vault.delete_key(ADA, "kraken", "main", ORIGIN, NOW)  # noqa: E731
    vault.probe.meanwhile.append(gone)
    ask(vault)
    assert vault.list_keys(ADA) == []


def test_fields_that_are_only_tried_are_not_kept() -> None:
    vault = Vault()
    result = vault.try_key(ADA, an_offer("kraken"), NOW)
    assert (result.status, result.slot) == (KeyStatus.TEST_OK, None)
    assert not vault.credentials.slots
    assert not vault.credentials.entries
    vault.probe.answers["kraken"] = found(permissions=may(Withdraw.YES))
    assert vault.try_key(ADA, an_offer("kraken"), NOW).status is KeyStatus.TEST_FAILED
    vault.probe.answers["kraken"] = found(Answer.UNREACHABLE)
    with pytest.raises(Refused):
        vault.try_key(ADA, an_offer("kraken"), NOW)


def test_a_channel_has_passed_when_its_code_comes_back() -> None:
    vault = Vault()
    vault.save("telegram")
    ask(vault, "telegram")
    code = vault.probe.codes[-1]
    assert code is not None
    one = vault.slot("telegram").serving
    assert one.status is KeyStatus.SAVED_UNTESTED
    assert code not in repr(one)
    with pytest.raises(Invalid) as told:
        ask(vault, "telegram", code=f"{(int(code) + 1) % 10**8:08d}")
    assert told.value.code == "CODE_WRONG"
    ask(vault, "telegram", code=code)
    one = vault.slot("telegram").serving
    assert (one.status, one.challenge) == (KeyStatus.TEST_OK, None)
    with pytest.raises(Invalid):
        ask(vault, "telegram", code=code)


def test_a_code_lives_ten_minutes() -> None:
    vault = Vault()
    vault.save("discord")
    vault.test_key(ADA, "discord", "main", ORIGIN, NOW)
    code = vault.probe.codes[-1]
    late = NOW + timedelta(minutes=10)
    with pytest.raises(Invalid):
        vault.test_key(ADA, "discord", "main", ORIGIN, late, code=code)


def test_codes_have_eight_digits_and_differ() -> None:
    codes = {new_code() for _ in range(50)}
    assert len(codes) > 40
    assert all(len(code) == 8 and code.isdigit() for code in codes)


def test_admitted_hosts_are_told_to_the_test_of_an_ollama_alone() -> None:
    vault = Vault()
    vault.hosts.append("models.example.com")
    for provider in ("ollama", "openai_compatible"):
        vault.save(provider)
        ask(vault, provider)
    assert vault.probe.private_hosts == [("models.example.com",), ()]


def test_deleting_twice_is_as_good_as_once() -> None:
    vault = Vault()
    vault.save()
    for _ in range(2):
        vault.delete_key(ADA, "kraken", "main", ORIGIN, NOW)
    assert vault.list_keys(ADA) == []
    actions = [entry.action for entry in vault.credentials.entries]
    assert actions == [Action.CREDENTIAL_SAVED, Action.CREDENTIAL_DELETED]
    assert vault.credentials.events[-1].type == EventType.KEY_DELETED


def test_a_key_that_a_live_position_hangs_on_is_not_deleted_but_by_force() -> None:
    vault = Vault()
    vault.save()
    vault.uses.live.add((ADA, "kraken", "main"))
    with pytest.raises(Conflict) as told:
        vault.delete_key(ADA, "kraken", "main", ORIGIN, NOW)
    assert told.value.code == "KEY_IN_USE"
    vault.delete_key(ADA, "kraken", "main", ORIGIN, NOW, force=True)
    assert vault.list_keys(ADA) == []
    assert vault.credentials.entries[-1].details["forced"] is True


def test_another_writer_does_not_keep_a_key_from_being_deleted() -> None:
    vault = Vault()
    vault.save()
    vault.credentials.overtaken = 2
    vault.delete_key(ADA, "kraken", "main", ORIGIN, NOW)
    assert vault.list_keys(ADA) == []


def test_a_deleted_key_that_is_saved_again_is_another_key() -> None:
    vault = Vault()
    first = vault.save().slot.serving
    vault.delete_key(ADA, "kraken", "main", ORIGIN, NOW)
    assert vault.save().slot.serving.version == 1
    assert vault.slot().serving.context == first.context


@pytest.mark.parametrize(
    "changes", [{"owner": BEN}, {"provider": "binance"}, {"label": "other"}, {"version": 2}]
)
def test_a_moved_row_does_not_open(changes: dict[str, object]) -> None:
    vault = Vault()
    moved = replace(vault.save().slot.serving, **changes)  # type: ignore[arg-type]
    place = (moved.owner, moved.provider, moved.label)
    vault.credentials.slots[place] = Slot(serving=moved)
    with pytest.raises(SealBroken):
        vault.open_key(*place, NOW)


def test_nothing_shows_a_key_by_accident() -> None:
    vault = Vault()
    saved = vault.save()
    opened = vault.open_key(ADA, "kraken", "main", NOW)
    shown = f"{saved} {opened!r} {an_offer()!r} {vault.slot()!r} {vault.credentials.events}"
    for value in some_fields("kraken").values():
        assert value not in shown
    assert isinstance(opened, Opened)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("key abcd-1234 is bad", "key *** is bad"),
        ("url?key=a%2Fb%3Dc9 failed", "url?key=*** failed"),
        ("line\nbreak\x1b[31m \u202eevil", "line break [31m  evil"),
        ("x" * 500, "x" * 200),
    ],
)
def test_what_providers_say_is_scrubbed(said: str, shown: str) -> None:
    assert scrubbed(said, ["abcd-1234", "a/b=c9", "ab"]) == shown


def test_a_version_cannot_be_built_wrong() -> None:
    with pytest.raises(ValueError, match="count from 1"):
        a_credential(version=0)
    with pytest.raises(ValueError, match="200"):
        a_credential(last_error="x" * 201)
    with pytest.raises(ValueError, match="waits"):
        Slot(serving=a_credential(version=2), waiting=a_credential(version=1))


def test_the_fake_cipher_keeps_what_the_real_one_promises() -> None:
    cipher, one = FakeCipher(), a_credential()
    sealed = cipher.seal(one.context, {"api_key": "marked"})
    assert b"marked" not in sealed.ciphertext
    assert cipher.open(one.context, sealed) == {"api_key": "marked"}
    with pytest.raises(SealBroken):
        cipher.open(replace(one.context, label="x"), sealed)
    assert repr(Sealed(ciphertext=b"marked", wrapped=b"marked")) == "Sealed()"
