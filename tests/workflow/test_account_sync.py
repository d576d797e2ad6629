"""Syncs of exchange accounts as deployed: schedule, worker, routes, and a venue that answers."""

import json
import secrets
from decimal import Decimal
from typing import Any

from nightdesk.adapters.clock import WallClock
from nightdesk.adapters.dynamo.journal_syncs import SyncedAccountItem, SyncItem
from nightdesk.core.clock import from_iso
from nightdesk.core.ids import UserId
from nightdesk.journal.synced import SyncedAccount
from tests.builders.syncs import a_sync
from tests.builders.vault import some_fields
from tests.deployed import BEFORE, PASSWORD, Desk
from tests.fakes.providers.histories import KrakenAccount
from tests.fakes.providers.server import Asked, Said, served
from tests.fakes.providers.venues import Rights, kraken

SYNC = "/api/journal/sync"
TRADES = "/api/journal/trades"
TRIPS = 27
"""Round trips: 54 fills, two pages of what Kraken tells."""
NET = Decimal("9.8")
"""Of one: bought for 100, sold for 110, a fee of 0.1 each."""
BALANCE = 1_000 + TRIPS * NET

PROBE = """
def lambda_handler(event, context):
    from functools import partial
    from functions.probe_key.deployed import lambda_handler as deployed
    from nightdesk.adapters.probes import here
    if not isinstance(here.ProbeHere, partial):
        here.ProbeHere = partial(here.ProbeHere, base_urls={"kraken": "URL"})
    return deployed(event, context)
"""
WORKER = """
def lambda_handler(event, context):
    from functools import partial
    from functions.sync_accounts.deployed import lambda_handler as deployed
    from nightdesk.adapters.histories import opening
    if not isinstance(opening.OpenHistory, partial):
        opening.OpenHistory = partial(opening.OpenHistory, base_urls={"kraken": "URL"})
    context.get_remaining_time_in_millis = lambda: 0
    return deployed(event, context)
"""
"""A worker led to our venue, whose time is over after each page."""


def an_account() -> KrakenAccount:
    """Return an account that bought and sold a bitcoin every hour of the last days."""
    now = int(WallClock().now().timestamp())
    trades: dict[str, dict[str, Any]] = {}
    for number in range(2 * TRIPS):
        trades[f"T{number:03}"] = {
            "ordertxid": f"O{number:03}",
            "pair": "XXBTZEUR",
            "time": float(now - 1_800 * (2 * TRIPS - number) - 60),
            "type": "sell" if number % 2 else "buy",
            "ordertype": "limit",
            "price": "110.0" if number % 2 else "100.0",
            "cost": "110.0" if number % 2 else "100.0",
            "fee": "0.1",
            "vol": "1.0",
            "margin": "0.0",
            "misc": "",
        }
    deposit = {
        "refid": "RD",
        "time": float(now - 500_000),
        "type": "deposit",
        "subtype": "",
        "aclass": "currency",
        "asset": "ZEUR",
        "amount": "1000.0",
        "fee": "0.0",
        "balance": "1000.0",
    }
    blank = {"cl_ord_id": None, "userref": 0}
    orders = {str(one["ordertxid"]): dict(blank) for one in trades.values()}
    return KrakenAccount(
        trades=trades, ledger={"LD": deposit}, balances={"ZEUR": str(BALANCE)}, orders=orders
    )


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


def test_an_account_is_fetched_page_by_page_and_becomes_trades(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    trader.step_up(PASSWORD)
    account, probed = an_account(), kraken(Rights(trade=False))

    def venue(asked: Asked) -> Said:
        key_info = asked.path.endswith("GetApiKeyInfo")
        return (probed if key_info else account)(asked)

    with served(venue) as server:
        once = {"Idempotency-Key": secrets.token_hex(16)}
        body = {"fields": some_fields("kraken")}
        saved = trader.http.post("/api/keys/kraken", json=body, headers=once)
        assert saved.status_code == 201, saved.text
        with desk.cloud.replaced("probe_key", PROBE.replace("URL", server.url)):
            tested = trader.post("/api/keys/test", {"provider": "kraken"})
        assert tested["status"] == "test_ok", tested
        with desk.cloud.replaced("sync_accounts", WORKER.replace("URL", server.url)):
            (begun,) = trader.post(SYNC, {})["items"]
            path = f"{SYNC}/{begun['id']}"
            desk.until(
                "it has ended", lambda: trader.get(path)["status"] not in {"queued", "running"}
            )
            first = trader.get(path)
            assert (first["status"], first["counts"]["new"]) == ("done", 2 * TRIPS + 1), first
            found = trader.items(TRADES, limit=200)
            assert len(found) == TRIPS
            assert {(one["status"], one["source"]) for one in found} == {("closed", "sync")}
            assert sum(Decimal(one["net"]) for one in found) == TRIPS * NET
    told = trader.get("/api/journal/reconciliation", account=first["account"])
    (euro,) = (one for one in told["assets"] if one["asset"] == "EUR")
    assert (Decimal(euro["journal"]), Decimal(euro["venue"])) == (BALANCE, BALANCE)
    by_day = trader.get("/api/journal/analytics/metrics")
    assert by_day["account"]["accounts"] == [first["account"]]
    assert by_day["account"]["currency"] == "EUR"
    gained = by_day["day_metrics"]["total_return"]["value"]
    assert round(gained, 9) == round(float(BALANCE / 1_000) - 1, 9)
    assert other.items(TRADES) == []
