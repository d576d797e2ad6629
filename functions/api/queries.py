"""What routers read from queries: instruments, bots, moments. Nothing is rounded into shape."""

import re
from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator, WithJsonSchema

from nightdesk.core.clock import from_iso, utc
from nightdesk.core.ids import INSTRUMENT_ID, BotId
from nightdesk.trading.order import Mode

WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|\+00:00)", re.ASCII)


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, str) and WRITTEN.fullmatch(value):
        return from_iso(value)
    raise ValueError('a moment is ISO 8601 in UTC with "Z", like "2024-03-01T12:00:00Z"')


UtcMoment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2024-03-01T12:00:00Z"]}),
]
"""A moment as callers write it: with its zone, which is UTC."""

Instrument = Annotated[
    str,
    Query(
        pattern=INSTRUMENT_ID.pattern,
        description="BASE/QUOTE@venue.",
        examples=["BTC/USD@bitstamp"],
    ),
]
Since = Annotated[
    UtcMoment | None, Query(alias="from", description="From this moment on, ISO 8601 UTC.")
]
Until = Annotated[
    UtcMoment | None, Query(alias="to", description="Before this moment, ISO 8601 UTC.")
]

ID = r"^[A-Za-z0-9_.@-]{1,120}$"

BotFilter = Annotated[
    BotId | None, Query(alias="bot_id", pattern=ID, description="Of this bot alone.")
]
ModeFilter = Annotated[Mode | None, Query(alias="mode", description="Paper or live alone.")]
IdPath = Annotated[str, Path(pattern=ID)]
"""An id in a path. One that cannot exist is answered as one that does not."""
