"""Cells that a spreadsheet must not run, and numbers that it must be able to add up."""

import csv
import io
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.cells import CONTINENTAL, Cell, cell, line, text_cell

SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]  # noqa: RUF001
BLANKS = st.text(alphabet=" \u00a0\u2003\u3000\u200b\ufeff\x0b\x0c", max_size=4)
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)


@given(blanks=BLANKS, sign=st.sampled_from(SIGNS), rest=st.text(max_size=20))
def test_a_text_that_begins_like_a_formula_after_blanks_gets_an_apostrophe(
    blanks: str, sign: str, rest: str
) -> None:
    assert text_cell(blanks + sign + rest).startswith("'")


@given(text=st.text(max_size=30))
def test_no_cell_of_text_begins_like_a_formula_when_a_spreadsheet_trims_it(text: str) -> None:
    written = text_cell(text)
    assert unicodedata.normalize("NFKC", written).strip()[:1] not in {"=", "+", "-", "@"}
    assert not set(written) & set("\t\r\n\x00\u202e\u200b")


@given(text=st.text(alphabet="abcXYZ019 .,;:!?\"'äöüß€()/#", max_size=30))
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert text_cell(text) == text


@given(amount=AMOUNTS)
def test_an_amount_stays_a_number_whatever_its_sign(amount: Decimal) -> None:
    assert Decimal(cell(amount)) == amount
    assert "e" not in cell(amount).lower()
    assert Decimal(cell(amount, CONTINENTAL).replace(",", ".")) == amount


@given(values=st.lists(st.text(max_size=12), min_size=2, max_size=5))
def test_a_line_is_read_back_cell_by_cell(values: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(line(values, CONTINENTAL)), delimiter=";")
    assert read == [text_cell(value) for value in values]


@pytest.mark.parametrize(
    ("value", "written"),
    [(Decimal(0), "0"), (None, ""), (Decimal("-0.5"), "-0,5"), (7, "7"), ("-0.5", "'-0.5")],
)
def test_in_the_continental_dialect_zero_is_zero_and_nothing_is_empty(
    value: Cell, written: str
) -> None:
    assert cell(value, CONTINENTAL) == written


def test_a_line_ends_with_crlf_and_quotes_its_own_delimiter() -> None:
    assert line(["a;b", Decimal("1.5"), "c,d"], CONTINENTAL) == '"a;b";1,5;c,d\r\n'
    assert line(["a;b", Decimal("1.5"), "c,d"]) == 'a;b,1.5,"c,d"\r\n'
