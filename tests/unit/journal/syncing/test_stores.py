"""Fakes, tables and queue keep the same contracts."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import boto3
import pytest

from nightdesk.accounts.credential import Slot
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.credentials import CredentialItem, StoredSlots
from nightdesk.adapters.dynamo.journal_syncs import DynamoBalances, DynamoSyncs, SyncItem
from nightdesk.adapters.dynamo.limits import DynamoVenueHolds
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.workflows import sqs as queues
from nightdesk.adapters.workflows.sync_queue import SqsSyncQueue
from nightdesk.journal.account_sync import told
from nightdesk.journal.ports.syncs import Syncs
from nightdesk.journal.synced import KEPT, SyncedAccount
from tests.aws import aws
from tests.builders.imports import AT, OWNER
from tests.builders.syncs import a_sync
from tests.builders.vault import ADA, BEN, a_credential
from tests.contracts.syncs import BalancesContract, SyncsContract
from tests.fakes.syncs import FakeBalances, FakeHolds, FakeSyncs


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with aws():
        _forget()
        tables.bind_desk(f"desk-{uuid4().hex[:8]}")
        tables.bind_runtime(f"runtime-{uuid4().hex[:8]}")
        for table in (tables.DeskItem, tables.RuntimeItem):
            table.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield
        _forget()


def _forget() -> None:
    tables.disconnect()
    queues.disconnect()


class TestFakeSyncs(SyncsContract):
    @pytest.fixture
    def syncs(self) -> Syncs:
        return FakeSyncs()


class TestDynamoSyncs(SyncsContract):
    @pytest.fixture
    def syncs(self, cloud: None) -> Syncs:
        return DynamoSyncs()

    def test_it_goes_after_30_days_and_its_end_is_told(self, syncs: Syncs) -> None:
        begun = syncs.begin(a_sync(), SyncedAccount(owner=OWNER, account="kraken:main:live"))
        (item,) = SyncItem.query(f"U#{OWNER}", SyncItem.sk.startswith("JSYNC#"))
        assert item.expires_at == AT + KEPT
        account = syncs.account(OWNER, begun.account)
        syncs.end(begun, account, events=[told(begun, AT)], now=AT)
        (event,) = EventItem.query(f"U#{OWNER}", EventItem.sk.startswith("EVENT#"))
        assert (event.type, event.topic) == ("account_synced", "journal")
        assert event.data == {"account": "kraken:main:live", "new": 0, "errors": 0}


class TestFakeBalances(BalancesContract):
    @pytest.fixture
    def balances(self) -> Any:
        return FakeBalances()


class TestDynamoBalances(BalancesContract):
    @pytest.fixture
    def balances(self, cloud: None) -> Any:
        return DynamoBalances()


@pytest.mark.parametrize("stored", [False, True])
def test_a_hold_only_grows(stored: bool, request: pytest.FixtureRequest) -> None:
    if stored:
        request.getfixturevalue("cloud")
    holds = DynamoVenueHolds() if stored else FakeHolds()
    minute = timedelta(minutes=1)
    assert holds.until("venue:binance") is None
    holds.hold("venue:binance", AT + minute)
    holds.hold("venue:binance", AT)
    assert holds.until("venue:binance") == AT + minute
    holds.hold("venue:binance", AT + 2 * minute)
    assert holds.until("venue:binance") == AT + 2 * minute
    assert holds.until("user:u1:VENUE#kraken#main") is None


def test_who_uses_keys_reads_slots_and_needs_no_audit(cloud: None) -> None:
    slot = Slot(serving=a_credential())
    CredentialItem.from_domain(slot).save()
    found = StoredSlots().slot(ADA, "kraken", "main")
    assert found is not None
    assert found.serving == slot.serving
    assert StoredSlots().slot(BEN, "kraken", "main") is None


def test_a_sync_is_a_message_that_may_wait(cloud: None) -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="syncs")["QueueUrl"]
    queue = SqsSyncQueue(queues.SqsQueue(url))
    queue.send(OWNER, "s1", AT)
    queue.send(OWNER, "s2", AT, delay=900)
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    wanted = {"as_of": "2026-03-05T14:30:00Z", "owner": OWNER, "sync_id": "s1"}
    assert json.loads(message["Body"]) == wanted
    waiting = sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert waiting["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"
