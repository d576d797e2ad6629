"""`make reference`: what it prints and how it ends, and how answers are compared."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.reference.__main__ import main
from tests.reference.compare import Tolerance, difference

CLOSE = Tolerance(rel=1e-9, abs=1e-12, decimal=Decimal("0.00000001"))


def a_file(folder: Path, *values: float) -> Path:
    cases = [
        {
            "id": f"x-{place}",
            "kind": "streak_chance",
            "inputs": {"n": 3, "q": 0.5, "k": 2},
            "expected": {"value": value},
        }
        for place, value in enumerate(values)
    ]
    file = folder / "cases.json"
    file.write_text(json.dumps({"format": 1, "cases": cases}), encoding="utf-8")
    return file


def test_file_whose_cases_hold_then_it_ends_with_their_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(a_file(tmp_path, 0.375, 0.375))]) == 0
    assert capsys.readouterr().out.splitlines() == ["x-0: ok", "x-1: ok", "2 of 2 cases hold"]


def test_case_that_differs_then_its_first_field_is_named_and_the_exit_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(a_file(tmp_path, 0.375, 0.376))]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "x-0: ok",
        "x-1: value: expected 0.376, said 0.375",
        "1 of 2 cases hold",
    ]


def test_case_that_cannot_be_answered_then_the_others_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = a_file(tmp_path, 0.375, 0.375)
    whole = json.loads(file.read_text(encoding="utf-8"))
    whole["cases"][0]["kind"] = "horoscope"
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert main([str(file)]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == ["x-1: ok", "1 of 2 cases hold"]


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2, "cases": []}'])
def test_file_that_holds_no_cases_then_the_exit_is_2(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text, encoding="utf-8")
    assert main([str(file)]) == 2
    assert main([str(tmp_path / "missing.json")]) == 2


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ({"a": 1}, {"a": 1.0, "b": 2}),
        ({"a": "1.50"}, {"a": "1.5"}),
        ({"a": 1.0}, {"a": 1.0 + 1e-13}),
        ({"warnings": ["A: one", "B"]}, {"warnings": ["B: two", "A"]}),
        ([1, None, "x"], (1, None, "x")),
    ],
)
def test_answers_that_agree(expected: Any, said: Any) -> None:
    assert difference(expected, said, CLOSE) is None


@pytest.mark.parametrize(
    ("expected", "said", "at"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b[1]: expected 2, said 3"),
        ({"a": 1}, {}, "a: expected 1, said nothing"),
        ({"a": [1]}, {"a": [1, 2]}, "a: expected 1, said 2"),
        ({"a": None}, {"a": 0}, "a: expected None, said 0"),
        ({"a": True}, {"a": 1}, "a: expected True, said 1"),
        ({"a": "1.5"}, {"a": 1.5}, "a: expected '1.5', said 1.5"),
        ({"a": "x"}, {"a": "y"}, "a: expected 'x', said 'y'"),
        ({"a": {"b": 1}}, {"a": 1}, "a: expected fields, said 1"),
        ([1], 1, "answer: expected a list, said 1"),
        ({"warnings": ["A"]}, {"warnings": []}, "warnings: expected 1, said 0"),
    ],
)
def test_answers_that_differ(expected: Any, said: Any, at: str) -> None:
    assert (difference(expected, said, CLOSE) or "").startswith(at)
