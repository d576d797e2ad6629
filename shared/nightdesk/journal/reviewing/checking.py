"""The check of a text against the numbers that it was given (journal, part 7).

Each number of the text must be a supplied one or its rounding, in the unit that it is said in: a
bare whole number is a count, or a rating that its clause names. A signed number must have that
sign; an amount without one is negative if the nearest word of its clause says so ("lost 120"), and
only then. Dates, ISO weeks and supplied names and ids are allowed, ids of trades must exist, and
nothing may advise to buy or sell. What cannot be read cannot be checked: it is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from nightdesk.journal.finding import Json
from nightdesk.journal.review import ReviewText
from nightdesk.journal.reviewing.advising import advice_in
from nightdesk.journal.reviewing.reading import SYMBOLS, Said, Unreadable, legible, plainly, said_in
from nightdesk.journal.reviewing.supplied import SCALES, Supplied, supplied
from nightdesk.journal.reviewing.telling import Unit
from nightdesk.journal.reviewing.vocabulary import HIDDEN, WORDS

LONGEST = 800
TRADE = re.compile(r"\bjt_\w+", re.IGNORECASE)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MONTH = "|".join(_MONTHS)
_OF_MONTH = r"(?:0?[1-9]|[12]\d|3[01])"
ISO = re.compile(r"(?<![\w.,-])\d{4}-(?:W\d{2}|\d{2}-\d{2}|\d{2})(?![\w-])")
WRITTEN = re.compile(
    rf"\b(?:{_OF_MONTH}(?:st|nd|rd|th|\.)?\s(?:{_MONTH}),?"
    rf"|(?:{_MONTH})\s{_OF_MONTH}(?:st|nd|rd|th)?,"
    rf"|(?:{_MONTH}))\s20\d{{2}}\b"
)
"""Dates in words carry their year: "12 March trades" would be none."""
SCALED = re.compile(
    rf"\b(?P<named>(?:{'|'.join(SCALES)})\b[^.,;:!?\d]*\d+(?:\.\d+)?) (?:out )?of 100\b",
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
        text = plainly(_without(sentence, _unreadable(given.names)))
        for name in TRADE.findall(text):
            if name not in given.names:
                return f"UNKNOWN_TRADE: {name}"
        advice = advice_in(_without(text, _quotable(given.names)), given.instruments)
        if advice:
            return f"ADVICE: {advice!r}; a review gives none to buy or sell"
        text = _without(text, _allowed(given.names))
        legible(text)
        text = SCALED.sub(r"\g<named>", WRITTEN.sub(" ", ISO.sub(_date, text)))
        for one in said_in(text, given.currency):
            if not _known(one, given):
                return f"UNKNOWN_NUMBER: {one.text!r} is none of the numbers, nor its rounding"
    except Unreadable as error:
        return f"UNKNOWN_NUMBER: {str(error)!r} cannot be checked"
    return None


def _allowed(names: Iterable[str]) -> list[str]:
    """Return the names that no number is looked for in, the longest first.

    They carry digits, are of several words or of another script; one that is a number is none.
    """
    found = [
        one
        for one in _plain(names)
        if (re.search(r"[\d /]", one) or not one.isascii()) and not _is_number(one)
    ]
    return sorted(found, key=lambda one: (-len(one), one))


def _quotable(names: Iterable[str]) -> list[str]:
    """Return names of several words, the longest first: rules may say what a text may not."""
    found = [name for name in _plain(names) if " " in name]
    return sorted(found, key=lambda one: (-len(one), one))


def _unreadable(names: Iterable[str]) -> list[str]:
    """Return names of several words that no text may say by itself: "Risk ½ R"."""
    found = [name for name in names if " " in name and not any(_plain([name]))]
    return sorted(found, key=lambda one: (-len(one), one))


def _plain(names: Iterable[str]) -> Iterator[str]:
    """Yield names as texts are read; one that cannot be read so excuses nothing."""
    for name in names:
        with suppress(Unreadable):
            yield plainly(name)


def _is_number(text: str) -> bool:
    """Whether a name would pass for a number with its unit: then it excuses none."""
    return all(_is_part(one) for one in re.findall(r"[^\W\d_]+", text)) and (
        re.fullmatch(r"[^\w]*[\w.,' %€$£+-]+", text) is not None
        and not ISO.fullmatch(text)
        and ":" not in text
        and "/" not in text
        and "_" not in text
    )


def _is_part(word: str) -> bool:
    """Whether a word may be a number, its unit or its size."""
    if len(word) == 1:
        return word.isascii() or word.isnumeric()
    return word.isupper() or word.lower() in WORDS or HIDDEN.fullmatch(word) is not None


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


def _known(said: Said, given: Supplied) -> bool:
    return any(
        _rounds(value * scale, amount, places) and (not amount or _directed(said, value, kind))
        for amount, places in said.readings
        for unit in {said.unit, said.shared or said.unit}
        for kind, values, scale in _meant(said, unit, places, given)
        for value in values
    )


def _meant(
    said: Said, unit: str, places: int, given: Supplied
) -> Iterator[tuple[Unit, Iterable[Decimal], int]]:
    """Yield the supplied numbers that this unit may mean, each with how it is said."""
    if unit == "%":
        yield Unit.SHARE, given.numbers[Unit.SHARE], 100
        yield Unit.POINTS, _named(said, given.points), 1
    elif unit == "R":
        yield Unit.R, given.numbers[Unit.R], 1
    elif unit:
        codes = SYMBOLS.get(unit, frozenset({unit}))
        yield from ((Unit.MONEY, given.money[code], 1) for code in codes & given.money.keys())
    elif said.counts or not places:
        yield Unit.COUNT, given.numbers[Unit.COUNT], 1
        if not said.counts:
            yield Unit.POINTS, _named(said, given.points), 1
            yield Unit.POINTS, _named(said, given.ratings), 1
    else:
        yield from ((kind, values, 1) for kind, values in given.numbers.items())
        yield from ((Unit.MONEY, values, 1) for values in given.money.values())


def _named(said: Said, points: Mapping[str, Iterable[Decimal]]) -> Iterator[Decimal]:
    """Yield the points of what the clause names."""
    for name, values in points.items():
        if re.search(rf"\b{name}\b", said.clause, re.IGNORECASE):
            yield from values


def _rounds(value: Decimal, amount: Decimal, places: int) -> bool:
    step = Decimal(1).scaleb(-places)
    return any(
        abs(value).quantize(step, rounding=rounding) == amount
        for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP)
    )


def _directed(said: Said, value: Decimal, kind: Unit) -> bool:
    """Whether a value has the sign that its number is said with; what rounds to 0 has none."""
    if not value:
        return True
    losing = said.direction == "losing" and kind in {Unit.MONEY, Unit.R, Unit.SHARE}
    if said.sign == "-":
        return value < 0
    return value < 0 if losing and not said.sign else value > 0 and not losing
