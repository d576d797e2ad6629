"""What comes into `analyse` and what goes out."""

from collections.abc import Sequence

from pydantic import Field

from nightdesk.analysis.snapshot import Snapshot
from nightdesk.core.ids import InstrumentId
from nightdesk.core.wire import Message, Moment
from nightdesk.market.timeframe import Timeframe


class Market(Message):
    """One market of the batch."""

    instrument: InstrumentId
    timeframes: tuple[Timeframe, ...] = Field(min_length=1, max_length=7)


class Synced(Message):
    """What syncing found about one market's timeframe."""

    instrument: InstrumentId
    timeframe: Timeframe
    findings: tuple[str, ...] = ()


class Sync(Message):
    """The answer of the step before."""

    synced: tuple[Synced, ...] = ()


class Input(Message):
    """One batch of the map, with what SyncMarket found."""

    as_of: Moment
    markets: tuple[Market, ...] = Field(min_length=1, max_length=2)
    sync: Sync = Sync()

    def findings(self, instrument: InstrumentId) -> dict[Timeframe, Sequence[str]]:
        """Return the findings about one instrument by timeframe."""
        mine = [synced for synced in self.sync.synced if synced.instrument == instrument]
        return {synced.timeframe: synced.findings for synced in mine}


class Taken(Message):
    """One snapshot that was taken and stored."""

    instrument: InstrumentId
    timeframe: Timeframe
    hash: str
    candle: Moment
    regime: str
    findings: tuple[str, ...]
    warming: tuple[str, ...]

    @classmethod
    def from_domain(cls, snapshot: Snapshot) -> "Taken":
        """Name the snapshot, without its figures: they are in the table."""
        return cls(
            instrument=snapshot.instrument_id,
            timeframe=snapshot.timeframe,
            hash=snapshot.hash,
            candle=snapshot.candle,
            regime=snapshot.regime,
            findings=snapshot.findings,
            warming=snapshot.warming,
        )


class Output(Message):
    """What the steps after it read."""

    snapshots: tuple[Taken, ...]
