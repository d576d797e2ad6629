"""Averages, by TA-Lib. Results are in the unit of the source."""

from collections.abc import Callable, Mapping

import talib

from nightdesk.analysis.functions import Args
from nightdesk.market.candles import Candles, Floats


def _average(
    function: Callable[..., Floats],
) -> Callable[[Candles, Floats, Args], tuple[Floats, ...]]:
    def average(_: Candles, source: Floats, args: Args) -> tuple[Floats, ...]:
        return (function(source, timeperiod=int(args["n"])),)

    return average


IMPLEMENTATIONS: Mapping[str, Callable[[Candles, Floats, Args], tuple[Floats, ...]]] = {
    "SMA": _average(talib.SMA),
    "WMA": _average(talib.WMA),
    "EMA": _average(talib.EMA),
    "DEMA": _average(talib.DEMA),
    "TEMA": _average(talib.TEMA),
    "KAMA": _average(talib.KAMA),
}
