"""Looking at one market at a close, and keeping what was seen as evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from nightdesk.analysis.functions import MAX_WINDOW
from nightdesk.analysis.ports import Snapshots
from nightdesk.analysis.snapshot import WINDOW, Snapshot, take_snapshot
from nightdesk.analysis.trend import WEEKS
from nightdesk.core.errors import Missing
from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import Candles
from nightdesk.market.ports import CandleStore
from nightdesk.market.resample import resample
from nightdesk.market.timeframe import Timeframe

Market: TypeAlias = tuple[InstrumentId, Timeframe]
Needs: TypeAlias = Mapping[Timeframe, int]
"""How many candles are wanted, by timeframe."""

_DAYS = 7 * (WEEKS + 2)
"""Days that surely hold the whole weeks which the gate reads, wherever in a week they begin."""
_NOTHING_MORE: Needs = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LookAtMarket:
    """Load the candles of one market and take its snapshot; nothing is written."""

    candles: CandleStore

    def __call__(
        self,
        market: Market,
        as_of: datetime,
        findings: Sequence[str],
        needs: Needs = _NOTHING_MORE,
    ) -> Snapshot:
        """Return the snapshot at the last close by `as_of`.

        `needs` adds what the rules of its bots read: more candles, and higher timeframes (those
        that are not stored are resampled). The hash does not depend on it. Raises Missing when
        there is no closed candle yet, StoreUnavailable.
        """
        instrument_id, base = market
        window = self._load(instrument_id, base, as_of, max(WINDOW, needs.get(base, 0)))
        if not len(window):
            raise Missing(f"there is no closed candle of {instrument_id} {base}")
        loaded = {base: window}
        for timeframe, count in needs.items():
            if timeframe.ms > base.ms:
                loaded[timeframe] = self._higher(window, timeframe, as_of, count)
        if Timeframe.W1 not in loaded:
            loaded[Timeframe.W1] = self._weeks(instrument_id, loaded, as_of)
        return take_snapshot(loaded, timeframe=base, as_of=as_of, findings=findings)

    def _load(self, of: InstrumentId, timeframe: Timeframe, as_of: datetime, n: int) -> Candles:
        return self.candles.load(of, timeframe, as_of=as_of, limit=min(MAX_WINDOW, n))

    def _higher(
        self, window: Candles, timeframe: Timeframe, as_of: datetime, count: int
    ) -> Candles:
        stored = self._load(window.instrument_id, timeframe, as_of, count)
        if len(stored):
            return stored
        parts = count * timeframe.ms // window.timeframe.ms
        if parts > len(window):
            window = self._load(window.instrument_id, window.timeframe, as_of, parts)
        return resample(window, timeframe).whole()

    def _weeks(
        self, instrument_id: InstrumentId, loaded: Mapping[Timeframe, Candles], as_of: datetime
    ) -> Candles:
        days = loaded.get(Timeframe.D1)
        if days is None or len(days) < _DAYS:
            days = self._load(instrument_id, Timeframe.D1, as_of, _DAYS)
        return resample(days, Timeframe.W1).whole().closed(as_of)


@dataclass(frozen=True, slots=True)
class TakeSnapshots:
    """Look at one market on the timeframes that its bots trade, and keep what was seen."""

    look: LookAtMarket
    snapshots: Snapshots

    def __call__(
        self,
        instrument_id: InstrumentId,
        timeframes: Sequence[Timeframe],
        *,
        as_of: datetime,
        findings: Mapping[Timeframe, Sequence[str]],
    ) -> list[Snapshot]:
        """Return and store a snapshot of each timeframe that has a closed candle, finest first.

        The same candles give the same hashes, so a repeat stores nothing. Raises
        StoreUnavailable.
        """
        taken = []
        for timeframe in sorted(set(timeframes), key=lambda tf: tf.ms):
            try:
                market = (instrument_id, timeframe)
                snapshot = self.look(market, as_of, findings.get(timeframe, ()))
            except Missing:
                continue  # nothing has been synced yet: there is nothing to trade on either
            self.snapshots.put(snapshot.record())
            taken.append(snapshot)
        return taken
