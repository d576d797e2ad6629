"""Syncs of exchange accounts as deployed: schedule, worker, routes. No venue is called here."""

import json
from typing import Any

from nightdesk.adapters.dynamo.journal_syncs import SyncedAccountItem, SyncItem
from nightdesk.core.clock import from_iso
from nightdesk.core.ids import UserId
from nightdesk.journal.synced import SyncedAccount
from tests.builders.syncs import a_sync
from tests.deployed import BEFORE, Desk

SYNC = "/api/journal/sync"


def test_without_a_key_nothing_begins_and_what_has_begun_fails_and_says_why(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    refused = trader.http.post(SYNC, json={}, headers={"Idempotency-Key": "a-sync-without-a-key"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "KEY_NOT_READY")
    hourly = desk.cloud.invoke("sync_accounts", {"as_of": BEFORE, "scheduled": True})
    assert (hourly.error, hourly.payload["begun"]) == (None, 0)

    # the key was deleted after the sync had begun
    owner, at = UserId(trader.get("/api/account")["id"]), from_iso(BEFORE)
    sync = a_sync(owner=owner, until=at, created_at=at, updated_at=at, version=1)
    account = SyncedAccount(owner=owner, account=sync.account, running=sync.sync_id, version=1)
    table = desk.cloud.deployment.desk_table
    for item in (SyncItem.from_domain(sync), SyncedAccountItem.from_domain(account)):
        item.expires_at = None
        desk.cloud.tables.put_item(TableName=table, Item=item.serialize())
    task = {"as_of": BEFORE, "owner": owner, "sync_id": sync.sync_id}
    envelope: dict[str, Any] = {"Records": [{"messageId": "m1", "body": json.dumps(task)}]}
    for _ in range(2):
        worked = desk.cloud.invoke("sync_accounts", envelope)
        assert (worked.error, worked.payload["batchItemFailures"]) == (None, [])
    shown = trader.get(f"{SYNC}/{sync.sync_id}")
    assert (shown["status"], shown["reason"]) == ("failed", "NOT_CONFIGURED")
    assert [one["id"] for one in trader.items(SYNC)] == [sync.sync_id]
    assert other.items(SYNC) == []
    assert other.http.get(f"{SYNC}/{sync.sync_id}").status_code == 404
