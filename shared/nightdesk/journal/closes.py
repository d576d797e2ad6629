"""Closing prices by their time, remembered a moment: a file of trades asks for thousands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from nightdesk.core.clock import Clock, from_millis, millis
from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import as_written
from nightdesk.market.candles import Candles
from nightdesk.market.ports import CandleStore
from nightdesk.market.stored_series import REMEMBERED
from nightdesk.market.timeframe import Timeframe

LOOKED_AT = (Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1)
OLD = 2
"""A close older than so many of its candles is no present price."""
AT_ONCE = 240
"""Candles read together: who asks for one price asks for its neighbours next."""
MOST = 2_000
"""Pieces of so many candles that are held in memory, 20 kB each."""


@dataclass(frozen=True, slots=True)
class Close:
    """A price, the candle whose close it is, and when that closed."""

    price: Decimal
    timeframe: Timeframe
    at: datetime


@dataclass(slots=True)
class Closes:
    """The newest close of a market by some time. `clock` says how old what was read may be."""

    candles: CandleStore
    clock: Clock
    _since: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)
    _newest: dict[InstrumentId, Sequence[tuple[Timeframe, int]]] = field(
        default_factory=dict, init=False
    )
    _pieces: dict[tuple[InstrumentId, Timeframe, int], Candles] = field(
        default_factory=dict, init=False
    )

    def __call__(self, instrument: InstrumentId, at: datetime) -> Close | None:
        """Return the close of the shortest candles that have a present one; None if none has."""
        now = self.clock.now()
        if now - self._since > REMEMBERED or len(self._pieces) > MOST:
            self._since = now
            self._newest.clear()
            self._pieces.clear()
        stored = self._newest.get(instrument)
        if stored is None:
            stored = self._newest[instrument] = self._stored(instrument)
        if stored:
            moment = millis(at)
            for timeframe, newest in stored:
                found = self._close(instrument, timeframe, newest, moment)
                if found is not None:
                    return found
        return None

    def _stored(self, instrument: InstrumentId) -> list[tuple[Timeframe, int]]:
        """Return which candles there are of a market at all, with the newest open time."""
        found = [(one, self.candles.newest(instrument, one)) for one in LOOKED_AT]
        return [(timeframe, millis(newest)) for timeframe, newest in found if newest is not None]

    def _close(
        self, instrument: InstrumentId, timeframe: Timeframe, newest: int, moment: int
    ) -> Close | None:
        length = timeframe.ms
        last = min(timeframe.floor_ms(moment) - length, newest)
        oldest = moment - OLD * length  # a close must be later than this
        if last + length <= oldest:
            return None
        piece = self._piece(instrument, timeframe, last)
        place = int(piece.open_time.searchsorted(last, side="right")) - 1
        if place < 0:
            return None
        closed, price = int(piece.open_time[place]) + length, float(piece.close[place])
        if closed <= oldest or price <= 0:
            return None
        return Close(as_written(price), timeframe, from_millis(closed))

    def _piece(self, instrument: InstrumentId, timeframe: Timeframe, last: int) -> Candles:
        """Return the piece of the series that this candle lies in, and a few before it."""
        span = AT_ONCE * timeframe.ms
        key = (instrument, timeframe, last // span)
        piece = self._pieces.get(key)
        if piece is None:
            begin = key[2] * span
            piece = self._pieces[key] = self.candles.between(
                instrument,
                timeframe,
                from_millis(begin - OLD * timeframe.ms),
                from_millis(begin + span),
            )
        return piece
