"""Candles of the series that are stored: of any other nothing is read."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from nightdesk.core.clock import Clock
from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import Candles, no_candles
from nightdesk.market.ports import CandleStore
from nightdesk.market.timeframe import Timeframe

REMEMBERED = timedelta(minutes=1)
"""What was read of candles is used for so long; one that came since is seen after it."""


@dataclass(slots=True)
class StoredSeries:
    """The port CandleStore for who asks for many spans of instruments that few candles tell of.

    A file of trades names markets that no bot trades: each of their trades would ask a dozen times
    for nothing.
    """

    candles: CandleStore
    clock: Clock
    _since: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)
    _there: dict[tuple[InstrumentId, Timeframe], bool] = field(default_factory=dict, init=False)

    def load(
        self, instrument_id: InstrumentId, timeframe: Timeframe, *, as_of: datetime, limit: int
    ) -> Candles:
        """Return the newest `limit` stored candles closed by `as_of`, oldest first."""
        if self._is_there(instrument_id, timeframe):
            return self.candles.load(instrument_id, timeframe, as_of=as_of, limit=limit)
        return no_candles(instrument_id, timeframe)

    def between(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        """Return the stored candles with ``since <= open_time < until``, oldest first."""
        if self._is_there(instrument_id, timeframe):
            return self.candles.between(instrument_id, timeframe, since, until)
        return no_candles(instrument_id, timeframe)

    def newest(self, instrument_id: InstrumentId, timeframe: Timeframe) -> datetime | None:
        """Return the open time of the newest stored candle, read consistently; None if none."""
        return self.candles.newest(instrument_id, timeframe)

    def put(self, candles: Candles) -> int:
        """Store closed candles; a stored one stays as it is. Return how many were new."""
        self._there.pop((candles.instrument_id, candles.timeframe), None)
        return self.candles.put(candles)

    def _is_there(self, instrument_id: InstrumentId, timeframe: Timeframe) -> bool:
        now = self.clock.now()
        if now - self._since > REMEMBERED:
            self._since = now
            self._there.clear()
        key = (instrument_id, timeframe)
        found = self._there.get(key)
        if found is None:  # asked for in this way it does not matter who else clears it meanwhile
            found = self._there[key] = self.newest(*key) is not None
        return found
