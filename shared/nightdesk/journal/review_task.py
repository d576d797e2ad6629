"""What the worker of reviews is asked to do. Each may come twice, late, or in another order."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeAlias

from nightdesk.core.ids import UserId
from nightdesk.journal.period import ReviewKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An owner's next review of a kind is due, or was when this was sent."""

    owner: UserId
    kind: ReviewKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An owner has asked for this version of a review, at `asked_at`, to the millisecond."""

    owner: UserId
    kind: ReviewKind
    label: str
    version: int
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """These owners shall have an appointment for each kind of review."""

    MOST: ClassVar[int] = 25

    owners: tuple[UserId, ...]


ReviewTask: TypeAlias = Due | Asked | Expect
