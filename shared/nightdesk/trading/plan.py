"""Which markets are due at one minute, in batches for the children of the cycle (step 1)."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.core.clock import iso, utc
from nightdesk.core.ids import InstrumentId
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.ports import Cycles, DueBots

MARKETS_PER_BATCH = 2
LATE = timedelta(seconds=120)
LATE_CYCLE = "LATE_CYCLE"

logger = logging.getLogger(__name__)


class Kind(StrEnum):
    """What a minute is for."""

    CYCLE = "cycle"
    """A candle closes that bots wait for."""
    WATCH = "watch"
    """None closes, but something is held or on its way."""
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One instrument and those of its timeframes whose bots are meant, shortest first."""

    instrument_id: InstrumentId
    timeframes: tuple[Timeframe, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The work of one child: at most two markets. `protect_only` decides nothing."""

    markets: tuple[Market, ...]
    protect_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of one minute. It names markets: which bots they have, their child asks."""

    as_of: datetime
    kind: Kind
    batches: tuple[Batch, ...] = ()
    lag: timedelta
    """How long after its minute it was planned."""
    repeated: bool = False
    """Whether this minute was planned before."""

    @property
    def code(self) -> str | None:
        """`LATE_CYCLE` when it is too late to decide anything."""
        return LATE_CYCLE if self.lag > LATE else None


@dataclass(frozen=True, slots=True)
class PlanCycle:
    """Plan one minute.

    A minute that was planned before is planned again, not skipped: the first run may have died
    with its plan unheard, and who skips then loses the candle. Two runs of one plan are harmless:
    a bot is worked under a lease, decides once per moment, and its order ids derive from that.
    """

    bots: DueBots
    cycles: Cycles

    def __call__(self, as_of: datetime, *, now: datetime) -> Plan:
        """Return the plan of the minute that `as_of` lies in, as it looks at `now`.

        More than 120 s late it only protects: the candle's price is no longer the market's.
        """
        minute = utc(as_of).replace(second=0, microsecond=0)
        lag = max(utc(now) - minute, timedelta(0))
        late = lag > LATE
        repeated = not self.cycles.begin(minute)
        due = {
            instrument: closing
            for instrument, timeframes in self.bots.markets().items()
            if (closing := [tf for tf in timeframes if tf.closes_at(minute)])
        }
        if late or repeated:
            logger.warning("as_of=%s late=%s repeated=%s", iso(minute), late, repeated)
        return Plan(
            as_of=minute,
            kind=Kind.CYCLE if due else self._between(),
            batches=batches(due, protect_only=late),
            lag=lag,
            repeated=repeated,
        )

    def _between(self) -> Kind:
        return Kind.WATCH if self.bots.holding() else Kind.IDLE


def batches(
    due: Mapping[InstrumentId, Iterable[Timeframe]], *, protect_only: bool = False
) -> tuple[Batch, ...]:
    """Return these markets two by two, in the order of their instrument ids."""
    markets = [
        Market(instrument_id=instrument, timeframes=tuple(sorted(set(tfs), key=lambda tf: tf.ms)))
        for instrument, tfs in sorted(due.items())
    ]
    return tuple(
        Batch(markets=tuple(markets[n : n + MARKETS_PER_BATCH]), protect_only=protect_only)
        for n in range(0, len(markets), MARKETS_PER_BATCH)
    )
