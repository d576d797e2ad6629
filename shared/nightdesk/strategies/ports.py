"""What the strategies room needs from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nightdesk.core.ids import BotId, StrategyId, UserId
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.problems import Problem
from nightdesk.strategies.strategy import StrategyVersion


class Definitions(Protocol):
    """The strategies of traders, version by version. Built-ins are not stored."""

    def get(self, owner: UserId, strategy_id: StrategyId, version: int) -> StrategyVersion:
        """Return one version, archived or not. Raises Missing."""
        ...

    def versions(self, owner: UserId, strategy_id: StrategyId) -> Sequence[StrategyVersion]:
        """Return all versions, oldest first, read consistently; empty if there is none."""
        ...

    def list(self, owner: UserId) -> Sequence[StrategyVersion]:
        """Return the newest version of each strategy that is not archived, by id."""
        ...

    def put(self, strategy: StrategyVersion) -> None:
        """Store a new version. Raises StaleWrite if that version is there already."""
        ...

    def archive(self, owner: UserId, strategy_id: StrategyId, at: datetime) -> None:
        """Mark all versions as archived; a repeat keeps the first moment. Raises Missing."""
        ...


class Pins(Protocol):
    """Which bots rest on a strategy. Answered by the bots room."""

    def pinned(self, owner: UserId, strategy_id: StrategyId) -> Sequence[BotId]:
        """Return the owner's bots that are not retired and hold any version of it, by id."""
        ...


class Rehearsal(Protocol):
    """A definition tried on recorded candles, where some are at hand."""

    def __call__(self, definition: Definition) -> Sequence[Problem]:
        """Return the warnings that only candles can give; none without enough of them."""
        ...
