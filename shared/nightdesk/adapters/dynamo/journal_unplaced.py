"""What stands in no trade, in the desk table: an item for each book that has any."""

from collections.abc import Sequence
from dataclasses import dataclass

from pynamodb.exceptions import DoesNotExist

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, every
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.journal.unplaced import Unplaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What the body of an item holds."""

    rows: tuple[Unplaced, ...]


class UnplacedItem(Body, DeskItem, discriminator="JOURNAL_UNPLACED"):
    """What building the trades of one account in one instrument left out."""

    privacy = destroyed("journal_unplaced")


class DynamoUnplaced:
    """The port UnplacedStore."""

    @translated()
    def of(self, owner: UserId) -> Sequence[Unplaced]:
        """Return all of an owner, by account, instrument and code."""
        low, high = keys.UNPLACED, keys.UNPLACED + LAST
        found = every(UnplacedItem, keys.owner(owner), low, high, consistent=True)
        rows = [row for item in found for row in item.held(Book).rows]
        return sorted(rows, key=lambda row: (row.account, row.instrument, row.code))

    @translated()
    def keep(
        self, owner: UserId, account: str, instrument: InstrumentId, rows: Sequence[Unplaced]
    ) -> None:
        """Store what stands in no trade of a book now; what is the same is not written."""
        item = UnplacedItem(keys.owner(owner), keys.unplaced(account, instrument))
        try:
            there = UnplacedItem.get(item.pk, item.sk, consistent_read=True).held(Book).rows
        except DoesNotExist:
            there = ()
        if there == tuple(rows):
            return
        if rows:
            item.hold(Book(rows=tuple(rows)))
            item.save()
        else:
            item.delete()
