"""Invitations in the desk table, under SYSTEM."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.records import Invitation
from nightdesk.adapters.dynamo import keys, queries
from nightdesk.adapters.dynamo.accounts import InvitationItem, TurnItem, found_at
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Overtaken, Write
from nightdesk.core.errors import Conflict, Missing, StaleWrite


@dataclass(frozen=True, slots=True)
class DynamoInvitations:
    """The port Invitations."""

    audit: DynamoAudit

    def save(
        self,
        invitation: Invitation,
        *,
        limit: int,
        now: datetime,
        entries: Sequence[Entry] = (),
    ) -> None:
        """Store it, unless `limit` others are open: admins take turns, so none is one too many."""

        def build() -> Write:
            turn = found_at(TurnItem, keys.SYSTEM, keys.INVITING)
            if len(self.open(now)) >= limit:
                raise Conflict("INVITATION_LIMIT", f"There are {limit} open invitations.")
            write, new = Write(), DeskItem.pk.does_not_exist()
            stale = StaleWrite("this invitation is there")
            write.put(InvitationItem.from_domain(invitation), new, stale)
            mine = TurnItem(keys.SYSTEM, keys.INVITING, number=turn.number + 1 if turn else 1)
            unmoved = TurnItem.number == turn.number if turn else new
            write.put(mine, unmoved, Overtaken("another admin invites"))
            return write

        with translated():
            self.audit.commit(build, entries)

    def open(self, now: datetime) -> Sequence[Invitation]:
        """Return those that still let somebody in, oldest first."""
        first, last = keys.INVITATIONS, keys.invitation(queries.LAST)
        with translated():
            found = queries.every(InvitationItem, keys.SYSTEM, first, last, consistent=True)
            return [item.to_domain() for item in found if item.open_until > now]

    def withdraw(self, invitation_id: str, *, entries: Sequence[Entry] = ()) -> None:
        """Remove it. Raises Missing."""

        def build() -> Write:
            write, gone = Write(), Missing("no such invitation")
            row = InvitationItem(keys.SYSTEM, keys.invitation(invitation_id))
            write.delete(row, DeskItem.pk.exists(), gone)
            return write

        with translated():
            self.audit.commit(build, entries)

    def get(self, invitation_id: str) -> Invitation | None:
        """Return it, or None."""
        found = found_at(InvitationItem, keys.SYSTEM, keys.invitation(invitation_id))
        return found.to_domain() if found else None
