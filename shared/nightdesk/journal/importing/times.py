"""Times as files write them, in the zone that the file is in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightdesk.core.errors import Invalid
from nightdesk.journal.importing.issue import BadRow, IssueCode
from nightdesk.journal.importing.numbers import formula

EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=5)
"""How far a venue's clock may be ahead of ours."""

_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})"
    r"(?:[T\s,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(AM|PM)?)?"
    r"\s*(Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = re.compile(r"\d{10}(?:\d{3}){0,3}(?:\.\d{1,9})?", re.ASCII)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", re.ASCII | re.IGNORECASE)
_SHORT_YEAR = 100


@dataclass(frozen=True, slots=True)
class Told:
    """A moment in UTC. `ambiguous`: the clocks went back, and this is the earlier of two."""

    at: datetime
    ambiguous: bool = False


@cache
def zone(name: str) -> tzinfo:
    """Return a zone by its IANA name or as `+08:00`. Raises Invalid `BAD_FORMAT`."""
    if (found := _offset(name)) is not None:
        return found
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        text = "A zone is a name such as Europe/Vienna, or an offset such as +08:00."
        raise Invalid("BAD_FORMAT", text, field="zone") from error


def moment(text: str, column: str, where: tzinfo, now: datetime, *, day_first: bool = True) -> Told:
    """Return when it was.

    A zone in the text outranks `where`. A local time that the clocks left out is refused, one
    that they showed twice is the earlier. Raises BadRow BAD_TIME, FUTURE_TIME, FORMULA_CELL.
    """
    text = text.strip()
    try:
        told = _read(text, where, day_first=day_first)
    except (ValueError, OverflowError) as error:
        raise _bad(text, column) from error
    if told is None:
        raise _bad(text, column)
    if told.at < EARLIEST:
        raise BadRow(IssueCode.BAD_TIME, column, text, "No venue of ours was open before 2009.")
    if told.at > now + AHEAD:
        raise BadRow(IssueCode.FUTURE_TIME, column, text)
    return told


def written_day_first(cells: Iterable[str]) -> bool | None:
    """Return whether dates like 03/04/2024 begin with the day; None where they do not tell.

    Points are written day first everywhere; slashes tell by a number above 12.
    """
    for cell in cells:
        if found := _DAY_FIRST.fullmatch(cell.strip()):
            first, mark, second = int(found[1]), found[2], int(found[3])
            if mark == "." or first > 12:  # noqa: PLR2004 - no month
                return True
            if second > 12:  # noqa: PLR2004
                return False
    return None


def _bad(text: str, column: str) -> BadRow:
    return BadRow(IssueCode.FORMULA_CELL if formula(text) else IssueCode.BAD_TIME, column, text)


def _read(text: str, where: tzinfo, *, day_first: bool) -> Told | None:
    if found := _ISO.fullmatch(text):
        year, month, day, *clock, fraction, named = found.groups()
        return _placed((year, month, day, *clock), fraction, named, where)
    if _EPOCH.fullmatch(text):
        micros = int(text.replace(".", "").ljust(16, "0")[:16])
        return Told(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros))
    if found := _DAY_FIRST.fullmatch(text):
        first, mark, second, year, hour, minute, sec, fraction, half, named = found.groups()
        if len(year) == 2:  # noqa: PLR2004 - digits
            year = f"20{year}"
        day, month = (first, second) if day_first or mark == "." else (second, first)
        if half:
            hour = str(int(hour) % 12 + (12 if half.upper() == "PM" else 0))
        return _placed((year, month, day, hour, minute, sec), fraction, named, where)
    return None


def _placed(
    parts: tuple[str | None, ...], fraction: str | None, named: str | None, where: tzinfo
) -> Told:
    year, month, day, hour, minute, second = [int(part) if part else 0 for part in parts]
    micros = int(fraction.ljust(6, "0")[:6]) if fraction else 0
    local = datetime(year, month, day, hour, minute, second, micros)  # noqa: DTZ001 - placed below
    if named:
        plain = named.upper() in {"Z", "UTC", "GMT"}
        found = UTC if plain else _offset(named)
        if found is None:
            raise ValueError(named)
        return Told(local.replace(tzinfo=found).astimezone(UTC))
    if where is UTC:
        return Told(local.replace(tzinfo=UTC))
    return _local(local, where)


def _local(local: datetime, where: tzinfo) -> Told:
    placed = local.replace(tzinfo=where)
    at = placed.astimezone(UTC)
    if at.astimezone(where).replace(tzinfo=None) != local:
        raise ValueError("the clocks left this time out")
    later = placed.replace(fold=1).astimezone(UTC)
    return Told(min(at, later), ambiguous=later != at)


def _offset(text: str) -> tzinfo | None:
    if text.upper() in {"UTC", "GMT", "Z"}:
        return UTC
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    away = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if away >= timedelta(hours=24):
        return None
    return timezone(away if found[1] == "+" else -away)
