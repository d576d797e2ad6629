"""What `Trade Bots` is handed, and what it answers."""

from typing import Self

from pydantic import AwareDatetime, Field

from nightdesk.core.ids import InstrumentId
from nightdesk.core.wire import Message
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.trade_bots import Traded


class Market(Message):
    """One instrument and the timeframes whose bots are due."""

    instrument: InstrumentId
    timeframes: tuple[Timeframe, ...] = Field(min_length=1)


class Looked(Message):
    """What `Analyse` found out about one market."""

    instrument: InstrumentId
    timeframe: Timeframe
    findings: tuple[str, ...] = ()


class Analysed(Message):
    """The answer of `Analyse`."""

    snapshots: tuple[Looked, ...] = ()


class Input(Message):
    """One batch of the map: markets, whose due bots are queried and not carried."""

    as_of: AwareDatetime
    now: AwareDatetime | None = None
    """What time it is, in a replay; without it the clock says."""
    worker: str = Field(min_length=1, max_length=200)
    """The name of the execution: it holds the leases, so that its own retry finds them its own."""
    markets: tuple[Market, ...] = Field(min_length=1, max_length=25)
    protect_only: bool = False
    analyse: Analysed = Analysed()

    def findings(self) -> dict[tuple[InstrumentId, Timeframe], tuple[str, ...]]:
        """Return the markets to trade, each with what is wrong about its data.

        A market that `Analyse` could not look at (no candle yet) is not traded.
        """
        due = [(market.instrument, tf) for market in self.markets for tf in market.timeframes]
        found = {(one.instrument, one.timeframe): one.findings for one in self.analyse.snapshots}
        if self.protect_only:
            return {market: found.get(market, ()) for market in due}
        return {market: found[market] for market in due if market in found}


class Output(Message):
    """Counts: the record stands in the tables."""

    bots: int
    busy: int
    failed: int
    broken: int
    decisions: int
    entries: int
    exits: int
    denied: int
    fills: int
    unknown: int

    @classmethod
    def from_domain(cls, traded: Traded) -> Self:
        """Build the answer."""
        return cls(**{name: getattr(traded, name) for name in cls.model_fields})
