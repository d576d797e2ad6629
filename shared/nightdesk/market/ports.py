"""What the market room needs from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from nightdesk.core.ids import InstrumentId
from nightdesk.market.instruments import Quote, Rules
from nightdesk.market.timeframe import Timeframe

if TYPE_CHECKING:  # candles load numpy, which the API starts without
    from nightdesk.market.candles import Candles


class Venue(Protocol):
    """One exchange. Prices are quote currency per base unit, quantities are base units."""

    def candles(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> "Candles":
        """Return the closed candles with ``since <= open_time < until`` (UTC), oldest first.

        A gap at the venue is a missing row, never a made-up one. At most one page of the venue:
        fewer rows than asked for does not mean that there are no more. Raises VenueUnavailable or
        RateLimited (retried), UnknownInstrument (not retried).
        """
        ...

    def rules(self, instrument_id: InstrumentId, as_of: datetime) -> Rules:
        """Return the rules in force. Raises as `candles`."""
        ...

    def instruments(self, as_of: datetime) -> Sequence[Rules]:
        """Return the rules of all that trades here, by instrument id. Raises as `candles`."""
        ...

    def quote(self, instrument_id: InstrumentId, at: datetime) -> Quote:
        """Return the price now, dated by when it was made. Raises as `candles`.

        A replayed venue answers the opening price of the bar that contains `at`, or the last close
        before it; VenueUnavailable where nothing was traded yet.
        """
        ...


class Venues(Protocol):
    """The venues that this desk may use."""

    def __call__(self, name: str) -> Venue:
        """Return the venue of this name. Raises UnknownInstrument if it is not enabled."""
        ...

    def names(self) -> Sequence[str]:
        """Return the enabled venues' names, sorted."""
        ...


class CandleVenues(Venues, Protocol):
    """Venues, and which candles they have themselves; the others are resampled."""

    def timeframes(self, instrument_id: InstrumentId) -> Sequence[Timeframe]:
        """Return the timeframes that the venue offers, shortest first. Raises UnknownInstrument."""
        ...


class SecondSource(Protocol):
    """Another opinion about a price: a second venue, or a reference feed."""

    def close(
        self, instrument_id: InstrumentId, timeframe: Timeframe, open_time: datetime
    ) -> float | None:
        """Return what this candle closed at elsewhere, in like money; None where nobody knows.

        Raises nothing of its own: a second source that is down does not know.
        """
        ...


class MarketsInUse(Protocol):
    """What some bot of this desk trades."""

    def __call__(self) -> Sequence[tuple[InstrumentId, Timeframe]]:
        """Return each instrument and timeframe in use, once, sorted."""
        ...


class CandleStore(Protocol):
    """The hot candles of all instruments, shared by all owners."""

    def load(
        self, instrument_id: InstrumentId, timeframe: Timeframe, *, as_of: datetime, limit: int
    ) -> "Candles":
        """Return the newest `limit` stored candles closed by `as_of`, oldest first."""
        ...

    def between(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> "Candles":
        """Return the stored candles with ``since <= open_time < until``, oldest first."""
        ...

    def newest(self, instrument_id: InstrumentId, timeframe: Timeframe) -> datetime | None:
        """Return the open time of the newest stored candle, read consistently; None if none."""
        ...

    def put(self, candles: "Candles") -> int:
        """Store closed candles; a stored one stays as it is. Return how many were new.

        The same candles again, in any order or cut, store nothing more.
        """
        ...


class RulesStore(Protocol):
    """Instrument rules, so that no invocation asks a venue for its whole market list."""

    def get(self, instrument_id: InstrumentId) -> Rules:
        """Return the newest version. Raises UnknownInstrument."""
        ...

    def put(self, rules: Sequence[Rules]) -> None:
        """Store these as the newest versions; an equal version is not written again."""
        ...

    def list(self, venue: str) -> Sequence[Rules]:
        """Return the newest rules of a venue's instruments, by instrument id."""
        ...
