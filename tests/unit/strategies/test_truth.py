"""Kleene's strong logic of indeterminacy: S. C. Kleene, Introduction to Metamathematics, §64."""

import numpy as np
import pytest

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

F, U, T = int(FALSE), int(UNKNOWN), int(TRUE)


def row(*values: int) -> Truth:
    return np.array(values, dtype=np.int8)


@pytest.mark.parametrize(
    ("a", "b", "conjunction", "disjunction"),
    [
        (T, T, T, T),
        (T, U, U, T),
        (T, F, F, T),
        (U, T, U, T),
        (U, U, U, U),
        (U, F, F, U),
        (F, T, F, T),
        (F, U, F, U),
        (F, F, F, F),
    ],
)
def test_and_or_follow_the_tables(a: int, b: int, conjunction: int, disjunction: int) -> None:
    assert every([row(a), row(b)]) == [conjunction]
    assert some([row(a), row(b)]) == [disjunction]


def test_not_unknown_is_unknown() -> None:
    assert contrary(row(F, U, T)).tolist() == [T, U, F]


def test_a_comparison_with_nan_is_unknown() -> None:
    a, b = np.array([1.0, np.nan, 3.0]), np.array([2.0, 2.0, np.nan])
    assert known(a > b, np.isnan(a) | np.isnan(b)).tolist() == [F, U, U]


def test_before_is_unknown_at_the_start_of_a_run() -> None:
    starts = np.array([0, 0, 0, 3, 3])
    assert before(row(T, F, T, T, F), starts).tolist() == [U, T, F, U, T]


def test_within_is_true_from_the_first_true_on_for_n_rows() -> None:
    starts = np.zeros(7, dtype=np.int64)
    assert within(row(F, F, T, F, F, F, F), 3, starts).tolist() == [U, U, T, T, T, F, F]


def test_within_is_unknown_while_an_unknown_row_might_be_the_one() -> None:
    starts = np.zeros(5, dtype=np.int64)
    assert within(row(F, F, U, F, F), 2, starts).tolist() == [U, F, U, U, F]


def test_held_needs_all_of_the_last_n_rows() -> None:
    starts = np.zeros(6, dtype=np.int64)
    assert held(row(T, T, T, U, T, F), 3, starts).tolist() == [U, U, T, U, U, F]


def test_rows_behind_a_gap_count_as_unknown() -> None:
    starts = np.array([0, 0, 0, 3, 3])
    assert within(row(F, F, T, F, F), 2, starts).tolist() == [U, F, T, U, F]
    assert held(row(T, T, T, T, T), 2, starts).tolist() == [U, T, T, U, T]
