from decimal import Decimal

import pytest

from nightdesk.core.errors import Invalid
from nightdesk.strategies.parameters import parameter_problems, resolve
from nightdesk.strategies.problems import Code
from tests.builders.strategies import a_definition

DEFINITION = a_definition(
    inputs={
        "fast": {"type": "int", "default": 3, "min": 2, "max": 50},
        "slow": {"type": "int", "default": 8, "min": 3, "max": 100},
        "kind": {"type": "choice", "default": "SMA", "values": ["SMA", "EMA"]},
        "limit": {"type": "decimal", "default": "0.1", "min": 0, "max": 1, "step": "0.05"},
    }
)


def test_defaults_stand_in_for_what_is_not_given() -> None:
    assert resolve(DEFINITION, {}) == {"fast": 3, "slow": 8, "kind": "SMA", "limit": 0.1}


@pytest.mark.parametrize("value", [5, "5", Decimal(5), Decimal("5.0")], ids=repr)
def test_a_number_may_come_as_number_or_text(value: object) -> None:
    assert resolve(DEFINITION, {"fast": value})["fast"] == 5.0


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"period": 5}, Code.UNDEFINED_PARAM, "parameters.period"),
        ({"fast": 1}, Code.OUT_OF_RANGE, "parameters.fast"),
        ({"fast": 51}, Code.OUT_OF_RANGE, "parameters.fast"),
        ({"limit": "0.12"}, Code.OUT_OF_RANGE, "parameters.limit"),
        ({"fast": "2.5"}, Code.BAD_PARAM, "parameters.fast"),
        ({"fast": True}, Code.BAD_PARAM, "parameters.fast"),
        ({"fast": None}, Code.BAD_PARAM, "parameters.fast"),
        ({"fast": "NaN"}, Code.BAD_PARAM, "parameters.fast"),
        ({"fast": float("inf")}, Code.BAD_PARAM, "parameters.fast"),
        ({"kind": "HMA"}, Code.BAD_PARAM, "parameters.kind"),
        ({"kind": ["SMA"]}, Code.BAD_PARAM, "parameters.kind"),
        ({"fast": 9}, Code.CONSTRAINT_BROKEN, "parameters.constraints.0"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(
    given: dict[str, object], code: Code, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        resolve(DEFINITION, given)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_all_problems_are_named_at_once() -> None:
    given: dict[str, object] = {"period": 5, "fast": 1, "kind": "HMA"}
    assert [p.path for p in parameter_problems(DEFINITION, given)] == ["/period", "/fast", "/kind"]


@pytest.mark.parametrize(
    "value",
    [
        "1e999999999",
        "1E2",
        Decimal("1e999999999"),
        Decimal("1e-999999999"),
        Decimal("NaN"),
        float("inf"),
        1e300,
        10**400,
        "9" * 19,
        "0." + "1" * 19,
        "+3",
        " 3",
        "1_0",
        "\u0663",
        ".5",
        "",
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_nobody_writes_as_a_number_is_refused_in_few_words(value: object) -> None:
    with pytest.raises(Invalid) as refused:
        resolve(DEFINITION, {"limit": value})
    assert refused.value.code == "BAD_PARAM"
    assert len(str(refused.value)) < 100


@pytest.mark.parametrize("text", ["0.05", "1", "0", "0.1000", "-0"])
def test_plain_digits_are_numbers(text: str) -> None:
    assert resolve(DEFINITION, {"limit": text})["limit"] == float(text)
