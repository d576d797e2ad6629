"""Shapes that every room's schemas share. Requests refuse unknown fields; answers say all.

Answers are built at a route's first use: a process that starts serves one route of fifty. Bodies
are not: FastAPI silences what pydantic has to say about them, but only while it builds the app.
"""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Strict

from nightdesk.core.wire import DecimalText, Moment, SignedDecimalText

__all__ = [
    "Answer",
    "DecimalText",
    "ErrorOut",
    "Lax",
    "Moment",
    "PageOut",
    "Request",
    "SignedDecimalText",
]

T = TypeVar("T")

Lax = Annotated[T, Strict(strict=False)]
"""For what JSON can only spell as text or list: `Lax[Timeframe]`, `Lax[Moment]`, tuples."""


class Request(BaseModel):
    """A body. Unknown fields are refused by name; numbers, booleans and texts do not mix.

    Strict also refuses text for an enum or a moment: such fields are `Lax[...]`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Answer(BaseModel):
    """An answer, built from domain objects by `from_domain` of each schema."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class PageOut(Answer, Generic[T]):
    """Some items in order; `next_cursor` opens the next page and is null on the last."""

    items: list[T]
    next_cursor: str | None


class ErrorBody(Answer):
    """What went wrong. `code` is stable, `message` is for people, `details` name the fields."""

    code: str
    message: str
    details: list[dict[str, Any]]
    request_id: str


class ErrorOut(Answer):
    """The one form of all errors."""

    error: ErrorBody
