"""Walking the terms of a rule with their places in the document."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from nightdesk.strategies.definition import Definition
from nightdesk.strategies.expressions import (
    All,
    AnyOf,
    Between,
    Comparison,
    Expr,
    Falling,
    Held,
    Not,
    Rising,
    Within,
)
from nightdesk.strategies.problems import pointer
from nightdesk.strategies.terms import Abs, Arithmetic, Value, word


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a rule, and the JSON pointer to it."""

    path: str
    expr: Expr


@dataclass(frozen=True, slots=True)
class Operand:
    """A value that a condition compares, or one inside it, and the JSON pointer to it."""

    path: str
    value: Value


def conditions(path: str, expr: Expr) -> Iterator[Condition]:
    """Yield `expr` and every condition inside it."""
    yield Condition(path, expr)
    inner = path + pointer(word(expr))
    if isinstance(expr, All | AnyOf):
        for index, part in enumerate(expr.terms):
            yield from conditions(inner + pointer(index), part)
    elif isinstance(expr, Not):
        yield from conditions(inner, expr.term)
    elif isinstance(expr, Within | Held):
        yield from conditions(inner + pointer(0), expr.of[0])


def of_definition(definition: Definition) -> Iterator[Condition]:
    """Yield every condition of entry and exit."""
    rules = (("/entry", definition.entry), ("/exit", definition.exit))
    return chain.from_iterable(conditions(path, rule) for path, rule in rules if rule is not None)


def operands(condition: Condition) -> list[Operand]:
    """Return the values that a condition compares, without those inside them."""
    expr = condition.expr
    values: tuple[Value, ...] = ()
    if isinstance(expr, Comparison):
        values = expr.pair
    elif isinstance(expr, Between):
        values = expr.values
    elif isinstance(expr, Rising | Falling):
        values = expr.of[:1]
    inner = condition.path + pointer(word(expr))
    return [Operand(inner + pointer(index), value) for index, value in enumerate(values)]


def parts(operand: Operand) -> Iterator[Operand]:
    """Yield a value and every value inside it."""
    yield operand
    value = operand.value
    if isinstance(value, Arithmetic):
        inner = operand.path + pointer(word(value))
        for index, part in enumerate(value.pair):
            yield from parts(Operand(inner + pointer(index), part))
    elif isinstance(value, Abs):
        yield from parts(Operand(operand.path + pointer("abs"), value.value))
