"""What `Watch` is handed, and what it answers: the batches that a child is to protect."""

from typing import Self

from pydantic import AwareDatetime

from nightdesk.core.ids import InstrumentId
from nightdesk.core.wire import Message, Moment
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.plan import Batch as Planned


class Input(Message):
    """The minute to look at."""

    as_of: AwareDatetime
    now: AwareDatetime | None = None


class Market(Message):
    """One instrument and the timeframes of the bots that want a hand."""

    instrument: InstrumentId
    timeframes: tuple[Timeframe, ...]


class Batch(Message):
    """One item of the map."""

    as_of: Moment
    now: Moment | None
    markets: tuple[Market, ...]
    protect_only: bool


class Output(Message):
    """The items of the map; none where all is quiet."""

    batches: tuple[Batch, ...]

    @classmethod
    def from_domain(
        cls, batches: tuple[Planned, ...], as_of: AwareDatetime, now: AwareDatetime | None
    ) -> Self:
        """Build the answer. `now` is what `Plan` was told, and goes with each batch."""
        return cls(
            batches=tuple(
                Batch(
                    as_of=as_of,
                    now=now,
                    markets=tuple(
                        Market(instrument=one.instrument_id, timeframes=one.timeframes)
                        for one in batch.markets
                    ),
                    protect_only=batch.protect_only,
                )
                for batch in batches
            )
        )
