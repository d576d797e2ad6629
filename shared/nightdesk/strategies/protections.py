"""Whether the stop and the target of a definition protect and pay."""

from collections.abc import Collection, Iterator
from decimal import Decimal

from nightdesk.strategies.definition import (
    AtrStop,
    Definition,
    FeatureStop,
    Kind,
    LadderTarget,
    LevelTarget,
    OrderStyle,
    PercentStop,
    PercentTarget,
    RTarget,
    SwingStop,
)
from nightdesk.strategies.problems import Code, Problem

TIGHTEST = Decimal("0.002")
"""No owner may allow a stop nearer than 0.2 % (trading §4, check 16)."""
TIGHTEST_ATR = Decimal("0.5")
CHEAPEST = Decimal("0.0021")
"""Round trip at the cheapest venue of §1: 10 bps a leg, and twice a half-spread of 0.5 bps."""


def problems(definition: Definition, broken: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong with the ways out; `broken` names what could not be read."""
    yield from _stop(definition, broken)
    yield from _target(definition)
    yield from _one_of(definition)
    yield from _entries(definition)


def used_features(definition: Definition) -> set[str]:
    """Return the features that the stop reads."""
    return {definition.stop.feature} if isinstance(definition.stop, FeatureStop) else set()


def _stop(definition: Definition, broken: Collection[str]) -> Iterator[Problem]:
    match definition.stop:
        case None:
            wanted = definition.kind in {Kind.RULES, Kind.CONSENSUS}
            if wanted and "stop" not in broken:
                message = f"a strategy of kind {definition.kind} needs a stop"
                yield Problem("/stop", Code.NO_STOP, message, ["atr", "pct", "feature"])
        case PercentStop(pct=pct) if pct < TIGHTEST:
            yield Problem("/stop/pct", Code.STOP_TOO_TIGHT, "noise alone reaches it", str(TIGHTEST))
        case AtrStop(atr=atr) if atr.mult < TIGHTEST_ATR:
            message = "noise alone reaches it"
            yield Problem("/stop/atr/mult", Code.STOP_TOO_TIGHT, message, str(TIGHTEST_ATR))
        case FeatureStop(feature=name):
            if name not in definition.features and not {f"features/{name}", "features"} & {*broken}:
                message = f"there is no feature {name}"
                known = sorted(definition.features)
                yield Problem("/stop/feature", Code.UNDEFINED_FEATURE, message, known)
        case SwingStop():
            yield _later("/stop/swing", "a stop below a swing", ["atr", "pct", "feature"])


def _target(definition: Definition) -> Iterator[Problem]:
    risk = definition.stop.pct if isinstance(definition.stop, PercentStop) else None
    match definition.target:
        case PercentTarget(pct=pct):
            yield from _gain("/target/pct", pct)
        case RTarget(r=r) if risk is not None:
            yield from _gain("/target/r", r * risk)
        case LevelTarget():
            yield _later("/target/level", "a target at a level", ["r", "pct", "atr"])
        case LadderTarget():
            yield _later("/target/ladder", "a target in parts", ["r", "pct", "atr"])


def _entries(definition: Definition) -> Iterator[Problem]:
    """Refuse what the desk would pass over in silence: it enters once, at the market."""
    if definition.levels:
        yield _later("/levels", "the use of levels", [False])
    if definition.scale_in is not None and definition.scale_in.max_entries > 1:
        yield _later("/scale_in/max_entries", "an entry in parts", [1])
    if definition.order != OrderStyle():
        yield _later("/order", "an entry other than at the market", [{"type": "market"}])


def _later(path: str, what: str, allowed: list[object]) -> Problem:
    return Problem(path, Code.UNKNOWN_FUNCTION, f"{what} is not available yet", allowed)


def _gain(path: str, gain: Decimal) -> Iterator[Problem]:
    if gain <= CHEAPEST:
        message = "a round trip costs more, even where it is cheapest"
        yield Problem(path, Code.TARGET_BELOW_COST, message, str(CHEAPEST))


def _one_of(definition: Definition) -> Iterator[Problem]:
    """Refuse both or neither where one is wanted."""
    trailing, expiry = definition.trailing, definition.time_stop
    if trailing is not None:
        if (trailing.atr is None) == (trailing.pct is None):
            yield Problem("/trailing", Code.TYPE_MISMATCH, "either atr or pct", ["atr", "pct"])
        start = trailing.activate
        if start is not None and (start.r is None) == (start.pct is None):
            message = "either r or pct"
            yield Problem("/trailing/activate", Code.TYPE_MISMATCH, message, ["r", "pct"])
    if expiry is not None and (expiry.bars is None) == (expiry.hours is None):
        yield Problem("/time_stop", Code.TYPE_MISMATCH, "either bars or hours", ["bars", "hours"])
