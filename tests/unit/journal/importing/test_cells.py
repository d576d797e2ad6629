"""Cells as files write them: amounts with their signs, times with their fractions."""

from datetime import UTC, datetime

import pytest

from nightdesk.journal.importing.issue import BadRow, IssueCode
from nightdesk.journal.importing.numbers import COMMA, POINT, decimal_mark, formula, number
from nightdesk.journal.importing.times import moment
from tests.unit.journal.importing.rig import NOW, D


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("-€ 5.00", "-5"),
        ("- € 5.00", "-5"),
        ("-€\u00a05.00", "-5"),
        ("-US$5", "-5"),
        ("+A$ 1,234.50", "1234.50"),
        ("US$5", "5"),
        ("\u2212US$5", "-5"),
        ("-$.5", "-0.5"),
        ("-5", "-5"),
    ],
)
def test_a_signed_amount_of_a_currency_is_a_number(cell: str, amount: str) -> None:
    assert not formula(cell)
    assert number(cell, "fee", POINT) == D(amount)


@pytest.mark.parametrize(
    "cell",
    [
        *("-€cmd", "-€ A1", "-US$A$1", "-A1", "+B2*3", "-(1+1)", "-SUM(A1)", "+cmd|'/C calc'!A0"),
        *("--5", "-+5", "-@SUM(A1)", "-", "+ €", "=-€5", "-ABCD$5", "-EUR 5", "\uff0d€x"),
    ],
)
def test_all_else_behind_a_sign_is_a_formula(cell: str) -> None:
    assert formula(cell)
    with pytest.raises(BadRow) as bad:
        number(cell, "fee", POINT)
    assert bad.value.code is IssueCode.FORMULA_CELL


@pytest.mark.parametrize("cell", ["5A$3", "USD$5", "US$US$5"])
def test_letters_elsewhere_are_no_currency(cell: str) -> None:
    with pytest.raises(BadRow) as bad:
        number(cell, "fee", POINT)
    assert bad.value.code is IssueCode.BAD_NUMBER


def test_the_decimal_mark_is_told_by_amounts_of_a_currency_too() -> None:
    assert decimal_mark(["-US$1,50", "-€ 2,5"], semicolon=False) == COMMA


@pytest.mark.parametrize(
    ("cells", "mark", "amount"),
    [
        (["12,34,567.89"], POINT, "1234567.89"),
        (["1,23,456", "1,234"], POINT, "123456"),
        (["1'234,56"], COMMA, "1234.56"),
        (["1\u2019234\u2019567,8", "12"], COMMA, "1234567.8"),
        (["1'234.56"], POINT, "1234.56"),
    ],
)
def test_thousands_as_india_and_switzerland_group_them_tell_the_decimal_mark(
    cells: list[str], mark: str, amount: str
) -> None:
    for semicolon in (True, False):
        assert decimal_mark(cells, semicolon=semicolon) == mark
    assert number(cells[0], "price", mark) == D(amount)


@pytest.mark.parametrize("cell", ["12,34,56", "123,45,678", "1,2,345", "1,23,4567"])
def test_groups_of_no_country_are_no_number(cell: str) -> None:
    with pytest.raises(BadRow) as bad:
        number(cell, "price", POINT)
    assert bad.value.code is IssueCode.BAD_NUMBER


@pytest.mark.parametrize(
    ("cell", "micros"),
    [
        ("1709647800", 0),
        ("1709647800.5", 500_000),
        ("1709647800.1234", 123_400),
        ("1709647800.123456789", 123_456),
        ("1709647800123", 123_000),
        ("1709647800123.4", 123_400),
        ("1709647800123456", 123_456),
        ("1709647800123456789", 123_456),
    ],
)
def test_the_fraction_of_an_epoch_counts_to_the_microsecond(cell: str, micros: int) -> None:
    wanted = datetime(2024, 3, 5, 14, 10, 0, micros, tzinfo=UTC)
    assert moment(cell, "at", UTC, NOW).at == wanted
