import copy
from typing import Any

import pytest

from nightdesk.strategies.catalogue import BUILT_IN_IDS, built_in
from nightdesk.strategies.problems import Caution, Code
from nightdesk.strategies.validation import validate
from tests.builders.strategies import a_document


def deep(levels: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"gt": ["close", 1]}
    for _ in range(levels):
        rule = {"not": rule}
    return rule


def wide(terms: int) -> dict[str, Any]:
    return {"all": [{"any": [{"gt": ["close", i]} for i in range(25)]} for _ in range(terms)]}


def features(**more: Any) -> dict[str, Any]:
    return {**a_document()["features"], **more}


OBV = features(obv={"fn": "OBV"})

# code, JSON pointer, changes to a valid definition
FAULTS: list[tuple[Code, str, dict[str, Any]]] = [
    (Code.UNKNOWN_FIELD, "/colour", {"colour": "red"}),
    (Code.UNKNOWN_FIELD, "/entry", {"entry": {"maybe": ["close", 1]}}),
    (Code.UNKNOWN_FIELD, "/entry/gt/1", {"entry": {"gt": ["close", {"pow": [2, 3]}]}}),
    (Code.UNKNOWN_FIELD, "/entry/x", {"entry": {"gt": ["close", 1], "x": 1}}),
    (Code.UNKNOWN_FIELD, "/entry/not/y", {"entry": {"not": {"not": {"gt": ["close", 1]}, "y": 1}}}),
    (Code.UNKNOWN_FIELD, "/features/a/shift", {"features": features(a={"fn": "RSI", "shift": 1})}),
    (Code.UNKNOWN_FIELD, "/stop", {"stop": {"points": 3}}),
    (Code.UNKNOWN_FUNCTION, "/features/a/fn", {"features": features(a={"fn": "rsi"})}),
    (Code.UNKNOWN_FUNCTION, "/kind", {"kind": "grid"}),
    (Code.UNKNOWN_FUNCTION, "/stop/swing", {"stop": {"swing": {"buffer_atr": 1}}}),
    (Code.UNKNOWN_FUNCTION, "/target/level", {"target": {"level": {"buffer_atr": 1}}}),
    (Code.UNKNOWN_FUNCTION, "/levels", {"levels": True}),
    (Code.UNKNOWN_FUNCTION, "/target/ladder", {"target": {"ladder": [{"at": 1, "share": 1}]}}),
    (
        Code.UNKNOWN_FUNCTION,
        "/scale_in/max_entries",
        {"scale_in": {"max_entries": 2, "min_gap_atr": 1}},
    ),
    (Code.UNKNOWN_FUNCTION, "/order", {"order": {"type": "limit", "offset_bps": 5}}),
    (Code.UNKNOWN_FUNCTION, "/exit", {"exit": {"trend": {"tf": "4h", "score_lte": 0}}}),
    (Code.UNKNOWN_FUNCTION, "/entry", {"entry": {"pattern": {"name": ["double_top"]}}}),
    (Code.UNKNOWN_FUNCTION, "/entry", {"entry": {"candlestick": {"name": ["doji"]}}}),
    (Code.UNKNOWN_FUNCTION, "/entry", {"entry": {"level": {"role": "support", "within_atr": 1}}}),
    (
        Code.UNKNOWN_FUNCTION,
        "/entry/any/1",
        {"entry": {"any": [{"gt": ["close", 1]}, {"consensus": {"is": "BUY"}}]}},
    ),
    (Code.UNKNOWN_OUTPUT, "/features/a/out", {"features": features(a={"fn": "MACD", "out": "x"})}),
    (Code.UNDEFINED_FEATURE, "/entry/gt/1", {"entry": {"gt": ["close", "medium"]}}),
    (Code.UNDEFINED_FEATURE, "/stop/feature", {"stop": {"feature": "floor"}}),
    (Code.UNDEFINED_PARAM, "/entry/gt/1/param", {"entry": {"gt": ["close", {"param": "p"}]}}),
    (
        Code.UNDEFINED_PARAM,
        "/features/a/args/n/param",
        {"features": features(a={"fn": "RSI", "args": {"n": {"param": "p"}}})},
    ),
    (
        Code.UNDEFINED_PARAM,
        "/features/a/fn/param",
        {"features": features(a={"fn": {"param": "p"}})},
    ),
    (Code.UNDEFINED_PARAM, "/constraints/0", {"constraints": ["fast < p"]}),
    (
        Code.BAD_PARAM,
        "/features/a/args/m",
        {"features": features(a={"fn": "RSI", "args": {"m": 3}})},
    ),
    (
        Code.BAD_PARAM,
        "/features/a/args/n",
        {"features": features(a={"fn": "RSI", "args": {"n": "2.5"}})},
    ),
    (
        Code.BAD_PARAM,
        "/features/a/args/n/param",
        {"features": features(a={"fn": "RSI", "args": {"n": {"param": "kind"}}})},
    ),
    (
        Code.BAD_PARAM,
        "/inputs/fast/default",
        {
            "inputs": a_document()["inputs"]
            | {"fast": {"type": "int", "default": 1, "min": 2, "max": 9}}
        },
    ),
    (
        Code.OUT_OF_RANGE,
        "/features/a/args/n",
        {"features": features(a={"fn": "RSI", "args": {"n": 501}})},
    ),
    (Code.OUT_OF_RANGE, "/timeframe", {"timeframe": "2h"}),
    (Code.OUT_OF_RANGE, "/stop/pct", {"stop": {"pct": 0.9}}),
    (Code.OUT_OF_RANGE, "/time_stop/hours", {"time_stop": {"hours": 169}}),
    (Code.OUT_OF_RANGE, "/entry/rising/1", {"entry": {"rising": ["close", 501]}}),
    (Code.OUT_OF_RANGE, "/entry/gt/1", {"entry": {"gt": ["close", "close[-501]"]}}),
    (Code.OUT_OF_RANGE, "/entry/all", {"entry": {"all": []}}),
    (
        Code.OUT_OF_RANGE,
        "/scale_in/max_entries",
        {"scale_in": {"max_entries": 6, "min_gap_atr": 1}},
    ),
    (Code.TYPE_MISMATCH, "/entry/gt/1", {"entry": {"gt": ["close", True]}}),
    (Code.TYPE_MISMATCH, "/entry/gt/1", {"entry": {"gt": ["close"]}}),
    (Code.TYPE_MISMATCH, "/entry/gt/0", {"entry": {"gt": ["Close?", 1]}}),
    (Code.TYPE_MISMATCH, "/entry", {"entry": []}),
    (Code.TYPE_MISMATCH, "/entry/gt/1/param", {"entry": {"gt": ["close", {"param": "kind"}]}}),
    (
        Code.TYPE_MISMATCH,
        "/features/a/fn/param",
        {"features": features(a={"fn": {"param": "fast"}})},
    ),
    (Code.TYPE_MISMATCH, "/constraints/0", {"constraints": ["fast is less"]}),
    (Code.TYPE_MISMATCH, "/constraints/0", {"constraints": ["kind < 3"]}),
    (Code.TYPE_MISMATCH, "/stop/pct", {"stop": {"pct": "much"}}),
    (Code.TYPE_MISMATCH, "/weekly_gate", {"weekly_gate": "yes"}),
    (Code.TYPE_MISMATCH, "/trailing", {"trailing": {"activate": {"r": 1}}}),
    (Code.TYPE_MISMATCH, "/trailing/activate", {"trailing": {"pct": "0.1", "activate": {}}}),
    (Code.TYPE_MISMATCH, "/time_stop", {"time_stop": {"bars": 3, "hours": 3}}),
    (Code.TF_TOO_FINE, "/features/a/tf", {"features": features(a={"fn": "RSI", "tf": "15m"})}),
    (Code.TF_TOO_FINE, "/entry/regime/tf", {"entry": {"regime": {"tf": "5m", "in": ["ranging"]}}}),
    (Code.FUTURE_REFERENCE, "/entry/gt/1", {"entry": {"gt": ["close", "close[1]"]}}),
    (Code.LEVEL_OF_CUMULATIVE, "/entry", {"features": OBV, "entry": {"gt": ["obv", 100]}}),
    (
        Code.LEVEL_OF_CUMULATIVE,
        "/entry",
        {"features": OBV, "entry": {"cross_above": ["obv", "volume"]}},
    ),
    (
        Code.LEVEL_OF_CUMULATIVE,
        "/entry",
        {"features": OBV, "entry": {"gt": [{"div": ["obv", "obv[-1]"]}, 1]}},
    ),
    (
        Code.LEVEL_OF_CUMULATIVE,
        "/entry",
        {"features": OBV, "entry": {"gt": [{"abs": "obv"}, {"abs": "obv[-1]"}]}},
    ),
    (Code.NO_ENTRY, "/entry", {"entry": None}),
    (Code.NO_STOP, "/stop", {"stop": None}),
    (Code.STOP_TOO_TIGHT, "/stop/pct", {"stop": {"pct": "0.001"}}),
    (Code.STOP_TOO_TIGHT, "/stop/atr/mult", {"stop": {"atr": {"mult": "0.4"}}}),
    (Code.TARGET_BELOW_COST, "/target/pct", {"target": {"pct": "0.002"}}),
    (Code.TARGET_BELOW_COST, "/target/r", {"target": {"r": "0.1"}}),
    (Code.CONSTRAINT_BROKEN, "/constraints/0", {"constraints": ["slow < fast"]}),
    (Code.CONSTANT_CONDITION, "/entry", {"entry": {"gt": [2, {"param": "fast"}]}}),
    (Code.CONSTANT_CONDITION, "/entry", {"entry": {"gte": ["close", "close"]}}),
    (Code.CONSTANT_CONDITION, "/entry", {"entry": {"rising": [3, 2]}}),
    (Code.EXIT_ONLY_TERM, "/entry", {"entry": {"position": {"bars_gte": 3}}}),
    (Code.TOO_DEEP, "/entry", {"entry": deep(8)}),
    (Code.TOO_LARGE, "/exit", {"exit": wide(3)}),
    (Code.TOO_LARGE, "", {"tags": ["x" * 40_000]}),
    (
        Code.TOO_LARGE,
        "/features",
        {"features": features(**{f"f{i}": {"fn": "RSI"} for i in range(31)})},
    ),
    (
        Code.TOO_LARGE,
        "/timeframe",
        {
            "timeframe": "5m",
            "features": features(
                **{f"f{tf}": {"fn": "RSI", "tf": tf} for tf in ("15m", "1h", "4h", "1d")}
            ),
        },
    ),
    (
        Code.WARMUP_TOO_LONG,
        "/features/a",
        {"features": features(a={"fn": "EMA", "args": {"n": 300}})},
    ),
]


@pytest.mark.parametrize(("code", "path", "changes"), FAULTS)
def test_a_fault_is_named_with_its_code_and_place(
    code: Code, path: str, changes: dict[str, Any]
) -> None:
    checked = validate(a_document(**changes))
    assert (path, code) in [(problem.path, problem.code) for problem in checked.errors]
    assert not checked.ok
    assert checked.definition is None


@pytest.mark.parametrize(("code", "path", "changes"), FAULTS)
def test_a_single_fault_is_all_that_is_reported(
    code: Code, path: str, changes: dict[str, Any]
) -> None:
    assert {problem.code for problem in validate(a_document(**changes)).errors} == {code}


def test_every_code_has_a_test() -> None:
    assert {code for code, _, _ in FAULTS} == set(Code)


def test_all_errors_come_at_once_also_beside_malformed_parts() -> None:
    checked = validate(
        a_document(
            colour="red",
            timeframe="2h",
            features=features(a={"fn": "NOPE"}, b={"fn": "RSI", "args": {"n": [1]}}),
            entry={"gt": ["nothing", "b"]},
            exit={"gt": ["close"]},
            stop=None,
            target={"pct": "0.001"},
        )
    )
    assert [(problem.path, problem.code) for problem in checked.errors] == [
        ("/colour", Code.UNKNOWN_FIELD),
        ("/entry/gt/0", Code.UNDEFINED_FEATURE),
        ("/exit/gt/1", Code.TYPE_MISMATCH),
        ("/features/a/fn", Code.UNKNOWN_FUNCTION),
        ("/features/b/args/n", Code.TYPE_MISMATCH),
        ("/stop", Code.NO_STOP),
        ("/target/pct", Code.TARGET_BELOW_COST),
        ("/timeframe", Code.OUT_OF_RANGE),
    ]


def test_no_more_than_fifty_errors_are_reported() -> None:
    many = {"all": [{"gt": ["close", f"f{i}"]} for i in range(50)]}
    checked = validate(a_document(entry=many, exit=many, stop=None))
    assert len(checked.errors) == 50


def test_what_would_do_is_said() -> None:
    (problem,) = validate(a_document(features=features(a={"fn": "MACD", "out": "x"}))).errors
    assert problem.allowed == ["macd", "signal", "hist"]
    (problem,) = validate(a_document(entry={"pattern": {"name": ["x"]}})).errors
    assert isinstance(problem.allowed, list)
    assert "cross_above" in problem.allowed
    assert "pattern" not in problem.allowed


@pytest.mark.parametrize(
    "rule",
    [
        {"gt": ["obv", "obv[-5]"]},
        {"gt": [{"sub": ["obv", "obv[-5]"]}, 0]},
        {"rising": ["obv", 3]},
        {"cross_above": [{"add": ["obv", 10]}, "obv[-1]"]},
        {"gt": [{"div": [{"sub": ["obv", "obv[-5]"]}, "volume"]}, 2]},
    ],
)
def test_changes_of_a_cumulative_function_are_allowed(rule: dict[str, Any]) -> None:
    assert validate(a_document(features=OBV, entry=rule, exit=None)).errors == ()


@pytest.mark.parametrize(
    ("caution", "path", "changes"),
    [
        (Caution.UNUSED_FEATURE, "/features/a", {"features": features(a={"fn": "RSI"})}),
        (Caution.WEEKLY_GATE_OFF, "/weekly_gate", {"weekly_gate": False}),
        (Caution.NO_EXIT, "/exit", {"exit": None}),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(
    caution: Caution, path: str, changes: dict[str, Any]
) -> None:
    checked = validate(a_document(**changes))
    assert checked.ok
    assert [(problem.path, problem.code) for problem in checked.warnings] == [(path, caution)]


@pytest.mark.parametrize("name", BUILT_IN_IDS)
def test_a_built_in_is_valid_without_a_warning(name: str) -> None:
    checked = validate(copy.deepcopy(built_in(name).definition.document()))
    assert (checked.errors, checked.warnings) == ((), ())
    assert checked.definition == built_in(name).definition


def test_the_warm_up_is_told_by_timeframe() -> None:
    checked = validate(a_document(features=features(a={"fn": "RSI", "tf": "4h"})))
    # At the base ATR14 with 196, and one bar each for the cross and the edge.
    assert checked.warm_up == (("1h", 198), ("4h", 196))


@pytest.mark.parametrize("document", [None, 3, "x", [], [{}], {}, {"entry": float("nan")}])
def test_what_is_no_definition_at_all_is_refused(document: object) -> None:
    assert not validate(document).ok


def test_nesting_without_end_is_refused_before_it_is_parsed() -> None:
    document: Any = []
    for _ in range(100_000):
        document = [document]
    (problem,) = validate({"entry": document}).errors
    assert problem.code is Code.TOO_DEEP
