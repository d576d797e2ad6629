"""A deletion as it is stored, and what a step of it has done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from nightdesk.accounts.exported import Place
from nightdesk.core.ids import UserId

GRACE = timedelta(days=7)
"""How long an owner may change their mind."""


class Phase(StrEnum):
    """Where a deletion stands."""

    WAITING = "waiting"
    UNDER_WAY = "under_way"
    CANCELLED = "cancelled"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """The deletion of an account. `by` is who asked: the owner, or an administrator.

    `counts`: items by what became of them and kind (`kept.ORDER`), once it is done.
    """

    request_id: str
    owner: UserId
    by: UserId
    asked_at: datetime
    effective_at: datetime
    flatten: bool
    phase: Phase = Phase.WAITING
    counts: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.effective_at < self.asked_at:
            raise ValueError("a deletion takes effect after it was asked for")

    def due(self, now: datetime) -> bool:
        """Whether its time has come."""
        return now >= self.effective_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What one step has done, counted as in Deletion, and where it goes on; None: nowhere."""

    counts: Mapping[str, int]
    place: Place | None
