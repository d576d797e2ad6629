"""Valid definitions and stored strategies, to be changed where a test is about the change."""

import copy
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import BotId, StrategyId, UserId
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.strategy import StrategyVersion

OWNER = UserId("U1")
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "name": "Crossing averages",
    "kind": "rules",
    "timeframe": "1h",
    "inputs": {
        "fast": {"type": "int", "default": 3, "min": 2, "max": 50},
        "slow": {"type": "int", "default": 8, "min": 3, "max": 100},
        "kind": {"type": "choice", "default": "SMA", "values": ["SMA", "EMA"]},
    },
    "constraints": ["fast < slow"],
    "features": {
        "fast": {"fn": {"param": "kind"}, "args": {"n": {"param": "fast"}}},
        "slow": {"fn": {"param": "kind"}, "args": {"n": {"param": "slow"}}},
    },
    "entry": {"cross_above": ["fast", "slow"]},
    "exit": {"cross_below": ["fast", "slow"]},
    "stop": {"pct": 0.02},
}


def a_document(**changes: Any) -> dict[str, Any]:
    """A valid definition as JSON, top-level fields changed; None leaves one out."""
    document = copy.deepcopy(DOCUMENT) | changes
    return {name: value for name, value in document.items() if value is not None}


def a_definition(**changes: Any) -> Definition:
    """A definition, by default of two crossing averages."""
    return Definition.model_validate(a_document(**changes))


def a_strategy(**changes: Any) -> StrategyVersion:
    """A trader's strategy at version 1."""
    fields: dict[str, Any] = {
        "owner": OWNER,
        "id": StrategyId("s1"),
        "version": 1,
        "definition": a_definition(),
        "created_at": NOON,
    }
    return StrategyVersion(**fields | changes)


class MemoryDefinitions:
    """The port `Definitions` in memory."""

    def __init__(self, *kept: StrategyVersion) -> None:
        self.kept = {(s.owner, s.id, s.version): s for s in kept}

    def get(self, owner: UserId, strategy_id: StrategyId, version: int) -> StrategyVersion:
        try:
            return self.kept[owner, strategy_id, version]
        except KeyError:
            raise Missing(f"{strategy_id}@{version}") from None

    def versions(self, owner: UserId, strategy_id: StrategyId) -> Sequence[StrategyVersion]:
        mine = [s for s in self.kept.values() if (s.owner, s.id) == (owner, strategy_id)]
        return sorted(mine, key=lambda s: s.version)

    def list(self, owner: UserId) -> Sequence[StrategyVersion]:
        newest = {s.id: s for s in sorted(self.kept.values(), key=lambda s: s.version)}
        mine = [s for s in newest.values() if s.owner == owner and s.archived_at is None]
        return sorted(mine, key=lambda s: s.id)

    def put(self, strategy: StrategyVersion) -> None:
        key = (strategy.owner, strategy.id, strategy.version)
        if key in self.kept:
            raise StaleWrite(strategy.ref)
        self.kept[key] = strategy

    def archive(self, owner: UserId, strategy_id: StrategyId, at: datetime) -> None:
        from dataclasses import replace

        for strategy in self.versions(owner, strategy_id):
            key = (strategy.owner, strategy.id, strategy.version)
            self.kept[key] = replace(strategy, archived_at=strategy.archived_at or at)


class FixedPins:
    """The port `Pins` with a fixed answer."""

    def __init__(self, *bots: BotId) -> None:
        self.bots = bots

    def pinned(self, owner: UserId, strategy_id: StrategyId) -> Sequence[BotId]:
        return self.bots
