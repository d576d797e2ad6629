"""Testing keys: one that is kept, or one that is only tried."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nightdesk.accounts import urls
from nightdesk.accounts.audit import Action, Origin
from nightdesk.accounts.credential import (
    Answer,
    Credential,
    Finding,
    KeyStatus,
    Slot,
    context_of,
)
from nightdesk.accounts.offers import OWN_HOSTS, CheckUrls, Offer, every_provider, no_hosts, offered
from nightdesk.accounts.ports import AuditTrail, Cipher, Credentials, Digests, KeyProbe
from nightdesk.accounts.providers import Kind, label, provider
from nightdesk.accounts.vault_telling import audited, told
from nightdesk.core.errors import Invalid, Missing, Refused, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.names import EventType

CHALLENGE_LIFE = timedelta(minutes=10)
CHALLENGE_DIGITS = 8
TRIES = 3

UNREACHABLE_STATUS = 424


class NotConfigured(Missing):
    """There is no key of this owner here."""

    code = "NOT_CONFIGURED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a test found, and how the key stands now. `slot` None: nothing was kept."""

    finding: Finding
    status: KeyStatus
    slot: Slot | None = None


def new_code() -> str:
    """Return a code that a channel carries to its owner."""
    return f"{secrets.randbelow(10**CHALLENGE_DIGITS):0{CHALLENGE_DIGITS}d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TryKey:
    """Ask a provider about fields that nobody keeps."""

    cipher: Cipher
    probe: KeyProbe
    check_urls: CheckUrls
    enabled: Callable[[str], bool] = every_provider

    def __call__(self, owner: UserId, offer: Offer, now: datetime) -> Tested:
        """Return what it found. Raises UnknownProvider, Invalid, Refused 424."""
        of = offered(offer.provider, self.enabled)
        fields = of.checked(offer.fields)
        hosts = self.check_urls(of, fields)
        context = context_of(owner, of, label(offer.label), 1)
        sealed = self.cipher.seal(context, fields)
        code = new_code() if of.kind is Kind.NOTIFY else None
        finding = reached(self.probe(context, sealed, now=now, private_hosts=hosts, code=code))
        status = KeyStatus.TEST_OK if finding.passed else KeyStatus.TEST_FAILED
        return Tested(finding=finding, status=status)


@dataclass(frozen=True, slots=True)
class KeepResult:
    """Store what a test found about one version."""

    credentials: Credentials
    trail: AuditTrail

    def __call__(
        self,
        slot: Slot,
        result: Credential,
        origin: Origin,
        now: datetime,
        *,
        also: Sequence[Event] = (),
    ) -> Slot:
        """Return the slot, with the state of this version, whatever else was stored meanwhile."""
        kept: Slot | None = slot
        for _ in range(TRIES):
            if kept is None or kept.of(result.version) is None:
                return slot  # gone while it was tested: nobody asks any more
            events = [told(EventType.KEY_TESTED, result, now, origin.request_id), *also]
            try:
                stored = self.credentials.settle(kept.changed(result), events=events, now=now)
            except StaleWrite:
                kept = self.credentials.slot(result.owner, result.provider, result.label)
                continue
            self.trail.record(audited(Action.CREDENTIAL_TESTED, result, origin, now))
            return stored
        raise StaleWrite(f"others wrote to this key first, {TRIES} times")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestKey:
    """Ask a provider about a key that is kept, the newest version of it; keep what it says.

    A channel is sent a code; the test is passed when the code comes back within ten minutes.
    """

    __test__ = False  # no test, whatever pytest thinks of its name
    credentials: Credentials
    probe: KeyProbe
    digests: Digests
    trail: AuditTrail
    private_hosts: Callable[[], Sequence[str]] = no_hosts
    make_code: Callable[[], str] = new_code

    def __call__(
        self,
        owner: UserId,
        provider_id: str,
        of_label: str,
        origin: Origin,
        now: datetime,
        *,
        code: str | None = None,
    ) -> Tested:
        """Return what it found and how the key stands. `owner` is under whom it lies.

        Raises UnknownProvider, NotConfigured; Refused 424 `PROVIDER_UNREACHABLE`; Invalid
        `URL_NOT_ALLOWED`, `CODE_WRONG`.
        """
        of = provider(provider_id)
        slot = self.credentials.slot(owner, of.id, label(of_label))
        if slot is None:
            raise NotConfigured("no such key")
        if of.kind is Kind.NOTIFY and code is not None:
            return self._confirmed(slot, code, origin, now)
        sent = self.make_code() if of.kind is Kind.NOTIFY else None
        version = slot.newest
        hosts = self.private_hosts() if of.id in OWN_HOSTS else ()
        finding = self.probe(
            version.context, version.sealed, now=now, private_hosts=hosts, code=sent
        )
        result = version.tested(finding, now)
        if sent is not None and finding.passed:
            result = replace(
                result,
                status=KeyStatus.SAVED_UNTESTED,
                challenge=self._digest(version, sent),
                challenge_until=now + CHALLENGE_LIFE,
            )
        kept = KeepResult(self.credentials, self.trail)(slot, result, origin, now)
        reached(finding)
        return Tested(finding=finding, status=result.status, slot=kept)

    def _confirmed(self, slot: Slot, code: str, origin: Origin, now: datetime) -> Tested:
        version = slot.newest
        open_ = version.challenge_until is not None and now < version.challenge_until
        known = version.challenge or ""
        if not open_ or not secrets.compare_digest(known, self._digest(version, code)):
            raise Invalid("CODE_WRONG", "This is not the code that was sent.", field="code")
        finding = Finding(answer=Answer.OK, latency_ms=0, message="Confirmed.")
        result = replace(version.tested(finding, now), challenge=None, challenge_until=None)
        kept = KeepResult(self.credentials, self.trail)(slot, result, origin, now)
        return Tested(finding=finding, status=result.status, slot=kept)

    def _digest(self, version: Credential, code: str) -> str:
        bound = f"{version.context.inner.decode()}|{code}"
        return self.digests.digest("challenge", bound).hex()


def reached(finding: Finding) -> Finding:
    """Return a finding that says something about the key. Raises Refused 424, Invalid."""
    if finding.answer is Answer.FORBIDDEN_URL:
        raise urls.not_allowed("fields")
    if finding.answer is Answer.UNREACHABLE:
        raise Refused(
            "PROVIDER_UNREACHABLE",
            f"The provider does not answer: {finding.message}".rstrip(": "),
            status=UNREACHABLE_STATUS,
        )
    return finding
