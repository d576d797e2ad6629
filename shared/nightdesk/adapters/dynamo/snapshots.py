"""Snapshots in the market table, by the hash of their content: no owner has one alone."""

import json
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from nightdesk.accounts.privacy import nobodys
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, MomentAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import put_if_absent
from nightdesk.adapters.dynamo.tables import MarketItem
from nightdesk.analysis.record import SnapshotRecord
from nightdesk.core.clock import Clock
from nightdesk.core.ids import InstrumentId
from nightdesk.market.timeframe import Timeframe

KEPT = timedelta(days=97)
"""A week longer than the decisions that name it."""


class SnapshotItem(MarketItem, discriminator="SNAPSHOT"):
    """One snapshot; `content` is its canonical JSON, deflated: a unit instead of two."""

    privacy = nobodys()

    schema = IntegerAttribute(default=1)
    instrument = UnicodeAttribute()
    timeframe = UnicodeAttribute()
    candle = MomentAttribute()
    content = BinaryAttribute(legacy_encoding=False)

    @classmethod
    def from_domain(cls, record: SnapshotRecord, now: datetime) -> Self:
        """Build the row."""
        return cls(
            keys.snapshot(record.hash),
            keys.SNAPSHOT,
            instrument=record.instrument_id,
            timeframe=record.timeframe.value,
            candle=record.candle,
            content=zlib.compress(record.text().encode(), 9),
            expires_at=now + KEPT,
        )

    def to_domain(self) -> SnapshotRecord:
        """Build the noun."""
        return SnapshotRecord(
            hash=keys.hash_of(self.pk),
            instrument_id=InstrumentId(self.instrument),
            timeframe=Timeframe(self.timeframe),
            candle=self.candle,
            content=json.loads(zlib.decompress(self.content)),
        )


@dataclass(frozen=True, slots=True)
class DynamoSnapshots:
    """Stored snapshots; each is written once, whoever looks at its market."""

    clock: Clock

    @translated()
    def put(self, snapshot: SnapshotRecord) -> None:
        """Store it unless its hash is there already."""
        put_if_absent(SnapshotItem.from_domain(snapshot, self.clock.now()))

    @translated()
    def get(self, content_hash: str) -> SnapshotRecord:
        """Return the snapshot of this hash. Raises Missing."""
        return SnapshotItem.get(keys.snapshot(content_hash), keys.SNAPSHOT).to_domain()
