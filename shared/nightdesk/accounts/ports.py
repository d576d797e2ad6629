"""What this room needs from outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from nightdesk.accounts.anchor import Anchor
from nightdesk.accounts.audit import Entry, Record
from nightdesk.accounts.credential import (
    Fields,
    Finding,
    SealContext,
    Sealed,
    Shelf,
    Slot,
)
from nightdesk.accounts.directory import Account, BotCounts, Listed, TableSize, UserFigures
from nightdesk.accounts.identity import Profile, Security
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
from nightdesk.accounts.setting import Setting, Value
from nightdesk.accounts.sought import Sought
from nightdesk.accounts.stop import Progress, Stop
from nightdesk.accounts.tally import Tally
from nightdesk.accounts.tokens import Claims, TokenId
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId
from nightdesk.core.pages import Page


class Users(Protocol):
    """Profiles, security records, and the lookups by e-mail and username."""

    def create(
        self,
        profile: Profile,
        security: Security,
        *,
        invitation: Invitation | None = None,
        open_until: datetime | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        """Store a new user in one transaction: both records and both lookups.

        Without an invitation this is the desk's first admin: the transaction also puts
        `SYSTEM/FIRST_ADMIN`, and once that stands raises Refused `OPERATOR_TOKEN_USED`. With
        one, it is used up. With `open_until` nobody gave leave: the account lapses then unless
        it is confirmed. Raises Refused `INVITATION_INVALID` if it is gone, Conflict
        `USERNAME_TAKEN` or `EMAIL_TAKEN`; then nothing is stored.
        """
        ...

    def by_email(self, email: str) -> UserId | None:
        """Return who has this address (as `email_address` returns it), or None."""
        ...

    def full(self, most: int) -> bool:
        """Whether there are `most` accounts already; those that were deleted do not count."""
        ...

    def profile(self, owner: UserId) -> Profile:
        """Return the profile. Raises Missing."""
        ...

    def security(self, owner: UserId) -> Security | None:
        """Return the security record by a consistent read, or None."""
        ...

    def save_security(self, security: Security, *, entries: Sequence[Entry] = ()) -> None:
        """Store over the version that was read, with its entries. Raises StaleWrite."""
        ...

    def save_profile(self, profile: Profile) -> Profile:
        """Store over the version that was read; return it as stored. Raises StaleWrite."""
        ...

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
        """Store a profile whose address is confirmed, and use up the mailed token.

        `before` is the address that the account had: its lookup goes if it is another. Whoever
        was not `confirmed` is, and lapses no more. Raises Refused 410 `TOKEN_USED`, Conflict
        `EMAIL_TAKEN`, StaleWrite; then nothing is stored.
        """
        ...

    def first_admin(self) -> UserId | None:
        """Return who registered with the operator token, or None."""
        ...


class Directory(Protocol):
    """Every account by its id, so that users are listed without a scan."""

    def since(self, after: UserId | None) -> Iterator[Listed]:
        """Yield the users after this id, oldest first, as they are asked for."""
        ...

    def accounts(self, owners: Sequence[UserId]) -> Mapping[UserId, Account]:
        """Return both records of each that is there, read consistently."""
        ...


class Standings(Protocol):
    """Changes of what an account may do."""

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
        """Store `after` over `before` in one transaction with all that follows from it.

        That is the line in the directory and, where the block differs, the owner's gate; the
        `ended` sessions and `revoked` API tokens. A `witness` must be an administrator who may
        act at that very moment. Raises StaleWrite if the record or the witness has changed.
        """
        ...


class OwnersBots(Protocol):
    """The bots of somebody whose account an administrator changes. Answered by a room above."""

    def pause(self, owner: UserId, now: datetime, *, by: str) -> int:
        """Pause all that trade because their owner is blocked; return how many were paused."""
        ...


class Usage(Protocol):
    """Figures of the admin pages that rooms above know."""

    def of(self, owners: Sequence[UserId], now: datetime) -> Mapping[UserId, UserFigures]:
        """Return the figures of each."""
        ...

    def bots(self) -> BotCounts:
        """Return how many bots there are on the whole desk."""
        ...


class Machinery(Protocol):
    """What runs the desk, in figures. Each raises StoreUnavailable, Misconfigured."""

    def lags(self, since: datetime, until: datetime) -> Sequence[timedelta]:
        """Return how late each minute of ``since <= as_of < until`` was planned."""
        ...

    def dead_letters(self) -> int:
        """Return how many messages wait that nobody could work."""
        ...

    def tables(self) -> Mapping[str, TableSize]:
        """Return the sizes of all tables, by what they hold."""
        ...


class MailedTokens(Protocol):
    """Digests of tokens that were sent by mail; each leads to an owner for a while."""

    def put(self, purpose: str, hashed: bytes, owner: UserId, until: datetime) -> None:
        """Store one."""
        ...

    def owner(self, purpose: str, hashed: bytes, now: datetime) -> UserId | None:
        """Return whose it is, None if there is none or its time is over."""
        ...


class Passwords(Protocol):
    """Changes of passwords, with all that ends by them."""

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
        """Store the record with its raised epoch, in one transaction with what follows.

        Session `keep` goes over to that epoch, `ended` are revoked, the mailed reset `token` is
        used up. Raises StaleWrite if record or kept session have changed, Refused 410
        `TOKEN_USED`; then nothing is stored.
        """
        ...


class Mailer(Protocol):
    """Sends letters from the desk's address."""

    @property
    def configured(self) -> bool:
        """Whether the desk sends mail at all."""
        ...

    def send(self, letter: Letter, to: str | None) -> None:
        """Send to one address; to None it takes as long and reaches nobody.

        Raises StoreUnavailable (tried again), Misconfigured. Without mail it does nothing.
        """
        ...


class Sessions(Protocol):
    """Signed-in devices."""

    def standing(self, session_id: SessionId) -> Standing:
        """Return the owner's security record and the session, by one consistent batch read."""
        ...

    def open(self, session: Session, *, ended: Sequence[SessionId] = (), now: datetime) -> None:
        """Store a new session and end others, in one transaction."""
        ...

    def of(self, owner: UserId) -> Sequence[Session]:
        """Return the owner's sessions that are not revoked, oldest first."""
        ...

    def rotate(self, session: Session) -> None:
        """Store a rotated session on condition that its previous digest is still the present one.

        Raises StaleWrite if another rotation, or an end of the session, came first.
        """
        ...

    def seen(self, session_id: SessionId, now: datetime) -> None:
        """Note in session and profile that the owner was here. Raises Missing if it is gone."""
        ...

    def elevate(self, session_id: SessionId, until: datetime) -> None:
        """Let a session that has not ended be stepped up until then. Raises Missing."""
        ...

    def end(
        self,
        session_id: SessionId,
        now: datetime,
        *,
        event: Event | None = None,
        entries: Sequence[Entry] = (),
    ) -> None:
        """Revoke a session, event and entries in the same transaction. Ended, it stays as it is.

        Raises Missing if there is no such session.
        """
        ...

    def end_all(
        self,
        security: Security,
        session_ids: Sequence[SessionId],
        now: datetime,
        *,
        token_ids: Sequence[TokenId] = (),
        entries: Sequence[Entry] = (),
    ) -> None:
        """Store the raised epoch, revoke these sessions and remove these tokens, all or nothing.

        Raises StaleWrite if the security record was written since it was read.
        """
        ...


class ApiTokens(Protocol):
    """Keys for programs."""

    def standing(self, token_id: TokenId) -> TokenStanding:
        """Return the owner's security record and the token, by one consistent batch read."""
        ...

    def of(self, owner: UserId) -> Sequence[ApiToken]:
        """Return the owner's tokens, oldest first, by a consistent read."""
        ...

    def create(
        self, token: ApiToken, *, limit: int, now: datetime, entries: Sequence[Entry] = ()
    ) -> None:
        """Store a new token. Raises Conflict `TOKEN_LIMIT` if `limit` others are valid at `now`."""
        ...

    def remove(self, token_id: TokenId, *, entries: Sequence[Entry] = ()) -> None:
        """Remove a token. Raises Missing."""
        ...

    def used(self, token_id: TokenId, now: datetime, network: str) -> None:
        """Note in token and profile when, and from where, it was used last. Raises Missing."""
        ...


class TotpVault(Protocol):
    """Seals the secrets of second factors under the desk's key."""

    def seal(self, owner: UserId, secret: bytes) -> str:
        """Return the secret sealed for this owner. Raises StoreUnavailable, Misconfigured."""
        ...

    def open(self, owner: UserId, sealed: str) -> bytes:
        """Return the secret.

        Raises StoreUnavailable, Misconfigured, and InvariantBroken for what was sealed for
        another owner.
        """
        ...


class Invitations(Protocol):
    """Leave to register."""

    def save(
        self,
        invitation: Invitation,
        *,
        limit: int,
        now: datetime,
        entries: Sequence[Entry] = (),
    ) -> None:
        """Store it. Raises Conflict `INVITATION_LIMIT` if `limit` others are open at `now`."""
        ...

    def open(self, now: datetime) -> Sequence[Invitation]:
        """Return those that still let somebody in, oldest first."""
        ...

    def withdraw(self, invitation_id: str, *, entries: Sequence[Entry] = ()) -> None:
        """Remove it. Raises Missing if it is used, withdrawn or never was."""
        ...

    def get(self, invitation_id: str) -> Invitation | None:
        """Return it by a consistent read, or None."""
        ...


class LoginThrottle(Protocol):
    """Tallies of failed logins, by key; and marks that stand for a while."""

    def read(self, keys: Sequence[str]) -> Mapping[str, Tally]:
        """Return the tallies that are stored, by a consistent read."""
        ...

    def replace(
        self,
        key: str,
        tally: Tally,
        seen: Tally,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
    ) -> bool:
        """Store `tally` over `seen`, entries and events in the same transaction.

        False, and nothing is written, if another write came first.
        """
        ...

    def first(self, key: str, now: datetime, until: datetime) -> bool:
        """Whether no mark stood under `key` at `now`; one stands until `until` then."""
        ...


class KnownNetworks(Protocol):
    """The networks from which an owner has signed in, by digest."""

    def of(self, owner: UserId, now: datetime) -> frozenset[str]:
        """Return those that are remembered at `now`."""
        ...

    def remember(
        self,
        owner: UserId,
        network: str,
        now: datetime,
        until: datetime,
        *,
        events: Sequence[Event] = (),
    ) -> None:
        """Remember it `until` then, its events in the same transaction."""
        ...


class PasswordHasher(Protocol):
    """Slow, salted hashes that carry their parameters."""

    def hash(self, password: str) -> str:
        """Return the encoded hash under a fresh salt."""
        ...

    def verify(self, encoded: str | None, password: str) -> bool:
        """Whether `password` has this hash. None takes as long as any hash, and is False."""
        ...

    def outdated(self, encoded: str) -> bool:
        """Whether the hash was made under other parameters than today's."""
        ...


class TokenSigner(Protocol):
    """Signs access tokens with the current key and verifies them with any published one."""

    def sign(self, claims: Claims, now: datetime) -> str:
        """Return the compact JWT. Raises Misconfigured, StoreUnavailable."""
        ...

    def verify(self, token: str, now: datetime) -> Claims:
        """Return what a genuine token says; its times are left to the caller.

        The algorithm is that of the key found by `kid`. Raises Refused 401 `UNAUTHENTICATED`
        for anything else: another type or audience, an unknown key, a missing claim.
        """
        ...

    def public_keys(self, now: datetime) -> Sequence[dict[str, str]]:
        """Return the published keys as JWKs."""
        ...


class Digests(Protocol):
    """HMAC-SHA-256 under the desk pepper."""

    def digest(self, kind: str, text: str) -> bytes:
        """Return the 32 bytes of `text` as a thing of this `kind`."""
        ...


class OperatorToken(Protocol):
    """The token that makes the first admin."""

    def matches(self, token: str) -> bool:
        """Whether this is it, compared in constant time."""
        ...


class Replies(Protocol):
    """Kept replies to HTTP commands; one item per (owner, route, key)."""

    def claim(self, reply: Reply) -> Reply | None:
        """Store a running reply if there is none (or only one past its `expires_at`).

        Return None if it was stored, else the one that stands there.
        """
        ...

    def retake(self, reply: Reply, seen: Reply) -> bool:
        """Put `reply` in place of `seen`, which runs no more; False if somebody was faster."""
        ...

    def finish(self, reply: Reply) -> bool:
        """Store what the try with this `held_until` was answered; False if it was fenced off."""
        ...


class AuditTrail(Protocol):
    """The audit log, as a use case tells it what belongs to no change."""

    def record(self, entries: Sequence[Entry]) -> None:
        """Append each entry to its chain. A loss is logged and counted, and never raised."""
        ...


class Sealer(Protocol):
    """Seals what names a person or was typed, under the audit key of whom it is about."""

    def seal(self, entry: Entry) -> str:
        """Return the private words of an entry, sealed, as base64; empty if there are none.

        Raises StoreUnavailable, Misconfigured.
        """
        ...

    def open(self, record: Record) -> Mapping[str, str] | None:
        """Return the words of a record, None if their key was destroyed.

        Raises StoreUnavailable, Misconfigured, and InvariantBroken if they were tampered with.
        """
        ...


class RateCounters(Protocol):
    """Requests counted per subject, class and window; windows of a class are numbered in turn."""

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
        """Count one request in `window`, unless it holds `most` already; return what stands then.

        A request of more `weight` counts as so many. No two calls that counted are told the same
        number. The counts are of use until `keep_until`. Raises StoreUnavailable, Misconfigured.
        """
        ...


class VenueHolds(Protocol):
    """Until when a venue wants to be left alone, by whom."""

    def until(self, subject: str) -> datetime | None:
        """Return the moment, None where nothing is held."""
        ...

    def hold(self, subject: str, until: datetime) -> None:
        """Hold all calls until a moment; an earlier one than what stands changes nothing."""
        ...


class RuntimeSettings(Protocol):
    """What administrators have set. What nobody has set is its default."""

    def get(self, name: str) -> Value:
        """Return a value at most 30 s old, of the kind that the table says, or the default.

        Raises Invalid for a name that the table lacks.
        """
        ...

    def all(self) -> Sequence[Setting]:
        """Return what was set, read consistently."""
        ...

    def stored(self, name: str) -> Setting | None:
        """Return one that was set, read consistently, or None."""
        ...

    def put(
        self, setting: Setting, *, entries: Sequence[Entry], events: Sequence[Event], now: datetime
    ) -> Setting:
        """Store it over its version, in one transaction with the desk's gate where it is that.

        Return it with its new version. Raises StaleWrite.
        """
        ...

    def remove(
        self, setting: Setting, *, entries: Sequence[Entry], events: Sequence[Event], now: datetime
    ) -> None:
        """Forget it, the gate along with it. Raises StaleWrite unless it is at its version."""
        ...


class StopGates(Protocol):
    """The gates that every entry passes, as far as they carry a stop."""

    def stop(self, owner: UserId) -> Stop | None:
        """Return the stop at this gate (SYSTEM: the desk's), read consistently."""
        ...

    def put(
        self,
        stop: Stop,
        before: Stop | None,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> None:
        """Let `stop` stand where `before` stood, in one transaction. Raises StaleWrite."""
        ...

    def lift(
        self,
        stop: Stop,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> None:
        """Take this stop away, in one transaction. Raises StaleWrite if another stands there."""
        ...

    def copies(self, stop_id: str, after: str | None) -> tuple[Sequence[UserId], str | None]:
        """Return owners at whose gates the desk's stop was put, and where to go on."""
        ...


class StopProgress(Protocol):
    """What stops have come to, by the gate's owner and stop."""

    def read(self, stop: Stop) -> Progress:
        """Return what is counted so far."""
        ...

    def add(self, stop: Stop, progress: Progress) -> None:
        """Count more. A loss is a smaller figure, and never undone work."""
        ...

    def tell(self, event: Event, now: datetime) -> None:
        """Put an event into the outbox."""
        ...


class StopRunner(Protocol):
    """Carries stops out: pauses bots, cancels entries, sells what is held. Asked again, it goes on.

    Raises Transient when it could not be asked.
    """

    def engage(self, stop: Stop, now: datetime) -> None:
        """Carry it out, unless that is under way."""
        ...

    def lift(self, stop: Stop, now: datetime, *, restart: bool) -> None:
        """Lift the desk's stop at every owner's gate; `restart` bots that it paused."""
        ...


class Peaks(Protocol):
    """Where drawdowns are counted from. Answered by the rooms that know the books."""

    def reset(self, owner: UserId) -> int:
        """Count every bot's drawdown from its present equity; return how many have moved."""
        ...


class Credentials(Protocol):
    """Keys in their slots. A shelf is all slots of one owner at one provider."""

    def shelf(self, owner: UserId, provider: str) -> Shelf:
        """Return the shelf by a consistent read; an empty one where there is nothing."""
        ...

    def slot(self, owner: UserId, provider: str, label: str) -> Slot | None:
        """Return one slot by a consistent read, or None."""
        ...

    def all(self, owner: UserId) -> Sequence[Slot]:
        """Return every slot of an owner, by provider and label."""
        ...

    def place(
        self,
        slot: Slot,
        shelf: Shelf,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> Slot:
        """Store a slot on the shelf as it was read, in one transaction; return it as it stands.

        Raises StaleWrite if the slot or anything else on the shelf was written since.
        """
        ...

    def settle(self, slot: Slot, *, events: Sequence[Event] = (), now: datetime) -> Slot:
        """Store what a test found, over the revision that was read. Raises StaleWrite."""
        ...

    def remove(
        self,
        slot: Slot,
        shelf: Shelf,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> None:
        """Take a slot with its wrapped keys off the shelf, all or nothing. Raises StaleWrite."""
        ...


class Slots(Protocol):
    """Keys for whoever uses them and changes none."""

    def slot(self, owner: UserId, provider: str, label: str) -> Slot | None:
        """Return one slot by a consistent read, or None."""
        ...


class AllCredentials(Protocol):
    """Every slot of every owner, for whoever operates the desk. No function may ask for it."""

    def everywhere(self) -> Iterable[Slot]:
        """Yield every slot. Costs a scan."""
        ...


class Cipher(Protocol):
    """Envelope encryption. What was sealed opens in its own context alone.

    Each raises StoreUnavailable, Misconfigured; SealBroken if it was moved or changed.
    """

    def seal(self, context: SealContext, fields: Fields) -> Sealed:
        """Return the fields under a data key of their own."""
        ...

    def open(self, context: SealContext, sealed: Sealed) -> Fields:
        """Return the fields."""
        ...

    def reseal(self, context: SealContext, sealed: Sealed) -> Sealed:
        """Return the same with the data key wrapped anew. Nobody sees that key."""
        ...


class Opener(Protocol):
    """The half of a cipher that trading has."""

    def open(self, context: SealContext, sealed: Sealed) -> Fields:
        """Return the fields. Raises SealBroken, StoreUnavailable, Misconfigured."""
        ...


class KeyProbe(Protocol):
    """Asks a provider what a key is worth, by its own wire protocol."""

    def __call__(
        self,
        context: SealContext,
        sealed: Sealed,
        *,
        now: datetime,
        private_hosts: Sequence[str] = (),
        code: str | None = None,
    ) -> Finding:
        """Return what it found within 10 s; a provider that does not answer is a finding, too.

        A channel sends `code`. Raises SealBroken, StoreUnavailable, Misconfigured.
        """
        ...


class Resolver(Protocol):
    """Names to addresses."""

    def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the IP addresses of a host, at least one. Raises OSError if there is none."""
        ...


class KeyUses(Protocol):
    """Who needs a key. Answered by the rooms above."""

    def held(self, owner: UserId, provider: str, label: str) -> bool:
        """Whether a live bot of this owner has a position open that only this key can close."""
        ...


class AuditRecords(Protocol):
    """The stored entries. A page is newest first, and may be short while there are more."""

    def of_owner(
        self, owner: UserId, sought: Sought, *, limit: int, after: str | None
    ) -> Page[Record]:
        """Return what concerns an owner, of all their chains."""
        ...

    def alarming(self, sought: Sought, *, limit: int, after: str | None) -> Page[Record]:
        """Return `warning` and `critical` entries of all owners."""
        ...

    def chain(self, name: str) -> Iterator[Record]:
        """Return the records of a chain in order, read consistently."""
        ...

    def head(self, name: str) -> Record | None:
        """Return the newest record of a chain, read consistently."""
        ...

    def changed(self, day: date) -> Sequence[str]:
        """Return the chains that were appended to on a day (UTC)."""
        ...


class Anchors(Protocol):
    """Heads of chains, kept where they cannot be overwritten. What was put stays."""

    def put(self, anchor: Anchor) -> None:
        """Keep it. Raises StoreUnavailable, Misconfigured."""
        ...

    def of(self, name: str) -> Sequence[Anchor]:
        """Return every anchor of a chain, also two that contradict each other."""
        ...

    def all(self) -> Iterator[Anchor]:
        """Return all anchors; those of a chain stand together."""
        ...
