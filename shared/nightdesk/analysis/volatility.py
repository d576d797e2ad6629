"""Volatility: true range and bands by TA-Lib, realised volatility and percentiles our own."""

from collections.abc import Callable, Mapping

import numpy as np
import talib
from numpy.lib.stride_tricks import sliding_window_view

from nightdesk.analysis.functions import Args
from nightdesk.market.candles import Candles, Floats

_BLOCK = 65_536  # rows compared at once: a year of minutes stays within some 10 MB


def atr(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return Wilder's average true range, quote currency per base unit."""
    return (talib.ATR(candles.high, candles.low, candles.close, timeperiod=int(args["n"])),)


def natr(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return the average true range in percent of the close."""
    return (talib.NATR(candles.high, candles.low, candles.close, timeperiod=int(args["n"])),)


def bbands(_: Candles, source: Floats, args: Args) -> tuple[Floats, ...]:
    """Return upper, middle, lower, width (share of the middle) and %b (0 lower, 1 upper).

    Source: J. Bollinger, Bollinger on Bollinger Bands (2001), with the population's deviation.
    """
    mult = args["mult"]
    upper, middle, lower = talib.BBANDS(
        source, timeperiod=int(args["n"]), nbdevup=mult, nbdevdn=mult
    )
    span = upper - lower
    return upper, middle, lower, ratio(span, middle), ratio(source - lower, span)


def sigma(_: Candles, source: Floats, args: Args) -> tuple[Floats, ...]:
    """Return the sample standard deviation of the last n log returns, per bar."""
    n = int(args["n"])
    result = np.full(source.size, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.diff(np.log(source))  # (size - 1,); a volume of zero has no logarithm
        result[n:] = sliding_window_view(returns, n).std(axis=1, ddof=1)  # (size - n,)
    result[~np.isfinite(result)] = np.nan
    return (result,)


def bandwidth_percentile(candles: Candles, source: Floats, args: Args) -> tuple[Floats, ...]:
    """Return the percentage of the last `window` Bollinger widths that are not above this one."""
    width = bbands(candles, source, args)[3]
    window = int(args["window"])
    below, known = rolling_rank(width, window)
    return (np.where(known == window, 100.0 * below / window, np.nan),)


def rolling_rank(values: Floats, window: int) -> tuple[Floats, Floats]:
    """Rank each value among the last `window`, itself included; NaN counts for nothing.

    `values` has shape (n,). Returns two arrays of shape (n,): how many known values of the window
    are ``<= values[i]`` (0 where that is NaN), and how many are known.
    """
    padded = np.concatenate([np.full(window - 1, np.nan), values])
    windows = sliding_window_view(padded, window)  # (n, window), a view
    below = np.empty(values.size)
    for start in range(0, values.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        below[rows] = (windows[rows] <= values[rows, np.newaxis]).sum(axis=1)
    seen = np.concatenate([np.zeros(1), np.cumsum(~np.isnan(values))])  # (n + 1,)
    ends = np.arange(1, values.size + 1)
    return below, seen[ends] - seen[np.maximum(ends - window, 0)]


def ratio(above: Floats, below: Floats) -> Floats:
    """Divide, with NaN where the divisor is zero."""
    result = np.full(above.shape, np.nan)
    np.divide(above, below, out=result, where=below != 0)
    return result


IMPLEMENTATIONS: Mapping[str, Callable[[Candles, Floats, Args], tuple[Floats, ...]]] = {
    "ATR": atr,
    "NATR": natr,
    "BBANDS": bbands,
    "SIGMA": sigma,
    "BANDWIDTH_PERCENTILE": bandwidth_percentile,
}
