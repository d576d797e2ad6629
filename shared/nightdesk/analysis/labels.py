"""The words for what kind of market it is. They need no arrays, so definitions read them, too."""

from enum import StrEnum


class Regime(StrEnum):
    """What kind of market it is."""

    UNKNOWN = "unknown"
    VOLATILE = "volatile"
    TRENDING_UP = "trending_up"
    TRENDING_DOWN = "trending_down"
    RANGING = "ranging"


class WeeklyGate(StrEnum):
    """What the last closed weeks say about new longs."""

    BULLISH = "bullish"
    BEARISH = "bearish"
    NEUTRAL = "neutral"
    UNKNOWN = "unknown"


REGIMES = tuple(Regime)
"""Arrays of regimes count in this order."""
