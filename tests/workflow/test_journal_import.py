"""Files of trades as deployed: uploaded, checked, committed by workers, cut off, undone."""

import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from infra.cdk.local.desk_client import DeskClient
from tests.deployed import Desk

IMPORTS = "/api/journal/imports"
TRADES = "/api/journal/trades"
METRICS = "/api/journal/analytics/metrics"
ACCOUNT = "my binance"
HEADER = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
BEGIN = datetime(2025, 3, 1, tzinfo=UTC)
ROUNDS = {"BTC": 12, "ETH": 2}
"""Round trips by what is bought: some are measured at once, many by a worker of their own."""
TRIPS = sum(ROUNDS.values())
ROWS = 2 * TRIPS
NET = Decimal("0.8")
"""Of one round trip: bought at 100, sold at 101, one piece each, at a fee of 0.1 each."""
BROKEN = "2025-03-01 00:99:00,BTCUSDT,BUY,abc,0.1BTC,1USDT,0.1BNB\n"

DYING = """
import json
from pathlib import Path

def lambda_handler(event, context):
    from functions.import_trades.deployed import lambda_handler as deployed
    from nightdesk.journal.rebuilding import RebuildAccount
    context.get_remaining_time_in_millis = lambda: 0
    whole = RebuildAccount.__call__

    def rebuilt(self, *args, **named):
        if Path(FOLDER, "built").exists():
            Path(FOLDER, "killed").write_text(json.dumps(event))
            raise RuntimeError("killed")
        Path(FOLDER, "built").touch()
        whole(self, *args, **named)

    RebuildAccount.__call__ = rebuilt
    try:
        return deployed(event, context)
    finally:
        RebuildAccount.__call__ = whole
"""
"""A worker whose time is over after each batch; the one that builds the second market's trades is
killed, and leaves what it was sent."""


def rounds() -> list[str]:
    """Return the rows of the file, by time."""
    rows = []
    for asset, count in ROUNDS.items():
        for number in range(count):
            for side, price, later in (("BUY", 100, 0), ("SELL", 101, 1)):
                at = BEGIN + timedelta(hours=2 * number + later)
                told = f"{at:%Y-%m-%d %H:%M:%S},{asset}USDT,{side},{price}"
                rows.append(f"{told},1{asset},{price}USDT,0.1USDT\n")
    return sorted(rows)


def uploaded(trader: DeskClient, content: str) -> str:
    raw = content.encode()
    begun = trader.post(IMPORTS, {"filename": "t.csv", "bytes": len(raw), "account": ACCOUNT})
    form = begun["upload"]
    posted = httpx.post(form["url"], data=form["fields"], files={"file": ("t.csv", raw)})
    assert posted.status_code == 204, posted.text
    return str(begun["id"])


def after(trader: DeskClient, import_id: str, *working: str) -> dict[str, Any]:
    """Return an import once it no longer is in one of these states."""
    deadline = time.monotonic() + 90
    while (found := trader.get(f"{IMPORTS}/{import_id}"))["status"] in working:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return dict(found)


def checked(trader: DeskClient, content: str) -> dict[str, Any]:
    import_id = uploaded(trader, content)
    trader.post(f"{IMPORTS}/{import_id}/check", {})
    return after(trader, import_id, "checking")


def committed(trader: DeskClient, import_id: str) -> dict[str, Any]:
    trader.post(f"{IMPORTS}/{import_id}/commit", {})
    return after(trader, import_id, "committing")


def undone(trader: DeskClient, import_id: str) -> dict[str, Any]:
    answer = trader.http.delete(f"{IMPORTS}/{import_id}")
    assert answer.status_code == 202, answer.text
    return after(trader, import_id, "done", "failed")


def shown(trader: DeskClient) -> tuple[int, Decimal]:
    """Return how many closed trades the account has, and their net together."""
    found = trader.items(TRADES, account=ACCOUNT, limit=200)
    assert {one["status"] for one in found} <= {"closed"}
    return len(found), sum((Decimal(one["net"]) for one in found), Decimal(0))


def test_a_file_becomes_trades_once_and_is_taken_back_whole(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    rows = rounds()
    content = HEADER + "".join([*rows[:5], BROKEN, *rows[5:]])
    found = checked(trader, content)
    assert (found["status"], found["counts"]["fills"], found["counts"]["issues"]) == (
        "checked",
        ROWS,
        1,
    )
    (issue,) = trader.items(f"{IMPORTS}/{found['id']}/issues")
    assert (issue["row"], issue["code"]) == (7, "BAD_TIME")
    assert trader.items(TRADES) == []  # a check is a dry run

    done = committed(trader, found["id"])
    assert (done["status"], done["counts"]["added"]) == ("done", ROWS)
    assert shown(trader) == (TRIPS, TRIPS * NET)
    assert other.items(TRADES) == []
    assert other.http.get(f"{IMPORTS}/{found['id']}").status_code == 404

    again = checked(trader, HEADER + "".join(reversed(rows)))
    assert (again["counts"]["known"], again["counts"]["possible"]) == (ROWS, 0)
    assert committed(trader, again["id"])["counts"]["added"] == 0
    assert shown(trader) == (TRIPS, TRIPS * NET)

    assert undone(trader, found["id"])["status"] == "undone"
    assert shown(trader) == (TRIPS, TRIPS * NET)  # the second file still tells of them
    assert undone(trader, again["id"])["status"] == "undone"
    assert trader.items(TRADES, account=ACCOUNT) == []


def test_an_imported_account_has_figures_by_day_once_its_deposits_are_told(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    found = committed(trader, checked(trader, HEADER + "".join(rounds()))["id"])
    assert found["status"] == "done"
    before = trader.get(METRICS)
    assert before["account"]["untold"] == [ACCOUNT]
    assert before["day_metrics"]["total_return"]["reason"] == "NO_CAPITAL"

    row = {
        "account": ACCOUNT,
        "at": "2025-02-28T12:00:00Z",
        "asset": "USDT",
        "amount": "1000",
        "kind": "deposit",
    }
    trader.post("/api/journal/cash", row)
    after = trader.get(METRICS)
    assert (after["account"]["accounts"], after["account"]["untold"]) == ([ACCOUNT], [])
    gained = after["day_metrics"]["total_return"]
    assert round(gained["value"], 12) == float(TRIPS * NET / 1_000)
    curve = trader.get("/api/journal/analytics/equity", scope="account")["points"]
    assert [curve[0]["value"], curve[0]["flow"], curve[-1]["value"]] == [
        1_000,
        1_000,
        float(1_000 + TRIPS * NET),
    ]
    assert other.get(METRICS)["account"]["accounts"] == []

    undone(trader, found["id"])
    assert trader.get(METRICS)["day_metrics"]["total_return"]["value"] == 0


def test_workers_that_run_out_of_time_or_die_are_followed_by_others(
    desk: Desk, tmp_path: Path
) -> None:
    trader = desk.trader()
    found = checked(trader, HEADER + "".join(rounds()))
    left = tmp_path / "killed"
    with desk.cloud.replaced("import_trades", DYING.replace("FOLDER", repr(str(tmp_path)))):
        trader.post(f"{IMPORTS}/{found['id']}/commit", {})
        desk.until("a worker was killed", left.exists)
        path = f"{IMPORTS}/{found['id']}"
        desk.until("it is at work", lambda: trader.get(path)["status"] == "committing")
    assert 0 < shown(trader)[0] < TRIPS
    for _ in range(2):  # the queue sends it again, and may do so twice
        again = desk.cloud.invoke("import_trades", json.loads(left.read_text()))
        assert (again.error, again.payload["batchItemFailures"]) == (None, [])
        done = trader.get(f"{IMPORTS}/{found['id']}")
        assert (done["status"], done["counts"]["added"]) == ("done", ROWS)
        assert shown(trader) == (TRIPS, TRIPS * NET)
