"""Exports of the journal as deployed: asked for over the API, made by the machine, fetched."""

import csv
import hashlib
import io
import json
import time
import zipfile
from typing import Any

import httpx

from infra.cdk.local.desk_client import DeskClient
from tests.deployed import LTC_ENTERS, Desk
from tests.e2e.document import ENTRY

EXPORTS = "/api/journal/exports"
HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "  =2")
KINDS = (
    *("trades", "fills", "cash", "findings", "report_pdf", "report_xlsx", "journal_text", "all"),
)

CUT = """
from pathlib import Path

def lambda_handler(event, context):
    from functions.export.deployed import lambda_handler as deployed
    from nightdesk.adapters.archive.uploading import Upload
    from nightdesk.core.errors import StoreUnavailable
    seen = Path("/tmp") / f"cut-{event['export_id']}"
    if not seen.exists():
        seen.touch()
        whole = Upload.finish
        def cut(self):
            self._send(len(self._waiting))
            raise StoreUnavailable("cut off half way")
        Upload.finish = cut
        try:
            return deployed(event, context)
        finally:
            Upload.finish = whole
    return deployed(event, context)
"""

NEVER = """
def lambda_handler(event, context):
    from functions.export.deployed import lambda_handler as deployed
    if event.get("failed"):
        return deployed(event, context)
    raise RuntimeError("never")
"""


def ended(trader: DeskClient, export_id: str) -> dict[str, Any]:
    """Wait for the end of an export."""
    deadline = time.monotonic() + 90
    while (found := trader.get(f"{EXPORTS}/{export_id}"))["status"] in {"queued", "running"}:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return dict(found)


def made(trader: DeskClient, kind: str, **wanted: Any) -> dict[str, Any]:
    begun = trader.post(EXPORTS, {"kind": kind, **wanted})
    assert begun["status"] == "queued"
    done = ended(trader, begun["id"])
    assert done["status"] == "ready", done
    return done


def fetched(done: dict[str, Any]) -> bytes:
    answer = httpx.get(done["url"], timeout=30)
    answer.raise_for_status()
    assert answer.headers["content-disposition"] == f'attachment; filename="{done["filename"]}"'
    content = answer.content
    assert (len(content), hashlib.sha256(content).hexdigest()) == (done["bytes"], done["sha256"])
    return content


def rows(content: bytes) -> list[dict[str, str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, strict=True))


def traded(desk: Desk, trader: DeskClient) -> None:
    """Let a bot enter a trade, and write down some by hand, with notes that are formulas."""
    desk.bot(trader)
    desk.cycle(LTC_ENTERS)
    for number, note in enumerate(HOSTILE):
        trader.post("/api/journal/trades", by_hand(number, note))
    trader.post("/api/journal/entries", ENTRY)
    trades = len(HOSTILE) + 1
    desk.until("all is captured", lambda: len(trader.items("/api/journal/trades")) == trades)


def by_hand(number: int, note: str) -> dict[str, Any]:
    """Return a trade of its own day, closed after an hour."""
    day = f"2026-01-{number + 3:02d}"
    return {
        "account": "my ledger",
        "instrument": "BTC/USD@bitstamp",
        "side": "long",
        "entry": {"at": f"{day}T10:00:00Z", "quantity": "2", "price": "100"},
        "exit": {"at": f"{day}T11:00:00Z", "quantity": "2", "price": str(98 + number)},
        "stop": "95",
        "labels": {"setup_id": "breakout", "note": note},
    }


def test_a_trader_fetches_every_kind_and_nobody_else_does(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    traded(desk, trader)
    files = {}
    for kind in KINDS:
        done = made(trader, kind)
        assert (done["progress"], done["kind"]) == (100, kind)
        files[kind] = fetched(done)
        stranger = other.http.get(f"{EXPORTS}/{done['id']}")
        assert (stranger.status_code, stranger.json()["error"]["code"]) == (404, "NOT_FOUND")
        assert other.http.delete(f"{EXPORTS}/{done['id']}").status_code == 404
    listed = trader.items(EXPORTS)
    assert [one["kind"] for one in listed] == [*reversed(KINDS)]
    assert other.items(EXPORTS) == []

    trades = rows(files["trades"])
    assert [one["status"] for one in trades] == ["closed"] * len(HOSTILE) + ["open"]
    assert {one["note"] for one in trades} >= {f"'{note}" for note in HOSTILE}
    at_once = trader.http.get(f"{EXPORTS}/trades.csv")
    assert at_once.content == files["trades"]
    assert len(rows(files["fills"])) == sum(len(one["fill_ids"]) for one in listed_trades(trader))
    assert files["report_pdf"].startswith(b"%PDF-")
    assert zipfile.ZipFile(io.BytesIO(files["report_xlsx"])).testzip() is None
    assert str(ENTRY["title"]) in files["journal_text"].decode()

    archive = zipfile.ZipFile(io.BytesIO(files["all"]))
    told = json.loads(archive.read("manifest.json"))["files"]
    assert {*archive.namelist()} == {*told, "manifest.json"}
    for name, one in told.items():
        content = archive.read(name)
        digest = hashlib.sha256(content).hexdigest()
        assert (one["bytes"], one["sha256"]) == (len(content), digest)
    assert archive.read("trades.csv") == files["trades"]
    assert (told["trades.csv"]["rows"], told["entries.jsonl"]["rows"]) == (len(HOSTILE) + 1, 1)
    assert json.loads(archive.read("entries.jsonl"))["title"] == ENTRY["title"]


def listed_trades(trader: DeskClient) -> list[dict[str, Any]]:
    found = trader.items("/api/journal/trades")
    return [trader.get(f"/api/journal/trades/{one['id']}") for one in found]


def test_one_that_is_cut_off_is_made_again_with_the_same_bytes(desk: Desk) -> None:
    trader = desk.trader()
    traded(desk, trader)
    before = made(trader, "all")
    with desk.cloud.replaced("export", CUT):
        after = made(trader, "all")
    assert after["id"] != before["id"]
    assert fetched(after) == fetched(before)


def test_one_that_cannot_be_made_fails_and_lets_another_start(desk: Desk) -> None:
    trader = desk.trader()
    with desk.cloud.replaced("export", NEVER):
        begun = trader.post(EXPORTS, {"kind": "trades"})
        second = trader.http.post(
            EXPORTS, json={"kind": "trades"}, headers={"Idempotency-Key": "another-of-the-kind"}
        )
        running = (second.status_code, second.json().get("error", {}).get("code"))
        failed = ended(trader, begun["id"])
    assert running in {(409, "EXPORT_RUNNING"), (202, None)}  # the first may have failed by then
    assert (failed["status"], failed["url"]) == ("failed", None)
    done = made(trader, "trades")
    assert rows(fetched(done)) == []

    assert trader.http.delete(f"{EXPORTS}/{done['id']}").status_code == 204
    gone = trader.http.get(f"{EXPORTS}/{done['id']}")
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "EXPORT_EXPIRED")
    assert httpx.get(done["url"]).status_code == 404
