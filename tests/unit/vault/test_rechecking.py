"""The daily look at venue keys."""

from datetime import timedelta

from nightdesk.accounts.audit import ActorKind
from nightdesk.accounts.credential import Answer, KeyStatus, Withdraw
from nightdesk.accounts.probing import KeepResult
from nightdesk.accounts.rechecking import RecheckKeys
from nightdesk.core.ids import UserId
from nightdesk.names import EventType
from tests.builders.vault import ADA, BEN, NOW, an_offer
from tests.fakes.vault import found, may
from tests.unit.vault.rig import Vault

TOMORROW = NOW + timedelta(days=1)


def recheck(vault: Vault) -> RecheckKeys:
    return RecheckKeys(
        passed=vault.credentials.everywhere,
        probe=vault.probe,
        keep=KeepResult(vault.credentials, vault.trail),
    )


def status(vault: Vault, owner: UserId, provider: str) -> KeyStatus:
    return vault.list_keys.one(owner, provider, "main").serving.status


def test_row_14_a_key_that_gained_the_right_to_withdraw_fails_and_others_go_on() -> None:
    vault = Vault()
    vault.save("kraken")
    vault.offer(an_offer("binance"), BEN)
    vault.probe.answers["kraken"] = found(permissions=may(Withdraw.YES))
    done = recheck(vault)(TOMORROW)
    assert (done.asked, done.failed) == (2, 1)
    assert status(vault, ADA, "kraken") is KeyStatus.TEST_FAILED
    assert status(vault, BEN, "binance") is KeyStatus.TEST_OK
    assert {entry.origin.kind for entry in vault.trail.entries} == {ActorKind.SYSTEM}


def test_a_venue_that_does_not_answer_fails_nobody() -> None:
    vault = Vault()
    vault.save("kraken")
    vault.probe.answers["kraken"] = found(Answer.UNREACHABLE, message="HTTP 503")
    assert recheck(vault)(TOMORROW).failed == 0
    assert status(vault, ADA, "kraken") is KeyStatus.TEST_OK


def test_a_key_that_ends_is_named_once_two_weeks_before() -> None:
    vault = Vault()
    vault.save("kraken", expires_at=TOMORROW + timedelta(days=14))
    vault.save("binance", expires_at=TOMORROW + timedelta(days=14, seconds=1))
    vault.save("bybit")
    ending = recheck(vault)(TOMORROW).ending
    assert [slot.serving.provider for slot in ending] == ["kraken"]
    told = [one for one in vault.credentials.events if one.type == EventType.KEY_EXPIRING]
    assert [one.data["provider"] for one in told] == ["kraken"]
    next_day = recheck(vault)(TOMORROW + timedelta(days=1)).ending
    assert [slot.serving.provider for slot in next_day] == ["binance"], "each is told once"


def test_the_version_that_serves_is_asked_about_and_not_one_that_waits() -> None:
    vault = Vault()
    vault.save("kraken")
    vault.probe.answers["kraken"] = found(Answer.UNREACHABLE)
    vault.save("kraken")
    vault.probe.answers["kraken"] = found(Answer.REFUSED, message="Invalid key")
    recheck(vault)(TOMORROW)
    slot = vault.slot()
    assert slot.serving.status is KeyStatus.TEST_FAILED
    assert slot.waiting is not None
    assert slot.waiting.status is KeyStatus.SAVED_UNTESTED
