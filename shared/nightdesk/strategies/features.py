"""Whether the features of a definition can be computed."""

from collections.abc import Collection, Iterator
from decimal import Decimal

from nightdesk.analysis.functions import FUNCTIONS, MAX_WINDOW, SPARE, Function
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.definition import ChoiceInput, Definition, Feature, IntInput
from nightdesk.strategies.parameters import number
from nightdesk.strategies.problems import Code, Problem
from nightdesk.strategies.terms import Param, Value

Range = tuple[Decimal, Decimal]


def problems(definition: Definition, broken: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with the features; `broken` names the inputs that could not be read."""
    for name, feature in definition.features.items():
        for problem in _feature(definition, feature, broken):
            yield problem.under("features", name)


def functions_of(definition: Definition, feature: Feature) -> list[str]:
    """Return the names of all functions that the feature may come to mean."""
    if isinstance(feature.fn, str):
        return [feature.fn]
    declared = definition.inputs.get(feature.fn.param)
    return list(declared.values) if isinstance(declared, ChoiceInput) else []


def _feature(
    definition: Definition, feature: Feature, broken: Collection[str]
) -> Iterator[Problem]:
    if feature.tf is not None and feature.tf.ms < definition.timeframe.ms:
        allowed = [tf.value for tf in Timeframe if tf.ms >= definition.timeframe.ms]
        message = f"{feature.tf} is finer than the strategy's {definition.timeframe}"
        yield Problem("/tf", Code.TF_TOO_FINE, message, allowed)
    if isinstance(feature.fn, Param):
        yield from _chosen(definition, feature.fn, broken)
    names = functions_of(definition, feature)
    known = [FUNCTIONS[name] for name in names if name in FUNCTIONS]
    for name in names:
        if name not in FUNCTIONS:
            message = f"there is no function {name}, or not yet"
            yield Problem("/fn", Code.UNKNOWN_FUNCTION, message, sorted(FUNCTIONS))
    for function in known:
        if feature.out is not None and feature.out not in function.outputs:
            message = f"{function.name} has no output {feature.out}"
            yield Problem("/out", Code.UNKNOWN_OUTPUT, message, list(function.outputs))
        yield from _arguments(definition, feature, function, broken)


def _chosen(definition: Definition, fn: Param, broken: Collection[str]) -> Iterator[Problem]:
    declared = definition.inputs.get(fn.param)
    if declared is None and f"inputs/{fn.param}" not in broken:
        message = f"there is no input {fn.param}"
        yield Problem("/fn/param", Code.UNDEFINED_PARAM, message, sorted(definition.inputs))
    elif declared is not None and not isinstance(declared, ChoiceInput):
        message = f"{fn.param} is a number, a function is a choice"
        yield Problem("/fn/param", Code.TYPE_MISMATCH, message)


def _arguments(
    definition: Definition, feature: Feature, function: Function, broken: Collection[str]
) -> Iterator[Problem]:
    sound = True
    for name, value in feature.args.items():
        for problem in _argument(definition, function, name, value, broken):
            sound = False
            yield problem.under("args", name)
    if sound:
        need = _longest(definition, feature, function)
        if need + SPARE > MAX_WINDOW:
            message = f"{function.name} needs up to {need} candles before its first value"
            yield Problem("", Code.WARMUP_TOO_LONG, message, MAX_WINDOW - SPARE)


def _argument(
    definition: Definition, function: Function, name: str, value: Value, broken: Collection[str]
) -> Iterator[Problem]:
    parameter = function.parameter(name)
    if parameter is None:
        allowed = [p.name for p in function.parameters]
        yield Problem("", Code.BAD_PARAM, f"{function.name} does not take {name}", allowed)
        return
    if isinstance(value, Param):
        if value.param not in definition.inputs:
            if f"inputs/{value.param}" not in broken:
                message = f"there is no input {value.param}"
                known = sorted(definition.inputs)
                yield Problem("/param", Code.UNDEFINED_PARAM, message, known)
            return
        path = "/param"
    else:
        path = ""
    bounds = spread(definition, value)
    if bounds is None:
        yield Problem(path, Code.BAD_PARAM, f"{function.name}.{name} is a number or an input")
    elif parameter.whole and not _whole(definition, value):
        yield Problem(path, Code.BAD_PARAM, f"{function.name}.{name} is a whole number")
    elif float(bounds[0]) < parameter.minimum or float(bounds[1]) > parameter.maximum:
        allowed_range = {"min": parameter.minimum, "max": parameter.maximum}
        message = f"{function.name}.{name} is out of range"
        yield Problem(path, Code.OUT_OF_RANGE, message, allowed_range)


def spread(definition: Definition, value: Value) -> Range | None:
    """Return the least and the greatest that a number or input may be; None for anything else."""
    if isinstance(value, Decimal):
        return value, value
    declared = definition.inputs.get(value.param) if isinstance(value, Param) else None
    if declared is None:
        return None
    if isinstance(declared, ChoiceInput):
        numbers = [exact for text in declared.values if (exact := number(text)) is not None]
        sound = len(numbers) == len(declared.values)
        return (min(numbers), max(numbers)) if sound else None
    return Decimal(declared.min), Decimal(declared.max)


def _whole(definition: Definition, value: Value) -> bool:
    if isinstance(value, Param):
        declared = definition.inputs[value.param]
        if isinstance(declared, ChoiceInput):
            return all(text.isdecimal() for text in declared.values)
        return isinstance(declared, IntInput)
    return isinstance(value, Decimal) and value == value.to_integral_value()


def _longest(definition: Definition, feature: Feature, function: Function) -> int:
    """Return the warm-up with every argument at its greatest."""
    args = {}
    for name, value in feature.args.items():
        bounds = spread(definition, value)
        if bounds is None:
            return 0  # an input that is broken itself and reported there
        args[name] = float(bounds[1])
    full = function.arguments(args)
    return function.warm_up(full, feature.tf or definition.timeframe)
