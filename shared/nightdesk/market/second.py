"""A second opinion from another enabled venue, where the same asset trades in like money."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.errors import Transient, UnknownInstrument
from nightdesk.core.ids import InstrumentId
from nightdesk.market.ports import Venues
from nightdesk.market.timeframe import Timeframe

DOLLARS = ("USD", "USDT", "USDC")  # within 2 % of each other

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherVenues:
    """The port SecondSource, answered by the other venues of this desk, in order of name."""

    venues: Venues

    def close(
        self, instrument_id: InstrumentId, timeframe: Timeframe, open_time: datetime
    ) -> float | None:
        """Return the close of this candle at the first other venue that has it, else None."""
        for venue, like in self._like(instrument_id):
            until = open_time + timeframe.length
            try:
                candles = self.venues(venue).candles(like, timeframe, open_time, until)
            except (Transient, UnknownInstrument) as error:
                log.info("no second opinion from %s: %s", venue, error)
                continue
            if len(candles):
                return float(candles.close[0])
        return None

    def _like(self, instrument_id: InstrumentId) -> Iterator[tuple[str, InstrumentId]]:
        pair, _, own = instrument_id.partition("@")
        base, _, quote = pair.partition("/")
        others = (quote, *(code for code in DOLLARS if quote in DOLLARS and code != quote))
        for venue in self.venues.names():
            if venue != own:
                for code in others:
                    yield venue, InstrumentId(f"{base}/{code}@{venue}")
