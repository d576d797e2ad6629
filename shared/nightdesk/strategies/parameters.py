"""The values that a bot gives to a definition's inputs."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias

from nightdesk.core.errors import Invalid
from nightdesk.core.money import fixed
from nightdesk.strategies.definition import ChoiceInput, DecimalInput, Definition, Input, IntInput
from nightdesk.strategies.problems import Code, Problem, pointer

Parameters: TypeAlias = Mapping[str, float | str]
"""Resolved: every input has a value, numbers as float64, choices as text."""

_CONSTRAINT = re.compile(
    r"^\s*([a-z][a-z0-9_]*)\s*(<=|>=|==|!=|<|>)\s*([a-z][a-z0-9_]*|-?\d+(?:\.\d+)?)\s*$",
    re.ASCII,
)
MOST_DIGITS = 18
"""Before and after the point."""
_PLAIN = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)
_OPERATORS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def resolve(definition: Definition, given: Mapping[str, object]) -> Parameters:
    """Return all inputs' values, defaults filled in.

    `given` holds whole numbers, Decimals or their text, and choices. Raises Invalid with the code
    and field of the first that does not fit.
    """
    for problem in parameter_problems(definition, given):
        raise Invalid(
            problem.code,
            problem.message,
            field="parameters" + problem.path.replace("/", "."),
            allowed=problem.allowed,
        )
    return {name: _resolved(value) for name, value in values_of(definition, given).items()}


def parameter_problems(definition: Definition, given: Mapping[str, object]) -> Iterator[Problem]:
    """Yield what is wrong with a bot's parameters; paths point into them."""
    for name in given:
        if name not in definition.inputs:
            yield Problem(
                pointer(name),
                Code.UNDEFINED_PARAM,
                f"the strategy has no input {name}",
                sorted(definition.inputs),
            )
    sound = True
    for name, declared in definition.inputs.items():
        for problem in _misfits(declared, given.get(name, declared.default)):
            sound = False
            yield problem.under(name)
    if sound:
        yield from broken_constraints(definition, values_of(definition, given))


def broken_constraints(
    definition: Definition, values: Mapping[str, Decimal | str]
) -> Iterator[Problem]:
    """Yield the constraints that these values break; malformed ones are passed over."""
    for index, text in enumerate(definition.constraints):
        read = read_constraint(text)
        if read is None:
            continue
        left, sign, right = read
        a, b = values.get(left), values.get(right) if right in values else number(right)
        if isinstance(a, Decimal) and isinstance(b, Decimal) and not _OPERATORS[sign](a, b):
            shown = f"{left}={fixed(a)}, {right}={fixed(b)}"
            yield Problem(
                pointer("constraints", index), Code.CONSTRAINT_BROKEN, f"{text} with {shown}", text
            )


def read_constraint(text: str) -> tuple[str, str, str] | None:
    """Split ``fast < slow`` into its three words, None if it is not of that form."""
    found = _CONSTRAINT.fullmatch(text)
    return (found[1], found[2], found[3]) if found else None


def number(value: object) -> Decimal | None:
    """Read a whole number, Decimal, float or text in plain digits as an exact number.

    None for what is none, and for more digits than anybody means: an exponent of a few characters
    names a number that no memory can write out.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        return None
    exact = Decimal(repr(value) if isinstance(value, float) else value)
    if not exact.is_finite() or not -MOST_DIGITS < exact.adjusted() < MOST_DIGITS:
        return None
    return exact


def values_of(definition: Definition, given: Mapping[str, object]) -> dict[str, Decimal | str]:
    """Return what each input comes to, exact and unchecked: what is no number stays text."""
    values: dict[str, Decimal | str] = {}
    for name, declared in definition.inputs.items():
        value = given.get(name, declared.default)
        exact = None if isinstance(declared, ChoiceInput) else number(value)
        values[name] = str(value) if exact is None else exact
    return values


def _resolved(value: Decimal | str) -> float | str:
    exact = number(value)
    return str(value) if exact is None else float(exact)


def _misfits(declared: Input, value: object) -> Iterator[Problem]:
    if isinstance(declared, ChoiceInput):
        if value not in declared.values:
            choices = list(declared.values)
            yield Problem("", Code.BAD_PARAM, f"{value!r} is not a choice", choices)
        return
    exact = number(value)
    if exact is None or (isinstance(declared, IntInput) and exact != exact.to_integral_value()):
        kind = "a whole number" if isinstance(declared, IntInput) else "a number"
        yield Problem("", Code.BAD_PARAM, f"{kind} is wanted")
    elif not declared.min <= exact <= declared.max or not _on_step(declared, exact):
        allowed = {"min": str(declared.min), "max": str(declared.max), "step": str(declared.step)}
        yield Problem("", Code.OUT_OF_RANGE, f"{fixed(exact)} is outside", allowed)


def _on_step(declared: IntInput | DecimalInput, value: Decimal) -> bool:
    return declared.step is None or (value - declared.min) % declared.step == 0
