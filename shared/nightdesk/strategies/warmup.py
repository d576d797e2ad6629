"""How many candles a definition needs before its first value, by timeframe."""

from collections.abc import Iterator, Mapping

from nightdesk.analysis.functions import FUNCTIONS, MAX_WINDOW, SPARE
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.definition import AtrStop, AtrTarget, Definition
from nightdesk.strategies.expressions import Falling, Held, RegimeIs, Rising, Within
from nightdesk.strategies.parameters import resolve
from nightdesk.strategies.terms import Param, reference
from nightdesk.strategies.walking import of_definition, operands, parts

REGIME_BARS = 300
ATR_BARS = 14


def bars(
    definition: Definition, parameters: Mapping[str, object], base: Timeframe
) -> dict[Timeframe, int]:
    """Return the candles needed for a first value at a close of `base`, finest timeframe first.

    What looks back over base bars (shifts, crosses, `within`, `rising`) counts at the base.
    Raises Invalid for parameters that do not fit.
    """
    resolved = resolve(definition, parameters)
    needed = dict.fromkeys(definition.timeframes(base), 1)

    def needs(timeframe: Timeframe, count: int) -> None:
        needed[timeframe] = max(needed[timeframe], count)

    for feature in definition.features.values():
        fn = feature.fn if isinstance(feature.fn, str) else str(resolved[feature.fn.param])
        args = {
            name: float(resolved[value.param] if isinstance(value, Param) else str(value))
            for name, value in feature.args.items()
        }
        timeframe, function = feature.tf or base, FUNCTIONS[fn]
        needs(timeframe, function.warm_up(function.arguments(args), timeframe))
    for n in _atr_periods(definition):
        needs(base, FUNCTIONS["ATR"].warm_up({"n": n}, base))
    for condition in of_definition(definition):
        if isinstance(condition.expr, RegimeIs):
            needs(condition.expr.test.tf or base, REGIME_BARS)
    needed[base] += _look_back(definition)
    return needed


def window(
    definition: Definition, parameters: Mapping[str, object], base: Timeframe
) -> dict[Timeframe, int]:
    """Return how many candles a live bot loads: warm-up and 100 more, at most 2,000."""
    needed = bars(definition, parameters, base)
    return {timeframe: min(MAX_WINDOW, count + SPARE) for timeframe, count in needed.items()}


def _atr_periods(definition: Definition) -> Iterator[int]:
    yield ATR_BARS
    for rule in (definition.stop, definition.target, definition.trailing):
        if isinstance(rule, AtrStop | AtrTarget):
            yield rule.atr.n
    if definition.trailing is not None and definition.trailing.atr is not None:
        yield definition.trailing.atr.n


def _look_back(definition: Definition) -> int:
    """Return the base bars that conditions look back, one for the edge of the entry included.

    Nested looks add up along a path; their sum over the whole rule is enough for each.
    """
    count = 1
    for condition in of_definition(definition):
        if isinstance(condition.expr, Rising | Falling | Within | Held):
            count += condition.expr.of[1]
        shifts = [_shift(part.value) for op in operands(condition) for part in parts(op)]
        count += max(shifts, default=0)
    return count + 1


def _shift(value: object) -> int:
    found = reference(value) if isinstance(value, str) else None
    return found.shift if found else 0
