"""Volume: OBV, AD and MFI by TA-Lib, VWAP and the volume ratio our own. Volume is base units."""

from collections.abc import Callable, Mapping

import numpy as np
import talib

from nightdesk.analysis.functions import Args
from nightdesk.analysis.volatility import ratio
from nightdesk.market.candles import Candles, Floats
from nightdesk.market.timeframe import Timeframe


def obv(candles: Candles, source: Floats, _: Args) -> tuple[Floats, ...]:
    """Return on-balance volume; it starts anywhere, so its level means nothing."""
    return (talib.OBV(source, candles.volume),)


def accumulation(candles: Candles, _: Floats, __: Args) -> tuple[Floats, ...]:
    """Return M. Chaikin's accumulation line; it starts anywhere, so its level means nothing."""
    return (talib.AD(candles.high, candles.low, candles.close, candles.volume),)


def mfi(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return the money flow index, 0-100."""
    return (
        talib.MFI(
            candles.high, candles.low, candles.close, candles.volume, timeperiod=int(args["n"])
        ),
    )


def vwap(candles: Candles, _: Floats, __: Args) -> tuple[Floats, ...]:
    """Return the volume-weighted mean of hlc3 since 00:00 UTC, quote currency per base unit.

    NaN on the first day unless it begins at midnight, and while the day has no volume.
    """
    day = candles.open_time // Timeframe.D1.ms
    opens = np.concatenate([[True], np.diff(day) != 0])
    first = np.maximum.accumulate(np.where(opens, np.arange(day.size), 0))  # (n,) day's first row
    typical = (candles.high + candles.low + candles.close) / 3
    money = np.concatenate([[0.0], np.cumsum(typical * candles.volume)])  # (n + 1,)
    volume = np.concatenate([[0.0], np.cumsum(candles.volume)])
    result = ratio(money[1:] - money[first], volume[1:] - volume[first])
    partial = (candles.open_time[first] % Timeframe.D1.ms != 0) & (first == 0)
    return (np.where(partial & (candles.timeframe.ms < Timeframe.D1.ms), np.nan, result),)


def volume_ratio(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return the volume over the mean of the last n, this one included; NaN at a mean of zero."""
    return (ratio(candles.volume, talib.SMA(candles.volume, timeperiod=int(args["n"]))),)


IMPLEMENTATIONS: Mapping[str, Callable[[Candles, Floats, Args], tuple[Floats, ...]]] = {
    "OBV": obv,
    "AD": accumulation,
    "MFI": mfi,
    "VWAP": vwap,
    "VOLUME_RATIO": volume_ratio,
}
