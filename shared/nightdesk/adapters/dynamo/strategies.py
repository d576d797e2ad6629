"""Traders' strategies in the desk table, one item per version; built-ins are not stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.privacy import kept
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, MomentAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, every, put_if_absent
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import StrategyId, UserId
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.strategy import StrategyVersion


class StrategyItem(DeskItem, discriminator="STRATEGY"):
    """One version; `definition` is its canonical text."""

    privacy = kept("strategies")

    schema = IntegerAttribute(default=1)
    owner = UnicodeAttribute()
    strategy_id = UnicodeAttribute()
    version = IntegerAttribute()
    definition = UnicodeAttribute()
    created_at = MomentAttribute()
    archived_at = MomentAttribute(null=True)

    @classmethod
    def from_domain(cls, owner: UserId, strategy: StrategyVersion) -> Self:
        """Build the row."""
        return cls(
            keys.owner(owner),
            keys.strategy(strategy.id, strategy.version),
            owner=owner,
            strategy_id=strategy.id,
            version=strategy.version,
            definition=strategy.definition.canonical,
            created_at=strategy.created_at,
            archived_at=strategy.archived_at,
        )

    def to_domain(self) -> StrategyVersion:
        """Build the noun."""
        return StrategyVersion(
            owner=UserId(self.owner),
            id=StrategyId(self.strategy_id),
            version=self.version,
            definition=Definition.model_validate_json(self.definition),
            created_at=self.created_at,
            archived_at=self.archived_at,
        )


@dataclass(frozen=True, slots=True)
class DynamoDefinitions:
    """The port Definitions."""

    @translated()
    def get(self, owner: UserId, strategy_id: StrategyId, version: int) -> StrategyVersion:
        """Return one version, archived or not. Raises Missing."""
        item = StrategyItem.get(keys.owner(owner), keys.strategy(strategy_id, version))
        return item.to_domain()

    @translated()
    def versions(self, owner: UserId, strategy_id: StrategyId) -> Sequence[StrategyVersion]:
        """Return all versions, oldest first, read consistently; empty if there is none."""
        return [item.to_domain() for item in self._items(owner, strategy_id)]

    @translated()
    def list(self, owner: UserId) -> Sequence[StrategyVersion]:
        """Return the newest version of each strategy that is not archived, by id."""
        newest: dict[str, StrategyItem] = {}
        low, high = keys.STRATEGIES, keys.STRATEGIES + LAST
        for item in every(StrategyItem, keys.owner(owner), low, high):
            newest[item.strategy_id] = item
        return [item.to_domain() for _, item in sorted(newest.items()) if item.archived_at is None]

    @translated()
    def put(self, strategy: StrategyVersion) -> None:
        """Store a new version. Raises StaleWrite if that version is there already."""
        if strategy.owner is None:
            raise ValueError(f"{strategy.ref} is built in")
        if put_if_absent(StrategyItem.from_domain(strategy.owner, strategy)) is not None:
            raise StaleWrite(f"{strategy.ref} is there already")

    @translated()
    def archive(self, owner: UserId, strategy_id: StrategyId, at: datetime) -> None:
        """Mark all versions as archived; a repeat keeps the first moment. Raises Missing."""
        items = self._items(owner, strategy_id)
        if not items:
            raise Missing(f"no strategy {strategy_id}")
        for item in items:
            first = StrategyItem.archived_at.set(StrategyItem.archived_at | at)
            item.update([first], condition=StrategyItem.pk.exists())

    def _items(self, owner: UserId, strategy_id: StrategyId) -> Sequence[StrategyItem]:
        prefix = keys.strategy_versions(strategy_id)
        found = every(StrategyItem, keys.owner(owner), prefix, prefix + LAST, consistent=True)
        return [*found]
