"""How an answer is held against what a case expects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isclose
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far numbers may lie apart; `decimal` is for amounts written as text."""

    rel: float = 0.0
    abs: float = 0.0
    decimal: Decimal | None = None


def difference(expected: object, said: object, tolerance: Tolerance, path: str = "") -> str | None:
    """Return the first field that differs and how, or None.

    What is said beyond the expected fields does not count. `warnings` are compared by their codes:
    the text before the colon.
    """
    if isinstance(expected, Mapping):
        return of_mappings(expected, said, tolerance, path)
    if isinstance(expected, list | tuple):
        return of_lists(expected, said, tolerance, path)
    if same(expected, said, tolerance):
        return None
    return f"{path or 'answer'}: expected {expected!r}, said {said!r}"


def of_mappings(
    expected: Mapping[str, Any], said: object, tolerance: Tolerance, path: str
) -> str | None:
    """Compare each expected field."""
    if not isinstance(said, Mapping):
        return f"{path or 'answer'}: expected fields, said {said!r}"
    for key, value in expected.items():
        at = f"{path}.{key}" if path else key
        if key not in said:
            return f"{at}: expected {value!r}, said nothing"
        answer = said[key]
        if key == "warnings":
            value, answer = codes(value), codes(answer)  # noqa: PLW2901
        found = difference(value, answer, tolerance, at)
        if found:
            return found
    return None


def of_lists(expected: Sequence[Any], said: object, tolerance: Tolerance, path: str) -> str | None:
    """Compare item by item, the number of them first."""
    if not isinstance(said, list | tuple):
        return f"{path or 'answer'}: expected a list, said {said!r}"
    if len(expected) != len(said):
        return f"{path or 'answer'}: expected {len(expected)}, said {len(said)}: {said!r}"
    for place, (one, other) in enumerate(zip(expected, said, strict=True)):
        found = difference(one, other, tolerance, f"{path}[{place}]")
        if found:
            return found
    return None


def same(expected: object, said: object, tolerance: Tolerance) -> bool:
    """Whether two plain values agree. True is no 1, and a number is no text."""
    if isinstance(expected, bool) or isinstance(said, bool) or expected is None or said is None:
        return expected is said
    if isinstance(expected, int | float) and isinstance(said, int | float):
        return isclose(expected, said, rel_tol=tolerance.rel, abs_tol=tolerance.abs)
    if isinstance(expected, str) and isinstance(said, str):
        return expected == said or amounts_agree(expected, said, tolerance.decimal)
    return False


def amounts_agree(expected: str, said: str, within: Decimal | None) -> bool:
    """Whether two texts are amounts that lie close together."""
    if within is None:
        return False
    try:
        return abs(Decimal(expected) - Decimal(said)) <= within
    except InvalidOperation:
        return False


def codes(warnings: Sequence[str]) -> list[str]:
    """Return the codes of warnings, sorted."""
    return sorted(warning.partition(":")[0] for warning in warnings)
