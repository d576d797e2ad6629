"""Wrapping every key of the vault anew, under the newest material of the desk's key."""

from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.accounts.credential import Credential, SealBroken, Slot
from nightdesk.accounts.ports import AllCredentials, Cipher, Credentials
from nightdesk.core.errors import StaleWrite

TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """How many versions were wrapped anew, and the places of those that do not open at all."""

    done: int
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reseal:
    """Wrap the data keys of all credentials anew. What they hide stays hidden, also from us.

    It may be cut off and asked again: a key that was wrapped twice opens as well. Keys that are
    saved meanwhile are wrapped by the newest material already.
    """

    everywhere: AllCredentials
    credentials: Credentials
    cipher: Cipher

    def __call__(self, now: datetime) -> Resealed:
        """Return what was done. Raises StoreUnavailable, Misconfigured, StaleWrite."""
        done, broken = 0, []
        for slot in self.everywhere.everywhere():
            try:
                done += self._slot(slot, now)
            except SealBroken:
                one = slot.serving
                broken.append(f"{one.owner}|{one.provider}|{one.label}")
        return Resealed(done=done, broken=tuple(broken))

    def _slot(self, found: Slot, now: datetime) -> int:
        slot: Slot | None = found
        for _ in range(TRIES):
            if slot is None:
                return 0  # deleted meanwhile
            waiting = slot.waiting and self._wrapped(slot.waiting)
            again = replace(slot, serving=self._wrapped(slot.serving), waiting=waiting)
            try:
                self.credentials.settle(again, now=now)
            except StaleWrite:
                one = slot.serving
                slot = self.credentials.slot(one.owner, one.provider, one.label)
                continue
            return len(again.versions)
        raise StaleWrite(f"others wrote to {found.serving.context.outer} first, {TRIES} times")

    def _wrapped(self, one: Credential) -> Credential:
        return replace(one, sealed=self.cipher.reseal(one.context, one.sealed))
