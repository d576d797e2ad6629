"""A definition's stop, target and trailing as prices: float64, quote currency per base unit."""

import math

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.strategies.definition import (
    AtrStop,
    AtrTarget,
    Definition,
    FeatureStop,
    LadderTarget,
    PercentStop,
    PercentTarget,
    RTarget,
)
from nightdesk.strategies.signal import Breakeven, Target, Trailing
from nightdesk.strategies.values import Values


def stops(values: Values) -> Floats:
    """Return the stop of an entry at each close, shape (n,); NaN where it is unknown.

    Raises NotImplementedError for a kind that validation refuses.
    """
    close = values.candles.close
    match values.definition.stop:
        case None:
            return np.full(close.size, np.nan)
        case AtrStop(atr=atr):
            return close - float(atr.mult) * values.atr(atr.n)
        case PercentStop(pct=pct):
            return close * (1 - float(pct))
        case FeatureStop(feature=name):
            return values.feature(name)
        case other:
            raise NotImplementedError(f"a stop by {type(other).__name__}")


def target(values: Values, row: int) -> Target | None:
    """Return the target of an entry at the close of `row`; None while it is unknown.

    Raises NotImplementedError for a kind that validation refuses.
    """
    close = float(values.candles.close[row])
    match values.definition.target:
        case None:
            return None
        case RTarget(r=r):
            return Target(r=float(r))
        case PercentTarget(pct=pct):
            return Target(price=close * (1 + float(pct)))
        case AtrTarget(atr=atr):
            reach = float(atr.mult) * float(values.atr(atr.n)[row])
            return None if math.isnan(reach) else Target(price=close + reach)
        case LadderTarget(ladder=rungs):
            return Target(ladder=tuple((float(rung.at), float(rung.share)) for rung in rungs))
        case other:
            raise NotImplementedError(f"a target by {type(other).__name__}")


def trailing(values: Values, row: int) -> Trailing | None:
    """Return how the stop trails as of the close of `row`; None while that is unknown."""
    rule = values.definition.trailing
    if rule is None:
        return None
    if rule.atr is not None:
        distance = float(rule.atr.mult) * float(values.atr(rule.atr.n)[row])
    else:
        distance = float(rule.pct or 0) * float(values.candles.close[row])
    if math.isnan(distance):
        return None
    start = rule.activate
    return Trailing(
        distance=distance,
        activate_r=float(start.r) if start and start.r is not None else None,
        activate_gain=float(start.pct) if start and start.pct is not None else None,
    )


def breakeven(definition: Definition) -> Breakeven | None:
    """Return when the stop moves to the entry price."""
    rule = definition.breakeven
    return Breakeven(at_r=float(rule.at_r), offset=float(rule.offset)) if rule else None
