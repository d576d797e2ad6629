"""The words of a strategy's rules, each an object with one key; here: values."""

import re
from decimal import Decimal
from functools import cache, lru_cache
from typing import Annotated, NamedTuple, TypeAlias, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    StrictInt,
    StringConstraints,
    Tag,
)

from nightdesk.analysis.functions import MAX_PERIOD
from nightdesk.core.money import fixed

PRICES = ("open", "high", "low", "close", "volume")

_NUMBER = re.compile(r"^-?\d{1,18}(\.\d{1,18})?$", re.ASCII)
_REFERENCE = re.compile(r"^([a-z][a-z0-9_]{0,39})(?:\[([+-]?\d{1,6})\])?$", re.ASCII)


def _read_number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError("a number is wanted")  # noqa: TRY004 - pydantic collects ValueErrors
    text = repr(value) if isinstance(value, float) else str(value)
    number = Decimal(text) if not isinstance(value, str) or _NUMBER.fullmatch(text) else None
    if number is None or not number.is_finite() or abs(number) >= Decimal(10) ** 18:
        raise ValueError("a number is digits with at most 18 decimals, below 10^18")
    return Decimal(fixed(number))


Number = Annotated[Decimal, BeforeValidator(_read_number), PlainSerializer(fixed, when_used="json")]
"""A number of a definition: a JSON number or its text; stored as text in fixed notation."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Shift = Annotated[StrictInt, Field(ge=1, le=MAX_PERIOD)]
Fraction = Annotated[Number, Field(ge=0, le=1)]


class Term(BaseModel):
    """A part of a definition: frozen, unknown fields refused.

    Schemas are built at the first use of the whole: most functions only name definitions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Reference(NamedTuple):
    """What a text in a rule means: a price or feature, `shift` base bars back."""

    name: str
    shift: int


@lru_cache(maxsize=4096)
def reference(text: str) -> Reference | None:
    """Read ``name`` or ``name[-k]``; None where the text is neither. A future bar is negative."""
    found = _REFERENCE.fullmatch(text)
    return Reference(found[1], -int(found[2] or 0)) if found else None


def tag(value: object) -> str | None:
    """Return the key that says which term this is: a valid one has no other.

    Of several it is a known one, so that the others are reported as unknown fields.
    """
    if isinstance(value, Term):
        return word(value)
    if isinstance(value, dict) and value:
        return next((str(key) for key in value if key in keys(Term)), str(next(iter(value))))
    return None


@cache
def keys(kind: type[Term]) -> frozenset[str]:
    """Return the keys of all terms below `kind`."""
    found = {alias for field in kind.model_fields.values() if (alias := field.alias)}
    return frozenset(found).union(*(keys(below) for below in kind.__subclasses__()))


def _value_tag(value: object) -> str | None:
    if isinstance(value, bool) or value is None or isinstance(value, list | tuple):
        return None
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, str):
        return "number" if _NUMBER.fullmatch(value) else "name"
    return tag(value)


# Values.


class Param(Term):
    """The value of one of the definition's inputs."""

    param: Name = Field(alias="param")


class Arithmetic(Term):
    """Two values made one. A division by zero is unknown."""

    pair: tuple["Value", "Value"]


class Add(Arithmetic):
    """a + b."""

    pair: tuple["Value", "Value"] = Field(alias="add")


class Sub(Arithmetic):
    """a - b."""

    pair: tuple["Value", "Value"] = Field(alias="sub")


class Mul(Arithmetic):
    """a * b."""

    pair: tuple["Value", "Value"] = Field(alias="mul")


class Div(Arithmetic):
    """a / b."""

    pair: tuple["Value", "Value"] = Field(alias="div")


class Min(Arithmetic):
    """The smaller one."""

    pair: tuple["Value", "Value"] = Field(alias="min")


class Max(Arithmetic):
    """The larger one."""

    pair: tuple["Value", "Value"] = Field(alias="max")


class Abs(Term):
    """The distance from zero."""

    value: "Value" = Field(alias="abs")


Text = Annotated[str, StringConstraints(min_length=1, max_length=60)]

Value: TypeAlias = Annotated[
    Union[  # noqa: UP007 - a forward reference inside
        Annotated[Number, Tag("number")],
        Annotated[Text, Tag("name")],
        Annotated[Param, Tag("param")],
        Annotated[Add, Tag("add")],
        Annotated[Sub, Tag("sub")],
        Annotated[Mul, Tag("mul")],
        Annotated[Div, Tag("div")],
        Annotated[Min, Tag("min")],
        Annotated[Max, Tag("max")],
        Annotated[Abs, Tag("abs")],
    ],
    Discriminator(_value_tag),
]


def word(term: Term) -> str:
    """Return the key of a term."""
    return str(next(iter(type(term).model_fields.values())).alias)
