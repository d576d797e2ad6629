"""The words of a strategy's rules: values and conditions, each an object with one key."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple, TypeAlias, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StringConstraints,
    Tag,
)

from nightdesk.analysis.functions import MAX_PERIOD
from nightdesk.analysis.labels import Regime
from nightdesk.core.money import fixed
from nightdesk.market.timeframe import Timeframe

PRICES = ("open", "high", "low", "close", "volume")

_NUMBER = re.compile(r"^-?\d{1,18}(\.\d{1,18})?$")
_REFERENCE = re.compile(r"^([a-z][a-z0-9_]{0,39})(?:\[([+-]?\d{1,6})\])?$")


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


def _tag(value: object) -> str | None:
    """Return the one key of a term; of several keys a known one, so that the others are named."""
    if isinstance(value, Term):
        return str(next(iter(type(value).model_fields.values())).alias)
    if isinstance(value, dict) and value:
        return next((str(key) for key in value if key in _KEYS), str(next(iter(value))))
    return None


def _value_tag(value: object) -> str | None:
    if isinstance(value, bool) or value is None or isinstance(value, list | tuple):
        return None
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, str):
        return "number" if _NUMBER.fullmatch(value) else "name"
    return _tag(value)


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

# Conditions.


class All(Term):
    """True if all are true, false if one is false, else unknown."""

    terms: tuple["Expr", ...] = Field(alias="all", min_length=1, max_length=50)


class AnyOf(Term):
    """True if one is true, false if all are false, else unknown."""

    terms: tuple["Expr", ...] = Field(alias="any", min_length=1, max_length=50)


class Not(Term):
    """The contrary; of unknown, unknown."""

    term: "Expr" = Field(alias="not")


class Comparison(Term):
    """Two values at the same close."""

    pair: tuple[Value, Value]


class Gt(Comparison):
    """a > b."""

    pair: tuple[Value, Value] = Field(alias="gt")


class Gte(Comparison):
    """a >= b."""

    pair: tuple[Value, Value] = Field(alias="gte")


class Lt(Comparison):
    """a < b."""

    pair: tuple[Value, Value] = Field(alias="lt")


class Lte(Comparison):
    """a <= b."""

    pair: tuple[Value, Value] = Field(alias="lte")


class Eq(Comparison):
    """a == b."""

    pair: tuple[Value, Value] = Field(alias="eq")


class Between(Term):
    """low <= value <= high."""

    values: tuple[Value, Value, Value] = Field(alias="between")


class CrossAbove(Comparison):
    """a > b now, and a <= b one base bar before."""

    pair: tuple[Value, Value] = Field(alias="cross_above")


class CrossBelow(Comparison):
    """a < b now, and a >= b one base bar before."""

    pair: tuple[Value, Value] = Field(alias="cross_below")


class Rising(Term):
    """Each of the last n steps went up."""

    of: tuple[Value, Shift] = Field(alias="rising")


class Falling(Term):
    """Each of the last n steps went down."""

    of: tuple[Value, Shift] = Field(alias="falling")


class Within(Term):
    """True at one of the last n bars, this one included."""

    of: tuple["Expr", Shift] = Field(alias="within")


class Held(Term):
    """True at all of the last n bars, this one included."""

    of: tuple["Expr", Shift] = Field(alias="held")


class RegimeTest(Term):
    """Which regimes, on which timeframe (the definition's, unless named)."""

    tf: Timeframe | None = None
    labels: tuple[Regime, ...] = Field(alias="in", min_length=1, max_length=5)


class RegimeIs(Term):
    """The market is in one of these regimes; an unknown regime is unknown."""

    test: RegimeTest = Field(alias="regime")


class Hours(Term):
    """UTC hours (0-23) and ISO weekdays (Monday 1) of the candle's close; both must hold."""

    hours: tuple[Annotated[StrictInt, Field(ge=0, le=23)], ...] = Field(default=(), max_length=24)
    weekdays: tuple[Annotated[StrictInt, Field(ge=1, le=7)], ...] = Field(default=(), max_length=7)


class TimeIs(Term):
    """The candle closes at one of these times."""

    test: Hours = Field(alias="time")


class PositionTest(Term):
    """What the position has come to, in R or in closed bars since its entry; all must hold."""

    pnl_r_gte: Number | None = None
    pnl_r_lte: Number | None = None
    bars_gte: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = None


class PositionIs(Term):
    """A condition on the open position; only an exit may have it."""

    test: PositionTest = Field(alias="position")


# Known words whose features this version does not compute yet: validation refuses them.


class TrendTest(Term):
    """A score of the multi-timeframe trend."""

    tf: Timeframe | None = None
    score_gte: Number | None = None
    score_lte: Number | None = None


class TrendIs(Term):
    """The trend's score."""

    test: TrendTest = Field(alias="trend")


class PatternTest(Term):
    """A confirmed chart pattern."""

    name: tuple[Text, ...] = Field(min_length=1, max_length=20)
    side: Literal["bullish", "bearish"] | None = None
    min_confidence: Fraction | None = None


class PatternIs(Term):
    """A chart pattern was confirmed at this candle."""

    test: PatternTest = Field(alias="pattern")


class CandlestickTest(Term):
    """A candlestick pattern."""

    name: tuple[Text, ...] = Field(min_length=1, max_length=20)
    side: Literal["bullish", "bearish"] | None = None


class CandlestickIs(Term):
    """A candlestick pattern ended at this candle."""

    test: CandlestickTest = Field(alias="candlestick")


class LevelTest(Term):
    """A support or resistance nearby."""

    role: Literal["support", "resistance"]
    within_atr: Number
    min_strength: Fraction | None = None


class LevelIs(Term):
    """Price is near a level."""

    test: LevelTest = Field(alias="level")


class ConsensusTest(Term):
    """What the analysts agreed on."""

    side: Literal["BUY", "SELL", "HOLD"] | None = Field(default=None, alias="is")
    exit: StrictBool | None = None
    min_confidence: Fraction | None = None
    max_disagreement: Fraction | None = None


class ConsensusIs(Term):
    """The analysts' consensus."""

    test: ConsensusTest = Field(alias="consensus")


Expr: TypeAlias = Annotated[
    Union[  # noqa: UP007
        Annotated[All, Tag("all")],
        Annotated[AnyOf, Tag("any")],
        Annotated[Not, Tag("not")],
        Annotated[Gt, Tag("gt")],
        Annotated[Gte, Tag("gte")],
        Annotated[Lt, Tag("lt")],
        Annotated[Lte, Tag("lte")],
        Annotated[Eq, Tag("eq")],
        Annotated[Between, Tag("between")],
        Annotated[CrossAbove, Tag("cross_above")],
        Annotated[CrossBelow, Tag("cross_below")],
        Annotated[Rising, Tag("rising")],
        Annotated[Falling, Tag("falling")],
        Annotated[Within, Tag("within")],
        Annotated[Held, Tag("held")],
        Annotated[RegimeIs, Tag("regime")],
        Annotated[TimeIs, Tag("time")],
        Annotated[PositionIs, Tag("position")],
        Annotated[TrendIs, Tag("trend")],
        Annotated[PatternIs, Tag("pattern")],
        Annotated[CandlestickIs, Tag("candlestick")],
        Annotated[LevelIs, Tag("level")],
        Annotated[ConsensusIs, Tag("consensus")],
    ],
    Discriminator(_tag),
]

LATER: tuple[type[Term], ...] = (TrendIs, PatternIs, CandlestickIs, LevelIs, ConsensusIs)
"""Conditions of the grammar that this version knows and cannot evaluate yet."""


def word(term: Term) -> str:
    """Return the key of a term."""
    return str(next(iter(type(term).model_fields.values())).alias)


_KEYS = frozenset(
    str(next(iter(kind.model_fields.values())).alias)
    for base in (Term, Arithmetic, Comparison)
    for kind in base.__subclasses__()
    if next(iter(kind.model_fields.values())).alias
)
