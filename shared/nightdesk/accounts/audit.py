"""The audit log: who did what, in chains that show when an entry was changed or taken out.

Each entry's hash covers the entry and the hash before it (accounts, part 9). What names a person
or is free text is sealed outside this module, under the owner's own key: without that key it is
gone, and the chain still holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from nightdesk.accounts.chain import (
    Break,
    Json,
    Record,
    canonical,
    first_break,
    first_hash,
    hash_of,
)
from nightdesk.core.clock import iso
from nightdesk.core.ids import SYSTEM, EventId, UserId, ulid

__all__ = [
    "Action",
    "ActorKind",
    "Break",
    "Entry",
    "Json",
    "Origin",
    "Outcome",
    "Record",
    "Severity",
    "Source",
    "Target",
    "account_chain",
    "bot_chain",
    "canonical",
    "entries",
    "first_break",
    "first_hash",
    "hash_of",
    "linked",
]

MAX_DETAILS = 4 * 1024
"""Bytes of canonical JSON."""


class Severity(StrEnum):
    """How much an action matters. From `warning` on: no entry, no change."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Action(StrEnum):
    """What can be done that is written down. The wire names are frozen."""

    severity: Severity

    def __new__(cls, value: str, severity: Severity) -> "Action":
        """Build a member that knows how much it matters."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.severity = severity
        return member

    USER_REGISTERED = "user_registered", Severity.WARNING
    USER_REGISTERED_ADMIN = "user_registered_admin", Severity.CRITICAL
    USER_INVITED = "user_invited", Severity.WARNING
    INVITATION_WITHDRAWN = "invitation_withdrawn", Severity.WARNING
    EMAIL_CHANGED = "email_changed", Severity.WARNING
    EMAIL_VERIFIED = "email_verified", Severity.INFO
    PROFILE_CHANGED = "profile_changed", Severity.INFO
    LOGIN = "login", Severity.INFO
    LOGIN_FAILED = "login_failed", Severity.INFO
    LOGIN_LOCKED = "login_locked", Severity.WARNING
    LOGOUT = "logout", Severity.INFO
    LOGOUT_EVERYWHERE = "logout_everywhere", Severity.WARNING
    FORCED_LOGOUT = "forced_logout", Severity.CRITICAL
    REFRESH_TOKEN_REUSED = "refresh_token_reused", Severity.CRITICAL
    STEPPED_UP = "stepped_up", Severity.INFO
    PASSWORD_CHANGED = "password_changed", Severity.WARNING
    PASSWORD_RESET_ASKED = "password_reset_asked", Severity.INFO
    PASSWORD_RESET = "password_reset", Severity.WARNING
    PASSWORD_RESET_BY_ADMIN = "password_reset_by_admin", Severity.CRITICAL
    TWO_FACTOR_ENABLED = "two_factor_enabled", Severity.WARNING
    TWO_FACTOR_DISABLED = "two_factor_disabled", Severity.CRITICAL
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed", Severity.WARNING
    API_TOKEN_CREATED = "api_token_created", Severity.CRITICAL
    API_TOKEN_REVOKED = "api_token_revoked", Severity.WARNING
    ROLE_CHANGED = "role_changed", Severity.CRITICAL
    USER_BLOCKED = "user_blocked", Severity.CRITICAL
    USER_UNBLOCKED = "user_unblocked", Severity.CRITICAL
    USER_DELETED = "user_deleted", Severity.CRITICAL
    DELETION_ASKED = "deletion_asked", Severity.WARNING
    DELETION_CANCELLED = "deletion_cancelled", Severity.WARNING
    EXPORT_ASKED = "export_asked", Severity.WARNING
    LIMITS_CHANGED = "limits_changed", Severity.WARNING
    LIMITS_LOOSENED = "limits_loosened", Severity.CRITICAL
    CREDENTIAL_SAVED = "credential_saved", Severity.CRITICAL
    CREDENTIAL_TESTED = "credential_tested", Severity.INFO
    CREDENTIAL_DELETED = "credential_deleted", Severity.CRITICAL
    CREDENTIAL_REFUSED = "credential_refused", Severity.CRITICAL
    BOT_CREATED = "bot_created", Severity.CRITICAL
    BOT_RETIRED = "bot_retired", Severity.CRITICAL
    BOT_MODE_LIVE = "bot_mode_live", Severity.CRITICAL
    BOT_PROMOTED = "bot_promoted", Severity.CRITICAL
    BOT_CHANGED_BY_ADMIN = "bot_changed_by_admin", Severity.WARNING
    BOT_REGENERATED = "bot_regenerated", Severity.CRITICAL
    LIVE_ORDER_SUBMITTED = "live_order_submitted", Severity.CRITICAL
    CAPITAL_MOVED = "capital_moved", Severity.CRITICAL
    EMERGENCY_STOP_ENGAGED = "emergency_stop_engaged", Severity.CRITICAL
    EMERGENCY_STOP_RESUMED = "emergency_stop_resumed", Severity.CRITICAL
    SETTING_CHANGED = "setting_changed", Severity.CRITICAL
    SIGNING_KEY_ROTATED = "signing_key_rotated", Severity.WARNING
    ADMIN_READ = "admin_read", Severity.INFO
    ADMIN_REFUSED = "admin_refused", Severity.WARNING
    AUDIT_EXPORTED = "audit_exported", Severity.CRITICAL
    RESTORE_RUN = "restore_run", Severity.CRITICAL


class ActorKind(StrEnum):
    """Who acts."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind of actor
    ADMIN = "admin"
    OPERATOR = "operator"
    SYSTEM = "system"
    ASSISTANT = "assistant"


class Source(StrEnum):
    """By which way."""

    API = "api"
    CHAT = "chat"
    WEBSOCKET = "websocket"
    SCHEDULE = "schedule"
    WORKFLOW = "workflow"
    CLI = "cli"


class Outcome(StrEnum):
    """How it ended."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who does something, from where. `network` and `agent` are only ever stored sealed."""

    kind: ActorKind
    actor: str
    """A user's id, a token's id, or the name of what acts by itself."""
    source: Source
    request_id: str = ""
    session_id: str = ""
    network: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What it was done to."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was done, before it has its place in a chain.

    `details` hold ids and numbers alone, at most 4 KB; `words` what names a person or was typed
    (address, device, e-mail, reason): they are sealed under the owner's key. `owner` is whose
    account it is about; SYSTEM for the desk's own.
    """

    chain: str
    owner: UserId
    at: datetime
    action: Action
    origin: Origin
    target: Target | None = None
    outcome: Outcome = Outcome.OK
    code: str | None = None
    details: Mapping[str, Json] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(canonical(dict(self.details))) > MAX_DETAILS:
            raise ValueError(f"the details of {self.action} are larger than {MAX_DETAILS} bytes")

    @property
    def private(self) -> dict[str, str]:
        """What is sealed: the words, and from where it was done, if not by an admin for others.

        An admin's address is his own: it stands in his copy of the entry, under his key.
        """
        found = dict(self.words)
        if self.origin.kind is not ActorKind.ADMIN or self.origin.actor == self.owner:
            found |= {"network": self.origin.network, "agent": self.origin.agent}
        return {name: text for name, text in found.items() if text}

    def __repr__(self) -> str:
        """Show no word: an entry may end in a log line."""
        return f"Entry({self.chain}, {self.action}, {self.outcome})"


def account_chain(owner: UserId) -> str:
    """Return the chain of what concerns an account; SYSTEM has one for all."""
    return str(SYSTEM) if owner == SYSTEM else f"U#{owner}#ACCOUNT"


def bot_chain(owner: UserId, bot_id: str) -> str:
    """Return the chain of what concerns one bot."""
    return f"U#{owner}#BOT#{bot_id}"


def entries(
    action: Action,
    origin: Origin,
    now: datetime,
    *,
    owner: UserId,
    target: Target | None = None,
    outcome: Outcome = Outcome.OK,
    code: str | None = None,
    details: Mapping[str, Json] | None = None,
    words: Mapping[str, str] | None = None,
    chain: str | None = None,
) -> tuple[Entry, ...]:
    """Return the entry of `owner`'s chain, and beside it that of an admin who acts on another.

    The words are about the owner, so they stand in the owner's entry alone and go with its key.
    """
    entry = Entry(
        chain=chain or account_chain(owner),
        owner=owner,
        at=now,
        action=action,
        origin=origin,
        target=target,
        outcome=outcome,
        code=code,
        details=details or {},
        words=words or {},
    )
    if origin.kind is not ActorKind.ADMIN or origin.actor in {owner, ""}:
        return (entry,)
    admin = UserId(origin.actor)
    return entry, replace(entry, chain=account_chain(admin), owner=admin, words={})


def linked(entry: Entry, sealed: str, after: Record | None) -> Record:
    """Return `entry` as the record that follows `after`; None: as the first of its chain."""
    seq = 1 if after is None else after.seq + 1
    record = Record(
        chain=entry.chain,
        seq=seq,
        event_id=EventId(ulid(entry.at, entry.chain, str(seq), entry.action)),
        owner=entry.owner,
        at=iso(entry.at),
        action=entry.action.value,
        severity=entry.action.severity.value,
        actor={"kind": entry.origin.kind.value, "id": entry.origin.actor},
        target=None if entry.target is None else {"kind": entry.target.kind, "id": entry.target.id},
        outcome=entry.outcome.value,
        code=entry.code,
        source=entry.origin.source.value,
        request_id=entry.origin.request_id,
        session_id=entry.origin.session_id,
        details=entry.details,
        sealed=sealed,
        prev_hash=first_hash(entry.chain) if after is None else after.hash,
    )
    return replace(record, hash=hash_of(record))


if __name__ == "__main__":
    import sys

    from nightdesk.accounts.audit_file import main

    sys.exit(main(sys.argv[1:]))
