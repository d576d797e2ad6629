"""Timeframes on UTC midnight; weeks open on Monday."""

from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.core.clock import from_millis, millis

MINUTE = 60_000
_MONDAY = 4 * 24 * 60 * MINUTE  # the epoch was a Thursday: the first Monday is four days later


class Timeframe(StrEnum):
    """The length of a candle."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"
    W1 = "1w"

    @property
    def ms(self) -> int:
        """The length in milliseconds."""
        return _MS[self]

    @property
    def length(self) -> timedelta:
        """The length."""
        return timedelta(milliseconds=self.ms)

    def floor_ms(self, at_ms: int) -> int:
        """Return the open time of the candle that contains `at_ms` (both ms since the epoch)."""
        offset = _MONDAY if self is Timeframe.W1 else 0
        return (at_ms - offset) // self.ms * self.ms + offset

    def floor(self, moment: datetime) -> datetime:
        """Return the open time of the candle that contains `moment`."""
        return from_millis(self.floor_ms(millis(moment)))

    def last_closed(self, as_of: datetime) -> datetime:
        """Return the open time of the newest candle closed by `as_of`: open + length <= as_of."""
        return from_millis(self.floor_ms(millis(as_of)) - self.ms)

    def closes_at(self, as_of: datetime) -> bool:
        """Tell whether a candle of this length closes at exactly this minute."""
        at = millis(as_of)
        return at // MINUTE * MINUTE == self.floor_ms(at)


_MS = {
    Timeframe.M1: MINUTE,
    Timeframe.M5: 5 * MINUTE,
    Timeframe.M15: 15 * MINUTE,
    Timeframe.H1: 60 * MINUTE,
    Timeframe.H4: 240 * MINUTE,
    Timeframe.D1: 24 * 60 * MINUTE,
    Timeframe.W1: 7 * 24 * 60 * MINUTE,
}
