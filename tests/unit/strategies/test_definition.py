import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.errors import Invalid, Missing
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.catalogue import BUILT_IN_IDS, built_in, built_ins
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.grammar import grammar
from nightdesk.strategies.strategy import StrategyVersion, read_ref
from nightdesk.strategies.warmup import bars, window
from tests.builders.strategies import NOON, a_definition, a_document


def shuffled(part: Any, seed: int) -> Any:
    rng = random.Random(seed)
    if isinstance(part, dict):
        keys = list(part)
        rng.shuffle(keys)
        return {key: shuffled(part[key], seed) for key in keys}
    return [shuffled(item, seed) for item in part] if isinstance(part, list) else part


@given(seed=st.integers(0, 10_000), name=st.sampled_from(BUILT_IN_IDS))
def test_the_hash_is_stable_over_key_order(seed: int, name: str) -> None:
    document = built_in(name).definition.document()
    again = Definition.model_validate_json(json.dumps(shuffled(document, seed)))
    assert again.hash == built_in(name).definition.hash
    assert again.canonical == built_in(name).definition.canonical


@pytest.mark.parametrize("pct", [0.02, "0.02", "0.020", "0.0200000"], ids=repr)
def test_the_spelling_of_a_number_does_not_change_the_hash(pct: object) -> None:
    assert a_definition(stop={"pct": pct}).hash == a_definition().hash


def test_a_default_that_is_written_out_does_not_change_the_hash() -> None:
    written = a_definition(weekly_gate=True, repeat=False, tags=[], order={"type": "market"})
    assert written.hash == a_definition().hash
    assert a_definition(weekly_gate=False).hash != a_definition().hash
    assert a_definition(stop={"pct": "0.021"}).hash != a_definition().hash


def test_the_canonical_text_has_sorted_keys_and_decimals_as_text() -> None:
    text = a_definition(entry={"gt": ["close", 2.50]}).canonical
    assert '"entry":{"gt":["close","2.5"]}' in text
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert Definition.model_validate_json(text) == a_definition(entry={"gt": ["close", "2.5"]})


def test_a_definition_runs_on_timeframes_that_are_not_coarser_than_its_rules() -> None:
    rsi = {"rsi": {"fn": "RSI", "tf": "4h"}}
    definition = a_definition(
        features=rsi, inputs=None, constraints=None, entry={"gt": ["rsi", 50]}, exit=None
    )
    assert definition.on(Timeframe.M15).timeframe is Timeframe.M15
    assert definition.on(Timeframe.H4).hash != definition.hash
    assert definition.timeframes(Timeframe.M15) == (Timeframe.M15, Timeframe.H4)
    with pytest.raises(Invalid, match="4h") as refused:
        definition.on(Timeframe.D1)
    assert refused.value.code == "TF_TOO_FINE"


def test_the_built_ins_are_those_of_the_specification() -> None:
    timeframes = {name: s.definition.timeframe.value for name, s in built_ins().items()}
    assert timeframes == {
        "ma_cross": "1h",
        "rsi_reversion": "1h",
        "macd_trend": "4h",
        "donchian": "4h",
    }
    assert all(s.built_in and s.ref == f"{s.id}@1" for s in built_ins().values())
    with pytest.raises(Missing):
        built_in("ma_cross", 2)
    with pytest.raises(Missing):
        built_in("dca")


def test_a_reference_is_an_id_and_a_version() -> None:
    assert read_ref("ma_cross@12") == ("ma_cross", 12)
    for text in ("ma_cross", "@1", "ma_cross@0", "ma_cross@x"):
        with pytest.raises(ValueError, match="id@version"):
            read_ref(text)
    with pytest.raises(ValueError, match="count from 1"):
        StrategyVersion(
            owner=None,
            id=built_in("donchian").id,
            version=0,
            definition=a_definition(),
            created_at=NOON,
        )


def test_the_warm_up_follows_the_parameters() -> None:
    definition = built_in("rsi_reversion").definition
    regime, sma = 300 + 2, 500 + 2  # and the cross and the edge look one bar back each
    assert bars(definition, {}, Timeframe.H1) == {Timeframe.H1: regime}
    assert bars(definition, {"average": 500}, Timeframe.D1) == {Timeframe.D1: sma}
    assert window(definition, {}, Timeframe.H1) == {Timeframe.H1: regime + 100}


def test_looking_back_adds_to_the_warm_up() -> None:
    entry = {"within": [{"rising": ["close[-4]", 3]}, 10]}
    assert bars(a_definition(entry=entry), {}, Timeframe.H1) == {Timeframe.H1: 196 + 10 + 3 + 4 + 2}


def test_the_grammar_is_a_json_schema_that_names_every_function() -> None:
    schema = grammar()
    assert schema["required"] == ["schema", "name", "kind", "timeframe"]
    assert schema["additionalProperties"] is False
    names = [function["name"] for function in schema["x-nightdesk"]["functions"]]
    assert {"SMA", "MACD", "VOLUME_RATIO"} <= set(names)
    assert json.loads(json.dumps(schema)) == schema


def test_a_definition_needs_neither_numpy_nor_talib() -> None:
    import subprocess
    import sys

    rooms = "definition", "validation", "versions", "grammar", "catalogue", "signal"
    code = (
        f"import {', '.join('nightdesk.strategies.' + room for room in rooms)}, sys;"
        "print([m for m in ('numpy', 'talib') if m in sys.modules])"
    )
    paths = ":".join(path for path in sys.path if path)
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": paths},
    )
    assert run.stdout.strip() == "[]"


def test_documents_of_the_builder_are_valid() -> None:
    assert Definition.model_validate(a_document()) == a_definition()


def test_a_definition_for_another_timeframe_has_a_hash_of_its_own() -> None:
    hourly = a_definition()
    known = (hourly.hash, hourly.canonical)  # kept from here on
    daily = hourly.on(Timeframe.D1)
    assert daily.hash == a_definition(timeframe="1d").hash
    assert '"timeframe":"1d"' in daily.canonical
    assert (hourly.hash, hourly.canonical) == known
    assert daily.on(Timeframe.H1).hash == hourly.hash
