"""Whether the entry and the exit of a definition say something, and only what can be known."""

from collections import Counter
from collections.abc import Collection, Iterator
from decimal import Decimal

from nightdesk.analysis.functions import FUNCTIONS, MAX_PERIOD
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.definition import Definition, Kind
from nightdesk.strategies.expressions import LATER, Falling, PositionIs, RegimeIs, Rising
from nightdesk.strategies.features import functions_of, spread
from nightdesk.strategies.problems import Code, Problem
from nightdesk.strategies.terms import (
    PRICES,
    Abs,
    Add,
    Arithmetic,
    Param,
    Sub,
    Value,
    reference,
    word,
)
from nightdesk.strategies.walking import Condition, Operand, of_definition, operands, parts

AVAILABLE_TERMS = [
    "all", "any", "not", "gt", "gte", "lt", "lte", "eq", "between", "cross_above", "cross_below",
    "rising", "falling", "within", "held", "regime", "time", "position",
]  # fmt: skip

_NO_LEVEL: Counter[str] = Counter()


def problems(definition: Definition, broken: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with entry and exit; `broken` names what could not be read."""
    wanted = definition.kind in {Kind.RULES, Kind.CONSENSUS}
    if wanted and definition.entry is None and "entry" not in broken:
        yield Problem("/entry", Code.NO_ENTRY, f"a strategy of kind {definition.kind} needs one")
    for place in of_definition(definition):
        yield from _condition(definition, place)
        for operand in operands(place):
            for part in parts(operand):
                yield from _value(definition, part, broken)


def used_features(definition: Definition) -> set[str]:
    """Return the features that entry and exit read."""
    found = (
        reference(part.value)
        for place in of_definition(definition)
        for operand in operands(place)
        for part in parts(operand)
        if isinstance(part.value, str)
    )
    return {ref.name for ref in found if ref is not None and ref.name in definition.features}


def _condition(definition: Definition, place: Condition) -> Iterator[Problem]:
    expr = place.expr
    if isinstance(expr, LATER):
        message = f"the condition {word(expr)} is not available yet"
        yield Problem(place.path, Code.UNKNOWN_FUNCTION, message, AVAILABLE_TERMS)
    elif isinstance(expr, PositionIs) and place.path.startswith("/entry"):
        message = "there is no position before an entry"
        yield Problem(place.path, Code.EXIT_ONLY_TERM, message)
    elif isinstance(expr, RegimeIs):
        yield from _timeframe(definition, expr.test.tf, place.path + "/regime/tf")
    compared = operands(place)
    if compared and _constant(compared):
        message = "both sides are the same at every candle"
        yield Problem(place.path, Code.CONSTANT_CONDITION, message)
    yield from _levels(definition, place)


def _timeframe(definition: Definition, timeframe: Timeframe | None, path: str) -> Iterator[Problem]:
    if timeframe is not None and timeframe.ms < definition.timeframe.ms:
        allowed = [tf.value for tf in Timeframe if tf.ms >= definition.timeframe.ms]
        message = f"{timeframe} is finer than the strategy's {definition.timeframe}"
        yield Problem(path, Code.TF_TOO_FINE, message, allowed)


def _constant(compared: list[Operand]) -> bool:
    """Tell whether nothing in a comparison ever changes, or a value is compared with itself."""
    varies = any(isinstance(part.value, str) for operand in compared for part in parts(operand))
    same = all(operand.value == compared[0].value for operand in compared)
    return not varies or (len(compared) > 1 and same)


def _value(definition: Definition, place: Operand, broken: Collection[str]) -> Iterator[Problem]:
    value = place.value
    if isinstance(value, Param):
        if value.param not in definition.inputs:
            if f"inputs/{value.param}" not in broken:
                message = f"there is no input {value.param}"
                known = sorted(definition.inputs)
                yield Problem(place.path + "/param", Code.UNDEFINED_PARAM, message, known)
        elif spread(definition, value) is None:
            message = f"{value.param} is a choice, not a number"
            yield Problem(place.path + "/param", Code.TYPE_MISMATCH, message)
    elif isinstance(value, str):
        yield from _reference(definition, value, place.path, broken)


def _reference(
    definition: Definition, text: str, path: str, broken: Collection[str]
) -> Iterator[Problem]:
    found = reference(text)
    if found is None:
        message = f"{text!r} is neither a number nor a name like close or fast[-1]"
        yield Problem(path, Code.TYPE_MISMATCH, message)
        return
    if found.shift < 0:
        message = f"{text} is not known yet at the close"
        yield Problem(path, Code.FUTURE_REFERENCE, message, f"{found.name}[-{-found.shift}]")
    elif found.shift > MAX_PERIOD:
        yield Problem(path, Code.OUT_OF_RANGE, f"{text} lies too far back", {"max": MAX_PERIOD})
    declared = found.name in definition.features or f"features/{found.name}" in broken
    if not declared and found.name not in PRICES and "features" not in broken:
        known = sorted(definition.features) + list(PRICES)
        yield Problem(path, Code.UNDEFINED_FEATURE, f"there is no feature {found.name}", known)


def _levels(definition: Definition, place: Condition) -> Iterator[Problem]:
    """Refuse the level of what starts anywhere; where it cancels out, a change is meant."""
    values = [operand.value for operand in operands(place)]
    levels = [_level(definition, value) for value in values]
    slope = isinstance(place.expr, Rising | Falling)
    first = levels[0] if levels else _NO_LEVEL
    if any(level is None for level in levels) or (
        not slope and any(level != first for level in levels)
    ):
        message = "a cumulative function starts anywhere: compare its changes, not its level"
        yield Problem(place.path, Code.LEVEL_OF_CUMULATIVE, message)


def _level(definition: Definition, value: Value) -> Counter[str] | None:
    """Return how often each cumulative feature's level stands in `value`; None if distorted."""
    if isinstance(value, str):
        found = reference(value)
        name = found.name if found else ""
        return Counter({name: 1}) if _cumulative(definition, name) else _NO_LEVEL
    if isinstance(value, Decimal | Param):
        return _NO_LEVEL
    if isinstance(value, Abs):
        inner = _level(definition, value.value)
        return inner if inner == _NO_LEVEL else None
    assert isinstance(value, Arithmetic)  # noqa: S101 - no other value is left
    a, b = (_level(definition, part) for part in value.pair)
    if a is None or b is None:
        return None
    if isinstance(value, Add | Sub):
        return _sum(a, b, 1 if isinstance(value, Add) else -1)
    return a if a == b == _NO_LEVEL else None


def _sum(a: Counter[str], b: Counter[str], sign: int) -> Counter[str]:
    total = {name: a[name] + sign * b[name] for name in {*a, *b}}
    return Counter({name: count for name, count in total.items() if count})


def _cumulative(definition: Definition, name: str) -> bool:
    feature = definition.features.get(name)
    return feature is not None and any(
        FUNCTIONS[fn].cumulative for fn in functions_of(definition, feature) if fn in FUNCTIONS
    )
