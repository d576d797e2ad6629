"""A strategy as data: what it reads, when it enters and leaves, how it protects.

A definition is immutable. Its canonical text has sorted keys, decimals as text in fixed notation
and no field that says what is so anyway; the hash is that text's, so neither the order of keys
nor the spelling of a number or a default changes it.
"""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, StrictBool, StrictInt, StringConstraints, Tag

from nightdesk.analysis.functions import MAX_PERIOD, Source
from nightdesk.core.errors import Invalid
from nightdesk.core.money import ZERO
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.expressions import Expr
from nightdesk.strategies.terms import Name, Number, Param, Term, Text, Value

MAX_BYTES = 32 * 1024
MAX_FEATURES = 32
MAX_TIMEFRAMES = 4


class Kind(StrEnum):
    """How a definition comes to its orders."""

    RULES = "rules"
    DCA = "dca"
    GRID = "grid"
    TARGET = "target"
    CONSENSUS = "consensus"


class IntInput(Term):
    """A whole number that a bot may set."""

    type: Literal["int"]
    default: StrictInt
    min: StrictInt
    max: StrictInt
    step: Annotated[StrictInt, Field(ge=1)] = 1


class DecimalInput(Term):
    """A number that a bot may set; without a step any in the range."""

    type: Literal["decimal"]
    default: Number
    min: Number
    max: Number
    step: Annotated[Number, Field(gt=0)] | None = None


class ChoiceInput(Term):
    """One of some words, say the kind of an average."""

    type: Literal["choice"]
    default: Text
    values: tuple[Text, ...] = Field(min_length=1, max_length=20)


Input: TypeAlias = Annotated[IntInput | DecimalInput | ChoiceInput, Discriminator("type")]


def _fn_tag(value: object) -> str:
    return "param" if isinstance(value, dict | Param) else "name"


class Feature(Term):
    """One output of a function of the candles; `tf` is the bot's timeframe unless it is named."""

    fn: Annotated[
        Annotated[Text, Tag("name")] | Annotated[Param, Tag("param")], Discriminator(_fn_tag)
    ]
    tf: Timeframe | None = None
    src: Source = Source.CLOSE
    args: dict[Name, Value] = Field(default_factory=dict, max_length=8)
    out: Text | None = None


def _key(value: object) -> str | None:
    if isinstance(value, Term):
        return next(iter(type(value).model_fields))
    return str(next(iter(value))) if isinstance(value, dict) and value else None


Multiple = Annotated[Number, Field(gt=0, le=20)]
Period = Annotated[StrictInt, Field(ge=2, le=MAX_PERIOD)]


class AtrMultiple(Term):
    """A distance in average true ranges."""

    mult: Multiple
    n: Period = 14


class Buffer(Term):
    """A distance beyond a swing or level, in average true ranges."""

    buffer_atr: Annotated[Number, Field(ge=0, le=5)]


class AtrStop(Term):
    """A stop some average true ranges below the close."""

    atr: AtrMultiple


class PercentStop(Term):
    """A stop some share of the close below it."""

    pct: Annotated[Number, Field(gt=0, le=0.5)]


class SwingStop(Term):
    """A stop below the last swing low."""

    swing: Buffer


class FeatureStop(Term):
    """A stop at the price that a feature gives."""

    feature: Name


Stop: TypeAlias = Annotated[
    Annotated[AtrStop, Tag("atr")]
    | Annotated[PercentStop, Tag("pct")]
    | Annotated[SwingStop, Tag("swing")]
    | Annotated[FeatureStop, Tag("feature")],
    Discriminator(_key),
]


class RTarget(Term):
    """A target some multiples of the risk above the entry."""

    r: Multiple


class PercentTarget(Term):
    """A target some share of the close above it."""

    pct: Annotated[Number, Field(gt=0, le=10)]


class AtrTarget(Term):
    """A target some average true ranges above the close."""

    atr: AtrMultiple


class LevelTarget(Term):
    """A target before the next resistance."""

    level: Buffer


class Rung(Term):
    """A share of the position, sold at some multiple of the risk."""

    at: Multiple
    share: Annotated[Number, Field(gt=0, le=1)]


class LadderTarget(Term):
    """Up to three targets for parts of the position."""

    ladder: tuple[Rung, ...] = Field(min_length=1, max_length=3)


Target: TypeAlias = Annotated[
    Annotated[RTarget, Tag("r")]
    | Annotated[PercentTarget, Tag("pct")]
    | Annotated[AtrTarget, Tag("atr")]
    | Annotated[LevelTarget, Tag("level")]
    | Annotated[LadderTarget, Tag("ladder")],
    Discriminator(_key),
]


class Activation(Term):
    """How far a position must have come before its stop trails: in R, or a share of its price."""

    r: Multiple | None = None
    pct: Annotated[Number, Field(gt=0, le=10)] | None = None


class Trailing(Term):
    """A stop that follows closes upwards: at some average true ranges, or at a share."""

    atr: AtrMultiple | None = None
    pct: Annotated[Number, Field(gt=0, le=0.5)] | None = None
    activate: Activation | None = None


class Breakeven(Term):
    """Raise the stop to the entry price, plus a share of it, once so many R are made."""

    at_r: Multiple
    offset: Annotated[Number, Field(ge=0, le=0.1)] = ZERO


class TimeStop(Term):
    """Leave after so many closed bars, or hours."""

    bars: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = None
    hours: Annotated[StrictInt, Field(ge=1, le=168)] | None = None


class ScaleIn(Term):
    """Enter in parts, each so many average true ranges from the last."""

    max_entries: Annotated[StrictInt, Field(ge=1, le=5)]
    min_gap_atr: Annotated[Number, Field(ge=0, le=10)]


class OrderStyle(Term):
    """How an entry is sent."""

    type: Literal["market", "limit"] = "market"
    offset_bps: Annotated[Number, Field(ge=0, le=500)] | None = None
    expire_minutes: Annotated[StrictInt, Field(ge=1, le=1_440)] | None = None
    post_only: StrictBool = False


class Definition(Term):
    """A strategy. Ratios are fractions; features without `tf` run on the bot's timeframe."""

    schema_version: Literal[1] = Field(alias="schema")
    name: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,60}$")]
    kind: Kind
    timeframe: Timeframe
    inputs: dict[Name, Input] = Field(default_factory=dict, max_length=32)
    constraints: tuple[Text, ...] = Field(default=(), max_length=20)
    features: dict[Name, Feature] = Field(default_factory=dict)
    entry: Expr | None = None
    exit: Expr | None = None
    stop: Stop | None = None
    target: Target | None = None
    trailing: Trailing | None = None
    breakeven: Breakeven | None = None
    time_stop: TimeStop | None = None
    scale_in: ScaleIn | None = None
    order: OrderStyle = Field(default_factory=OrderStyle)
    repeat: StrictBool = False
    weekly_gate: StrictBool = True
    levels: StrictBool = False
    tags: tuple[Text, ...] = Field(default=(), max_length=10)

    @cached_property
    def canonical(self) -> str:
        """The one text of this definition."""
        return canonical(self.document())

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical text, in hex."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()

    def document(self) -> dict[str, object]:
        """Return the JSON object that reads back as this definition, defaults left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def on(self, timeframe: Timeframe) -> "Definition":
        """Return the definition for a bot of this timeframe.

        Raises Invalid `TF_TOO_FINE` when a rule reads a finer one.
        """
        finest = min(self.named_timeframes(), key=lambda tf: tf.ms, default=timeframe)
        if finest.ms < timeframe.ms:
            raise Invalid(
                "TF_TOO_FINE",
                f"{self.name} reads {finest} candles, so it cannot run on {timeframe}",
                field="timeframe",
                allowed=[tf.value for tf in Timeframe if tf.ms <= finest.ms],
            )
        return Definition.model_validate(self.document() | {"timeframe": timeframe.value})

    def named_timeframes(self) -> set[Timeframe]:
        """Return the timeframes that features and conditions name."""
        return {Timeframe(tf) for tf in _named(self.document())}

    def timeframes(self, base: Timeframe) -> tuple[Timeframe, ...]:
        """Return all timeframes that a bot on `base` needs candles of, finest first."""
        return tuple(sorted({base, *self.named_timeframes()}, key=lambda tf: tf.ms))


def canonical(document: Mapping[str, object]) -> str:
    """Return the text of a JSON object that is hashed and stored."""
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _named(part: object) -> set[str]:
    if isinstance(part, dict):
        here = {part["tf"]} if isinstance(part.get("tf"), str) else set()
        return here.union(*(_named(value) for value in part.values()))
    if isinstance(part, list):
        return set().union(*(_named(value) for value in part))
    return set()
