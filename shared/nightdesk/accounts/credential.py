"""What the vault keeps: one version of a key, the slot it lies in, what a test found."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from urllib.parse import quote, quote_plus

from nightdesk.accounts.providers import Kind, Provider, provider
from nightdesk.core.errors import OperatorNeeded
from nightdesk.core.ids import UserId

MAX_MESSAGE = 200
SCRUBBED = "***"
SCRUBBED_FROM = 4
"""Shorter values are left: they would take harmless words with them."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")

Fields = Mapping[str, str]


class SealBroken(OperatorNeeded):
    """Something sealed does not open where it lies: moved, changed, or of another key."""

    code = "SEAL_BROKEN"


class KeyStatus(StrEnum):
    """How a key stands. Only `test_ok` serves entries; any serves exits."""

    NOT_CONFIGURED = "not_configured"
    SAVED_UNTESTED = "saved_untested"
    TEST_OK = "test_ok"
    TEST_FAILED = "test_failed"


class Withdraw(StrEnum):
    """Whether a key may take money out."""

    YES = "yes"
    NO = "no"
    UNDISCLOSED = "undisclosed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What a key may do, as its provider says; None where it does not."""

    read: bool | None = None
    trade: bool | None = None
    withdraw: Withdraw = Withdraw.UNDISCLOSED


class Answer(StrEnum):
    """How a provider answered a test."""

    OK = "ok"
    REFUSED = "refused"
    """It does not take the key, or the key may not read."""
    UNREACHABLE = "unreachable"
    """No answer, or one that says nothing about the key: 429, 5xx, nonsense."""
    FORBIDDEN_URL = "forbidden_url"
    """The owner's address leads where nothing may be called; nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a test found. `message` is scrubbed and at most 200 characters."""

    answer: Answer
    latency_ms: int
    message: str = ""
    permissions: Permissions | None = None
    ip_restricted: bool | None = None
    expires_at: datetime | None = None

    @property
    def withdraws(self) -> bool:
        """Whether the provider says that the key may take money out."""
        return self.permissions is not None and self.permissions.withdraw is Withdraw.YES

    @property
    def undisclosed(self) -> bool:
        """Whether an answer left open if the key may take money out."""
        return self.permissions is None or self.permissions.withdraw is Withdraw.UNDISCLOSED

    @property
    def passed(self) -> bool:
        """Whether the key may serve entries."""
        return self.answer is Answer.OK and not self.withdraws


@dataclass(frozen=True, slots=True, kw_only=True)
class SealContext:
    """Where something sealed belongs. Anywhere else it does not open."""

    owner: UserId
    provider: str
    kind: str
    """Of the KMS context; IAM pins who opens what by it."""
    label: str
    version: int

    @property
    def outer(self) -> dict[str, str]:
        """The KMS encryption context of the data key."""
        return {"owner": str(self.owner), "provider": self.provider, "kind": self.kind}

    @property
    def inner(self) -> bytes:
        """The associated data of the fields."""
        return f"{self.owner}|{self.provider}|{self.label}|{self.version}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Fields under a data key, and that key under the desk's own."""

    ciphertext: bytes
    wrapped: bytes

    def __repr__(self) -> str:
        """Show no byte."""
        return "Sealed()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One version of a key. Nothing of it in clear, and no length of it either."""

    owner: UserId
    provider: str
    label: str
    version: int
    sealed: Sealed
    fingerprint: str
    saved_at: datetime
    hint: str | None = None
    status: KeyStatus = KeyStatus.SAVED_UNTESTED
    permissions: Permissions | None = None
    ip_restricted: bool | None = None
    expires_at: datetime | None = None
    last_tested_at: datetime | None = None
    last_error: str | None = None
    challenge: str | None = None
    """Digest of the code that was sent through a channel and has not come back yet."""
    challenge_until: datetime | None = None

    def __post_init__(self) -> None:
        if self.version < 1:
            raise ValueError(f"versions count from 1, was {self.version}")
        if self.last_error is not None and len(self.last_error) > MAX_MESSAGE:
            raise ValueError(f"an error has at most {MAX_MESSAGE} characters")

    @property
    def kind(self) -> Kind:
        """What its provider is for."""
        return provider(self.provider).kind

    @property
    def context(self) -> SealContext:
        """Where it belongs."""
        return SealContext(
            owner=self.owner,
            provider=self.provider,
            kind=self.kind.value,
            label=self.label,
            version=self.version,
        )

    def serves_entries(self, now: datetime) -> bool:
        """Whether a bot may open something with it. Exits and cancels may always try."""
        expired = self.expires_at is not None and now >= self.expires_at
        return self.status is KeyStatus.TEST_OK and not expired

    def tested(self, finding: Finding, now: datetime) -> Self:
        """Return this version after a test. What says nothing about the key leaves its status."""
        if finding.answer in {Answer.UNREACHABLE, Answer.FORBIDDEN_URL}:
            return replace(self, last_tested_at=now, last_error=finding.message[:MAX_MESSAGE])
        error = None if finding.passed else finding.message or "The provider refused the key."
        if finding.withdraws:
            error = "The key may withdraw. Make one that may not."
        return replace(
            self,
            status=KeyStatus.TEST_OK if finding.passed else KeyStatus.TEST_FAILED,
            permissions=finding.permissions or self.permissions,
            ip_restricted=(
                self.ip_restricted if finding.ip_restricted is None else finding.ip_restricted
            ),
            expires_at=finding.expires_at or self.expires_at,
            last_tested_at=now,
            last_error=None if error is None else error[:MAX_MESSAGE],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One label at one provider. `serving` is used until a newer version has passed its test."""

    serving: Credential
    waiting: Credential | None = None
    revision: int = 0

    def __post_init__(self) -> None:
        if self.waiting is not None and self.waiting.version <= self.serving.version:
            raise ValueError("a version waits to follow the one that serves")

    @property
    def newest(self) -> Credential:
        """The version that was saved last."""
        return self.waiting or self.serving

    @property
    def versions(self) -> tuple[Credential, ...]:
        """Both, or the one there is."""
        return (self.serving,) if self.waiting is None else (self.serving, self.waiting)

    def replaced(self, by: Credential) -> Self:
        """Return the slot with a newer version in it. One that waited is gone with its key."""
        if by.status is KeyStatus.TEST_OK:
            return replace(self, serving=by, waiting=None)
        return replace(self, waiting=by)

    def changed(self, version: Credential) -> Self:
        """Return the slot with this state of one of its versions; a passed one takes over."""
        if version.version == self.serving.version:
            return replace(self, serving=version)
        if self.waiting is None or version.version != self.waiting.version:
            return self  # it was replaced while it was tested
        if version.status is KeyStatus.TEST_OK:
            return replace(self, serving=version, waiting=None)
        return replace(self, waiting=version)

    def of(self, version: int) -> Credential | None:
        """Return one of its versions, or None if it is gone."""
        return next((one for one in self.versions if one.version == version), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All slots of one owner at one provider. Its revision makes two writers take turns."""

    owner: UserId
    provider: str
    slots: tuple[Slot, ...] = ()
    revision: int = 0

    def slot(self, label: str) -> Slot | None:
        """Return what lies under a label."""
        return next((one for one in self.slots if one.serving.label == label), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A key in clear, for the one call that needs it."""

    fields: Fields
    version: int
    status: KeyStatus
    serves_entries: bool

    def __repr__(self) -> str:
        """Show no field."""
        return f"Opened(version={self.version}, {self.status})"


def context_of(owner: UserId, of: Provider, label: str, version: int) -> SealContext:
    """Return where a version of a key belongs."""
    return SealContext(
        owner=owner, provider=of.id, kind=of.kind.value, label=label, version=version
    )


def scrubbed(text: str, secrets: Iterable[str]) -> str:
    """Return what a provider said without any of these values, on one line of 200 characters."""
    for secret in sorted({one.strip() for one in secrets}, key=len, reverse=True):
        if len(secret) >= SCRUBBED_FROM:
            for form in {secret, quote(secret, safe=""), quote_plus(secret)}:
                text = text.replace(form, SCRUBBED)
    return CONTROL.sub(" ", text).strip()[:MAX_MESSAGE]
