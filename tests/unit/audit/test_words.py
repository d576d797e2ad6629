"""Words are sealed under the owner's key; without it they are gone, and the chain holds."""

import base64
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import boto3
import pytest

from nightdesk.accounts.audit import Action, Entry, Record, first_break, linked
from nightdesk.adapters.dynamo.audit import DynamoAudit, EntryItem
from nightdesk.adapters.dynamo.audit_keys import AuditKeyItem, DynamoAuditKeys
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.secrets import audit_words
from nightdesk.adapters.secrets.audit_words import KmsSealer
from nightdesk.core.errors import Misconfigured
from tests.builders.audit import ANN, BEN, an_entry, an_origin
from tests.fakes.clock import FakeClock

ALIAS = "alias/nightdesk/test"
WORDS = {"email": "ann@example.com", "reason": "because"}


@pytest.fixture
def sealer(cloud: None, clock: FakeClock) -> KmsSealer:
    kms = boto3.client("kms")
    if not any(one["AliasName"] == ALIAS for one in kms.list_aliases()["Aliases"]):
        made = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=ALIAS, TargetKeyId=made)
    return another(clock)


def another(clock: FakeClock) -> KmsSealer:
    """Return the sealer of another process: it has opened no key yet."""
    return KmsSealer(key_id=ALIAS, keys=DynamoAuditKeys(), clock=clock)


def sealed(sealer: KmsSealer, entry: Entry) -> Record:
    return linked(entry, sealer.seal(entry), None)


def test_words_come_back_to_whom_they_are_about(sealer: KmsSealer, clock: FakeClock) -> None:
    origin = an_origin(network="192.0.2.7", agent="firefox")
    record = sealed(sealer, an_entry(words=WORDS, origin=origin))
    raw = base64.b64decode(record.sealed)
    assert b"ann" not in raw
    assert another(clock).open(record) == WORDS | {"network": "192.0.2.7", "agent": "firefox"}


def test_an_entry_without_words_makes_no_key(sealer: KmsSealer) -> None:
    record = sealed(sealer, an_entry(details={"amount": Decimal(1)}))
    assert record.sealed == ""
    assert sealer.open(record) == {}
    assert list(DeskItem.scan()) == []


def test_the_stored_key_is_wrapped_for_its_owner_and_kind(sealer: KmsSealer) -> None:
    sealer.seal(an_entry(words=WORDS))
    (item,) = AuditKeyItem.query(f"U#{ANN}")
    kms = boto3.client("kms")
    context = {"owner": str(ANN), "kind": "audit"}
    opened = kms.decrypt(CiphertextBlob=item.wrapped, EncryptionContext=context)
    assert len(opened["Plaintext"]) == 32
    for wrong in ({"owner": str(BEN), "kind": "audit"}, {"owner": str(ANN), "kind": "venue"}):
        with pytest.raises(kms.exceptions.InvalidCiphertextException):
            kms.decrypt(CiphertextBlob=item.wrapped, EncryptionContext=wrong)


def test_a_key_moved_to_another_owner_opens_nothing(sealer: KmsSealer, clock: FakeClock) -> None:
    sealer.seal(an_entry(words=WORDS))
    (item,) = AuditKeyItem.query(f"U#{ANN}")
    AuditKeyItem(f"U#{BEN}", "AUDITKEY", wrapped=item.wrapped).save()
    with pytest.raises(Misconfigured):
        another(clock).seal(an_entry(owner=BEN, words=WORDS))


def test_words_moved_to_another_entry_do_not_open(sealer: KmsSealer) -> None:
    entry = an_entry(words=WORDS)
    moved = linked(an_entry(Action.BOT_RETIRED), sealer.seal(entry), None)
    assert sealer.open(moved) is None


def test_an_opened_key_is_kept_for_five_minutes(sealer: KmsSealer, clock: FakeClock) -> None:
    sealer.seal(an_entry(words=WORDS))
    with patch.object(audit_words, "_ask", wraps=audit_words._ask) as asked:
        clock.forward(299)
        sealer.seal(an_entry(words=WORDS))
        assert asked.call_count == 0
        clock.forward(1)
        sealer.seal(an_entry(words=WORDS))
        assert asked.call_count == 1


def test_two_first_writers_end_up_with_one_key(sealer: KmsSealer, clock: FakeClock) -> None:
    slower, entry = another(clock), an_entry(words=WORDS)
    kept: list[Record] = []

    class Raced(DynamoAuditKeys):
        def get(self, owner: str) -> bytes | None:
            found = super().get(ANN)
            if not kept:
                kept.append(sealed(sealer, entry))
            return found

    slower.keys = Raced()
    late = sealed(slower, entry)
    assert slower.open(kept[0]) == sealer.open(late) == WORDS
    assert AuditKeyItem.count(f"U#{ANN}") == 1


def test_when_the_key_is_destroyed_the_words_are_gone_and_the_chain_holds(
    sealer: KmsSealer, clock: FakeClock
) -> None:
    audit = DynamoAudit(sealer, clock)
    audit.record([an_entry(words=WORDS), an_entry(Action.BOT_RETIRED, words=WORDS)])
    DynamoAuditKeys().destroy(ANN)
    DynamoAuditKeys().destroy(ANN)
    clock.moment += timedelta(minutes=5)
    found = [item.to_domain() for item in EntryItem.query(f"U#{ANN}#ACCOUNT")]
    assert [sealer.open(one) for one in found] == [None, None]
    assert first_break(f"U#{ANN}#ACCOUNT", found, anchors={}) is None
    audit.record([an_entry(words=WORDS)])
    found = [item.to_domain() for item in EntryItem.query(f"U#{ANN}#ACCOUNT")]
    assert [sealer.open(one) for one in found] == [None, None, WORDS]


def test_without_the_key_of_the_vault_nothing_is_sealed(cloud: None, clock: FakeClock) -> None:
    lacking = KmsSealer(key_id="alias/none", keys=DynamoAuditKeys(), clock=clock)
    with pytest.raises(Misconfigured, match="generate_data_key"):
        lacking.seal(an_entry(words=WORDS))
