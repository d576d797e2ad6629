"""The regime of a market: calm or wild, with a direction or without."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import talib

from nightdesk.analysis.indicators import segments
from nightdesk.analysis.labels import REGIMES, Regime
from nightdesk.analysis.volatility import rolling_rank
from nightdesk.market.candles import Bools, Candles, Floats

Codes: TypeAlias = npt.NDArray[np.int8]

BARS = 300
_RANK_BARS = 200
_TREND_ON, _TREND_OFF = 25.0, 20.0
_SLOPE_BARS = 5
_CONFIRMATIONS = 3


def regime(candles: Candles) -> Regime:
    """Return the regime at the last candle, `unknown` where there is none."""
    codes = regimes(candles)
    return REGIMES[codes[-1]] if codes.size else Regime.UNKNOWN


def regimes(candles: Candles) -> Codes:
    """Return the regime at each candle as an index into `REGIMES`, shape (n,), int8.

    Volatile at NATR14 >= the 90th percentile of its last 200; else trending from ADX14 >= 25
    until ADX14 < 20, with the sign of EMA50's change over 5 bars; else ranging. A change of label
    needs three equal closes. Unknown before 300 bars since the first candle or the last gap: so
    many bars leave less than 1e-6 of the averages' seeds, and the longer warm-up of the same
    functions as features does not apply.
    """
    codes = np.zeros(len(candles), dtype=np.int8)
    for start, end in segments(candles):
        if end - start >= BARS:
            part = candles.rows(start, end)
            codes[start + BARS - 1 : end] = _settled(_raw(part))[BARS - 1 :]
    return codes


def _raw(candles: Candles) -> Codes:
    """Label each candle by itself; unknown until every average has a value."""
    prices = (candles.high, candles.low, candles.close)
    natr = talib.NATR(*prices, timeperiod=14)
    average = talib.EMA(candles.close, timeperiod=50)
    slope = np.full(average.size, np.nan)
    slope[_SLOPE_BARS:] = average[_SLOPE_BARS:] - average[:-_SLOPE_BARS]
    trending = _latched(talib.ADX(*prices, timeperiod=14))
    codes = np.full(average.size, REGIMES.index(Regime.RANGING), dtype=np.int8)
    codes[trending & (slope > 0)] = REGIMES.index(Regime.TRENDING_UP)
    codes[trending & (slope < 0)] = REGIMES.index(Regime.TRENDING_DOWN)
    codes[_in_top_tenth(natr)] = REGIMES.index(Regime.VOLATILE)
    codes[np.isnan(slope)] = REGIMES.index(Regime.UNKNOWN)
    return codes


def _in_top_tenth(values: Floats) -> Bools:
    """Tell where a value is at or above the 90th percentile of its last 200, itself included.

    With m values known, the percentile lies between two neighbours in rank, and a member of the
    sample reaches it exactly if it ranks above ``ceil(0.9 (m - 1))`` others or their equals.
    """
    below, known = rolling_rank(values, _RANK_BARS)
    reached: Bools = below > np.ceil(0.9 * (known - 1) - 1e-9)
    return reached & ~np.isnan(values)


def _latched(adx: Floats) -> Bools:
    """Tell where a trend that began at 25 has not yet fallen below 20."""
    decided = (adx >= _TREND_ON) | (adx < _TREND_OFF)
    last = np.maximum.accumulate(np.where(decided, np.arange(adx.size), -1))
    on: Bools = (last >= 0) & (adx[last] >= _TREND_ON)
    return on


def _settled(raw: Codes) -> Codes:
    """Let a label through once three closes agree, and keep it until three others do."""
    agreed = np.zeros(raw.size, dtype=bool)
    agreed[_CONFIRMATIONS - 1 :] = (raw[2:] == raw[1:-1]) & (raw[1:-1] == raw[:-2])
    last = np.maximum.accumulate(np.where(agreed, np.arange(raw.size), -1))
    unknown = np.int8(REGIMES.index(Regime.UNKNOWN))
    return np.where(last >= 0, raw[last], unknown)
