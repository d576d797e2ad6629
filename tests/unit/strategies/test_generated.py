"""Definitions that nobody wrote: validation never raises, and what it passes can be evaluated."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.analysis.features import FeatureCache
from nightdesk.analysis.functions import FUNCTIONS
from nightdesk.analysis.snapshot import take_snapshot
from nightdesk.market.resample import resample
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.evaluation import evaluate
from nightdesk.strategies.signal import Action, Holding
from nightdesk.strategies.validation import validate
from nightdesk.strategies.warmup import window
from tests.builders.market import some_candles
from tests.builders.strategies import a_document

H1, H4 = Timeframe.H1, Timeframe.H4
HOURS = some_candles(900, without=[640, 641])
CACHE = FeatureCache({H1: HOURS, H4: resample(HOURS, H4).whole()})
SNAPSHOT = take_snapshot(CACHE, timeframe=H1, as_of=HOURS.last_open + H1.length)
HOLDING = Holding(price=100, risk=2, since=HOURS.last_open - timedelta(hours=9))

NAMES = ("a", "b", "c")


@st.composite
def sound_features(draw: st.DrawFn) -> dict[str, Any]:
    """Features with whole-number arguments within bounds, by name."""
    found: dict[str, Any] = {}
    for name in NAMES:
        function = draw(st.sampled_from([f for f in FUNCTIONS.values() if not f.cumulative]))
        args = {
            p.name: draw(st.integers(max(2, int(p.minimum)), min(14, int(p.maximum))))
            for p in function.parameters
            if p.whole and draw(st.booleans())
        }
        found[name] = {
            "fn": function.name,
            "args": args,
            "out": draw(st.sampled_from(function.outputs)),
            "src": draw(st.sampled_from(["close", "hl2", "volume"])),
        }
        if draw(st.booleans()):
            found[name]["tf"] = draw(st.sampled_from(["1h", "4h"]))
    return found


NUMBERS = st.integers(-5, 200) | st.floats(-5, 200).map(lambda x: round(x, 4))
SERIES = st.builds(
    lambda name, back: f"{name}[-{back}]" if back else name,
    st.sampled_from([*NAMES, "open", "high", "low", "close", "volume"]),
    st.integers(0, 5),
)


def _pair(word: str, parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(parts, parts).map(lambda pair: {word: list(pair)})


VALUES = st.recursive(
    NUMBERS | SERIES,
    lambda inner: st.one_of(
        *(_pair(word, inner) for word in ("add", "sub", "mul", "div", "min", "max")),
        inner.map(lambda value: {"abs": value}),
    ),
    max_leaves=4,
)
LEAVES = st.one_of(
    *(
        st.tuples(SERIES, VALUES).map(lambda pair, word=word: {word: list(pair)})  # type: ignore[misc]
        for word in ("gt", "gte", "lt", "lte", "eq", "cross_above", "cross_below")
    ),
    st.tuples(SERIES, NUMBERS, NUMBERS).map(lambda values: {"between": list(values)}),
    st.tuples(st.sampled_from(["rising", "falling"]), SERIES, st.integers(1, 9)).map(
        lambda of: {of[0]: [of[1], of[2]]}
    ),
    st.sampled_from(["ranging", "volatile", "unknown"]).map(
        lambda label: {"regime": {"in": [label]}}
    ),
    st.integers(0, 23).map(lambda hour: {"time": {"hours": [hour]}}),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda terms: {"all": terms}),
        st.lists(inner, min_size=1, max_size=3).map(lambda terms: {"any": terms}),
        inner.map(lambda term: {"not": term}),
        st.tuples(inner, st.integers(1, 20)).map(lambda of: {"within": list(of)}),
        st.tuples(inner, st.integers(1, 20)).map(lambda of: {"held": list(of)}),
    ),
    max_leaves=6,
)
STOPS = st.one_of(
    st.integers(1, 5).map(lambda mult: {"atr": {"mult": mult}}),
    st.sampled_from(["0.01", "0.05", 0.1]).map(lambda pct: {"pct": pct}),
    st.sampled_from(NAMES).map(lambda name: {"feature": name}),
)


@st.composite
def sound_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Definitions that are well formed; some conditions may still be constant."""
    return a_document(
        inputs=None,
        constraints=None,
        features=draw(sound_features()),
        entry=draw(RULES),
        exit=draw(st.none() | RULES),
        stop=draw(STOPS),
        target=draw(st.sampled_from([None, {"r": 2}, {"pct": "0.1"}, {"atr": {"mult": 3}}])),
        trailing=draw(st.sampled_from([None, {"atr": {"mult": 3}}, {"pct": "0.05"}])),
        repeat=draw(st.booleans()),
    )


@st.composite
def damaged_documents(draw: st.DrawFn) -> Any:
    """Well-formed definitions of which one part was replaced by any JSON."""
    document = draw(sound_documents())
    part: Any = document
    for _ in range(draw(st.integers(0, 6))):
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        key = draw(st.sampled_from(keys))
        if not isinstance(part[key], dict | list) or not part[key]:
            break
        part = part[key]
    keys = list(part) if isinstance(part, dict) else list(range(len(part)))
    part[draw(st.sampled_from(keys))] = draw(ANYTHING)
    return document


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(document=sound_documents())
def test_a_definition_that_validates_can_be_evaluated(document: dict[str, Any]) -> None:
    checked = validate(document)
    if checked.definition is None:
        assert checked.errors
        return
    flat = evaluate(checked.definition, {}, SNAPSHOT, strategy="s@1")
    held = evaluate(checked.definition, {}, SNAPSHOT, strategy="s@1", holding=HOLDING)
    assert flat.action in {Action.ENTER, Action.HOLD}
    assert held.action in {Action.EXIT, Action.HOLD}
    assert bool(flat.reason) == (flat.action is Action.ENTER)
    assert bool(held.reason) == (held.action is Action.EXIT)
    assert window(checked.definition, {}, H1)[H1] <= 2_000
    assert Definition.model_validate_json(checked.definition.canonical) == checked.definition


@given(document=ANYTHING | damaged_documents())
def test_validation_never_raises(document: Any) -> None:
    checked = validate(document)
    assert checked.ok == (checked.definition is not None)
    for problem in checked.errors:
        assert problem.path == "" or problem.path.startswith("/")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_can_be_a_feature(name: str) -> None:
    entry = {"rising": ["a", 1]}
    document = a_document(
        inputs=None, constraints=None, features={"a": {"fn": name}}, entry=entry, exit=None
    )
    checked = validate(document)
    assert checked.definition is not None
    assert evaluate(checked.definition, {}, SNAPSHOT, strategy="s@1").close > 0
