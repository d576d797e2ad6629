"""What comes into `sync_market` and what goes out."""

from collections.abc import Sequence
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from nightdesk.core.ids import InstrumentId
from nightdesk.core.wire import Message, Moment
from nightdesk.market.sync import Synced
from nightdesk.market.timeframe import Timeframe


class Market(Message):
    """One market of the batch."""

    instrument: InstrumentId
    timeframes: tuple[Timeframe, ...] = Field(min_length=1, max_length=7)


class Input(Message):
    """One batch of the map; or, without markets, the hourly pass, which finds them itself."""

    as_of: AwareDatetime
    markets: tuple[Market, ...] = Field(default=(), max_length=2)
    scheduled: bool = False

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.scheduled and self.markets:
            raise ValueError("either markets or scheduled")
        return self

    @property
    def hourly(self) -> bool:
        """Whether this is the hourly pass."""
        return not self.markets


class SyncedOut(Message):
    """How one series stands: its newest candle, how many are new, what was found."""

    instrument: InstrumentId
    timeframe: Timeframe
    newest: Moment | None
    stored: int
    findings: tuple[str, ...]

    @classmethod
    def from_domain(cls, synced: Synced) -> Self:
        """Name the findings by code; their figures are in the log."""
        return cls(
            instrument=synced.instrument_id,
            timeframe=synced.timeframe,
            newest=synced.newest,
            stored=synced.stored,
            findings=tuple(finding.code for finding in synced.findings),
        )


class Output(Message):
    """What the steps after it read, and which venues' rules were read anew."""

    synced: tuple[SyncedOut, ...]
    rules: tuple[str, ...] = ()

    @classmethod
    def from_domain(cls, synced: Sequence[Synced], rules: Sequence[str] = ()) -> Self:
        """Build the answer."""
        return cls(synced=tuple(SyncedOut.from_domain(one) for one in synced), rules=tuple(rules))
