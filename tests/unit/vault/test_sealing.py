"""The cipher over KMS (moto's keeps the encryption context, as AWS does), and the stored rows."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from nightdesk.accounts.audit import Action, entries
from nightdesk.accounts.credential import (
    KeyStatus,
    Permissions,
    SealBroken,
    Sealed,
    Slot,
    Withdraw,
)
from nightdesk.adapters.dynamo import keys, tables
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.credentials import (
    CredentialItem,
    DynamoCredentials,
    ProbedKeys,
    ScannedCredentials,
)
from nightdesk.adapters.dynamo.tables import AuditItem, DeskItem
from nightdesk.adapters.secrets.vault_cipher import KEPT_MOST, KEPT_SECONDS, KeptKeys, KmsCipher
from nightdesk.core.errors import Misconfigured, StaleWrite, StoreUnavailable
from tests.aws import aws
from tests.builders.vault import ADA, BEN, NOW, ORIGIN, a_credential, some_fields
from tests.fakes.audit import OpenSealer
from tests.fakes.vault import FakeCipher
from tests.unit.accounts.fakes import HandClock

FIELDS = some_fields("kraken")
ONE = a_credential()


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with aws():
        tables.disconnect()
        yield boto3.client("kms")
    tables.disconnect()


@pytest.fixture
def cipher(kms: Any) -> KmsCipher:
    return KmsCipher(kms.create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def stored(kms: Any) -> DynamoCredentials:
    tables.bind_desk("vault-desk")
    tables.bind_audit("vault-audit")
    for item in (DeskItem, AuditItem):
        item.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
    return DynamoCredentials(DynamoAudit(OpenSealer(), HandClock(NOW)))


def test_what_was_sealed_opens_and_shows_nothing(cipher: KmsCipher) -> None:
    sealed = cipher.seal(ONE.context, FIELDS)
    assert cipher.open(ONE.context, sealed) == FIELDS
    for value in FIELDS.values():
        assert value.encode() not in sealed.ciphertext + sealed.wrapped


def test_each_sealing_has_a_key_and_a_nonce_of_its_own(cipher: KmsCipher) -> None:
    one, two = (cipher.seal(ONE.context, FIELDS) for _ in range(2))
    assert one.wrapped != two.wrapped
    assert one.ciphertext != two.ciphertext


@pytest.mark.parametrize(
    "changes",
    [{"owner": BEN}, {"provider": "binance"}, {"kind": "llm"}, {"label": "b"}, {"version": 2}],
)
def test_row_16_a_sealed_key_opens_in_its_own_place_alone(
    cipher: KmsCipher, changes: dict[str, Any]
) -> None:
    sealed = cipher.seal(ONE.context, FIELDS)
    with pytest.raises(SealBroken):
        cipher.open(replace(ONE.context, **changes), sealed)


def test_a_changed_byte_breaks_the_seal(cipher: KmsCipher) -> None:
    sealed = cipher.seal(ONE.context, FIELDS)
    other = cipher.seal(ONE.context, FIELDS)
    length = len(sealed.ciphertext)
    for at in (0, 1, 13, length // 2, length - 1):
        raw = bytearray(sealed.ciphertext)
        raw[at] ^= 1
        with pytest.raises(SealBroken):
            cipher.open(ONE.context, replace(sealed, ciphertext=bytes(raw)))
    for changed in (
        replace(sealed, ciphertext=b""),
        replace(sealed, ciphertext=sealed.ciphertext[:20]),
        replace(sealed, wrapped=other.wrapped),
        replace(sealed, wrapped=b"no blob of KMS"),
    ):
        with pytest.raises(SealBroken):
            cipher.open(ONE.context, changed)


def test_resealing_wraps_the_same_fields_anew(cipher: KmsCipher) -> None:
    sealed = cipher.seal(ONE.context, FIELDS)
    again = cipher.reseal(ONE.context, sealed)
    assert again.wrapped != sealed.wrapped
    assert again.ciphertext == sealed.ciphertext
    assert cipher.open(ONE.context, again) == FIELDS


def test_resealing_moves_to_another_key_of_kms(kms: Any, cipher: KmsCipher) -> None:
    newer = KmsCipher(kms.create_key()["KeyMetadata"]["Arn"])
    sealed = cipher.seal(ONE.context, FIELDS)
    again = newer.reseal(ONE.context, sealed)
    kms.disable_key(KeyId=cipher.key_id.rpartition("/")[2])
    assert newer.open(ONE.context, again) == FIELDS


def test_resealing_in_another_place_is_refused(cipher: KmsCipher) -> None:
    sealed = cipher.seal(ONE.context, FIELDS)
    with pytest.raises(SealBroken):
        cipher.reseal(replace(ONE.context, owner=BEN), sealed)


def test_a_key_that_is_not_there_is_a_matter_for_the_operator(kms: Any) -> None:
    with pytest.raises(Misconfigured):
        KmsCipher("alias/nowhere").seal(ONE.context, FIELDS)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("ThrottlingException", StoreUnavailable),
        ("KMSInternalException", StoreUnavailable),
        ("AccessDeniedException", Misconfigured),
        ("InvalidCiphertextException", SealBroken),
    ],
)
def test_errors_of_kms_are_faults_of_ours(code: str, fault: type[Exception]) -> None:
    from botocore.exceptions import ClientError

    class Broken:
        def decrypt(self, **arguments: Any) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "x"}}, "Decrypt")

    cipher = KmsCipher("k", _client=Broken())
    with pytest.raises(fault):
        cipher.open(ONE.context, ONE.sealed)


def test_no_answer_of_kms_is_tried_again_by_the_caller() -> None:
    from botocore.exceptions import EndpointConnectionError

    class Silent:
        def decrypt(self, **arguments: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://kms")

    with pytest.raises(StoreUnavailable):
        KmsCipher("k", _client=Silent()).open(ONE.context, ONE.sealed)


def test_opened_keys_are_kept_five_minutes_by_version_and_bytes() -> None:
    clock, inner = [0.0], FakeCipher()
    kept = KeptKeys(inner, seconds=lambda: clock[0])
    sealed = inner.seal(ONE.context, FIELDS)
    for moment, opened in ((0.0, 1), (KEPT_SECONDS - 1.0, 1), (KEPT_SECONDS + 1.0, 2)):
        clock[0] = moment
        assert kept.open(ONE.context, sealed) == FIELDS
        assert inner.opened == opened
    again = Sealed(ciphertext=inner.seal(ONE.context, {"api_key": "new"}).ciphertext, wrapped=b"w")
    assert kept.open(ONE.context, again) == {"api_key": "new"}
    with pytest.raises(SealBroken):
        kept.open(replace(ONE.context, version=2), sealed)
    assert "4SDr" not in repr(kept)


def test_no_more_than_so_many_keys_are_kept() -> None:
    inner = FakeCipher()
    kept = KeptKeys(inner, seconds=lambda: 0.0)
    for n in range(KEPT_MOST + 5):
        context = replace(ONE.context, version=n + 1)
        kept.open(context, inner.seal(context, FIELDS))
    assert len(kept._kept) == KEPT_MOST


def whole(**changes: Any) -> Slot:
    serving = a_credential(
        permissions=Permissions(read=True, trade=None, withdraw=Withdraw.NO),
        ip_restricted=False,
        expires_at=NOW,
        last_tested_at=NOW,
        last_error="x",
        hint="abcd",
        challenge="digest",
        challenge_until=NOW,
        **changes,
    )
    waiting = replace(serving, version=2, status=KeyStatus.SAVED_UNTESTED, permissions=None)
    return Slot(serving=serving, waiting=waiting)


def test_a_stored_slot_comes_back_as_it_was(stored: DynamoCredentials) -> None:
    slot = stored.place(whole(), stored.shelf(ADA, "kraken"), now=NOW)
    assert slot.revision == 1
    assert stored.slot(ADA, "kraken", "main") == slot
    assert stored.all(ADA) == [slot]
    assert stored.shelf(ADA, "kraken").slots == (slot,)
    assert stored.slot(BEN, "kraken", "main") is None
    assert stored.all(BEN) == []


def test_providers_whose_names_begin_alike_have_shelves_of_their_own(
    stored: DynamoCredentials,
) -> None:
    for provider in ("openai", "openai_compatible"):
        slot = Slot(serving=a_credential(provider=provider))
        stored.place(slot, stored.shelf(ADA, provider), now=NOW)
    assert len(stored.shelf(ADA, "openai").slots) == 1
    assert len(stored.all(ADA)) == 2


def test_two_writers_on_a_shelf_take_turns(stored: DynamoCredentials) -> None:
    shelf = stored.shelf(ADA, "kraken")
    stored.place(Slot(serving=a_credential(label="one")), shelf, now=NOW)
    with pytest.raises(StaleWrite):
        stored.place(Slot(serving=a_credential(label="two")), shelf, now=NOW)
    assert [slot.serving.label for slot in stored.all(ADA)] == ["one"]


def test_a_result_over_a_changed_slot_is_stale(stored: DynamoCredentials) -> None:
    slot = stored.place(Slot(serving=a_credential()), stored.shelf(ADA, "kraken"), now=NOW)
    newer = stored.settle(slot, now=NOW)
    with pytest.raises(StaleWrite):
        stored.settle(slot, now=NOW)
    assert newer.revision == 2
    with pytest.raises(StaleWrite):
        stored.remove(slot, stored.shelf(ADA, "kraken"), now=NOW)
    stored.remove(newer, stored.shelf(ADA, "kraken"), now=NOW)
    assert stored.all(ADA) == []
    assert stored.shelf(ADA, "kraken").revision == 2
    with pytest.raises(StaleWrite):
        stored.settle(newer, now=NOW)


def test_the_audit_stands_in_the_transaction_of_the_key(stored: DynamoCredentials) -> None:
    audited = entries(Action.CREDENTIAL_SAVED, ORIGIN, NOW, owner=ADA)
    shelf = stored.shelf(ADA, "kraken")
    stored.place(whole(), shelf, entries=audited, now=NOW)
    chain = f"U#{ADA}#ACCOUNT"
    assert len(list(AuditItem.query(chain))) == 1
    with pytest.raises(StaleWrite):
        stored.place(whole(label="b"), shelf, entries=audited, now=NOW)
    assert len(list(AuditItem.query(chain))) == 1, "no change, no entry"


def test_row_16_a_row_that_was_moved_opens_nowhere(
    stored: DynamoCredentials, cipher: KmsCipher
) -> None:
    one = replace(ONE, sealed=cipher.seal(ONE.context, FIELDS))
    stored.place(Slot(serving=one), stored.shelf(ADA, "kraken"), now=NOW)
    (item,) = CredentialItem.query(keys.owner(ADA), CredentialItem.sk == "KEY#kraken#main")
    places = [
        (keys.owner(BEN), "KEY#kraken#main", (BEN, "kraken", "main")),
        (keys.owner(ADA), "KEY#binance#main", (ADA, "binance", "main")),
        (keys.owner(ADA), "KEY#kraken#other", (ADA, "kraken", "other")),
    ]
    for pk, sk, place in places:
        item.pk, item.sk = pk, sk
        item.save()
        moved = stored.slot(*place)
        assert moved is not None
        with pytest.raises(SealBroken):
            cipher.open(moved.serving.context, moved.serving.sealed)


def test_keys_that_passed_are_found_for_the_daily_test(stored: DynamoCredentials) -> None:
    good = stored.place(Slot(serving=a_credential()), stored.shelf(ADA, "kraken"), now=NOW)
    failed = a_credential(provider="binance", status=KeyStatus.TEST_FAILED)
    stored.place(Slot(serving=failed), stored.shelf(ADA, "binance"), now=NOW)
    model = a_credential(provider="openai")
    stored.place(Slot(serving=model), stored.shelf(ADA, "openai"), now=NOW)
    assert ProbedKeys()() == [good]
    assert len(list(ScannedCredentials().everywhere())) == 3


def test_no_row_shows_a_field_in_clear(stored: DynamoCredentials, cipher: KmsCipher) -> None:
    one = replace(ONE, sealed=cipher.seal(ONE.context, FIELDS))
    stored.place(Slot(serving=one), stored.shelf(ADA, "kraken"), now=NOW)
    text = str([item.to_simple_dict(force=True) for item in DeskItem.scan()])
    assert "KEY#kraken#main" in text
    for value in FIELDS.values():
        assert value not in text
