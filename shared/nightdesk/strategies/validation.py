"""Whether a definition makes sense: every error at once, each with its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from nightdesk.strategies import features, protections, rules
from nightdesk.strategies.definition import (
    MAX_FEATURES,
    MAX_TIMEFRAMES,
    ChoiceInput,
    Definition,
    Kind,
)
from nightdesk.strategies.parameters import (
    broken_constraints,
    number,
    read_constraint,
    values_of,
)
from nightdesk.strategies.problems import MAX_PROBLEMS, Caution, Code, Problem, pointer
from nightdesk.strategies.reading import Reading, read
from nightdesk.strategies.warmup import bars

AVAILABLE_KINDS = (Kind.RULES,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What validation found. Without errors there is a definition; warnings forbid nothing.

    `warm_up` is the number of candles, by timeframe, that the default parameters need.
    """

    definition: Definition | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    warm_up: tuple[tuple[str, int], ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the definition may be stored."""
        return not self.errors


def validate(document: object) -> Checked:
    """Check a definition as it came in: parsed JSON of any shape. Never raises.

    Errors are sorted by place, at most 50.
    """
    reading = read(document)
    errors = list(reading.problems)
    if reading.definition is not None:
        errors += _errors(reading.definition, reading)
    errors.sort(key=lambda problem: (problem.path, problem.code))
    if errors or reading.definition is None:
        return Checked(definition=None, errors=tuple(errors[:MAX_PROBLEMS]))
    definition = reading.definition
    needed = bars(definition, {}, definition.timeframe)
    return Checked(
        definition=definition,
        errors=(),
        warnings=tuple(_warnings(definition)),
        warm_up=tuple((timeframe.value, count) for timeframe, count in needed.items()),
    )


def _errors(definition: Definition, reading: Reading) -> Iterator[Problem]:
    return chain(
        _kind(definition),
        _inputs(definition, reading),
        features.problems(definition, reading.broken),
        rules.problems(definition, reading.broken),
        protections.problems(definition, reading.broken),
        _sizes(definition),
    )


def _kind(definition: Definition) -> Iterator[Problem]:
    if definition.kind not in AVAILABLE_KINDS:
        allowed = [kind.value for kind in AVAILABLE_KINDS]
        message = f"strategies of kind {definition.kind} are not available yet"
        yield Problem("/kind", Code.UNKNOWN_FUNCTION, message, allowed)


def _inputs(definition: Definition, reading: Reading) -> Iterator[Problem]:
    sound = not any(name.startswith("inputs") for name in reading.broken)
    for name, declared in definition.inputs.items():
        path = pointer("inputs", name)
        if isinstance(declared, ChoiceInput):
            fits = declared.default in declared.values
            allowed: object = list(declared.values)
        else:
            fits = declared.min <= declared.default <= declared.max
            allowed = {"min": str(declared.min), "max": str(declared.max)}
        if not fits:
            sound = False
            message = "the default is not among the values"
            yield Problem(path + "/default", Code.BAD_PARAM, message, allowed)
    yield from _constraints(definition, reading, sound=sound)


def _constraints(definition: Definition, reading: Reading, *, sound: bool) -> Iterator[Problem]:
    for index, text in enumerate(definition.constraints):
        path, words = pointer("constraints", index), read_constraint(text)
        if words is None:
            yield Problem(
                path, Code.TYPE_MISMATCH, f"{text!r} does not compare inputs", "fast < slow"
            )
            continue
        for name in (words[0], words[2]):
            known = name in definition.inputs or f"inputs/{name}" in reading.broken
            if not known and number(name) is None:
                message = f"there is no input {name}"
                yield Problem(path, Code.UNDEFINED_PARAM, message, sorted(definition.inputs))
            elif isinstance(definition.inputs.get(name), ChoiceInput):
                yield Problem(path, Code.TYPE_MISMATCH, f"{name} is a choice, not a number")
    if sound:
        yield from broken_constraints(definition, values_of(definition, {}))


def _sizes(definition: Definition) -> Iterator[Problem]:
    if len(definition.features) > MAX_FEATURES:
        count = len(definition.features)
        yield Problem("/features", Code.TOO_LARGE, f"there are {count} features", MAX_FEATURES)
    frames = definition.timeframes(definition.timeframe)
    if len(frames) > MAX_TIMEFRAMES:
        message = f"there are {len(frames)} timeframes"
        yield Problem("/timeframe", Code.TOO_LARGE, message, MAX_TIMEFRAMES)


def _warnings(definition: Definition) -> Iterator[Problem]:
    used = rules.used_features(definition) | protections.used_features(definition)
    for name in definition.features:
        if name not in used:
            message = f"nothing reads the feature {name}"
            yield Problem(pointer("features", name), Caution.UNUSED_FEATURE, message)
    if not definition.weekly_gate:
        message = "entries are not held back in a falling week"
        yield Problem("/weekly_gate", Caution.WEEKLY_GATE_OFF, message)
    leaves = (definition.exit, definition.target, definition.trailing, definition.time_stop)
    if all(part is None for part in leaves):
        yield Problem("/exit", Caution.NO_EXIT, "a position ends at its stop alone")
