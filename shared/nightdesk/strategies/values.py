"""The values of a definition's rules as arrays over the closes of a bot's timeframe."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TypeAlias

import numpy as np

from nightdesk.analysis.features import FeatureCache, Rows, price
from nightdesk.market.candles import Candles, Floats
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.parameters import Parameters
from nightdesk.strategies.terms import (
    PRICES,
    Abs,
    Add,
    Arithmetic,
    Div,
    Max,
    Min,
    Mul,
    Param,
    Sub,
    Value,
    reference,
)

Series: TypeAlias = Floats | float


def _divide(above: Series, below: Series) -> Floats:
    result: Floats = np.full(np.broadcast(above, below).shape, np.nan)
    np.divide(above, below, out=result, where=np.not_equal(below, 0))
    return result


_OPERATIONS: Mapping[type[Arithmetic], Callable[[Series, Series], Series]] = {
    Add: np.add,
    Sub: np.subtract,
    Mul: np.multiply,
    Div: _divide,
    Min: np.minimum,
    Max: np.maximum,
}


class Values:
    """A definition's values with one bot's parameters, over the candles of `base`."""

    def __init__(
        self,
        definition: Definition,
        parameters: Parameters,
        features: FeatureCache,
        base: Timeframe,
    ) -> None:
        self.definition = definition
        self.parameters = parameters
        self.features = features
        self.base = base
        self._features: dict[str, Floats] = {}

    @property
    def candles(self) -> Candles:
        """The candles of the base timeframe, oldest first."""
        return self.features.candles[self.base]

    @cached_property
    def starts(self) -> Rows:
        """For each candle the row at which its run without a gap begins, shape (n,)."""
        return self.features.starts(self.base)

    @cached_property
    def rows(self) -> Rows:
        """The candles' rows, shape (n,)."""
        return np.arange(len(self.candles))

    def of(self, value: Value) -> Series:
        """Return the value at each close, shape (n,), or a float if it never changes.

        Unknown is NaN: while warming, behind a gap, by a division by zero.
        """
        if isinstance(value, str):
            return self.named(value)
        if isinstance(value, Arithmetic):
            a, b = (self.of(part) for part in value.pair)
            return _OPERATIONS[type(value)](a, b)
        if isinstance(value, Abs):
            return np.abs(self.of(value.value))
        if isinstance(value, Param):
            return float(self.parameters[value.param])
        return float(value)

    def named(self, text: str) -> Floats:
        """Return a price or feature by its name in a rule. Raises KeyError for an unknown one."""
        found = reference(text)
        if found is None or found.shift < 0:
            raise KeyError(text)
        is_price = found.name in PRICES
        series = price(self.candles, found.name) if is_price else self.feature(found.name)
        return self.back(series, found.shift)

    def feature(self, name: str) -> Floats:
        """Return one of the definition's features, shape (n,). Raises KeyError."""
        if name not in self._features:
            feature = self.definition.features[name]
            fn = feature.fn if isinstance(feature.fn, str) else self.parameters[feature.fn.param]
            args = {key: float(self.of(value)) for key, value in feature.args.items()}
            self._features[name] = self.features.feature(
                str(fn),
                args,
                base=self.base,
                timeframe=feature.tf,
                src=feature.src,
                out=feature.out,
            )
        return self._features[name]

    def atr(self, n: int) -> Floats:
        """Return the average true range of the base timeframe, shape (n,)."""
        return self.features.feature("ATR", {"n": n}, base=self.base)

    def back(self, series: Floats, bars: int) -> Floats:
        """Return the series `bars` rows earlier; NaN where that lies behind a gap."""
        if bars == 0:
            return series
        result = np.full(series.size, np.nan)
        result[bars:] = series[:-bars]
        result[self.rows - bars < self.starts] = np.nan
        return result
