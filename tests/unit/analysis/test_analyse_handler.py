import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions.analyse import handler
from nightdesk import bootstrap
from nightdesk.analysis.record import SnapshotRecord
from nightdesk.analysis.taking import LookAtMarket, TakeSnapshots
from nightdesk.core.clock import from_iso
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import BTC, MemoryCandles, some_candles

EVENT = Path(__file__).parents[3] / "events" / "analyse" / "one_market.json"
CONTEXT = SimpleNamespace(
    function_name="analyse",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:eu-central-1:1:function:analyse",
    aws_request_id="r1",
)


class Stored(list[SnapshotRecord]):
    def put(self, snapshot: SnapshotRecord) -> None:
        self.append(snapshot)

    def get(self, content_hash: str) -> SnapshotRecord:
        return next(record for record in self if record.hash == content_hash)


def test_a_batch_is_looked_at_stored_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    event = json.loads(EVENT.read_text(encoding="utf-8"))
    event["sync"]["synced"][0]["findings"] = ["ILLIQUID"]
    store, stored = MemoryCandles(), Stored()
    start = from_iso(event["as_of"]) - 600 * Timeframe.D1.length
    store.put(some_candles(600, timeframe=Timeframe.D1, start=start))
    take = TakeSnapshots(LookAtMarket(store), stored)
    monkeypatch.setattr(bootstrap, "analyse", lambda: take)
    answer = handler.lambda_handler(event, CONTEXT)
    (taken,) = answer["snapshots"]
    assert taken == {
        "instrument": BTC,
        "timeframe": "1d",
        "hash": stored[0].hash,
        "candle": "2019-05-31T00:00:00Z",
        "regime": stored[0].content["regime"],
        "findings": ["ILLIQUID"],
        "warming": [],
    }
    assert json.loads(json.dumps(answer)) == answer
