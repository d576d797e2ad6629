"""Saved metrics in the desk table, and how many an owner has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from pynamodb.expressions.condition import Condition

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, every
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.errors import Conflict, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.saved_metric import SavedMetric


class SavedMetricItem(Body, DeskItem, discriminator="JMETRIC"):
    """One saved metric."""

    privacy = destroyed("journal_saved_metrics")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, metric: SavedMetric) -> Self:
        """Build the row that follows the version in `metric`."""
        key = keys.saved_metric(metric.id)
        item = cls(keys.owner(metric.owner), key, version=metric.version + 1)
        item.hold(metric, without=frozenset({"owner", "id", "version"}))
        return item

    def to_domain(self) -> SavedMetric:
        """Build the noun, checked again."""
        return self.held(
            SavedMetric,
            owner=UserId(self.pk.removeprefix("U#")),
            id=self.sk.removeprefix(keys.SAVED_METRICS),
            version=self.version,
        )


class SavedMetricCountItem(DeskItem, discriminator="JMETRICS"):
    """How many saved metrics are stored."""

    privacy = destroyed()

    metrics = IntegerAttribute(default=0)


@dataclass(frozen=True, slots=True)
class DynamoSavedMetrics:
    """The port SavedMetrics."""

    @translated()
    def all(self, owner: UserId) -> Sequence[SavedMetric]:
        """Return every stored one, removed presets too, by id."""
        low, high = keys.SAVED_METRICS, keys.SAVED_METRICS + LAST
        found = every(SavedMetricItem, keys.owner(owner), low, high, consistent=True)
        return [item.to_domain() for item in found]

    @translated()
    def save(self, metric: SavedMetric, *, limit: int) -> SavedMetric:
        """Store it. Raises Conflict `METRIC_LIMIT`, StaleWrite."""
        write, stale = Write(), StaleWrite("the saved metric has moved meanwhile")
        absent = DeskItem.pk.does_not_exist()
        unmoved = SavedMetricItem.version == metric.version if metric.version else absent
        write.put(SavedMetricItem.from_domain(metric), unmoved, stale)
        if not metric.version and not metric.removed:
            full = Conflict("METRIC_LIMIT", f"There are {limit} saved metrics.")
            room = absent | (SavedMetricCountItem.metrics < limit)
            _count(write, metric.owner, 1, room, full)
        elif metric.version and metric.removed:
            _count(write, metric.owner, -1, SavedMetricCountItem.metrics >= 1, stale)
        write.commit()
        return replace(metric, version=metric.version + 1)

    @translated()
    def remove(self, metric: SavedMetric) -> None:
        """Remove it. Raises StaleWrite."""
        write, stale = Write(), StaleWrite("the saved metric has moved meanwhile")
        place = SavedMetricItem(keys.owner(metric.owner), keys.saved_metric(metric.id))
        write.delete(place, SavedMetricItem.version == metric.version, stale)
        _count(write, metric.owner, -1, SavedMetricCountItem.metrics >= 1, stale)
        write.commit()


def _count(
    write: Write, owner: UserId, step: int, condition: Condition, otherwise: Conflict | StaleWrite
) -> None:
    item = SavedMetricCountItem(keys.owner(owner), keys.SAVED_METRIC_COUNT)
    # An update that makes the item sets no discriminator by itself.
    actions = [
        SavedMetricCountItem.metrics.add(step),
        SavedMetricCountItem.kind.set(SavedMetricCountItem),
    ]
    write.update(item, actions, condition, otherwise)
