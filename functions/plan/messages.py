"""What `Plan` is handed, and what it answers: `kind` chooses the way, `batches` feed the map."""

from datetime import datetime
from typing import Self

from pydantic import AwareDatetime

from nightdesk.core.ids import InstrumentId
from nightdesk.core.wire import Message, Moment
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.plan import Kind, Plan


class Input(Message):
    """The minute to plan. A replay says what time it is, too: in it nothing comes late."""

    as_of: AwareDatetime
    now: AwareDatetime | None = None


class Market(Message):
    """One instrument and the timeframes whose bots are due."""

    instrument: InstrumentId
    timeframes: tuple[Timeframe, ...]


class Batch(Message):
    """One item of the map."""

    as_of: Moment
    now: Moment | None
    """What time it is, in a replay; without it the clock says."""
    markets: tuple[Market, ...]
    protect_only: bool


class Output(Message):
    """The plan. `code` says why it only protects."""

    as_of: Moment
    now: Moment | None
    kind: Kind
    code: str | None
    batches: tuple[Batch, ...]

    @classmethod
    def from_domain(cls, plan: Plan, now: datetime | None) -> Self:
        """Build the answer. `now` is what the input said, and goes with each batch."""
        return cls(
            as_of=plan.as_of,
            now=now,
            kind=plan.kind,
            code=plan.code,
            batches=tuple(
                Batch(
                    as_of=plan.as_of,
                    now=now,
                    markets=tuple(
                        Market(instrument=one.instrument_id, timeframes=one.timeframes)
                        for one in batch.markets
                    ),
                    protect_only=batch.protect_only,
                )
                for batch in plan.batches
            ),
        )
