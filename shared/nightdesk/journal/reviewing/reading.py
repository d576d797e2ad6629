"""The numbers in a text, however they are written: signs, separators, units, digits of any script.

What nobody can tell to be a number, or not to be one, is unreadable: then the text is refused.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from nightdesk.journal.reviewing.vocabulary import (
    COUNTED,
    DIRECTION,
    HIDDEN,
    JOINING,
    ONES,
    ROMAN,
    TENS,
    WORDS,
)

MINUS = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
SYMBOLS = {
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "$": frozenset({"USD", "USDT", "USDC", "AUD", "CAD"}),
}
CODES = frozenset({"EUR", "USD", "GBP", "CHF", "USDT", "USDC", "BTC", "ETH", "ZAR", "JPY"})
_DIGITS = r"\d{1,3}(?:[ ,.'\u2019_]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_TENS = "|".join(TENS)
_TWO_WORDS = re.compile(rf"\b({_TENS})[- ]?({'|'.join(ONES[1:10])})\b", re.IGNORECASE)
_WORD = re.compile(rf"\b({'|'.join(sorted(WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
_COUNTED = "|".join(sorted(COUNTED))
_ONE = re.compile(rf"\bone (?=(?:\w+ )?(?:{_COUNTED})\b)", re.IGNORECASE)
_NO = re.compile(r"\bno (?=(?:trades?|wins?|winners?|loss|losses|losers?)\b)", re.IGNORECASE)
_SIGNS = r"*^/\u00d7\u00f7=<>~|\\&#@_\u00b0\u00b1\u2030\u2031"
_OPERATION = re.compile(rf"\d\s?[{_SIGNS}]|[{_SIGNS}]\s?\d|\d\s?:\s?\d|\d-[^\W\d]")
_CLAUSE = re.compile(r"[.,;!?](?=\s|$)|\n")
_FOLLOWING = re.compile(r"[\s(\[\"'-]+([^\W\d_]+)")
_UNIT_BEFORE = re.compile(r"\b(?:R|[A-Z]{2,})[\s:(]*$")
_RANGE = re.compile(r"\s?-\s?|\s?(?:to|and)\s?")
_SIGN_WORDS = (
    (re.compile(r"\b(?:minus|negative)\s+(?=[€$£]?\d)", re.IGNORECASE), "-"),
    (re.compile(r"\bplus\s+(?=[€$£]?\d)", re.IGNORECASE), "+"),
)


class Unreadable(ValueError):
    """Digits that are no number, or words and signs that may hide one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A number as a text has it. `readings` are (amount, decimal places): 1,234 has two.

    `unit` is `%`, `R`, a symbol or code of a currency, or empty: then `shared` is the unit of the
    number that ends the range which this one begins, empty where there is none, and `counts` says
    whether what it counts follows. `clause` is what it stands in, `direction` the word of gain or
    loss nearest to it there: `losing`, `gaining`, else `neither`.
    """

    text: str
    sign: str
    readings: tuple[tuple[Decimal, int], ...]
    unit: str
    shared: str = ""
    counts: bool = False
    clause: str = ""
    direction: str = "neither"


def plainly(text: str) -> str:
    """Return a text with ASCII digits, signs and blanks, letters without marks.

    Raises Unreadable for fractions.
    """
    if any(unicodedata.category(one) in {"No", "Nl"} for one in text):
        raise Unreadable("a fraction or a raised digit")
    found = "".join(
        str(unicodedata.decimal(one)) if unicodedata.category(one) == "Nd" else one
        for one in unicodedata.normalize("NFKD", MINUS.sub("-", text))
    )
    # what cannot be seen must not part a number, nor a mark a word
    return "".join(one for one in found if unicodedata.category(one) not in {"Cf", "Mn", "Me"})


def legible(text: str) -> None:
    """Refuse what cannot be checked in a text that `plainly` returned. Raises Unreadable.

    Letters beyond ASCII look like others, or make numbers in words that nobody here knows.
    """
    for one in text:
        kind = unicodedata.category(one)
        strange = kind.startswith("L") and not one.isascii()
        if strange or kind in {"So", "Co", "Cn"} or (kind == "Sc" and one not in SYMBOLS):
            raise Unreadable(one)


def said_in(text: str, currency: str) -> Iterator[Said]:
    """Yield the numbers of a text that `plainly` returned. Raises Unreadable."""
    for words in (HIDDEN, ROMAN):
        hidden = words.search(text)
        if hidden:
            raise Unreadable(hidden[0])
    text = _in_digits(text)
    operation = _OPERATION.search(text)
    if operation:
        raise Unreadable(operation[0])
    number = _number(currency)
    rest, all_found = text, list(number.finditer(text))
    for found, following in zip_longest(all_found, all_found[1:]):
        unit, (start, end) = _unit(found), found.span()
        ranges = following and _RANGE.fullmatch(text[end : following.start()])
        clause, place = _clause(text, start)
        yield Said(
            text=found[0].strip(),
            sign=found["sign"] or _bracketed(text, found, unit),
            readings=tuple(_readings(found["digits"])),
            unit=unit,
            shared=_unit(following) if ranges and not unit else "",
            counts=_counts(text, found, unit),
            clause=clause,
            direction=_direction(clause, place),
        )
        rest = rest[:start] + "\0" * (end - start) + rest[end:]
    left = re.search(r"\S*\d\S*", rest)
    if left:
        raise Unreadable(left[0].strip("\0"))


def _in_digits(text: str) -> str:
    """Return a text with digits and signs where it has words for them."""
    text = _TWO_WORDS.sub(_added, text)
    text = _WORD.sub(lambda found: str(WORDS[found[1].lower()]), text)
    text = _NO.sub("0 ", _ONE.sub("1 ", text))
    for words, sign in _SIGN_WORDS:
        text = words.sub(sign, text)
    return text


def _number(currency: str) -> re.Pattern[str]:
    codes = "|".join(sorted(CODES | {re.escape(currency)}, key=len, reverse=True))
    return re.compile(
        rf"(?P<first>[€$£]|\b(?:{codes})\b)?\s?(?P<sign>(?<![\w.,])[+-])?(?P<inner>[€$£])?"
        rf"(?<![\w.,])(?P<digits>{_DIGITS})"
        rf"(?:\s?(?P<unit>%|percent\b|per cent\b|R\b|[€$£]|(?:{codes})\b))?(?![\w%])"
    )


def _unit(found: re.Match[str]) -> str:
    unit = found["unit"] or found["inner"] or found["first"] or ""
    return "%" if unit.startswith("per") else unit


def _bracketed(text: str, found: re.Match[str], unit: str) -> str:
    """Return the sign of an amount in brackets of its own, as accounts have it."""
    amount = unit not in {"", "%"}
    alone = text[: found.start()].endswith("(") and text[found.end() :].startswith(")")
    return "-" if amount and alone else ""


def _counts(text: str, found: re.Match[str], unit: str) -> bool:
    """Whether the word behind a bare number is what it counts. Raises Unreadable for its unit."""
    following = _FOLLOWING.match(text, found.end())
    word = following[1].lower() if following else ""
    strange = word.startswith("point") if unit else word and word not in COUNTED | JOINING
    if strange or (not unit and _UNIT_BEFORE.search(text[: found.start("digits")])):
        raise Unreadable(f"{found[0].strip()} {word}".strip())
    return not unit and word in COUNTED


def _clause(text: str, place: int) -> tuple[str, int]:
    """Return the clause that a place lies in, and where in it that is."""
    ends = [0, *(one.end() for one in _CLAUSE.finditer(text)), len(text)]
    begin = max(one for one in ends if one <= place)
    end = min((one for one in ends if one > place), default=len(text))
    return text[begin:end], place - begin


def _direction(clause: str, place: int) -> str:
    """Return what the last such word before a place says, else the first one behind it."""
    words = list(DIRECTION.finditer(clause))
    earlier = [one for one in words if one.start() < place]
    nearest = earlier[-1:] or words[:1]
    return next((one.lastgroup for one in nearest if one.lastgroup), "neither")


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
