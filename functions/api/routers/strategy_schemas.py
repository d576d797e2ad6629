"""Bodies and answers of the strategies routes."""

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field

from functions.api.schemas import Answer, DecimalText, Lax, Moment, Request, SignedDecimalText
from nightdesk.core.ids import INSTRUMENT_ID
from nightdesk.core.money import PLACES_12, exact
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.signal import Action

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from nightdesk.strategies.problems import Problem
    from nightdesk.strategies.signal import Signal
    from nightdesk.strategies.strategy import StrategyVersion
    from nightdesk.strategies.validation import Checked
    from nightdesk.strategies.versions import Stored

MAX_SIGNALS = 500

Document = Annotated[
    dict[str, Any],
    Field(description="A definition, as `GET /api/strategies/grammar` describes it."),
]


class StrategyIn(Request):
    """A definition to be checked or stored."""

    definition: Document


class StrategyEditIn(Request):
    """The next version of a strategy; `base_version` is the one that it was made from."""

    definition: Document
    base_version: int = Field(ge=1, le=999_999)


class SignalsIn(Request):
    """On which market to ask a strategy, and about how many closes.

    `timeframe` stands in for the definition's own, `parameters` for the defaults of its inputs.
    """

    instrument: str = Field(pattern=INSTRUMENT_ID.pattern)
    timeframe: Lax[Timeframe] | None = None
    parameters: dict[str, str | int | float] = Field(default_factory=dict, max_length=32)
    last: int = Field(default=100, ge=1, le=MAX_SIGNALS)


class ProblemOut(Answer):
    """What is wrong with a definition: where (a JSON pointer), why, and what would do."""

    field: str
    rule: str
    message: str
    allowed: Any = None

    @classmethod
    def from_domain(cls, problem: "Problem") -> Self:
        """Show one finding."""
        return cls(
            field=problem.path,
            rule=problem.code.value,
            message=problem.message,
            allowed=problem.allowed,
        )


class CheckedOut(Answer):
    """All errors and warnings at once; `warm_up` counts the candles needed, by timeframe."""

    ok: bool
    hash: str | None
    errors: list[ProblemOut]
    warnings: list[ProblemOut]
    warm_up: dict[str, int]

    @classmethod
    def from_domain(cls, checked: "Checked") -> Self:
        """Show what validation found."""
        return cls(
            ok=checked.ok,
            hash=None if checked.definition is None else checked.definition.hash,
            errors=_problems(checked.errors),
            warnings=_problems(checked.warnings),
            warm_up=dict(checked.warm_up),
        )


class StrategyOut(Answer):
    """The newest version of a strategy. A bot pins `ref`; `hash` is that of the definition."""

    id: str
    version: int
    ref: str
    built_in: bool
    name: str
    kind: str
    timeframe: Timeframe
    tags: list[str]
    hash: str
    created_at: Moment
    archived_at: Moment | None

    @classmethod
    def from_domain(cls, strategy: "StrategyVersion") -> Self:
        """Show a version without its rules."""
        definition = strategy.definition
        return cls(
            id=strategy.id,
            version=strategy.version,
            ref=strategy.ref,
            built_in=strategy.built_in,
            name=definition.name,
            kind=definition.kind.value,
            timeframe=definition.timeframe,
            tags=list(definition.tags),
            hash=definition.hash,
            created_at=strategy.created_at,
            archived_at=strategy.archived_at,
        )


class StrategyDetailOut(StrategyOut):
    """One version with its definition. Sent back as it is, it is the same strategy."""

    definition: dict[str, Any]

    @classmethod
    def from_domain(cls, strategy: "StrategyVersion") -> Self:
        """Show a version with its rules."""
        document = strategy.definition.model_dump(mode="json", by_alias=True, exclude_none=True)
        return cls(**dict(StrategyOut.from_domain(strategy)), definition=document)


class StoredOut(Answer):
    """A version as it now stands, and what about it is allowed but probably not meant."""

    id: str
    version: int
    ref: str
    hash: str
    warnings: list[ProblemOut]

    @classmethod
    def from_domain(cls, stored: "Stored") -> Self:
        """Show what was stored."""
        strategy = stored.strategy
        return cls(
            id=strategy.id,
            version=strategy.version,
            ref=strategy.ref,
            hash=strategy.definition.hash,
            warnings=_problems(stored.warnings),
        )


class StrategySignalOut(Answer):
    """What the rules said at one close, prices in quote currency.

    `stop` and `target` are the strategy's own, before regime, limits and tick. `knife_edge`: a
    comparison was so close that another data source might have decided otherwise.
    """

    candle: Moment
    action: Action
    close: DecimalText
    stop: SignedDecimalText | None
    target: SignedDecimalText | None
    atr: DecimalText | None
    conditions: list[str]
    knife_edge: bool

    @classmethod
    def from_domain(cls, signal: "Signal") -> Self:
        """Show a signal; its floats cross to exact text here."""
        target = None
        if signal.target is not None and signal.stop is not None:
            target = signal.target.price_for(signal.close, signal.stop)
        return cls(
            candle=signal.candle,
            action=signal.action,
            close=exact(signal.close, PLACES_12),
            stop=_exact(signal.stop),
            target=_exact(target),
            atr=_exact(signal.atr),
            conditions=list(signal.reasons()),
            knife_edge=signal.knife_edge,
        )


class SignalsOut(Answer):
    """The entries and exits of the rules alone, oldest first: no stop, target or fill."""

    strategy: str
    instrument: str
    signals: list[StrategySignalOut]


def _problems(found: "Sequence[Problem]") -> list[ProblemOut]:
    return [ProblemOut.from_domain(problem) for problem in found]


def _exact(value: float | None) -> "Decimal | None":
    return None if value is None else exact(value, PLACES_12)
