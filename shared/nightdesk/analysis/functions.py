"""What can be computed from candles: names, parameters, outputs and warm-up of each function.

This table holds no arrays, so that a definition can be checked without numpy and TA-Lib; the
computations stand in `indicators`, under the same names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from nightdesk.market.timeframe import Timeframe

Args: TypeAlias = Mapping[str, float]
WarmUp: TypeAlias = Callable[[Args, Timeframe], int]

MAX_PERIOD = 500
MAX_WINDOW = 2_000
SPARE = 100
"""A live window holds the warm-up and this many candles more, at most `MAX_WINDOW`."""


class Source(StrEnum):
    """The series that a one-series function reads."""

    OPEN = "open"
    HIGH = "high"
    LOW = "low"
    CLOSE = "close"
    HL2 = "hl2"
    HLC3 = "hlc3"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number that a function takes; whole unless `whole` is False."""

    name: str
    default: float
    minimum: float = 2
    maximum: float = MAX_PERIOD
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Function:
    """One row of the table.

    `outputs` come in the order of the implementation's arrays; the first is what a feature means
    when it names none. `warm_up` returns the bars, counted from 1, at which a value is first
    known. A `cumulative` function starts anywhere: its level means nothing, its changes do.
    """

    name: str
    parameters: tuple[Parameter, ...]
    outputs: tuple[str, ...]
    warm_up: WarmUp
    takes_source: bool = False
    cumulative: bool = False

    def arguments(self, given: Args | None = None) -> dict[str, float]:
        """Return all arguments, defaults filled in. Raises ValueError for one out of bounds."""
        args = {p.name: float(p.default) for p in self.parameters}
        for name, value in (given or {}).items():
            if name not in args:
                raise ValueError(f"{self.name} takes {', '.join(args) or 'nothing'}, not {name}")
            args[name] = float(value)
        for p in self.parameters:
            value = args[p.name]
            if not p.minimum <= value <= p.maximum:
                raise ValueError(f"{self.name}.{p.name} is {p.minimum}-{p.maximum}, was {value}")
            if p.whole and not value.is_integer():
                raise ValueError(f"{self.name}.{p.name} is a whole number, was {value}")
        return args

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of this name."""
        return next((p for p in self.parameters if p.name == name), None)


def bars_per_day(timeframe: Timeframe) -> int:
    """Return how many candles a UTC day has, at least one."""
    return max(1, Timeframe.D1.ms // timeframe.ms)


def _times(factor: int, *, plus: int = 0) -> WarmUp:
    return lambda args, _: factor * int(args["n"]) + plus


def _fixed(bars: int) -> WarmUp:
    return lambda _args, _tf: bars


def _n(default: float) -> tuple[Parameter, ...]:
    return (Parameter("n", default),)


def _multiple(default: float) -> Parameter:
    return Parameter("mult", default, minimum=0.1, maximum=10, whole=False)


_ROWS = (
    # Averages. 7n leaves less than 1e-6 of an exponential average's seed.
    Function("SMA", _n(20), ("sma",), _times(1), takes_source=True),
    Function("WMA", _n(20), ("wma",), _times(1), takes_source=True),
    Function("EMA", _n(20), ("ema",), _times(7), takes_source=True),
    Function("DEMA", _n(20), ("dema",), _times(14), takes_source=True),
    Function("TEMA", _n(20), ("tema",), _times(21), takes_source=True),
    Function("KAMA", _n(10), ("kama",), _times(10), takes_source=True),
    # Momentum. A change over n bars needs n + 1 candles. Wilder's averages need 14n.
    Function("RSI", _n(14), ("rsi",), _times(14), takes_source=True),
    Function(
        "MACD",
        (Parameter("fast", 12), Parameter("slow", 26), Parameter("signal", 9, minimum=1)),
        ("macd", "signal", "hist"),
        lambda args, _: 7 * int(max(args["fast"], args["slow"])) + int(args["signal"]),
        takes_source=True,
    ),
    Function(
        "STOCH",
        (Parameter("n", 14, minimum=1), Parameter("k", 3, minimum=1), Parameter("d", 3, minimum=1)),
        ("k", "d"),
        lambda args, _: int(args["n"] + args["k"] + args["d"]) - 2,
    ),
    Function(
        "STOCHRSI",
        (
            Parameter("n", 14),
            Parameter("stoch", 14, minimum=1),
            Parameter("k", 3, minimum=1),
            Parameter("d", 3, minimum=1),
        ),
        ("k", "d"),
        lambda args, _: 14 * int(args["n"]) + int(args["stoch"] + args["k"] + args["d"]),
        takes_source=True,
    ),
    Function("CCI", _n(20), ("cci",), _times(1)),
    Function("WILLR", _n(14), ("willr",), _times(1)),
    Function("ROC", _n(10), ("roc",), _times(1, plus=1), takes_source=True),
    Function("MOM", _n(10), ("mom",), _times(1, plus=1), takes_source=True),
    Function("AROON", _n(25), ("up", "down", "oscillator"), _times(1, plus=1)),
    Function("TRIX", _n(15), ("trix",), _times(21), takes_source=True),
    # Volatility.
    Function("ATR", _n(14), ("atr",), _times(14)),
    Function("NATR", _n(14), ("natr",), _times(14)),
    Function(
        "BBANDS",
        (Parameter("n", 20), _multiple(2)),
        ("upper", "middle", "lower", "width", "percent_b"),
        _times(1),
        takes_source=True,
    ),
    Function(
        "KELTNER", (Parameter("n", 20), _multiple(2)), ("upper", "middle", "lower"), _times(14)
    ),
    Function("DONCHIAN", _n(20), ("upper", "middle", "lower"), _times(1)),
    Function("SIGMA", _n(20), ("sigma",), _times(1, plus=1), takes_source=True),
    Function(
        "BANDWIDTH_PERCENTILE",
        (Parameter("n", 20), _multiple(2), Parameter("window", 100)),
        ("percentile",),
        lambda args, _: int(args["n"] + args["window"]),
        takes_source=True,
    ),
    # Trend.
    Function("ADX", _n(14), ("adx", "plus_di", "minus_di"), _times(28)),
    Function(
        "SAR",
        (
            Parameter("step", 0.02, minimum=0.001, maximum=0.5, whole=False),
            Parameter("maximum", 0.2, minimum=0.01, maximum=1, whole=False),
        ),
        ("sar",),
        _fixed(200),
    ),
    Function("SUPERTREND", (Parameter("n", 10), _multiple(3)), ("line", "direction"), _times(20)),
    Function(
        "ICHIMOKU",
        (Parameter("conversion", 9), Parameter("base", 26), Parameter("span", 52)),
        ("conversion", "base", "span_a", "span_b"),
        lambda args, _: int(max(args["conversion"], args["base"], args["span"]) + args["base"]),
    ),
    # Volume.
    Function("OBV", (), ("obv",), _fixed(2), takes_source=True, cumulative=True),
    Function("AD", (), ("ad",), _fixed(2), cumulative=True),
    Function("MFI", _n(14), ("mfi",), _times(1, plus=1)),
    Function("VWAP", (), ("vwap",), lambda _, timeframe: bars_per_day(timeframe)),
    Function("VOLUME_RATIO", _n(20), ("ratio",), _times(1)),
)

FUNCTIONS: Mapping[str, Function] = {row.name: row for row in _ROWS}
