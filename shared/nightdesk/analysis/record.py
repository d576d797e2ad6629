"""A snapshot as it is stored: evidence for decisions, without the arrays."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nightdesk.core.ids import InstrumentId
from nightdesk.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRecord:
    """The stored content of one snapshot. `content` is JSON-able, numbers at 8 digits."""

    hash: str
    instrument_id: InstrumentId
    timeframe: Timeframe
    candle: datetime
    content: Mapping[str, Any]

    def text(self) -> str:
        """Return the canonical JSON of the content, the text that was hashed."""
        return canonical(self.content)


def canonical(content: Mapping[str, Any]) -> str:
    """Return the one JSON text of a snapshot's content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
