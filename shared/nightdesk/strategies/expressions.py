"""The conditions of a strategy's rules: terms that are true, false or unknown at a close."""

from typing import Annotated, Literal, TypeAlias, Union

from pydantic import Discriminator, Field, StrictBool, StrictInt, Tag

from nightdesk.analysis.labels import Regime
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.terms import Fraction, Number, Shift, Term, Text, Value, tag


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
    Discriminator(tag),
]

LATER: tuple[type[Term], ...] = (TrendIs, PatternIs, CandlestickIs, LevelIs, ConsensusIs)
"""Conditions of the grammar that this version knows and cannot evaluate yet."""
