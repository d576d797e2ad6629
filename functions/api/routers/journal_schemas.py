"""What the bodies and answers of the journal share: names, texts, days, figures."""

import re
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Self

from fastapi import Path, Query
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from functions.api.schemas import Answer
from nightdesk.journal.ports.trades import By
from nightdesk.journal.saved_metric import FILTERS, MAX_FILTERS
from nightdesk.journal.trade import Emotion, Origin, Outcome, Session, Side, Source, Status
from nightdesk.journal.wording import line, prose
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.performance.figure import Figure

DAY = re.compile(r"(20[0-9]{2})-[0-9]{2}-[0-9]{2}", re.ASCII)
ID = r"^[A-Za-z0-9_.-]{1,120}$"

Version = Annotated[int, Field(ge=0, le=10**9, description="The one that was read.")]
Ident = Annotated[str, Field(pattern=ID)]


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and DAY.fullmatch(value):
        return date.fromisoformat(value)
    raise ValueError('a day is ISO 8601, like "2025-03-05"')


_DAY: Any = (
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2025-03-05"]}),
)
Day = Annotated[date, *_DAY]
"""A day of the owner's calendar."""
DayPath = Annotated[date, *_DAY, Path(description="A day of your calendar.")]
DayFrom = Annotated[Day | None, Query(alias="from", description="From this day on.")]
DayUntil = Annotated[Day | None, Query(alias="to", description="Up to this day.")]


BOUND = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)
FilterValue = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]
Values = Annotated[list[FilterValue], Field(min_length=1, max_length=20)]
CHOICES: dict[str, type[StrEnum]] = {
    "by": By,
    "emotion": Emotion,
    "mode": Mode,
    "origin": Origin,
    "outcome": Outcome,
    "session": Session,
    "side": Side,
    "source": Source,
    "status": Status,
}
"""Filters that have a few values and no others."""


def _known(filters: dict[str, list[str]]) -> dict[str, list[str]]:
    if filters.keys() - FILTERS:
        raise ValueError("there is no filter of this name")
    for name, values in filters.items():
        if name in CHOICES and not set(values) <= set(CHOICES[name]):
            raise ValueError(f"{name} has no such value")
        if name in {"min_r", "max_r"} and not all(BOUND.fullmatch(one) for one in values):
            raise ValueError("a bound of R is a number")
    return filters


Filters = Annotated[
    dict[str, Values], Field(default_factory=dict, max_length=MAX_FILTERS), AfterValidator(_known)
]
"""Filters of trade lists by name, `from` and `to` excepted."""


def one_line(most: int) -> AfterValidator:
    """Return what takes 1 to `most` characters in one line, without what nobody sees."""
    return AfterValidator(lambda text: line(text, most))


def several_lines(most: int) -> AfterValidator:
    """Return what takes a text of at most `most` characters."""
    return AfterValidator(lambda text: prose(text, most))


def optional_line(most: int) -> AfterValidator:
    """Return what takes a line of at most `most` characters, or nothing."""
    return AfterValidator(lambda text: line(text, most) if text.strip() else "")


def among(known: frozenset[str]) -> tuple[Any, ...]:
    """Return what takes one of these names."""

    def check(text: str) -> str:
        if text not in known:
            raise ValueError("there is none of this name")
        return text

    schema = WithJsonSchema({"type": "string", "enum": sorted(known)})
    return AfterValidator(check), schema


class FigureOut(Answer):
    """One figure of `n` days or trades: a value, or the reason why there is none.

    `caveat` says what to keep in mind about a value, `interval` is that of 95 %.
    """

    value: float | None
    n: int
    reason: str | None
    caveat: str | None
    interval: tuple[float, float] | None

    @classmethod
    def from_domain(cls, figure: "Figure") -> Self:
        """Show a figure."""
        return cls(
            value=figure.value,
            n=figure.n,
            reason=figure.reason,
            caveat=figure.caveat,
            interval=figure.interval,
        )
