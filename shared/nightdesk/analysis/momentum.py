"""Momentum, by TA-Lib."""

from collections.abc import Callable, Mapping

import talib

from nightdesk.analysis.functions import Args
from nightdesk.market.candles import Candles, Floats


def _of_source(
    function: Callable[..., Floats],
) -> Callable[[Candles, Floats, Args], tuple[Floats, ...]]:
    def momentum(_: Candles, source: Floats, args: Args) -> tuple[Floats, ...]:
        return (function(source, timeperiod=int(args["n"])),)

    return momentum


def _of_range(
    function: Callable[..., Floats],
) -> Callable[[Candles, Floats, Args], tuple[Floats, ...]]:
    def momentum(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
        n = int(args["n"])
        return (function(candles.high, candles.low, candles.close, timeperiod=n),)

    return momentum


def macd(_: Candles, source: Floats, args: Args) -> tuple[Floats, ...]:
    """Return line, signal and histogram, in the unit of the source."""
    line, signal, hist = talib.MACD(
        source,
        fastperiod=int(args["fast"]),
        slowperiod=int(args["slow"]),
        signalperiod=int(args["signal"]),
    )
    return line, signal, hist


def stochastic(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return slow %K and %D, 0-100, both smoothed by simple averages."""
    return _stoch(candles.high, candles.low, candles.close, int(args["n"]), args)


def stochastic_rsi(_: Candles, source: Floats, args: Args) -> tuple[Floats, ...]:
    """Return the slow stochastic of the RSI, 0-100.

    TA-Lib's own STOCHRSI does not smooth %K. Source: T. Chande, S. Kroll, The New Technical
    Trader (1994).
    """
    rsi = talib.RSI(source, timeperiod=int(args["n"]))
    return _stoch(rsi, rsi, rsi, int(args["stoch"]), args)


def aroon(candles: Candles, _: Floats, args: Args) -> tuple[Floats, ...]:
    """Return up, down (0-100) and their difference."""
    down, up = talib.AROON(candles.high, candles.low, timeperiod=int(args["n"]))
    return up, down, up - down


def _stoch(high: Floats, low: Floats, close: Floats, n: int, args: Args) -> tuple[Floats, ...]:
    k, d = talib.STOCH(
        high, low, close, fastk_period=n, slowk_period=int(args["k"]), slowd_period=int(args["d"])
    )
    return k, d


IMPLEMENTATIONS: Mapping[str, Callable[[Candles, Floats, Args], tuple[Floats, ...]]] = {
    "RSI": _of_source(talib.RSI),
    "MACD": macd,
    "STOCH": stochastic,
    "STOCHRSI": stochastic_rsi,
    "CCI": _of_range(talib.CCI),
    "WILLR": _of_range(talib.WILLR),
    "ROC": _of_source(talib.ROC),
    "MOM": _of_source(talib.MOM),
    "AROON": aroon,
    "TRIX": _of_source(talib.TRIX),
}
