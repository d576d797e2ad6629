"""Mailed tokens, and changes of passwords with all that ends by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.identity import Security
from nightdesk.accounts.mailed import Purpose
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import LookupItem, SecurityItem, found_at, use_up
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.sessions import SessionItem, ending
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.errors import StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId


class DynamoMailedTokens:
    """The port MailedTokens: a lookup for each, which TTL takes away."""

    def put(self, purpose: str, hashed: bytes, owner: UserId, until: datetime) -> None:
        """Store one."""
        pk = keys.lookup(purpose, hashed)
        with translated():
            LookupItem(pk, keys.LOOKUP, owner=owner, expires_at=until).save()

    def owner(self, purpose: str, hashed: bytes, now: datetime) -> UserId | None:
        """Return whose it is, None if there is none or its time is over."""
        found = found_at(LookupItem, keys.lookup(purpose, hashed), keys.LOOKUP)
        if found is None or found.expires_at is None or found.expires_at <= now:
            return None
        return UserId(found.owner)


@dataclass(frozen=True, slots=True)
class DynamoPasswords:
    """The port Passwords."""

    audit: DynamoAudit

    def change(
        self,
        security: Security,
        now: datetime,
        *,
        keep: SessionId | None,
        ended: Sequence[SessionId],
        token: bytes | None = None,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
    ) -> None:
        """Store record, sessions, token, entries and events, all or nothing."""
        stale = StaleWrite("the account has moved meanwhile")

        def build() -> Write:
            write = Write()
            if token is not None:
                use_up(write, Purpose.RESET, token, security.owner, now)
            write.put(SecurityItem.from_domain(security), None, stale)
            if keep is not None:
                alive = DeskItem.pk.exists() & SessionItem.revoked_at.does_not_exist()
                raised = [SessionItem.epoch.set(security.epoch)]
                write.update(SessionItem.at(keep), raised, alive, stale)
            for session_id in ended:
                there = DeskItem.pk.exists()
                write.update(SessionItem.at(session_id), ending(now), there, stale)
            for event in events:
                told = EventItem.from_domain(event, now)
                write.put(told, DeskItem.pk.does_not_exist(), stale)
            return write

        with translated():
            self.audit.commit(build, entries)
