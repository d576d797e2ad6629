"""Secrets of second factors in the envelope of the vault (moto's KMS keeps the context)."""

from typing import Any

import pytest

from nightdesk.accounts.credential import SealBroken
from nightdesk.adapters.secrets.totp_vault import SealedTotp
from nightdesk.adapters.secrets.vault_cipher import KmsCipher
from tests.builders.vault import ADA, BEN
from tests.unit.vault.test_sealing import cipher as cipher  # noqa: PLC0414 - a fixture
from tests.unit.vault.test_sealing import kms as kms  # noqa: PLC0414 - a fixture

SECRET = b"12345678901234567890"


@pytest.fixture
def vault(cipher: KmsCipher) -> SealedTotp:
    return SealedTotp(cipher)


def test_a_secret_opens_for_its_owner_alone(vault: SealedTotp) -> None:
    sealed = vault.seal(ADA, SECRET)
    assert vault.open(ADA, sealed) == SECRET
    with pytest.raises(SealBroken):
        vault.open(BEN, sealed)


def test_two_seals_of_one_secret_differ_and_show_nothing(vault: SealedTotp) -> None:
    one, two = vault.seal(ADA, SECRET), vault.seal(ADA, SECRET)
    assert one != two
    assert "MTIzNDU2" not in one


@pytest.mark.parametrize("change", ["", "x", "a.b", "a.b.c", "é.é"])
def test_what_is_no_seal_does_not_open(vault: SealedTotp, change: str) -> None:
    with pytest.raises(SealBroken):
        vault.open(ADA, change)


def test_the_kms_context_is_of_a_kind_of_its_own(
    cipher: KmsCipher, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    ask = KmsCipher._ask

    def watched(self: KmsCipher, operation: str, **arguments: Any) -> Any:
        seen.append((operation, arguments["EncryptionContext"]))
        return ask(self, operation, **arguments)

    monkeypatch.setattr(KmsCipher, "_ask", watched)
    vault = SealedTotp(cipher)
    vault.open(ADA, vault.seal(ADA, SECRET))
    context = {"owner": ADA, "provider": "totp", "kind": "totp"}
    assert seen == [("generate_data_key", context), ("decrypt", context)]
