"""What every Snapshots keeps to."""

import hashlib
from typing import Any

import pytest

from nightdesk.analysis.ports import Snapshots
from nightdesk.analysis.record import SnapshotRecord, canonical
from nightdesk.core.errors import Missing
from nightdesk.market.timeframe import Timeframe
from tests.builders.trading import AS_OF, BTC


def a_record(**content: Any) -> SnapshotRecord:
    content = {"panel": {"rsi_14": 61.234568, "sma_200": None}, "findings": []} | content
    return SnapshotRecord(
        hash=hashlib.sha256(canonical(content).encode()).hexdigest(),
        instrument_id=BTC,
        timeframe=Timeframe.H1,
        candle=AS_OF,
        content=content,
    )


class SnapshotsContract:
    def test_put_then_get_gives_the_text_that_was_hashed(self, snapshots: Snapshots) -> None:
        record = a_record()
        snapshots.put(record)
        snapshots.put(record)
        found = snapshots.get(record.hash)
        assert found == record
        assert hashlib.sha256(found.text().encode()).hexdigest() == record.hash

    def test_what_was_not_stored_is_missing(self, snapshots: Snapshots) -> None:
        snapshots.put(a_record())
        with pytest.raises(Missing):
            snapshots.get(a_record(findings=["DATA_GAP"]).hash)
