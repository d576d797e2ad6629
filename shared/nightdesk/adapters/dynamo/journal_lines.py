"""What a trader wrote, item by item, as a copy of everything shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nightdesk.accounts.audit import Json
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.owned import shown
from nightdesk.adapters.dynamo.queries import LAST, rows
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import UserId
from nightdesk.journal.ports.exports import Written

PLACES: Mapping[Written, str] = {
    Written.ENTRIES: keys.ENTRIES,
    Written.PLANS: keys.PLANS,
    Written.PLAYBOOKS: keys.BOOKS,
    Written.REVIEWS: keys.REVIEWS,
    Written.TAGS: keys.TAGS,
    Written.SCREENSHOTS: keys.SCREENSHOTS,
}


@dataclass(frozen=True, slots=True)
class DynamoWrittenItems:
    """The port WrittenItems."""

    def __call__(self, owner: UserId, kind: Written) -> Iterator[Mapping[str, Json]]:
        """Yield the items of a kind by their keys."""
        low = PLACES[kind]
        with translated():
            for row in rows(DeskItem, keys.owner(owner), low, low + LAST):
                found = shown(row)
                if found is not None:
                    yield found.content
