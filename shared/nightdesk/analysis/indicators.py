"""The functions of the table `functions.FUNCTIONS`, computed over closed candles.

Every result is as long as its input and known at its own index: a value at i depends on nothing
after i. Before the warm-up a value is NaN, and a gap in the candles begins the warm-up anew, so
that no value mixes prices from both sides of an outage.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from nightdesk.analysis import averages, channels, momentum, volatility, volume
from nightdesk.analysis.functions import FUNCTIONS, Args, Source
from nightdesk.market.candles import Candles, Floats

Implementation: TypeAlias = Callable[[Candles, Floats, Args], tuple[Floats, ...]]

IMPLEMENTATIONS: Mapping[str, Implementation] = {
    **averages.IMPLEMENTATIONS,
    **momentum.IMPLEMENTATIONS,
    **volatility.IMPLEMENTATIONS,
    **channels.IMPLEMENTATIONS,
    **volume.IMPLEMENTATIONS,
}


def compute(
    name: str, candles: Candles, args: Args | None = None, src: Source = Source.CLOSE
) -> dict[str, Floats]:
    """Return the outputs of function `name`, each float64 of shape (n,), read-only.

    Units are those of the function: averages, bands and ATR in quote currency per base unit,
    RSI, ADX, STOCH, MFI and NATR in 0-100, SIGMA per bar. Raises KeyError for an unknown
    function, ValueError for an argument out of bounds.
    """
    function = FUNCTIONS[name]
    full = function.arguments(args)
    skip = function.warm_up(full, candles.timeframe) - 1
    outputs = {output: np.full(len(candles), np.nan) for output in function.outputs}
    for start, end in segments(candles):
        if end - start <= skip:
            continue
        whole = end - start == len(candles)
        part = candles if whole else candles.rows(start, end)
        results = IMPLEMENTATIONS[name](part, source(part, src), full)
        for output, values in zip(outputs.values(), results, strict=True):
            output[start + skip : end] = values[skip:]
    for output in outputs.values():
        output.flags.writeable = False
    return outputs


def source(candles: Candles, src: Source) -> Floats:
    """Return the series `src`, shape (n,)."""
    match src:
        case Source.HL2:
            return (candles.high + candles.low) / 2
        case Source.HLC3:
            return (candles.high + candles.low + candles.close) / 3
        case _:
            column: Floats = getattr(candles, src)
            return column


def segments(candles: Candles) -> list[tuple[int, int]]:
    """Return ``(start, end)`` of each run of candles without a gap, oldest first."""
    n, length = len(candles), candles.timeframe.ms
    if n and candles.open_time[-1] - candles.open_time[0] == (n - 1) * length:
        return [(0, n)]  # open times rise by whole candles, so none is missing
    breaks = np.flatnonzero(np.diff(candles.open_time) != length) + 1
    edges = [0, *breaks.tolist(), n]
    return [(start, end) for start, end in pairwise(edges) if end > start]
