"""Channels and trend: ADX and SAR by TA-Lib, the others our own."""

from collections.abc import Callable, Mapping

import numpy as np
import talib

from nightdesk.analysis.functions import Args
from nightdesk.market.candles import Candles, Floats


def keltner(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return upper, middle, lower: EMA of the close, `mult` average true ranges to each side.

    Source: L. B. Raschke's form of C. Keltner's channel; both periods are n.
    """
    n = int(args["n"])
    middle = talib.EMA(candles.close, timeperiod=n)
    reach = args["mult"] * talib.ATR(candles.high, candles.low, candles.close, timeperiod=n)
    return middle + reach, middle, middle - reach


def donchian(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return highest high, middle and lowest low of the last n candles, **this one included**.

    A close can therefore never lie above it: a breakout compares the close with ``upper[-1]``,
    the highest high of the previous n. Source: R. Donchian.
    """
    n = int(args["n"])
    upper = talib.MAX(candles.high, timeperiod=n)
    lower = talib.MIN(candles.low, timeperiod=n)
    return upper, (upper + lower) / 2, lower


def adx(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return ADX, +DI and -DI, 0-100. Source: J. W. Wilder, New Concepts (1978)."""
    prices = (candles.high, candles.low, candles.close)
    n = int(args["n"])
    return (
        talib.ADX(*prices, timeperiod=n),
        talib.PLUS_DI(*prices, timeperiod=n),
        talib.MINUS_DI(*prices, timeperiod=n),
    )


def sar(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return Wilder's parabolic stop and reverse, quote currency per base unit."""
    return (
        talib.SAR(candles.high, candles.low, acceleration=args["step"], maximum=args["maximum"]),
    )


def supertrend(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return the line (quote currency per base unit) and its direction (1 up, -1 down).

    Each band may only close in on the price until a close crosses it, so a step needs the last
    one: the walk goes over plain floats, which costs about 0.2 µs a candle. Source: O. Seban.
    """
    n = int(args["n"])
    middle = (candles.high + candles.low) / 2
    reach = args["mult"] * talib.ATR(candles.high, candles.low, candles.close, timeperiod=n)
    line = np.full(middle.size, np.nan)
    direction = np.full(middle.size, np.nan)
    close = candles.close.tolist()
    uppers, lowers = (middle + reach).tolist(), (middle - reach).tolist()
    upper, lower, up = np.inf, -np.inf, True
    for i in range(n, middle.size):
        upper = uppers[i] if uppers[i] < upper or close[i - 1] > upper else upper
        lower = lowers[i] if lowers[i] > lower or close[i - 1] < lower else lower
        up = close[i] >= lower if up else close[i] > upper
        line[i] = lower if up else upper
        direction[i] = 1.0 if up else -1.0
    return line, direction


def ichimoku(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return conversion, base and both spans as drawn at this candle.

    A span is drawn `base` candles ahead, so the one drawn here was known then. The lagging line
    is the close of a later candle and is left out. Source: G. Hosoda.
    """
    ahead = int(args["base"])

    def middle(n: int) -> Floats:
        top, bottom = talib.MAX(candles.high, timeperiod=n), talib.MIN(candles.low, timeperiod=n)
        return (top + bottom) / 2

    conversion, base = middle(int(args["conversion"])), middle(ahead)
    span_a, span_b = np.full((2, len(candles)), np.nan)
    span_a[ahead:] = ((conversion + base) / 2)[:-ahead]
    span_b[ahead:] = middle(int(args["span"]))[:-ahead]
    return conversion, base, span_a, span_b


IMPLEMENTATIONS: Mapping[str, Callable[[Candles, Floats, Args], tuple[Floats, ...]]] = {
    "KELTNER": keltner,
    "DONCHIAN": donchian,
    "ADX": adx,
    "SAR": sar,
    "SUPERTREND": supertrend,
    "ICHIMOKU": ichimoku,
}
