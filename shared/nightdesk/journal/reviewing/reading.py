"""The numbers in a text, however they are written: signs, separators, units, any script."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = {word: number for number, word in enumerate(ONES) if word != "one"} | {
    word: 10 * (place + 2) for place, word in enumerate(TENS)
}
"""`one` is left out: it is a pronoun more often than a number."""
LARGE = ("dozen", "hundred", "thousand", "million", "billion")
"""Nobody needs these for what a review shows: they are refused."""
MINUS = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
SYMBOLS = {
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "$": frozenset({"USD", "USDT", "USDC", "AUD", "CAD"}),
}
CODES = frozenset({"EUR", "USD", "GBP", "CHF", "USDT", "USDC", "BTC", "ETH", "ZAR", "JPY"})
_DIGITS = r"\d{1,3}(?:[ ,.'\u2019_]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_TENS = "|".join(TENS)
_TWO_WORDS = re.compile(rf"\b({_TENS})[- ]({'|'.join(ONES[1:10])})\b", re.IGNORECASE)
_WORD = re.compile(rf"\b({'|'.join(sorted(WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
_LARGE = re.compile(rf"\b(?:{'|'.join(LARGE)})s?\b", re.IGNORECASE)
_RANGE = re.compile(r"\s?-\s?|\s?(?:to|and)\s?")
_SIGN_WORDS = (
    (re.compile(r"\b(?:minus|negative)\s+(?=[€$£]?\d)", re.IGNORECASE), "-"),
    (re.compile(r"\bplus\s+(?=[€$£]?\d)", re.IGNORECASE), "+"),
)


class Unreadable(ValueError):
    """Digits that are no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A number as a text has it. `readings` are (amount, decimal places): 1,234 has two.

    `unit` is `%`, `R`, a symbol or code of a currency, or empty: then `shared` is the unit of the
    number that ends the range which this one begins, empty where there is none.
    """

    text: str
    sign: str
    readings: tuple[tuple[Decimal, int], ...]
    unit: str
    shared: str = ""


def plainly(text: str) -> str:
    """Return a text with ASCII digits, signs and blanks. Raises Unreadable for fractions."""
    if any(unicodedata.category(one) in {"No", "Nl"} for one in text):
        raise Unreadable("a fraction or a raised digit")
    found = "".join(
        str(unicodedata.decimal(one)) if unicodedata.category(one) == "Nd" else one
        for one in unicodedata.normalize("NFKC", MINUS.sub("-", text))
    )
    # what cannot be seen must not part a number
    return "".join(one for one in found if unicodedata.category(one) != "Cf")


def said_in(text: str, currency: str) -> Iterator[Said]:
    """Yield the numbers of a text that `plainly` returned. Raises Unreadable."""
    large = _LARGE.search(text)
    if large:
        raise Unreadable(large[0])
    text = _TWO_WORDS.sub(_added, text)
    text = _WORD.sub(lambda found: str(WORDS[found[1].lower()]), text)
    for words, sign in _SIGN_WORDS:
        text = words.sub(sign, text)
    codes = "|".join(sorted(CODES | {re.escape(currency)}, key=len, reverse=True))
    number = re.compile(
        rf"(?P<first>[€$£]|\b(?:{codes})\b)?\s?(?P<sign>(?<![\w.,])[+-])?(?P<inner>[€$£])?"
        rf"(?<![\w.,])(?P<digits>{_DIGITS})"
        rf"(?:\s?(?P<unit>%|percent\b|per cent\b|R\b|[€$£]|(?:{codes})\b))?(?![\w%])"
    )
    rest, all_found = text, list(number.finditer(text))
    for found, following in zip_longest(all_found, all_found[1:]):
        unit, (start, end) = _unit(found), found.span()
        ranges = following and _RANGE.fullmatch(text[end : following.start()])
        yield Said(
            text=found[0].strip(),
            sign=found["sign"] or "",
            readings=tuple(_readings(found["digits"])),
            unit=unit,
            shared=_unit(following) if ranges and not unit else "",
        )
        rest = rest[:start] + "\0" * (end - start) + rest[end:]
    left = re.search(r"\S*\d\S*", rest)
    if left:
        raise Unreadable(left[0].strip("\0"))


def _unit(found: re.Match[str]) -> str:
    unit = found["unit"] or found["inner"] or found["first"] or ""
    return "%" if unit.startswith("per") else unit


def _added(found: re.Match[str]) -> str:
    return str(WORDS[found[1].lower()] + ONES.index(found[2].lower()))


def _readings(digits: str) -> Iterator[tuple[Decimal, int]]:
    """Yield what the digits may say: a lone separator before three of them says two things."""
    digits = re.sub(r"[ '\u2019_]", "", digits)
    points = [one for one in digits if one in ".,"]
    if not points:
        yield Decimal(digits), 0
        return
    last = points[-1]
    whole, _, part = digits.rpartition(last)
    if points.count(last) == 1:
        yield Decimal(re.sub("[.,]", "", whole) + "." + part), len(part)
    if len(set(points)) == 1 and len(part) == 3:  # noqa: PLR2004 - thousands
        yield Decimal(re.sub("[.,]", "", digits)), 0
