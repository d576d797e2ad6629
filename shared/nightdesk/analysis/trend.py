"""The weekly gate: no long entry against a falling week."""

import numpy as np

from nightdesk.analysis.indicators import segments
from nightdesk.analysis.labels import WeeklyGate
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe

WEEKS = 12
_AVERAGE = 10


def weekly_gate(weekly: Candles) -> WeeklyGate:
    """Return the gate of closed weekly candles, oldest first.

    Bearish: the last close is below its ten-week average and that average falls; bullish: above,
    and it rises. Fewer than 12 weeks since the last gap are unknown. Raises ValueError for
    another timeframe.
    """
    if weekly.timeframe is not Timeframe.W1:
        raise ValueError(f"the weekly gate reads weeks, not {weekly.timeframe}")
    runs = segments(weekly)
    if not runs or runs[-1][1] - runs[-1][0] < WEEKS:
        return WeeklyGate.UNKNOWN
    close = weekly.close[-(_AVERAGE + 1) :]
    average, before = float(np.mean(close[1:])), float(np.mean(close[:-1]))
    if close[-1] < average < before:
        return WeeklyGate.BEARISH
    if close[-1] > average > before:
        return WeeklyGate.BULLISH
    return WeeklyGate.NEUTRAL
