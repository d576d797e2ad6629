"""The check of a text against the numbers that it was given (journal, part 7).

Each number of the text must be a supplied one or its rounding, in the unit that it is said in. A
signed number must have that sign; one without is not negative unless the sentence has a word that
says so ("lost 120"). Dates, ISO weeks and supplied names and ids are allowed, ids of trades must
exist, and nothing may advise to buy or sell.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from nightdesk.journal.finding import Json
from nightdesk.journal.review import ReviewText
from nightdesk.journal.reviewing.reading import (
    SYMBOLS,
    WORDS,
    Said,
    Unreadable,
    plainly,
    said_in,
)
from nightdesk.journal.reviewing.supplied import Supplied, supplied
from nightdesk.journal.reviewing.telling import Unit

LONGEST = 800
TRADE = re.compile(r"\bjt_\w+", re.IGNORECASE)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MONTH = "|".join(_MONTHS)
ISO = re.compile(r"(?<![\w.,-])\d{4}-(?:W\d{2}|\d{2}-\d{2}|\d{2})(?![\w-])")
WRITTEN = re.compile(
    rf"\b(?:[0-3]?\d(?:st|nd|rd|th|\.)?\s(?:{_MONTH}),?|(?:{_MONTH})\s[0-3]?\d(?:st|nd|rd|th)?,"
    rf"|(?:{_MONTH}))\s20\d{{2}}\b"
)
"""Dates in words carry their year: "12 March trades" would be none."""
LOSING = re.compile(
    r"\b(?:los(?:s|ses|t|e|es|ing)|down|negative|fell|fall|fallen|cost|costs|gave|given|drawdown"
    r"|below|under|paid|worst|worse|minus|withdr[ae]w\w*)\b",
    re.IGNORECASE,
)
"""A negative amount without its sign needs a word that says so."""
ADVICE = re.compile(
    r"\b(?:buy|buys|buying|sell|sells|selling|purchase|purchasing|accumulat(?:e|ing)|offload"
    r"|dump|(?:go|going|get|stay|open|enter) (?:a )?(?:long|short)|load up|short(?:ing)? it)\b",
    re.IGNORECASE,
)


def fault_of(text: ReviewText, numbers: Mapping[str, Json]) -> str | None:
    """Return the first fault of a text, named for whoever writes it again; None if it has none."""
    if not text.opening.strip() or not text.question.strip():
        return "EMPTY: opening and question say something"
    given = supplied(numbers)
    for sentence in text.sentences:
        fault = _fault(sentence, given)
        if fault is not None:
            return fault
    return None


def _fault(sentence: str, given: Supplied) -> str | None:
    if len(sentence) > LONGEST:
        return f"TOO_LONG: at most {LONGEST} characters each"
    try:
        text = plainly(sentence)
        for name in TRADE.findall(text):
            if name not in given.names:
                return f"UNKNOWN_TRADE: {name}"
        advice = _advice(_without(text, _quotable(given.names, ADVICE)), given.instruments)
        if advice:
            return f"ADVICE: {advice!r}; a review gives none to buy or sell"
        text = _without(text, _allowed(given.names))
        text = WRITTEN.sub(" ", ISO.sub(_date, text))
        for one in said_in(text, given.currency):
            if not _known(one, given, losing=LOSING.search(text) is not None):
                return f"UNKNOWN_NUMBER: {one.text!r} is none of the numbers, nor its rounding"
    except Unreadable as error:
        return f"UNKNOWN_NUMBER: {str(error)!r} cannot be checked"
    return None


def _allowed(names: Iterable[str]) -> list[str]:
    """Return the names that carry digits, the longest first; a name that is a number is none."""
    found = []
    for plain in _plain(names):
        has_number = any(one.isdigit() for one in plain) or _worded(plain)
        if has_number and not _is_number(plain):
            found.append(plain)
    return sorted(found, key=lambda one: (-len(one), one))


def _quotable(names: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    """Return names of several words that hold what would be a fault by itself: quoted rules."""
    found = [name for name in _plain(names) if " " in name and pattern.search(name)]
    return sorted(found, key=lambda one: (-len(one), one))


def _plain(names: Iterable[str]) -> Iterator[str]:
    """Yield names as texts are read; one that cannot be read so excuses nothing."""
    for name in names:
        with suppress(Unreadable):
            yield plainly(name)


def _worded(text: str) -> bool:
    return any(word in WORDS for word in re.findall("[a-z]+", text.lower()))


def _is_number(text: str) -> bool:
    """Whether a name would pass for a number with its unit: then it excuses none."""
    letters = re.findall(r"[^\W\d_]+", text)
    return all(len(one) <= 1 or one.isupper() or one.lower() in WORDS for one in letters) and (
        re.fullmatch(r"[^\w]*[\w.,' %€$£+-]+", text) is not None
        and not ISO.fullmatch(text)
        and ":" not in text
        and "/" not in text
        and "_" not in text
    )


def _without(text: str, names: Iterable[str]) -> str:
    for name in names:
        if name in text:
            text = re.sub(rf"(?<![\w.,]){re.escape(name)}(?![\w])", " ", text)
    return text


def _date(found: re.Match[str]) -> str:
    """Return a blank for what is a day, a month or an ISO week, and other digits as they are."""
    text = found[0]
    try:
        if "W" in text:
            date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
        else:
            date.fromisoformat(text if len(text) > len("2025-03") else f"{text}-01")
    except ValueError:
        return text
    return " "


def _advice(text: str, instruments: Iterable[str]) -> str | None:
    found = ADVICE.search(text)
    if found:
        return found[0]
    for name in sorted(instruments):
        dealt = re.search(rf"\b(?:long|short) {re.escape(name)}(?!\w)", text, re.IGNORECASE)
        if dealt:
            return dealt[0]
    return None


def _known(said: Said, given: Supplied, *, losing: bool) -> bool:
    return any(
        _rounds(value * scale, amount, places, said.sign or ("" if losing else "+"))
        for amount, places in said.readings
        for unit in {said.unit, said.shared or said.unit}
        for values, scale in _meant(unit, given)
        for value in values
    )


def _meant(unit: str, given: Supplied) -> list[tuple[Iterable[Decimal], int]]:
    """Return the supplied numbers that this unit may mean, each with how it is said."""
    if unit == "%":
        return [(given.numbers[Unit.SHARE], 100), (given.numbers[Unit.POINTS], 1)]
    if unit == "R":
        return [(given.numbers[Unit.R], 1)]
    if unit:
        codes = SYMBOLS.get(unit, frozenset({unit}))
        return [(values, 1) for code, values in given.money.items() if code in codes]
    return [(given.any(), 1)]


def _rounds(value: Decimal, amount: Decimal, places: int, sign: str) -> bool:
    step = Decimal(1).scaleb(-places)
    for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP):
        if abs(value).quantize(step, rounding=rounding) == amount:
            return not amount or not sign or (sign == "-") == (value < 0)
    return False
