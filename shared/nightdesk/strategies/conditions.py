"""The truth of a definition's conditions at every close of a bot's timeframe."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias, cast

import numpy as np

from nightdesk.analysis.labels import REGIMES, Regime
from nightdesk.core.money import fixed
from nightdesk.market.candles import Bools, Floats
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.expressions import (
    All,
    AnyOf,
    Between,
    Comparison,
    CrossAbove,
    CrossBelow,
    Eq,
    Expr,
    Falling,
    Gt,
    Gte,
    Held,
    Lt,
    Lte,
    Not,
    PositionIs,
    RegimeIs,
    Rising,
    TimeIs,
    Within,
)
from nightdesk.strategies.signal import Holding, Leaf
from nightdesk.strategies.terms import Param, Term, Value, word
from nightdesk.strategies.truth import (
    FALSE,
    TRUE,
    UNKNOWN,
    Truth,
    before,
    contrary,
    every,
    held,
    known,
    some,
    within,
)
from nightdesk.strategies.values import Series, Values

KNIFE_EDGE = 1e-6
_DAY = Timeframe.D1.ms
_HOUR = Timeframe.H1.ms

_Test: TypeAlias = Callable[[Series, Series], Bools]

_SIGNS: Mapping[type[Comparison], _Test] = {
    Gt: np.greater,
    Gte: np.greater_equal,
    Lt: np.less,
    Lte: np.less_equal,
    Eq: np.equal,
}
_CROSSES: Mapping[type[Comparison], tuple[_Test, _Test]] = {
    CrossAbove: (np.greater, np.less_equal),
    CrossBelow: (np.less, np.greater_equal),
}


class Conditions:
    """Conditions of one definition with one bot's parameters; each is computed once."""

    def __init__(self, values: Values, holding: Holding | None = None) -> None:
        self.values = values
        self.holding = holding
        self._truths: dict[int, Truth] = {}
        self._compared: list[tuple[Series, Series]] = []

    def truth(self, expr: Expr) -> Truth:
        """Return the truth of `expr` at each close, shape (n,)."""
        found = self._truths.get(id(expr))
        if found is None:
            found = self._truths[id(expr)] = _TRUTHS[type(expr)](self, expr)
        return found

    def true_leaves(self, expr: Expr, row: int) -> Iterator[Leaf]:
        """Yield the conditions that made `expr` true at `row`; none if it is not true."""
        if self.truth(expr)[row] != TRUE:
            return
        if isinstance(expr, All | AnyOf):
            for part in expr.terms:
                yield from self.true_leaves(part, row)
        else:
            yield Leaf(text(expr), tuple(self._shown(expr, row)))

    def knife_edge(self, row: int) -> bool:
        """Tell whether two compared values were closer than 1e-6 of the larger at `row`."""
        return any(
            abs(a - b) < KNIFE_EDGE * max(abs(a), abs(b))
            for a, b in ((_at(a, row), _at(b, row)) for a, b in self._compared)
        )

    def _shown(self, expr: Expr, row: int) -> Iterator[tuple[str, float]]:
        """Yield name and value of whatever varies in a leaf."""
        parts: tuple[Value, ...] = ()
        if isinstance(expr, Not | Within | Held):
            inner = expr.term if isinstance(expr, Not) else expr.of[0]
            yield from self._shown(inner, row)
        elif isinstance(expr, Comparison):
            parts = expr.pair
        elif isinstance(expr, Between):
            parts = expr.values
        elif isinstance(expr, Rising | Falling):
            parts = expr.of[:1]
        for part in parts:
            if not isinstance(part, Decimal):
                value = _at(self.values.of(part), row)
                if np.isfinite(value):
                    yield text(part), value

    def _compare(self, a: Series, b: Series, test: _Test) -> Truth:
        self._compared.append((a, b))
        return known(test(a, b), np.isnan(a) | np.isnan(b))

    def _all(self, expr: All) -> Truth:
        return every([self.truth(part) for part in expr.terms])

    def _any(self, expr: AnyOf) -> Truth:
        return some([self.truth(part) for part in expr.terms])

    def _not(self, expr: Not) -> Truth:
        return contrary(self.truth(expr.term))

    def _comparison(self, expr: Comparison) -> Truth:
        a, b = (self._series(part) for part in expr.pair)
        return self._compare(a, b, _SIGNS[type(expr)])

    def _between(self, expr: Between) -> Truth:
        value, low, high = (self._series(part) for part in expr.values)
        above = self._compare(value, low, np.greater_equal)
        return np.minimum(above, self._compare(value, high, np.less_equal))

    def _cross(self, expr: Comparison) -> Truth:
        a, b = (self._series(part) for part in expr.pair)
        now, earlier = _CROSSES[type(expr)]
        was = known(earlier(a, b), np.isnan(a) | np.isnan(b))
        return np.minimum(self._compare(a, b, now), before(was, self.values.starts))

    def _steps(self, expr: Rising | Falling) -> Truth:
        value, n = expr.of
        series = self._series(value)
        earlier = self.values.back(series, 1)
        test = np.greater if isinstance(expr, Rising) else np.less
        return held(self._compare(series, earlier, test), n, self.values.starts)

    def _within(self, expr: Within) -> Truth:
        return within(self.truth(expr.of[0]), expr.of[1], self.values.starts)

    def _held(self, expr: Held) -> Truth:
        return held(self.truth(expr.of[0]), expr.of[1], self.values.starts)

    def _regime(self, expr: RegimeIs) -> Truth:
        codes = self.values.features.regimes(self.values.base, expr.test.tf)
        wanted = np.zeros(len(REGIMES), dtype=bool)
        wanted[[REGIMES.index(label) for label in expr.test.labels]] = True
        unknown = codes == REGIMES.index(Regime.UNKNOWN)
        # Who asks for the unknown regime gets an answer; to any other question it is none.
        return known(wanted[codes], unknown & ~wanted[codes])

    def _time(self, expr: TimeIs) -> Truth:
        closes = self.values.candles.open_time + self.values.base.ms
        holds = np.ones(closes.size, dtype=bool)
        if expr.test.hours:
            holds &= np.isin(closes % _DAY // _HOUR, expr.test.hours)
        if expr.test.weekdays:
            # The epoch was a Thursday, the fourth ISO weekday.
            holds &= np.isin((closes // _DAY + 3) % 7 + 1, expr.test.weekdays)
        return known(holds, np.zeros(closes.size, dtype=bool))

    def _position(self, expr: PositionIs) -> Truth:
        """Answer for the last close only: the position is what it is now."""
        result = np.full(self.values.rows.size, UNKNOWN)
        if self.holding is not None and result.size:
            parts = list(self._of_holding(self.holding, expr))
            result[-1] = min(parts, default=FALSE)
        return result

    def _of_holding(self, holding: Holding, expr: PositionIs) -> Iterator[np.int8]:
        test, close = expr.test, float(self.values.candles.close[-1])
        gain = (close - holding.price) / holding.risk if holding.risk else None
        if test.pnl_r_gte is not None:
            yield _scalar(None if gain is None else gain >= float(test.pnl_r_gte))
        if test.pnl_r_lte is not None:
            yield _scalar(None if gain is None else gain <= float(test.pnl_r_lte))
        if test.bars_gte is not None:
            yield _scalar(len(self.values.candles.since(holding.since)) >= test.bars_gte)

    def _series(self, value: Value) -> Floats:
        """Return the value at each close, shape (n,), also where it never changes."""
        return np.broadcast_to(self.values.of(value), self.values.rows.shape)


def text(part: Term | Value) -> str:
    """Return a condition or value as a person reads it: ``cross_above(fast, slow)``."""
    if isinstance(part, str):
        return part
    if isinstance(part, Param):
        return part.param
    if not isinstance(part, Term):
        return fixed(part)
    if isinstance(part, RegimeIs):
        where = f" {part.test.tf}" if part.test.tf else ""
        return f"regime{where} in {'|'.join(part.test.labels)}"
    name, content = next(iter(dict(part).items()))
    if name == "test":
        fields = content.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return f"{word(part)}({', '.join(f'{key}={value}' for key, value in fields.items())})"
    items = content if isinstance(content, tuple) else (content,)
    return f"{word(part)}({', '.join(str(i) if isinstance(i, int) else text(i) for i in items)})"


def _at(series: Series, row: int) -> float:
    return float(series) if np.ndim(series) == 0 else float(cast("Floats", series)[row])


def _scalar(holds: bool | None) -> np.int8:  # noqa: FBT001 - a truth is what it takes
    return UNKNOWN if holds is None else TRUE if holds else FALSE


_TRUTHS: Mapping[type, Callable[..., Truth]] = {
    All: Conditions._all,  # noqa: SLF001 - its own table
    AnyOf: Conditions._any,  # noqa: SLF001
    Not: Conditions._not,  # noqa: SLF001
    **dict.fromkeys(_SIGNS, Conditions._comparison),  # noqa: SLF001
    **dict.fromkeys(_CROSSES, Conditions._cross),  # noqa: SLF001
    Between: Conditions._between,  # noqa: SLF001
    Rising: Conditions._steps,  # noqa: SLF001
    Falling: Conditions._steps,  # noqa: SLF001
    Within: Conditions._within,  # noqa: SLF001
    Held: Conditions._held,  # noqa: SLF001
    RegimeIs: Conditions._regime,  # noqa: SLF001
    TimeIs: Conditions._time,  # noqa: SLF001
    PositionIs: Conditions._position,  # noqa: SLF001
}
