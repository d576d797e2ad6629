"""Numbers of a report in both languages."""

from decimal import Decimal

import pytest

from nightdesk.journal.export_options import Numbers
from nightdesk.journal.report import Quantity
from nightdesk.journal.report_words import ReportWords, digits_of_money
from nightdesk.performance.figure import Reason, known, missing

PLAIN, DE_AT = ReportWords(numbers=Numbers.PLAIN), ReportWords(numbers=Numbers.DE_AT)


@pytest.mark.parametrize(
    ("value", "quantity", "plain", "de_at"),
    [
        (1234567.891, Quantity.MONEY, "1,234,567.89", "1.234.567,89"),
        (-1234.5, Quantity.MONEY, "−1,234.50", "−1.234,50"),  # noqa: RUF001
        (0.1234, Quantity.SHARE, "12.3 %", "12,3 %"),
        (-0.001, Quantity.R, "0.00 R", "0,00 R"),
        (Decimal("2.345"), Quantity.R, "2.34 R", "2,34 R"),
        (0.0, Quantity.COUNT, "0", "0"),
    ],
)
def test_a_number_is_written_in_its_language(
    value: float, quantity: Quantity, plain: str, de_at: str
) -> None:
    assert PLAIN.value(value, quantity) == plain
    assert DE_AT.value(value, quantity) == de_at


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("67250.12345678", "67,250.12"),
        ("0.00001234567891", "0.00001234568"),
        ("0.5", "0.5"),
        ("123456789.4", "123,456,789"),
        ("0", "0"),
        ("-3.10", "−3.1"),  # noqa: RUF001
    ],
)
def test_an_amount_has_up_to_seven_significant_digits(amount: str, text: str) -> None:
    assert PLAIN.amount(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("results", "digits"),
    [
        ([], 2),
        (["0", "0"], 2),
        (["-1.5", "700", "0.01"], 2),
        (["9999999"], 2),
        (["0.02134", "-0.0471", "0.3"], 5),
        (["-0.000000000001"], 8),
    ],
)
def test_amounts_have_two_decimals_or_more_where_these_would_show_nothing(
    results: list[str], digits: int
) -> None:
    assert digits_of_money([Decimal(one) for one in results]) == digits


def test_results_in_bitcoin_are_not_all_nothing() -> None:
    words = ReportWords(numbers=Numbers.DE_AT, money_digits=5)
    assert words.value(-0.021339, Quantity.MONEY) == "−0,02134"  # noqa: RUF001
    assert words.value(0.021339, Quantity.R) == "0,02 R"


def test_a_missing_figure_is_a_dash_with_the_letter_of_its_reason() -> None:
    words = ReportWords(numbers=Numbers.PLAIN)
    first = words.figure(missing(Reason.NO_STOP, 3), Quantity.R)
    second = words.figure(missing(Reason.NO_DAYS, 0), Quantity.R)
    again = words.figure(missing(Reason.NO_STOP, 9), Quantity.MONEY)
    assert (first[-2:], second[-2:], again) == (" a", " b", first)
    assert words.used == {"NO_STOP": "a", "NO_DAYS": "b"}
    assert [words.letter(str(n)) for n in range(25)][-2:] == ["z", "aa"]


def test_an_interval_stands_beside_its_value() -> None:
    figure = known(0.52, 40, interval=(0.4, 0.63))
    assert DE_AT.with_interval(figure, Quantity.SHARE) == "52,0 % (40,0 to 63,0)"
