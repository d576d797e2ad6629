"""Second looks that are owed, in the desk table.

Each is an item of its owner's that also stands in one partition of the index `by_market`, in the
order of time: what is due is one query, however many owners there are.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import FIRST, LAST, page
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.owed import Owed


class OwedItem(Body, DeskItem, discriminator="JOWED"):
    """A second look that an owner is owed: a mark of the desk's, nothing to show."""

    privacy = destroyed()

    @classmethod
    def from_domain(cls, owed: Owed) -> Self:
        """Build the row, with its place in the index."""
        item = cls(
            keys.owner(owed.owner),
            keys.owed_look(owed.what),
            market=keys.DUE_LOOKS,
            market_sk=keys.due_place(owed.at, owed.owner, owed.what),
        )
        item.hold(owed, without=frozenset({"owner"}))
        return item

    def to_domain(self) -> Owed:
        """Build the noun, checked again."""
        return self.held(Owed, owner=UserId(self.pk.removeprefix("U#")))


@dataclass(frozen=True, slots=True)
class DynamoOwedLooks:
    """The port OwedLooks."""

    @translated()
    def put(self, owed: Owed) -> None:
        """Store it, instead of one at the same thing."""
        OwedItem.from_domain(owed).save()

    @translated()
    def drop(self, owed: Owed) -> None:
        """Remove what is owed to the same thing; nothing there is as good as removed."""
        OwedItem(keys.owner(owed.owner), keys.owed_look(owed.what)).delete()

    @translated()
    def due(self, now: datetime, *, limit: int, after: str | None = None) -> Page[Owed]:
        """Return those with ``at <= now``, the longest due first."""
        items, more = page(
            OwedItem,
            keys.DUE_LOOKS,
            FIRST,
            keys.due_place(now, UserId(LAST), ""),
            limit=limit,
            after=after,
            index="by_market",
            sort_key="market_sk",
        )
        return Page([item.to_domain() for item in items], more)
