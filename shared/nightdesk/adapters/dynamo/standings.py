"""Changes of what an account may do, each with all that follows from it in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.identity import AccountStatus, Block, Profile, Role, Security
from nightdesk.accounts.tokens import TokenId
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import SecurityItem
from nightdesk.adapters.dynamo.api_tokens import ApiTokenItem
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.gates import GateItem
from nightdesk.adapters.dynamo.listed import UserItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.sessions import SessionItem, ending
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.clock import iso
from nightdesk.core.errors import StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId


@dataclass(frozen=True, slots=True)
class DynamoStandings:
    """The port Standings."""

    audit: DynamoAudit

    @translated()
    def change(
        self,
        profile: Profile,
        before: Security,
        after: Security,
        now: datetime,
        *,
        witness: UserId | None = None,
        ended: Sequence[SessionId] = (),
        revoked: Sequence[TokenId] = (),
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
    ) -> None:
        """Store `after` over `before`, and what follows from it."""
        stale = StaleWrite("the account has moved meanwhile")

        def build() -> Write:
            write = Write()
            if witness is not None:
                write.check(_record(witness), _RULES, StaleWrite("the witness rules no more"))
            write.put(SecurityItem.from_domain(after), None, stale)
            write.put(UserItem.of(profile, after), None, stale)
            if before.block != after.block:
                _bar(write, after.owner, after.block, stale)
            for session_id in ended:
                write.update(SessionItem.at(session_id), ending(now), None, stale)
            for token_id in revoked:
                write.delete(ApiTokenItem.at(token_id), None, stale)
            for event in events:
                write.put(EventItem.from_domain(event, now), DeskItem.pk.does_not_exist(), stale)
            return write

        self.audit.commit(build, entries)


_RULES = (SecurityItem.role == Role.ADMIN.value) & (
    SecurityItem.status == AccountStatus.ACTIVE.value
)
"""What is so of an administrator who may act."""


def _record(owner: UserId) -> SecurityItem:
    return SecurityItem(keys.owner(owner), keys.SECURITY)


def _bar(write: Write, owner: UserId, block: Block | None, stale: StaleWrite) -> None:
    """Shut or open the owner's gate for entries. The reason is somebody's words: not there."""
    gate = GateItem(keys.owner(owner), keys.GATE)
    if block is None:
        write.update(gate, [GateItem.blocked.remove(), GateItem.kind.set(GateItem)], None, stale)
        return
    barred = {"at": iso(block.at), "by": block.by}
    write.update(gate, [GateItem.blocked.set(barred), GateItem.kind.set(GateItem)], None, stale)
