"""From a definition and what is known of a market to a signal. Pure; nothing reads a clock."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from nightdesk.analysis.features import FeatureCache
from nightdesk.analysis.snapshot import Snapshot
from nightdesk.core.clock import from_millis
from nightdesk.market.candles import Bools, Floats
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies import protection
from nightdesk.strategies.conditions import Conditions
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.expressions import Expr
from nightdesk.strategies.parameters import resolve
from nightdesk.strategies.signal import Action, Holding, Leaf, Signal
from nightdesk.strategies.truth import TRUE, UNKNOWN, Truth
from nightdesk.strategies.values import Values

ATR_BARS = 14


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decided:
    """A definition over all closes: every array has shape (n,), a row depends on none after it."""

    entry: Truth
    exit: Truth
    enters: Bools
    """The entry's rising edge, or the entry itself where it repeats; an exit beats it."""
    stop: Floats
    atr: Floats


def evaluate(
    definition: Definition,
    parameters: Mapping[str, object],
    snapshot: Snapshot,
    *,
    strategy: str,
    holding: Holding | None = None,
) -> Signal:
    """Return the signal of `strategy` (`id@version`) at the snapshot's close.

    The bot's timeframe is the snapshot's; features are read from its cache, which other bots on
    the same candles share. Raises Invalid for parameters that do not fit.
    """
    values = Values(
        definition, resolve(definition, parameters), snapshot.features, snapshot.timeframe
    )
    conditions = Conditions(values, holding)
    row = len(snapshot.candles) - 1
    decided = decide(conditions)
    say = _Speaker(conditions, decided, strategy)
    if holding is not None:
        reason = _reason(conditions, definition.exit, row) + _expired(values, holding)
        return say(row, Action.EXIT if reason else Action.HOLD, reason)
    if decided.enters[row]:
        return say(row, Action.ENTER, _reason(conditions, definition.entry, row))
    return say(row, Action.HOLD)


def signals(
    definition: Definition,
    parameters: Mapping[str, object],
    features: FeatureCache,
    timeframe: Timeframe,
    *,
    strategy: str,
    last: int = 500,
) -> list[Signal]:
    """Return the ENTER and EXIT signals of the last closes, oldest first, by the rules alone.

    A position is taken to be open from an ENTER to the next EXIT: stops, targets and fills are
    not simulated, and conditions on the position's result are unknown. Only events are walked,
    not candles. Raises as `evaluate`.
    """
    values = Values(definition, resolve(definition, parameters), features, timeframe)
    conditions = Conditions(values)
    decided = decide(conditions)
    n = len(values.candles)
    entries = np.flatnonzero(decided.enters)
    exits = np.flatnonzero(decided.exit == TRUE)
    say = _Speaker(conditions, decided, strategy)
    found: list[Signal] = []
    row = max(0, n - last)
    while (enter := _next(entries, row)) is not None:
        found.append(say(enter, Action.ENTER, _reason(conditions, definition.entry, enter)))
        leave, expiry = _next(exits, enter + 1), _expiry(values, enter)
        row = min(n if leave is None else leave, n if expiry is None else expiry)
        if row == n:
            break
        reason = _reason(conditions, definition.exit, row) or (Leaf("time_stop"),)
        found.append(say(row, Action.EXIT, reason))
        row += 1
    return found


def decide(conditions: Conditions) -> Decided:
    """Return entries, exits and stops at every close."""
    values = conditions.values
    definition = values.definition
    unknown = np.full(values.rows.size, UNKNOWN)
    entry = unknown if definition.entry is None else conditions.truth(definition.entry)
    leave = unknown if definition.exit is None else conditions.truth(definition.exit)
    enters = (entry == TRUE) & (leave != TRUE)
    if not definition.repeat:
        enters[1:] &= entry[:-1] != TRUE
    return Decided(
        entry=entry,
        exit=leave,
        enters=enters,
        stop=protection.stops(values),
        atr=values.atr(ATR_BARS),
    )


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says what one strategy decided at one row."""

    conditions: Conditions
    decided: Decided
    strategy: str

    def __call__(self, row: int, action: Action, reason: tuple[Leaf, ...] = ()) -> Signal:
        values = self.conditions.values
        candle = from_millis(int(values.candles.open_time[row]))
        return Signal(
            instrument_id=values.candles.instrument_id,
            candle=candle,
            action=action,
            reason=reason,
            stop=_known(self.decided.stop[row]),
            target=protection.target(values, row),
            trailing=protection.trailing(values, row),
            breakeven=protection.breakeven(values.definition),
            atr=_known(self.decided.atr[row]),
            close=float(values.candles.close[row]),
            expires=candle + 2 * values.base.length,
            strategy=self.strategy,
            knife_edge=self.conditions.knife_edge(row),
        )


def _reason(conditions: Conditions, expr: Expr | None, row: int) -> tuple[Leaf, ...]:
    return () if expr is None else tuple(conditions.true_leaves(expr, row))


def _expired(values: Values, holding: Holding) -> tuple[Leaf, ...]:
    """Return the time stop as a reason to leave, once it has come."""
    rule = values.definition.time_stop
    if rule is None:
        return ()
    bars = len(values.candles.since(holding.since))
    held = values.candles.last_open + values.base.length - holding.since
    late = (rule.bars is not None and bars >= rule.bars) or (
        rule.hours is not None and held >= timedelta(hours=rule.hours)
    )
    return (Leaf("time_stop", (("bars", float(bars)),)),) if late else ()


def _expiry(values: Values, enter: int) -> int | None:
    """Return the row at whose close the time stop leaves; filled at the open after `enter`."""
    rule, times = values.definition.time_stop, values.candles.open_time
    rows = []
    if rule is not None and rule.bars is not None:
        rows.append(enter + rule.bars)
    if rule is not None and rule.hours is not None and enter + 1 < times.size:
        close = times[enter + 1] + rule.hours * Timeframe.H1.ms
        rows.append(int(np.searchsorted(times + values.base.ms, close)))
    return min(rows, default=None)


def _next(rows: np.ndarray[tuple[int], np.dtype[np.int64]], at: int) -> int | None:
    """Return the first of the sorted `rows` that is not before `at`."""
    found = int(np.searchsorted(rows, at))
    return int(rows[found]) if found < rows.size else None


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
