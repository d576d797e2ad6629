"""How a report writes numbers: one language, one number of digits for each kind of quantity.

What has no value is a dash with a letter; the letters stand for reasons, in order of their use.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from nightdesk.journal.export_options import Numbers
from nightdesk.journal.report import Quantity
from nightdesk.performance.figure import Figure

NOTHING = "–"  # noqa: RUF001 - an en dash, as tables have it
MINUS = "\u2212"
DIGITS = {
    Quantity.MONEY: 2,
    Quantity.R: 2,
    Quantity.SHARE: 1,
    Quantity.COUNT: 0,
    Quantity.RATIO: 2,
    Quantity.DAYS: 0,
    Quantity.SECONDS: 0,
}
MOST_DIGITS = 8
"""Decimals of money: the smallest part of a bitcoin."""
UNITS = {Quantity.R: " R", Quantity.SHARE: " %", Quantity.DAYS: " d"}
LENGTHS = (("d", 86_400), ("h", 3_600), ("min", 60))
"""Units of time, and how many seconds they have."""
SIGNIFICANT = 7
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def digits_of_money(results: Sequence[Decimal]) -> int:
    """Return how many decimals amounts need: two, or four digits of a middling result below 1.

    Where a unit is worth a lot, such as of BTC, two would make each of them 0.00. At most eight.
    """
    sizes = sorted(abs(one) for one in results if one)
    middling = sizes[len(sizes) // 2] if sizes else Decimal(1)
    if middling >= 1:
        return DIGITS[Quantity.MONEY]
    return min(3 - middling.adjusted(), MOST_DIGITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWords:
    """Numbers in one language, and which reasons they lacked a value for."""

    numbers: Numbers
    money_digits: int = DIGITS[Quantity.MONEY]
    used: dict[str, str] = field(default_factory=dict)
    """Letter by reason."""

    def figure(self, figure: Figure | None, quantity: Quantity, *, unit: bool = True) -> str:
        """Return a value, or a dash and the letter of its reason; nothing for None."""
        if figure is None:
            return ""
        if figure.value is None:
            return f"{NOTHING} {self.letter(figure.reason or '')}"
        return self.value(figure.value, quantity, unit=unit)

    def with_interval(self, figure: Figure, quantity: Quantity) -> str:
        """Return a value and, where there is one, its interval."""
        text = self.figure(figure, quantity)
        if figure.interval is None:
            return text
        low, high = (self.value(one, quantity, unit=False) for one in figure.interval)
        return f"{text} ({low} to {high})"

    def value(self, value: float | Decimal, quantity: Quantity, *, unit: bool = True) -> str:
        """Return a number of a kind, rounded half to even, with its unit."""
        if quantity is Quantity.SECONDS and unit:
            return self._lasting(float(value))
        shown = value * 100 if quantity is Quantity.SHARE else value
        digits = self.money_digits if quantity is Quantity.MONEY else DIGITS[quantity]
        return self.number(shown, digits) + (UNITS.get(quantity, "") if unit else "")

    def number(self, value: float | Decimal, digits: int) -> str:
        """Return a number with thousands marked and a true minus; never a negative zero."""
        text = f"{abs(value):,.{digits}f}"
        below = value < 0 and any(one in "123456789" for one in text)
        return (MINUS if below else "") + self._spelled(text)

    def percent(self, share: float, digits: int) -> str:
        """Return a share in percent: of its `digits` decimals two are whole percents."""
        return self.number(share * 100, max(digits - 2, 0)) + UNITS[Quantity.SHARE]

    def amount(self, value: Decimal | None) -> str:
        """Return a price or quantity with up to seven significant digits; nothing for None."""
        if value is None:
            return ""
        whole = value.adjusted() + 1
        text = f"{value:,.{max(SIGNIFICANT - max(whole, 0), 0) - min(whole, 0)}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return self._spelled(text).replace("-", MINUS)

    def letter(self, reason: str) -> str:
        """Return the letter of a reason: a to z, then aa, ab and so on."""
        if reason not in self.used:
            round_, place = divmod(len(self.used), len(LETTERS))
            self.used[reason] = (LETTERS[round_ - 1] if round_ else "") + LETTERS[place]
        return self.used[reason]

    def day(self, day: date | None) -> str:
        """Return a day; nothing for None."""
        return "" if day is None else day.isoformat()

    def moment(self, moment: datetime | None) -> str:
        """Return a moment to the minute; nothing for None."""
        return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M")

    def _lasting(self, seconds: float) -> str:
        """Return a time in the largest unit that it fills."""
        for unit, length in LENGTHS:
            if abs(seconds) >= length:
                return f"{self.number(seconds / length, 1)} {unit}"
        return f"{self.number(seconds, 0)} s"

    def _spelled(self, text: str) -> str:
        if self.numbers is Numbers.PLAIN:
            return text
        return text.translate(str.maketrans(",.", ".,"))
