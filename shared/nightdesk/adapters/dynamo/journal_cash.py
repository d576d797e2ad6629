"""Rows of cash that an owner wrote down, in the desk table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, every
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import UserId
from nightdesk.journal.cash_row import CashRow

_OF_CASH = frozenset({"owner", "id"})


class CashItem(Body, DeskItem, discriminator="JOURNAL_CASH"):
    """A deposit, withdrawal or correction written by hand."""

    privacy = destroyed("journal_cash")

    @classmethod
    def from_domain(cls, row: CashRow) -> Self:
        """Build the item."""
        item = cls(keys.owner(row.owner), keys.cash(row.id))
        item.hold(row, without=_OF_CASH)
        return item

    def to_domain(self) -> CashRow:
        """Build the noun."""
        owner = UserId(self.pk.removeprefix("U#"))
        return self.held(CashRow, owner=owner, id=self.sk.removeprefix(keys.CASH))


@dataclass(frozen=True, slots=True)
class DynamoCashRows:
    """The port CashRows."""

    @translated()
    def get(self, owner: UserId, row_id: str) -> CashRow:
        """Return one. Raises Missing."""
        return CashItem.get(keys.owner(owner), keys.cash(row_id), consistent_read=True).to_domain()

    @translated()
    def of(self, owner: UserId, account: str | None = None) -> Sequence[CashRow]:
        """Return all of an owner, or of one account, by (at, id), read consistently."""
        found = every(CashItem, keys.owner(owner), keys.CASH, keys.CASH + LAST, consistent=True)
        wanted = [row for item in found if account in {None, (row := item.to_domain()).account}]
        return sorted(wanted, key=lambda row: (row.at, row.id))

    @translated()
    def put(self, row: CashRow) -> None:
        """Store a new one; the same again changes nothing."""
        CashItem.from_domain(row).save()

    @translated()
    def remove(self, owner: UserId, row_id: str) -> None:
        """Remove one. Raises Missing."""
        item = CashItem.get(keys.owner(owner), keys.cash(row_id), consistent_read=True)
        item.delete()
