"""An emergency stop as it stands at a gate: who set it, how far it goes, who may lift it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from nightdesk.core.ids import SYSTEM, UserId

MAX_REASON = 200


class Level(StrEnum):
    """How far a stop goes. Either lets every exit through."""

    BLOCK = "block"
    """No entry; what is held is managed to its exit."""
    FLATTEN = "flatten"
    """The same, and what is held is sold at market."""

    @property
    def rank(self) -> int:
        """Its place among the levels: a stop is only ever raised."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop at the gate of `owner`: its owner's own, an administrator's, or the desk's.

    `scope` is SYSTEM for a stop of the whole desk, also where it stands at an owner's gate.
    `admin`: it is lifted by administrators alone. `by` is who engaged it first.
    """

    stop_id: str
    owner: UserId
    scope: UserId
    level: Level
    by: str
    admin: bool
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        if self.scope not in {self.owner, SYSTEM}:
            raise ValueError("a stop is for its owner, or for the whole desk")
        if self.scope == SYSTEM and not self.admin:
            raise ValueError("only administrators stop the whole desk")
        if len(self.reason) > MAX_REASON:
            raise ValueError(f"a reason has at most {MAX_REASON} characters")

    @property
    def copied(self) -> bool:
        """Whether it is the desk's, as it stands at an owner's gate."""
        return self.scope != self.owner

    def raised(self, level: Level, *, admin: bool) -> Self:
        """Return the same stop, no lower than `level`, and an administrator's if one asks."""
        higher = max(self.level, level, key=lambda one: one.rank)
        return replace(self, level=higher, admin=self.admin or admin)

    def at_gate_of(self, owner: UserId) -> Self:
        """Return the desk's stop as it stands at an owner's gate."""
        return replace(self, owner=owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a stop has come to. Work that was cut off before it was counted is not counted."""

    bots_paused: int = 0
    orders_cancelled: int = 0
    positions_closed: int = 0
    failed: int = 0
    """Turns of bots that went wrong and were taken again."""

    def __add__(self, other: "Progress") -> "Progress":
        """Return both together."""
        return Progress(
            bots_paused=self.bots_paused + other.bots_paused,
            orders_cancelled=self.orders_cancelled + other.orders_cancelled,
            positions_closed=self.positions_closed + other.positions_closed,
            failed=self.failed + other.failed,
        )
