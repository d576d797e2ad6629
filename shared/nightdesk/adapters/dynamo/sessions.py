"""Sessions in the desk table, beside the security record that each request reads with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.identity import Security
from nightdesk.accounts.privacy import destroyed
from nightdesk.accounts.records import Session, Standing
from nightdesk.accounts.tokens import TokenId, owner_of
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import SecurityItem, note_presence
from nightdesk.adapters.dynamo.api_tokens import ApiTokenItem
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import connection, translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId

KEPT_AFTER_END = timedelta(days=1)
"""An ended session is as good as none, so it need not fill the partition for long."""


class SessionItem(DeskItem, discriminator="SESSION"):
    """One signed-in device; its TTL is its absolute end."""

    privacy = destroyed("sessions", secret=("refresh_digest", "previous_digest"))

    session_id = UnicodeAttribute()
    epoch = IntegerAttribute()
    refresh_digest = UnicodeAttribute()
    previous_digest = UnicodeAttribute(null=True)
    rotated_at = MomentAttribute()
    created_at = MomentAttribute()
    idle_until = MomentAttribute()
    absolute_until = MomentAttribute()
    amr = JsonAttribute()
    device = UnicodeAttribute(default="")
    network = UnicodeAttribute(default="")
    elevated_until = MomentAttribute(null=True)
    seen_at = MomentAttribute(null=True)
    revoked_at = MomentAttribute(null=True)

    @classmethod
    def from_domain(cls, session: Session) -> Self:
        """Build the row."""
        return cls(
            keys.owner(session.owner),
            keys.session(session.session_id),
            session_id=session.session_id,
            epoch=session.epoch,
            refresh_digest=session.refresh_digest,
            previous_digest=session.previous_digest,
            rotated_at=session.rotated_at,
            created_at=session.created_at,
            idle_until=session.idle_until,
            absolute_until=session.absolute_until,
            amr=list(session.amr),
            device=session.device,
            network=session.network,
            elevated_until=session.elevated_until,
            seen_at=session.seen_at,
            revoked_at=session.revoked_at,
            expires_at=session.absolute_until,
        )

    @classmethod
    def at(cls, session_id: SessionId) -> Self:
        """Return the bare row, to be updated."""
        return cls(keys.owner(owner_of(session_id)), keys.session(session_id))

    def to_domain(self) -> Session:
        """Build the noun, checked again."""
        return Session(
            session_id=SessionId(self.session_id),
            epoch=self.epoch,
            refresh_digest=self.refresh_digest,
            previous_digest=self.previous_digest,
            rotated_at=self.rotated_at,
            created_at=self.created_at,
            idle_until=self.idle_until,
            absolute_until=self.absolute_until,
            amr=tuple(self.amr),
            device=self.device,
            network=self.network,
            elevated_until=self.elevated_until,
            seen_at=self.seen_at,
            revoked_at=self.revoked_at,
        )


@dataclass(frozen=True, slots=True)
class DynamoSessions:
    """The port Sessions."""

    audit: DynamoAudit

    def standing(self, session_id: SessionId) -> Standing:
        """Read security record and session in one consistent batch: 2 read units."""
        pk = keys.owner(owner_of(session_id))
        wanted = [(pk, keys.SECURITY), (pk, keys.session(session_id))]
        security, session = None, None
        with translated():
            for item in DeskItem.batch_get(wanted, consistent_read=True):
                if isinstance(item, SecurityItem):
                    security = item.to_domain()
                elif isinstance(item, SessionItem):
                    session = item.to_domain()
        return Standing(security, session)

    def open(self, session: Session, *, ended: Sequence[SessionId] = (), now: datetime) -> None:
        """Store a new session and end others, in one transaction."""
        with translated(), TransactWrite(connection=connection()) as write:
            write.save(SessionItem.from_domain(session), condition=DeskItem.pk.does_not_exist())
            for session_id in ended:
                write.update(SessionItem.at(session_id), ending(now))

    def of(self, owner: UserId) -> Sequence[Session]:
        """Return the owner's sessions that are not revoked, oldest first."""
        with translated():
            found = SessionItem.query(
                keys.owner(owner),
                SessionItem.sk.startswith(keys.SESSIONS),
                filter_condition=SessionItem.revoked_at.does_not_exist(),
                consistent_read=True,
            )
            return [item.to_domain() for item in found]

    def rotate(self, session: Session) -> None:
        """Store the rotation if nobody was faster. Raises StaleWrite."""
        unchanged = SessionItem.refresh_digest == session.previous_digest
        with translated():
            SessionItem.at(session.session_id).update(
                [
                    SessionItem.refresh_digest.set(session.refresh_digest),
                    SessionItem.previous_digest.set(session.previous_digest or ""),
                    SessionItem.rotated_at.set(session.rotated_at),
                    SessionItem.idle_until.set(session.idle_until),
                ],
                condition=unchanged & SessionItem.revoked_at.does_not_exist(),
            )

    def seen(self, session_id: SessionId, now: datetime) -> None:
        """Note that its owner was here, in two writes: one may be lost. Raises Missing."""
        try:
            with translated():
                SessionItem.at(session_id).update(
                    [SessionItem.seen_at.set(now)], condition=DeskItem.pk.exists()
                )
                note_presence(owner_of(session_id), now)
        except StaleWrite as error:
            raise Missing("no such session") from error

    def elevate(self, session_id: SessionId, until: datetime) -> None:
        """Let a session that has not ended be stepped up until then. Raises Missing."""
        try:
            with translated():
                SessionItem.at(session_id).update(
                    [SessionItem.elevated_until.set(until)],
                    condition=DeskItem.pk.exists() & SessionItem.revoked_at.does_not_exist(),
                )
        except StaleWrite as error:
            raise Missing("no such session") from error

    def end(
        self,
        session_id: SessionId,
        now: datetime,
        *,
        event: Event | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        """Revoke a session, event and entries in the same transaction. Raises Missing."""

        def build() -> Write:
            write = Write()
            there = DeskItem.pk.exists()
            write.update(SessionItem.at(session_id), ending(now), there, Missing("no such session"))
            if event:
                new = DeskItem.pk.does_not_exist()
                write.put(EventItem.from_domain(event, now), new, StaleWrite("told already"))
            return write

        with translated():
            self.audit.commit(build, entries)

    def end_all(
        self,
        security: Security,
        session_ids: Sequence[SessionId],
        now: datetime,
        *,
        token_ids: Sequence[TokenId] = (),
        entries: Sequence[Entry] = (),
    ) -> None:
        """Store the raised epoch, revoke sessions, remove API tokens. Raises StaleWrite."""

        def build() -> Write:
            write, stale = Write(), StaleWrite("the security record has moved meanwhile")
            write.put(SecurityItem.from_domain(security), None, stale)
            for session_id in session_ids:
                write.update(SessionItem.at(session_id), ending(now), None, stale)
            for token_id in token_ids:
                write.delete(ApiTokenItem.at(token_id), None, stale)
            return write

        with translated():
            self.audit.commit(build, entries)


def ending(now: datetime) -> list[Action]:
    """Revoke once: a later end leaves the first moment."""
    return [
        SessionItem.revoked_at.set(SessionItem.revoked_at | now),
        DeskItem.expires_at.set(now + KEPT_AFTER_END),
    ]
