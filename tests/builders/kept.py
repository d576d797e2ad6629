"""Accounts whose books the journal keeps, over fakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nightdesk.core.ids import InstrumentId
from nightdesk.journal.kept_accounts import ReadKept
from nightdesk.journal.prices import ReadPrices
from nightdesk.journal.statement import ReadStatements
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import MemoryCandles
from tests.fakes.imports import FakeExternalRecords
from tests.fakes.journal_trades import FakeCashRows, FakeTrades
from tests.fakes.syncs import FakeBalances


@dataclass
class KeptBooks:
    """What such accounts are valued from; nothing stands in it at first."""

    records: FakeExternalRecords = field(default_factory=FakeExternalRecords)
    cash: FakeCashRows = field(default_factory=FakeCashRows)
    trades: FakeTrades = field(default_factory=FakeTrades)
    balances: FakeBalances = field(default_factory=FakeBalances)
    candles: MemoryCandles = field(default_factory=MemoryCandles)

    def stored(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        """Return the series that there are candles of, shortest first."""
        found: dict[InstrumentId, list[Timeframe]] = {}
        for instrument, timeframe in sorted(self.candles.series, key=lambda one: one[1].ms):
            found.setdefault(instrument, []).append(timeframe)
        return found

    @property
    def read(self) -> ReadKept:
        """Return the use case over it."""
        return ReadKept(
            ReadStatements(self.records, self.cash, self.trades),
            self.balances,
            ReadPrices(self.candles, ("binance", "kraken"), self.stored),
        )
