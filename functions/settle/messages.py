"""What `Settle` is handed, and what it answers."""

from pydantic import AwareDatetime, Field

from nightdesk.core.ids import InstrumentId
from nightdesk.core.wire import Message
from nightdesk.market.timeframe import Timeframe


class Market(Message):
    """One instrument and the timeframes whose bots were due."""

    instrument: InstrumentId
    timeframes: tuple[Timeframe, ...] = Field(min_length=1)


class Input(Message):
    """One batch of the map."""

    as_of: AwareDatetime
    markets: tuple[Market, ...] = Field(min_length=1, max_length=25)

    def due(self) -> list[tuple[InstrumentId, Timeframe]]:
        """Return the markets one by one."""
        return [(market.instrument, tf) for market in self.markets for tf in market.timeframes]


class Output(Message):
    """How many bots were marked to market."""

    points: int
