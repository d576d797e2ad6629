"""Feature arrays of one instrument: computed once, shared by every bot that reads them."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nightdesk.analysis.functions import FUNCTIONS, Args, Source
from nightdesk.analysis.indicators import compute, segments, source
from nightdesk.analysis.regime import Codes, regimes
from nightdesk.market.candles import Candles, Floats
from nightdesk.market.timeframe import Timeframe

Rows: TypeAlias = npt.NDArray[np.int64]
_Key: TypeAlias = tuple[str, tuple[tuple[str, float], ...], Source, Timeframe]


class FeatureCache:
    """Candles of one instrument by timeframe, and what has been computed from them.

    Every array is read-only. A timeframe without candles answers NaN, or unknown, throughout.
    """

    def __init__(self, candles: Mapping[Timeframe, Candles]) -> None:
        if len({series.instrument_id for series in candles.values()}) != 1:
            raise ValueError("a feature cache holds the candles of one instrument")
        for timeframe, series in candles.items():
            if series.timeframe is not timeframe:
                raise ValueError(f"{series.timeframe} candles given as {timeframe}")
        self.candles = dict(candles)
        self._outputs: dict[_Key, dict[str, Floats]] = {}
        self._aligned: dict[tuple[object, ...], Floats] = {}
        self._rows: dict[tuple[Timeframe, Timeframe], Rows] = {}
        self._regimes: dict[Timeframe, Codes] = {}
        self._starts: dict[Timeframe, Rows] = {}

    def outputs(
        self,
        fn: str,
        args: Args | None = None,
        *,
        timeframe: Timeframe,
        src: Source = Source.CLOSE,
    ) -> Mapping[str, Floats]:
        """Return all outputs of a function over its own timeframe's candles, each shape (n,).

        Raises as `indicators.compute`.
        """
        key = _key(fn, args, src, timeframe)
        if key not in self._outputs:
            self._outputs[key] = compute(fn, self.candles[timeframe], args, src)
        return self._outputs[key]

    def feature(
        self,
        fn: str,
        args: Args | None = None,
        *,
        base: Timeframe,
        timeframe: Timeframe | None = None,
        src: Source = Source.CLOSE,
        out: str | None = None,
    ) -> Floats:
        """Return one output at each close of the `base` timeframe, shape (len(base),).

        A higher timeframe gives its last candle closed by then. Raises as `indicators.compute`,
        KeyError for an output that the function lacks.
        """
        timeframe = timeframe or base
        key = (_key(fn, args, src, timeframe), out, base)
        found = self._aligned.get(key)
        if found is None:
            if len(self.candles.get(timeframe, ())):
                outputs = self.outputs(fn, args, timeframe=timeframe, src=src)
                values = outputs[out or FUNCTIONS[fn].outputs[0]]
                found = self._at_base(values, base, timeframe)
            else:
                found = np.full(len(self.candles[base]), np.nan)
            self._aligned[key] = found
        return found

    def regimes(self, base: Timeframe, timeframe: Timeframe | None = None) -> Codes:
        """Return the regime at each base close, an index into `labels.REGIMES`, shape (n,)."""
        timeframe = timeframe or base
        if timeframe not in self.candles:
            return np.zeros(len(self.candles[base]), dtype=np.int8)
        if timeframe not in self._regimes:
            self._regimes[timeframe] = regimes(self.candles[timeframe])
        codes = self._regimes[timeframe]
        if timeframe is base:
            return codes
        rows = self._align(base, timeframe)
        return (
            np.where(rows >= 0, codes[rows], np.int8(0))
            if codes.size
            else np.zeros_like(rows, dtype=np.int8)
        )

    def starts(self, base: Timeframe) -> Rows:
        """Return for each candle the row at which its run without a gap begins, shape (n,)."""
        if base not in self._starts:
            starts = np.zeros(len(self.candles[base]), dtype=np.int64)
            for start, end in segments(self.candles[base]):
                starts[start:end] = start
            self._starts[base] = starts
        return self._starts[base]

    def _at_base(self, values: Floats, base: Timeframe, timeframe: Timeframe) -> Floats:
        if timeframe is base:
            return values
        rows = self._align(base, timeframe)
        return np.where(rows >= 0, values[rows], np.nan)

    def _align(self, base: Timeframe, timeframe: Timeframe) -> Rows:
        """Return for each base close the higher candle that closed last by then, -1 if missing.

        The candle must be the newest that the clock allows: one that an outage has left behind
        is not a present value.
        """
        key = (base, timeframe)
        if key not in self._rows:
            closes = self.candles[base].open_time + base.ms
            closed = self.candles[timeframe].open_time + timeframe.ms
            rows = np.searchsorted(closed, closes, side="right") - 1
            fresh = closes - closed[np.maximum(rows, 0)] < timeframe.ms
            self._rows[key] = np.where((rows >= 0) & fresh, rows, -1).astype(np.int64)
        return self._rows[key]


def price(candles: Candles, name: str) -> Floats:
    """Return a column of the candles by its name in a rule, shape (n,)."""
    return source(candles, Source(name))


def _key(fn: str, args: Args | None, src: Source, timeframe: Timeframe) -> _Key:
    return fn, tuple(sorted(FUNCTIONS[fn].arguments(args).items())), src, timeframe
