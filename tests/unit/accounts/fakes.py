"""The room's ports in memory. They pass the contracts that the DynamoDB adapters pass."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.identity import Profile, Security
from nightdesk.accounts.mailed import used_up
from nightdesk.accounts.records import (
    ApiToken,
    Counts,
    Invitation,
    Letter,
    Reply,
    Session,
    Standing,
    TokenStanding,
)
from nightdesk.accounts.tally import Tally
from nightdesk.accounts.tokens import TokenId, owner_of, token_owner
from nightdesk.core.errors import Conflict, Fault, InvariantBroken, Missing, Refused, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId


@dataclass
class Desk:
    """What is stored."""

    profiles: dict[UserId, Profile] = field(default_factory=dict)
    securities: dict[UserId, Security] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    tokens: dict[TokenId, ApiToken] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    mailed: dict[tuple[str, bytes], tuple[UserId, datetime]] = field(default_factory=dict)
    lapsing: dict[UserId, datetime] = field(default_factory=dict)
    first_admin: UserId | None = None
    reads: Counter[str] = field(default_factory=Counter)

    def use_up(self, purpose: str, token: bytes, owner: UserId, now: datetime) -> None:
        whose, until = self.mailed.get((purpose, token), (None, now))
        if whose != owner or until <= now:
            raise used_up()


@dataclass
class FakeUsers:
    desk: Desk = field(default_factory=Desk)

    def create(
        self,
        profile: Profile,
        security: Security,
        *,
        invitation: Invitation | None = None,
        open_until: datetime | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        first = invitation is None and open_until is None
        if first and self.desk.first_admin is not None:
            raise Refused("OPERATOR_TOKEN_USED", "used")
        if invitation and self.desk.invitations.get(invitation.invitation_id) != invitation:
            raise Refused("INVITATION_INVALID", "used")
        self._lapse(profile.created_at)
        stored = self.desk.profiles.values()
        if any(each.username == profile.username for each in stored):
            raise Conflict("USERNAME_TAKEN", "taken")
        if any(each.email == profile.email for each in stored):
            raise Conflict("EMAIL_TAKEN", "taken")
        if invitation:
            del self.desk.invitations[invitation.invitation_id]
        elif first:
            self.desk.first_admin = profile.owner
        if open_until is not None:
            self.desk.lapsing[profile.owner] = open_until
        self.desk.profiles[profile.owner] = replace(profile, version=1)
        self.desk.securities[profile.owner] = replace(security, version=1)
        self.desk.entries.extend(entries)

    def save_profile(self, profile: Profile) -> Profile:
        stored = self.desk.profiles.get(profile.owner)
        if stored is None or stored.version != profile.version:
            raise StaleWrite("profile")
        self.desk.profiles[profile.owner] = replace(profile, version=profile.version + 1)
        return self.desk.profiles[profile.owner]

    def confirm(
        self,
        profile: Profile,
        security: Security,
        *,
        before: str,
        token: bytes,
        now: datetime,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
    ) -> None:
        self.desk.use_up("address", token, profile.owner, now)
        others = [each for each in self.desk.profiles.values() if each.owner != profile.owner]
        if any(each.email == profile.email for each in others):
            raise Conflict("EMAIL_TAKEN", "taken")
        self.save_profile(profile)
        if not security.confirmed:
            self.save_security(replace(security, confirmed=True))
        del self.desk.mailed["address", token]
        self.desk.lapsing.pop(profile.owner, None)
        self.desk.entries.extend(entries)
        self.desk.events.extend(events)

    def first_admin(self) -> UserId | None:
        return self.desk.first_admin

    def _lapse(self, now: datetime) -> None:
        for owner in [each for each, until in self.desk.lapsing.items() if until <= now]:
            del self.desk.lapsing[owner], self.desk.profiles[owner], self.desk.securities[owner]

    def by_email(self, email: str) -> UserId | None:
        self.desk.reads["by_email"] += 1
        found = [each.owner for each in self.desk.profiles.values() if each.email == email]
        return found[0] if found else None

    def full(self, most: int) -> bool:
        return len(self.desk.profiles) >= most

    def profile(self, owner: UserId) -> Profile:
        if owner not in self.desk.profiles:
            raise Missing("no such account")
        return self.desk.profiles[owner]

    def security(self, owner: UserId) -> Security | None:
        self.desk.reads["security"] += 1
        return self.desk.securities.get(owner)

    def save_security(self, security: Security, *, entries: Sequence[Entry] = ()) -> None:
        stored = self.desk.securities.get(security.owner)
        if (stored.version if stored else 0) != security.version:
            raise StaleWrite("security")
        self.desk.securities[security.owner] = replace(security, version=security.version + 1)
        self.desk.entries.extend(entries)


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

    def seen(self, session_id: SessionId, now: datetime) -> None:
        stored = self.desk.sessions.get(session_id)
        if stored is None:
            raise Missing("no such session")
        self.desk.sessions[session_id] = replace(stored, seen_at=now)
        profile = self.desk.profiles[stored.owner]
        self.desk.profiles[stored.owner] = replace(profile, last_seen_at=now)

    def elevate(self, session_id: SessionId, until: datetime) -> None:
        stored = self.desk.sessions.get(session_id)
        if stored is None or stored.revoked_at:
            raise Missing("no such session")
        self.desk.sessions[session_id] = replace(stored, elevated_until=until)

    def end(
        self,
        session_id: SessionId,
        now: datetime,
        *,
        event: Event | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        if session_id not in self.desk.sessions:
            raise Missing("no such session")
        self._revoke(session_id, now)
        self.desk.entries.extend(entries)
        if event:
            self.desk.events.append(event)

    def end_all(
        self,
        security: Security,
        session_ids: Sequence[SessionId],
        now: datetime,
        *,
        token_ids: Sequence[TokenId] = (),
        entries: Sequence[Entry] = (),
    ) -> None:
        FakeUsers(self.desk).save_security(security, entries=entries)
        for each in session_ids:
            self._revoke(each, now)
        for token_id in token_ids:
            self.desk.tokens.pop(token_id, None)

    def _revoke(self, session_id: SessionId, now: datetime) -> None:
        stored = self.desk.sessions[session_id]
        self.desk.sessions[session_id] = replace(stored, revoked_at=stored.revoked_at or now)


@dataclass
class FakeApiTokens:
    desk: Desk = field(default_factory=Desk)

    def standing(self, token_id: TokenId) -> TokenStanding:
        self.desk.reads["token standing"] += 1
        security = self.desk.securities.get(token_owner(token_id))
        return TokenStanding(security, self.desk.tokens.get(token_id))

    def of(self, owner: UserId) -> Sequence[ApiToken]:
        mine = [each for each in self.desk.tokens.values() if each.owner == owner]
        return sorted(mine, key=lambda each: each.token_id)

    def create(
        self, token: ApiToken, *, limit: int, now: datetime, entries: Sequence[Entry] = ()
    ) -> None:
        if sum(each.expires_at > now for each in self.of(token.owner)) >= limit:
            raise Conflict("TOKEN_LIMIT", "many")
        self.desk.tokens[token.token_id] = token
        self.desk.entries.extend(entries)

    def remove(self, token_id: TokenId, *, entries: Sequence[Entry] = ()) -> None:
        if self.desk.tokens.pop(token_id, None) is None:
            raise Missing("no such token")
        self.desk.entries.extend(entries)

    def used(self, token_id: TokenId, now: datetime, network: str) -> None:
        if token_id not in self.desk.tokens:
            raise Missing("no such token")
        stored = self.desk.tokens[token_id]
        self.desk.tokens[token_id] = replace(stored, last_used_at=now, last_network=network)


@dataclass
class FakeAudit:
    """The port AuditTrail, into the same list as the entries of changes."""

    desk: Desk = field(default_factory=Desk)

    def record(self, entries: Sequence[Entry]) -> None:
        self.desk.entries.extend(entries)


@dataclass
class FakeThrottle:
    """The port LoginThrottle."""

    desk: Desk = field(default_factory=Desk)
    tallies: dict[str, Tally] = field(default_factory=dict)
    marks: dict[str, datetime] = field(default_factory=dict)

    def read(self, keys: Sequence[str]) -> Mapping[str, Tally]:
        return {key: self.tallies[key] for key in keys if key in self.tallies}

    def replace(
        self,
        key: str,
        tally: Tally,
        seen: Tally,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
    ) -> bool:
        stored = self.tallies.get(key, Tally())
        if stored != seen:
            return False
        self.tallies[key] = replace(tally, version=seen.version + 1)
        self.desk.entries.extend(entries)
        self.desk.events.extend(events)
        return True

    def first(self, key: str, now: datetime, until: datetime) -> bool:
        if key in self.marks and now < self.marks[key]:
            return False
        self.marks[key] = until
        return True


@dataclass
class FakeNetworks:
    """The port KnownNetworks."""

    desk: Desk = field(default_factory=Desk)
    until: dict[tuple[UserId, str], datetime] = field(default_factory=dict)

    def of(self, owner: UserId, now: datetime) -> frozenset[str]:
        return frozenset(
            place for (whose, place), end in self.until.items() if whose == owner and now < end
        )

    def remember(
        self,
        owner: UserId,
        network: str,
        now: datetime,
        until: datetime,
        *,
        events: Sequence[Event] = (),
    ) -> None:
        self.until[owner, network] = until
        self.desk.events.extend(events)


class FakeTotpVault:
    """Base64 beside the owner: it shows what another owner's vault would refuse."""

    def seal(self, owner: UserId, secret: bytes) -> str:
        return f"{owner}.{base64.b64encode(secret).decode()}"

    def open(self, owner: UserId, sealed: str) -> bytes:
        whose, _, text = sealed.partition(".")
        if whose != owner:
            raise InvariantBroken("sealed for another owner")
        return base64.b64decode(text)


@dataclass
class FakeInvitations:
    desk: Desk = field(default_factory=Desk)

    def save(
        self,
        invitation: Invitation,
        *,
        limit: int,
        now: datetime,
        entries: Sequence[Entry] = (),
    ) -> None:
        if len(self.open(now)) >= limit:
            raise Conflict("INVITATION_LIMIT", "many")
        self.desk.invitations[invitation.invitation_id] = invitation
        self.desk.entries.extend(entries)

    def open(self, now: datetime) -> Sequence[Invitation]:
        found = [each for each in self.desk.invitations.values() if each.expires_at > now]
        return sorted(found, key=lambda each: each.invitation_id)

    def withdraw(self, invitation_id: str, *, entries: Sequence[Entry] = ()) -> None:
        if self.desk.invitations.pop(invitation_id, None) is None:
            raise Missing("no such invitation")
        self.desk.entries.extend(entries)

    def get(self, invitation_id: str) -> Invitation | None:
        return self.desk.invitations.get(invitation_id)


@dataclass
class FakeMailedTokens:
    desk: Desk = field(default_factory=Desk)

    def put(self, purpose: str, hashed: bytes, owner: UserId, until: datetime) -> None:
        self.desk.reads["mailed put"] += 1
        self.desk.mailed[purpose, hashed] = (owner, until)

    def owner(self, purpose: str, hashed: bytes, now: datetime) -> UserId | None:
        owner, until = self.desk.mailed.get((purpose, hashed), (None, now))
        return owner if now < until else None


@dataclass
class FakePasswords:
    desk: Desk = field(default_factory=Desk)

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
        kept = self.desk.sessions.get(keep) if keep else None
        if keep and (kept is None or kept.revoked_at):
            raise StaleWrite("session")
        if token is not None:
            self.desk.use_up("reset", token, security.owner, now)
        FakeSessions(self.desk).end_all(security, ended, now, entries=entries)
        if token is not None:
            del self.desk.mailed["reset", token]
        if keep and kept:
            self.desk.sessions[keep] = replace(kept, epoch=security.epoch)
        self.desk.events.extend(events)


@dataclass
class FakeMailer:
    """It keeps what it is given; `fault` is raised instead, once it is set."""

    configured: bool = True
    sent: list[tuple[str | None, Letter]] = field(default_factory=list)
    fault: Fault | None = None

    def send(self, letter: Letter, to: str | None) -> None:
        if self.fault:
            raise self.fault
        if self.configured:
            self.sent.append((to, letter))

    def token(self, prefix: str) -> str:
        """Return the newest mailed token of this kind."""
        texts = [line for _, each in self.sent for line in each.text.splitlines()]
        return next(line for line in reversed(texts) if line.startswith(prefix))


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
        self,
        subject: str,
        kind: str,
        window: int,
        *,
        most: int,
        keep_until: datetime,
        weight: int = 1,
    ) -> Counts:
        if self.down:
            raise self.down
        present, before = (subject, kind, window), (subject, kind, window - 1)
        counted = self.counts[present] < most
        self.counts[present] += counted * weight
        return Counts(count=self.counts[present], previous=self.counts[before], counted=counted)
