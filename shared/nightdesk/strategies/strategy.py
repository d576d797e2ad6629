"""A strategy's version: what a bot pins and what opened a position."""

from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.ids import StrategyId, UserId
from nightdesk.strategies.definition import Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyVersion:
    """One immutable version. A built-in belongs to the desk: its owner is None."""

    owner: UserId | None
    id: StrategyId
    version: int
    definition: Definition
    created_at: datetime
    archived_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.version < 1:
            raise ValueError(f"versions count from 1, was {self.version}")

    @property
    def ref(self) -> str:
        """`id@version`, as bots, signals and positions name it."""
        return f"{self.id}@{self.version}"

    @property
    def built_in(self) -> bool:
        """Whether the desk brings it along."""
        return self.owner is None


def read_ref(text: str) -> tuple[StrategyId, int]:
    """Split `id@version`. Raises ValueError."""
    name, _, version = text.rpartition("@")
    if not name or not version.isdecimal() or int(version) < 1:
        raise ValueError(f"a strategy is named id@version, was {text!r}")
    return StrategyId(name), int(version)
