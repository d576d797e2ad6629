"""Counters of requests in the runtime table: an item per subject and class, a write per request.

The count of window 7 is the attribute `n7`. So the first request of a window finds nothing to
move or to reset, and is one update like all others: the count of the window before lies beside
it under its own name, and that of the one before that goes in the same update.
"""

from dataclasses import dataclass
from datetime import datetime

from pynamodb.expressions.operand import Path

from nightdesk.accounts.privacy import lapses
from nightdesk.accounts.records import Counts
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import Row, attempt
from nightdesk.adapters.dynamo.tables import RuntimeItem
from nightdesk.core.clock import from_millis, millis
from nightdesk.core.errors import StaleWrite

LEFT_OVER = 16
"""As many counts of windows long past may lie in an item before they are swept out."""


class LimitItem(RuntimeItem, discriminator="LIMIT"):
    """The counts of one bucket, each under the name of its window."""

    privacy = lapses()


@dataclass(frozen=True, slots=True)
class DynamoRateCounters:
    """The port RateCounters."""

    @translated()
    def count(
        self,
        subject: str,
        kind: str,
        window: int,
        *,
        most: int,
        keep_until: datetime,
        weight: int = 1,
    ) -> Counts:
        """Count one request, unless `most` are counted: by one update under a condition."""
        item = LimitItem(keys.limited(subject), keys.limit(kind))
        present = _name(window)
        request = item.get_update_kwargs_from_instance(
            [
                LimitItem.kind.set(LimitItem),
                LimitItem.expires_at.set(keep_until),
                Path(present).add(weight),
                Path(_name(window - 2)).remove(),
            ],
            condition=Path(present).does_not_exist() | (Path(present) < most),
            return_values_on_condition_failure="ALL_OLD",
        )
        answer, full = attempt("UpdateItem", {**request, "ReturnValues": "ALL_NEW"})
        row = full or answer["Attributes"]
        counts = Counts(
            count=_count(row, window), previous=_count(row, window - 1), counted=full is None
        )
        if counts.counted and counts.count == weight:
            _sweep(item, row, window)
        return counts


class VenueHoldItem(RuntimeItem, discriminator="VENUE_HOLD"):
    """Until when a venue is left alone."""

    privacy = lapses()

    until = IntegerAttribute()


@dataclass(frozen=True, slots=True)
class DynamoVenueHolds:
    """The port VenueHolds."""

    @translated()
    def until(self, subject: str) -> datetime | None:
        """Return the moment, None where nothing is held."""
        key = [(keys.limited(subject), keys.VENUE_HOLD)]
        found = next(iter(VenueHoldItem.batch_get(key)), None)
        return None if found is None else from_millis(found.until)

    def hold(self, subject: str, until: datetime) -> None:
        """Hold until a moment, unless it is held for longer."""
        item = VenueHoldItem(
            keys.limited(subject), keys.VENUE_HOLD, until=millis(until), expires_at=until
        )
        earlier = VenueHoldItem.until.does_not_exist() | (VenueHoldItem.until < millis(until))
        try:
            with translated():
                item.save(condition=earlier)
        except StaleWrite:
            return


def _sweep(item: LimitItem, row: Row, window: int) -> None:
    """Remove what pauses between windows have left, once it is much. One more write, rarely."""
    counted = {name for name in row if name[:1] == "n" and name[1:].isdigit()}
    old = counted - {_name(window), _name(window - 1), _name(window + 1)}
    if len(old) > LEFT_OVER:
        item.update([Path(name).remove() for name in sorted(old)])


def _name(window: int) -> str:
    return f"n{window}"


def _count(row: Row, window: int) -> int:
    return int(row.get(_name(window), {}).get("N", 0))
