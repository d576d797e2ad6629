"""The room's ports in memory. They pass the contracts that the DynamoDB adapters pass."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.accounts.identity import Profile, Security
from nightdesk.accounts.records import Counts, Invitation, Reply, Session, Standing
from nightdesk.accounts.tokens import owner_of
from nightdesk.core.errors import Conflict, Missing, Refused, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId


@dataclass
class Desk:
    """What is stored."""

    profiles: dict[UserId, Profile] = field(default_factory=dict)
    securities: dict[UserId, Security] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    first_admin: UserId | None = None
    reads: Counter[str] = field(default_factory=Counter)


@dataclass
class FakeUsers:
    desk: Desk = field(default_factory=Desk)

    def create(
        self, profile: Profile, security: Security, *, invitation: Invitation | None = None
    ) -> None:
        if invitation is None and self.desk.first_admin is not None:
            raise Refused("OPERATOR_TOKEN_USED", "used")
        if invitation and self.desk.invitations.get(invitation.invitation_id) != invitation:
            raise Refused("INVITATION_INVALID", "used")
        stored = self.desk.profiles.values()
        if any(each.username == profile.username for each in stored):
            raise Conflict("USERNAME_TAKEN", "taken")
        if any(each.email == profile.email for each in stored):
            raise Conflict("EMAIL_TAKEN", "taken")
        if invitation:
            del self.desk.invitations[invitation.invitation_id]
        else:
            self.desk.first_admin = profile.owner
        self.desk.profiles[profile.owner] = replace(profile, version=1)
        self.desk.securities[profile.owner] = replace(security, version=1)

    def by_email(self, email: str) -> UserId | None:
        self.desk.reads["by_email"] += 1
        found = [each.owner for each in self.desk.profiles.values() if each.email == email]
        return found[0] if found else None

    def profile(self, owner: UserId) -> Profile:
        if owner not in self.desk.profiles:
            raise Missing("no such account")
        return self.desk.profiles[owner]

    def security(self, owner: UserId) -> Security | None:
        return self.desk.securities.get(owner)

    def save_security(self, security: Security) -> None:
        stored = self.desk.securities.get(security.owner)
        if (stored.version if stored else 0) != security.version:
            raise StaleWrite("security")
        self.desk.securities[security.owner] = replace(security, version=security.version + 1)


@dataclass
class FakeSessions:
    desk: Desk = field(default_factory=Desk)

    def standing(self, session_id: SessionId) -> Standing:
        self.desk.reads["standing"] += 1
        owner = owner_of(session_id)
        return Standing(self.desk.securities.get(owner), self.desk.sessions.get(session_id))

    def open(self, session: Session, *, ended: Sequence[SessionId] = (), now: datetime) -> None:
        if session.session_id in self.desk.sessions:
            raise StaleWrite("session")
        self.desk.sessions[session.session_id] = session
        for each in ended:
            self._revoke(each, now)

    def of(self, owner: UserId) -> Sequence[Session]:
        mine = [s for s in self.desk.sessions.values() if s.owner == owner and not s.revoked_at]
        return sorted(mine, key=lambda each: each.session_id)

    def rotate(self, session: Session) -> None:
        stored = self.desk.sessions.get(session.session_id)
        if stored is None or stored.revoked_at:
            raise StaleWrite("session")
        if stored.refresh_digest != session.previous_digest:
            raise StaleWrite("session")
        self.desk.sessions[session.session_id] = session

    def end(self, session_id: SessionId, now: datetime, *, event: Event | None = None) -> None:
        if session_id not in self.desk.sessions:
            raise Missing("no such session")
        self._revoke(session_id, now)
        if event:
            self.desk.events.append(event)

    def end_all(self, security: Security, session_ids: Sequence[SessionId], now: datetime) -> None:
        FakeUsers(self.desk).save_security(security)
        for each in session_ids:
            self._revoke(each, now)

    def _revoke(self, session_id: SessionId, now: datetime) -> None:
        stored = self.desk.sessions[session_id]
        self.desk.sessions[session_id] = replace(stored, revoked_at=stored.revoked_at or now)


@dataclass
class FakeInvitations:
    desk: Desk = field(default_factory=Desk)

    def save(self, invitation: Invitation, *, limit: int, now: datetime) -> None:
        if sum(each.expires_at > now for each in self.desk.invitations.values()) >= limit:
            raise Conflict("INVITATION_LIMIT", "many")
        self.desk.invitations[invitation.invitation_id] = invitation

    def get(self, invitation_id: str) -> Invitation | None:
        return self.desk.invitations.get(invitation_id)


@dataclass
class FakeReplies:
    kept: dict[str, Reply] = field(default_factory=dict)

    def claim(self, reply: Reply) -> Reply | None:
        stored = self.kept.get(reply.cause)
        if stored and stored.expires_at > reply.started_at:
            return stored
        self.kept[reply.cause] = reply
        return None

    def retake(self, reply: Reply, seen: Reply) -> bool:
        return self._put(reply, seen.held_until)

    def finish(self, reply: Reply) -> bool:
        return self._put(reply, reply.held_until)

    def _put(self, reply: Reply, held_until: datetime) -> bool:
        stored = self.kept.get(reply.cause)
        if stored is None or stored.status is not None or stored.held_until != held_until:
            return False
        self.kept[reply.cause] = reply
        return True


@dataclass
class FakeHasher:
    """Fast, and it counts: known and unknown accounts must cost the same."""

    parameters: str = "p2"
    work: Counter[str] = field(default_factory=Counter)

    def hash(self, password: str) -> str:
        self.work["hash"] += 1
        return f"{self.parameters}:{hashlib.sha256(password.encode()).hexdigest()}"

    def verify(self, encoded: str | None, password: str) -> bool:
        self.work["verify"] += 1
        tail = hashlib.sha256(password.encode()).hexdigest()
        return encoded is not None and encoded.partition(":")[2] == tail

    def outdated(self, encoded: str) -> bool:
        return not encoded.startswith(self.parameters)


@dataclass(frozen=True)
class FixedSecret:
    text: str

    def read(self) -> str:
        return self.text


@dataclass
class HandClock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass
class FakeRateCounters:
    """Counts in memory; `down` makes it unreachable."""

    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    down: Exception | None = None

    def count(
        self, subject: str, kind: str, window: int, *, most: int, keep_until: datetime
    ) -> Counts:
        if self.down:
            raise self.down
        present, before = (subject, kind, window), (subject, kind, window - 1)
        counted = self.counts[present] < most
        self.counts[present] += counted
        return Counts(count=self.counts[present], previous=self.counts[before], counted=counted)
